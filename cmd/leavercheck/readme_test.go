package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector"
	"leavercheck/policies"
)

var update = flag.Bool("update", false, "rewrite the README's tables, and what doctor --setup prints")

// The README's tables are what the rules and the collector say of themselves.
func TestTheREADMEHasTheTables(t *testing.T) {
	t.Parallel()
	set, err := policies.Load(t.Context(), policies.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "README.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	for name, table := range map[string]string{"rules": ruleTable(t, set.Rules()), "needs": needTable()} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("the README has no table between %q and %q", begin, end)
		}
		want = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Error("a table of the README is out of date: go test ./cmd/leavercheck -run README -update")
	}
}

// needTable says what each fact takes, facts that take the same together.
func needTable() string {
	var b strings.Builder
	b.WriteString("| fact | application permission | role in Exchange | licence | not in |\n|---|---|---|---|---|\n")
	var rows []string
	facts := map[string][]string{}
	for _, need := range collector.Needs() {
		row := needRow(need)
		if facts[row] == nil {
			rows = append(rows, row)
		}
		facts[row] = append(facts[row], need.Fact)
	}
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(facts[row], ", "), row)
	}
	return b.String()
}

func needRow(need collector.Need) string {
	var permissions, roles, licences, clouds []string
	add := func(list *[]string, value string) {
		if value != "" && !slices.Contains(*list, value) {
			*list = append(*list, value)
		}
	}
	for _, name := range need.Permissions() {
		if need.PerTenant || name != "User.Read.All" {
			add(&permissions, "`"+name+"`")
		}
	}
	for _, r := range need.Requests {
		add(&roles, r.ExchangeRole)
		add(&licences, r.Licence)
		for _, cloud := range r.Unsupported {
			add(&clouds, cloud)
		}
	}
	cells := [][]string{permissions, roles, licences, clouds}
	text := make([]string, len(cells))
	for i, cell := range cells {
		text[i] = strings.Join(cell, ", ")
	}
	return strings.Join(text, " | ")
}

// steps are Microsoft's, by the first part of the rules' ids, in order.
func steps() [][2]string {
	return [][2]string{
		{"ROS", "The roster"},
		{"SES", "0. Sign out now"},
		{"MBX", "1. Save the mailbox"},
		{"FWD", "2. Forward the mail or share the mailbox"},
		{"DEV", "3. Wipe and block devices"},
		{"ACC", "4. Block access to data"},
		{"EML", "4b. Block access to e-mail"},
		{"ODB", "5. Move the OneDrive"},
		{"LIC", "6. Remove the licence"},
		{"TEL", "6. Release the number"},
		{"DEL", "7. Delete the account"},
		{"TEN", "The scan itself"},
		{"ORD", "The order of things"},
	}
}

func ruleTable(t *testing.T, rules []policies.Rule) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| step | rule | what holds when it passes | needs |\n|---|---|---|---|\n")
	listed := 0
	for _, step := range steps() {
		for _, r := range rules {
			if !strings.HasPrefix(r.ID, step[0]+"-") {
				continue
			}
			needs := slices.Clone(r.Requires)
			for _, fact := range r.Uses {
				needs = append(needs, "("+fact+")")
			}
			if r.Scope == policies.PerTenant {
				needs = append(needs, "once per tenant")
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", step[1], r.ID, r.Title, strings.Join(needs, ", "))
			listed++
		}
	}
	if listed != len(rules) {
		t.Errorf("%d rules of %d belong to a step", listed, len(rules))
	}
	return b.String()
}
