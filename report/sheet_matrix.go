package report

import (
	"strconv"

	"leavercheck/policies"
)

// matrixSheet has a row for each leaver and a column for each rule, with the status as a word; empty where the
// rule does not judge the leaver. The tenant has the last row.
type matrixSheet struct{ rules []policies.Rule }

func (s *matrixSheet) head(run policies.Run) []string {
	s.rules = run.Rules
	columns := whoColumns()
	for _, status := range policies.Statuses() {
		columns = append(columns, string(status))
	}
	for _, rule := range run.Rules {
		columns = append(columns, rule.ID)
	}
	return columns
}

func (s *matrixSheet) leaver(leaver policies.LeaverResult) [][]string {
	return [][]string{s.row(person(leaver), leaver.Verdicts)}
}

func (s *matrixSheet) tenant(tenant policies.TenantResult) [][]string {
	return [][]string{s.row(fields{"leaver": wholeTenant}.in(whoColumns()), tenant.Verdicts)}
}

func (s *matrixSheet) summary(policies.Summary) [][]string { return nil }

func (s *matrixSheet) row(cells []string, verdicts []policies.Verdict) []string {
	counts, words := map[policies.Status]int{}, map[string]policies.Status{}
	for _, verdict := range verdicts {
		counts[verdict.Status]++
		words[verdict.Rule] = verdict.Status
	}
	for _, status := range policies.Statuses() {
		cells = append(cells, strconv.Itoa(counts[status]))
	}
	for _, rule := range s.rules {
		cells = append(cells, string(words[rule.ID]))
	}
	return cells
}
