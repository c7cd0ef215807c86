package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// doctorFlags are those that only this command has.
type doctorFlags struct {
	format string
	setup  string
	policySources
}

func newDoctor(sys system, c *common) *cobra.Command {
	t := tenantFlags{rosterless: true}
	var d doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what a sign-in may read, and what would stay unknown",
		Long: `Say, before anything is collected, what the sign-in may read, which rules would be
unknown for want of what, and which permissions it does not need. Doctor only reads,
and as little as it can: the tenant's licences, and one row of each kind that a licence
or a role decides about. It needs no roster.

With --setup it asks nobody and prints what sets such an application up, with exactly
the permissions that reading takes.

Exit codes: 0 everything can be read, 1 no sign-in or no answer, 2 usage, or with
--require-least-privilege a sign-in that may do more than read, 4 something would be
unknown or could not be found out, 5 the sign-in is another tenant's.`,
		Example: `  leavercheck doctor
  leavercheck doctor --format json
  leavercheck doctor --setup powershell > setup.ps1
  leavercheck doctor --simulate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if d.setup != "" {
				return d.printSetup(sys, t.cloud)
			}
			return d.examine(cmd.Context(), sys, c, &t)
		},
	}
	t.add(cmd)
	f := cmd.Flags()
	f.StringVar(&d.format, "format", "table", "form of the output: table or json")
	f.StringVar(&d.setup, "setup", "", "print what sets an application up, as: "+strings.Join(setups(), ", "))
	d.add(cmd)
	complete(cmd, "format", "table", "json")
	complete(cmd, "setup", setups()...)
	return cmd
}

// diagnosis is what doctor prints.
type diagnosis struct {
	collector.Examination
	// Rules are those that lack something.
	Rules []prognosis `json:"rules"`
	// Complete says that everything that a rule takes can be read.
	Complete bool     `json:"complete"`
	Notes    []string `json:"notes"`
}

func (d *doctorFlags) examine(ctx context.Context, sys system, c *common, t *tenantFlags) error {
	if d.format != "table" && d.format != "json" {
		return usagef("--format %q is none of table, json", d.format)
	}
	set, err := d.load(ctx, nil)
	if err != nil {
		return err
	}
	opts, stop, err := t.options(sys, c, snapshot.Opening{}, newLog(sys.stderr, c))
	if err != nil {
		return err
	}
	defer stop()
	if opts.MaxDuration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.MaxDuration)
		defer cancel()
	}
	examination, err := collector.Examine(ctx, opts)
	if err != nil {
		return err
	}
	found := diagnose(examination, set.Rules(), opts.ExchangeExport != nil)
	if err := d.print(sys, found); err != nil {
		return err
	}
	if !found.Complete {
		return exit(codeIncomplete)
	}
	return nil
}

func (d *doctorFlags) print(sys system, found diagnosis) error {
	if d.format == "table" {
		return printLines(sys.stdout, found.lines()...)
	}
	enc := json.NewEncoder(sys.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(found); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// prognosis is a rule that lacks something.
type prognosis struct {
	Rule     string            `json:"rule"`
	Title    string            `json:"title"`
	Severity policies.Severity `json:"severity"`
	// Certain says that the rule is unknown for everybody whom the fact concerns, because it requires that
	// fact; else it is unknown only for those where it uses the fact, or perhaps not at all.
	Certain bool       `json:"certain"`
	Facts   []string   `json:"facts"`
	Lacks   []ruleLack `json:"lacks"`
	ability collector.Ability
}

// ruleLack is why a fact of a rule is not there, and what would mend it.
type ruleLack struct {
	Facts  []string `json:"facts"`
	Reason string   `json:"reason"`
	Mend   string   `json:"mend,omitempty"`
}

// diagnose says what the examination means for the rules.
func diagnose(x collector.Examination, rules []policies.Rule, exported bool) diagnosis {
	facts := map[string]collector.FactAccess{}
	for _, f := range x.Facts {
		facts[f.Fact] = f
	}
	d := diagnosis{Examination: x, Rules: []prognosis{}, Notes: notes(x, exported)}
	for _, rule := range rules {
		p := prognosis{Rule: rule.ID, Title: rule.Title, Severity: rule.Severity, ability: collector.NotKnown}
		for i, name := range slices.Concat(rule.Requires, rule.Uses) {
			f := facts[name]
			if f.Ability == collector.Readable || f.Ability == "" || f.Without != "" {
				continue
			}
			if f.Ability == collector.Unreadable {
				p.ability = collector.Unreadable
				p.Certain = p.Certain || i < len(rule.Requires)
			}
			p.add(f)
		}
		if len(p.Facts) > 0 {
			d.Rules = append(d.Rules, p)
		}
	}
	d.Complete = len(d.Rules) == 0
	return d
}

// add notes a fact that the rule does not get. Lacks that are mended alike are told once.
func (p *prognosis) add(f collector.FactAccess) {
	if slices.Contains(p.Facts, f.Fact) {
		return
	}
	p.Facts = append(p.Facts, f.Fact)
	for _, lack := range f.Lacks {
		reason := lack.Reason
		if reason == "" {
			reason = string(collector.NotKnown)
		}
		at := slices.IndexFunc(p.Lacks, func(l ruleLack) bool { return l.Reason == reason && l.Mend == lack.Mend })
		if at < 0 {
			p.Lacks = append(p.Lacks, ruleLack{Reason: reason, Mend: lack.Mend})
			at = len(p.Lacks) - 1
		}
		if facts := &p.Lacks[at].Facts; !slices.Contains(*facts, f.Fact) {
			*facts = append(*facts, f.Fact)
		}
	}
}

// notes are what is worth knowing beside the rules.
func notes(x collector.Examination, exported bool) []string {
	out := []string{}
	for _, f := range x.Facts {
		if f.Ability != collector.Readable && f.Without != "" {
			out = append(out, f.Fact+" stays unread: "+f.Without+".")
		}
	}
	for _, l := range x.Licences {
		if l.Known && !l.Seen && strings.Contains(l.For, "30 days") {
			out = append(out, "Without "+l.Name+" the logs keep 7 days: rules that rely on them are unknown for who left earlier; TEN-001 counts them.")
		}
	}
	if !exported && x.SignIn.Person == "" && x.Exchange.Ability == collector.Readable {
		out = append(out, "Exchange.ManageAsApp cannot be narrowed: what it may do is up to the role of the application. A directory role shows in the token; "+
			"a role group of Exchange does not. Get-ManagementRoleAssignment -RoleAssignee in Exchange Online PowerShell lists what the group may do.")
	}
	return out
}
