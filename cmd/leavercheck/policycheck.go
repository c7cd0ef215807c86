package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// The formats in which problems are shown.
const (
	problemsText   = "text"
	problemsJSON   = "json"
	problemsGitHub = "github"
	problemsAzure  = "azure"
)

func newPolicyCheck(sys system, c *common) *cobra.Command {
	var format, waivers string
	formats := []string{problemsText, problemsJSON, problemsGitHub, problemsAzure}
	cmd := &cobra.Command{
		Use:   "check [DIR...]",
		Short: "Look for mistakes in rules, settings and waivers, before they are merged",
		Long: `Look for mistakes in the rules of directories, on top of the built-in ones; without a
directory, in the built-in checklist. Beside what would keep rules from being loaded it
finds text that is not formatted, parameters that no policy reads, rules without tests,
and rules that say pass or fail where nothing was read. The section "rules" of the file
that --config names and the file of --waivers are checked against the rules, too.

Each problem is a line "file:line:column: message (check)"; as github or azure it shows
at the changed line of a pull request. Exit code 3 means that there is a problem.`,
		Example: `  leavercheck policy check policies
  leavercheck policy check policies --config leavercheck.yaml --waivers waivers.yaml
  leavercheck policy check policies --format github`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(formats, format) {
				return usagef("--format: %q is none of %s", format, strings.Join(formats, ", "))
			}
			problems, err := policies.Check(cmd.Context(), policies.CheckOptions{Dirs: args, Settings: c.config, Waivers: waivers, Now: sys.now()})
			if err != nil {
				return usageError{err}
			}
			if err := printProblems(sys, format, problems); err != nil {
				return err
			}
			if len(problems) > 0 {
				return exit(codeFindings)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", problemsText, "format of the output: "+strings.Join(formats, ", "))
	cmd.Flags().StringVar(&waivers, "waivers", "", "`FILE` of waivers to check, too: against the rules, and that none has expired")
	complete(cmd, "format", formats...)
	return cmd
}

func printProblems(sys system, format string, problems []policies.Problem) error {
	if format == problemsJSON {
		return printJSON(sys, append([]policies.Problem{}, problems...))
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		switch format {
		case problemsGitHub:
			lines[i] = gitHubAnnotation(p)
		case problemsAzure:
			lines[i] = azureAnnotation(p)
		default:
			lines[i] = fmt.Sprintf("%s:%d:%d: %s (%s)", clean.Text(p.File), p.Line, cmp.Or(p.Column, 1), clean.Text(p.Message), p.Check)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return printLines(sys.stdout, lines...)
}

// gitHubAnnotation is a command to GitHub Actions. What it reads as syntax is escaped as it wants: a message
// must not end the command, nor begin another.
func gitHubAnnotation(p policies.Problem) string {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	return fmt.Sprintf("::error file=%s,line=%d,col=%d,title=%s::%s",
		property.Replace(clean.Text(p.File)), p.Line, cmp.Or(p.Column, 1), property.Replace("policy check: "+p.Check), message.Replace(clean.Text(p.Message)))
}

// azureAnnotation is a command to Azure Pipelines.
func azureAnnotation(p policies.Problem) string {
	property := strings.NewReplacer("%", "%AZP25", ";", "%3B", "]", "%5D", "\r", "%0D", "\n", "%0A")
	message := strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A")
	return fmt.Sprintf("##vso[task.logissue type=error;sourcepath=%s;linenumber=%d;columnnumber=%d;code=%s]%s",
		property.Replace(clean.Text(p.File)), p.Line, cmp.Or(p.Column, 1), property.Replace(p.Check), message.Replace(clean.Text(p.Message)))
}
