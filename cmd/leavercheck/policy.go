package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

func newPolicy(sys system, c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "The rules: list, show, test, check, new, digest",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyList(sys, c), newPolicyShow(sys, c), newPolicyTest(sys, c), newPolicyCheck(sys, c), newPolicyNew(sys), newPolicyDigest(sys))
	return cmd
}

// policyFlags are those of the commands that read rules.
type policyFlags struct {
	policySources
	asJSON     bool
	confidence string
}

func (p *policyFlags) add(cmd *cobra.Command) {
	p.policySources.add(cmd)
	cmd.Flags().BoolVar(&p.asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&p.confidence, "confidence", string(policies.MediumConfidence), "show the controls that fit no worse than this: "+strings.Join(confidences(), ", "))
	complete(cmd, "confidence", confidences()...)
}

func confidences() []string {
	var out []string
	for _, confidence := range policies.Confidences() {
		out = append(out, string(confidence))
	}
	return out
}

// lowest is the confidence below which controls are not shown.
func (p *policyFlags) lowest() policies.Confidence { return policies.Confidence(p.confidence) }

// rules loads the rules, with all of their controls, those that are switched off among them.
func (p *policyFlags) rules(cmd *cobra.Command, c *common) ([]policies.Rule, error) {
	if !slices.Contains(confidences(), p.confidence) {
		return nil, usagef("--confidence: %q is none of %s", p.confidence, strings.Join(confidences(), ", "))
	}
	settings, err := c.ruleSettings(c.config)
	if err != nil {
		return nil, err
	}
	set, err := p.load(cmd.Context(), settings)
	if err != nil {
		return nil, err
	}
	rules := slices.Concat(set.Rules(), set.Off())
	slices.SortFunc(rules, func(a, b policies.Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules, nil
}

func newPolicyList(sys system, c *common) *cobra.Command {
	var p policyFlags
	var framework string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the rules, or the controls of a framework that they check",
		Long: `List the rules. With --framework list the controls of that framework instead, each
with how well the rules fit it and which they are. A beginning of its name is enough.`,
		Example: `  leavercheck policy list
  leavercheck policy list --framework nist-800-53`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := p.rules(cmd, c)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("framework") {
				// What is switched off checks nothing.
				return p.coverage(sys, slices.DeleteFunc(rules, policies.Rule.Off), framework)
			}
			for i := range rules {
				rules[i] = rules[i].WithControls(p.lowest())
			}
			if p.asJSON {
				return printJSON(sys, rules)
			}
			for _, r := range rules {
				severity := string(r.Severity)
				if r.Off() {
					severity = "off"
				}
				if err := printLines(sys.stdout, fmt.Sprintf("%-8s  %-8s  %s", clean.Text(r.ID), severity, clean.Text(r.Title))); err != nil {
					return err
				}
			}
			return nil
		},
	}
	p.add(cmd)
	cmd.Flags().StringVar(&framework, "framework", "", "list the controls of this `NAME`, such as nist-800-53, that the rules check")
	complete(cmd, "framework", policies.Frameworks(nil)...)
	return cmd
}

// coverage lists the controls of a framework.
func (p *policyFlags) coverage(sys system, rules []policies.Rule, name string) error {
	framework, err := policies.FindFramework(rules, name)
	if err != nil {
		return usagef("--framework: %w", err)
	}
	controls := policies.Controls(rules, framework, p.lowest())
	if p.asJSON {
		return printJSON(sys, map[string]any{"framework": framework, "controls": controls})
	}
	wide := len("CONTROL")
	for _, control := range controls {
		wide = max(wide, utf8.RuneCountInString(clean.Text(control.ID)))
	}
	row := func(id, confidence, rules string) string {
		return id + strings.Repeat(" ", wide-utf8.RuneCountInString(id)) + fmt.Sprintf("  %-10s  ", confidence) + rules
	}
	lines := []string{
		framework + ": " + count(len(controls), "control") + ", checked with confidence " + p.confidence + " or better",
		"", row("CONTROL", "CONFIDENCE", "RULES"),
	}
	for _, control := range controls {
		var ids []string
		for _, rule := range control.Rules {
			id := rule.ID
			if rule.Confidence != control.Confidence {
				id += " (" + string(rule.Confidence) + ")"
			}
			ids = append(ids, id)
		}
		indent := strings.Repeat(" ", wide+14)
		wrapped := fill(indent, clean.Text(strings.Join(ids, ", ")))
		lines = append(lines, row(clean.Text(control.ID), string(control.Confidence), strings.TrimPrefix(wrapped[0], indent)))
		lines = append(lines, wrapped[1:]...)
	}
	return printLines(sys.stdout, lines...)
}

func newPolicyShow(sys system, c *common) *cobra.Command {
	var p policyFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Describe one rule, with the values in effect",
		Long: `Describe one rule: what it needs, what it checks, and its severity and parameters as
they are in effect, each with where it comes from: the rule's own METADATA (default),
or the section "rules" of the file that --config names.`,
		Example: `  leavercheck policy show FWD-002
  leavercheck policy show FWD-002 --config leavercheck.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := p.rules(cmd, c)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(rules, func(r policies.Rule) bool { return strings.EqualFold(r.ID, args[0]) })
			if i < 0 {
				return usagef("there is no rule %q; see leavercheck policy list", args[0])
			}
			rule := rules[i].WithControls(p.lowest())
			if p.asJSON {
				return printJSON(sys, rule)
			}
			return printLines(sys.stdout, describe(rule)...)
		},
	}
	p.add(cmd)
	return cmd
}

func describe(r policies.Rule) []string {
	lines := []string{r.ID + "  " + r.Title, ""}
	lines = append(lines, fill("  ", r.Description)...)
	lines = append(lines, "")
	add := func(name, value string) {
		if value == "" {
			return
		}
		for i, line := range fill(strings.Repeat(" ", 15), value) {
			if i == 0 {
				line = fmt.Sprintf("  %-12s %s", name, strings.TrimSpace(line))
			}
			lines = append(lines, line)
		}
	}
	origin := func(key, instead string) string {
		place, set := r.Set[key]
		switch {
		case !set:
			return " (default)"
		case instead == "":
			return " (" + place + ")"
		}
		return " (" + place + "; default " + instead + ")"
	}
	if r.Off() {
		add("switched off", r.Set["enabled"])
	}
	add("severity", string(r.Severity)+origin("severity", string(r.DefaultSeverity)))
	add("scope", string(r.Scope))
	add("requires", strings.Join(r.Requires, ", "))
	add("uses", strings.Join(r.Uses, ", "))
	add("attestations", strings.Join(r.Attestations, ", "))
	for _, name := range slices.Sorted(maps.Keys(r.Parameters)) {
		p := r.Parameters[name]
		add("parameter", name+" = "+asJSON(p.Value)+origin("parameters."+name, asJSON(p.Schema["default"])))
	}
	for _, framework := range slices.Sorted(maps.Keys(r.Controls)) {
		var ids []string
		for _, c := range r.Controls[framework] {
			id := c.ID
			if c.Confidence != "" {
				id += " (" + string(c.Confidence) + ")"
			}
			ids = append(ids, id)
		}
		add("control", framework+" "+strings.Join(ids, ", "))
	}
	add("remediation", r.Remediation)
	for _, resource := range r.RelatedResources {
		add("see", resource.Ref)
	}
	add("source", fmt.Sprintf("%s:%d", r.File, r.Line))
	for i := range lines {
		lines[i] = clean.Text(lines[i])
	}
	return lines
}

// asJSON writes the value of a parameter, which came from JSON.
func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return string(text)
}

// fill breaks a text into indented lines that fit into 80 columns where its words do.
func fill(indent, text string) []string {
	const width = 80
	var lines []string
	line := indent
	for word := range strings.FieldsSeq(text) {
		if line != indent && len(line)+1+len(word) > width {
			lines, line = append(lines, line), indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func printJSON(sys system, v any) error {
	enc := json.NewEncoder(sys.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
