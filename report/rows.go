package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"leavercheck/policies"
)

// row is a verdict as the table shows it.
type row struct {
	severity policies.Severity
	rule     string
	who      string
	account  string
	what     string
	date     string
	// lost is when data is lost, due when the grace ends; zero for none.
	lost, due time.Time
	// verdicts is how many a row of a group stands for.
	verdicts int
	// What only a page shows: where the leaver's verdicts are, and how this one changed.
	anchor string
	status policies.Status
	change *policies.Change
}

// bound keeps what one verdict can take up small.
func (r *row) bound() {
	r.what, r.who, r.account = bounded(r.what, 400), bounded(r.who, 80), bounded(r.account, 80)
}

// worse puts first what is lost first, then orders by severity, how overdue, rule and name.
func worse(a, b row) int {
	return cmp.Or(
		sooner(a.lost, b.lost),
		cmp.Compare(slices.Index(policies.Severities(), a.severity), slices.Index(policies.Severities(), b.severity)),
		sooner(a.due, b.due),
		cmp.Compare(a.rule, b.rule),
		cmp.Compare(a.who, b.who),
		cmp.Compare(a.account, b.account),
	)
}

// sooner puts what has a date before what has none.
func sooner(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// rows keeps the worst of any number of rows, and counts them all.
type rows struct {
	limit int
	kept  []row
	total int
}

func newRows(limit int) *rows { return &rows{limit: limit} }

func (r *rows) add(row row) {
	r.total++
	row.bound()
	r.kept = append(r.kept, row)
	if len(r.kept) >= 2*r.limit+64 {
		r.kept = r.cut()
	}
}

func (r *rows) cut() []row {
	slices.SortStableFunc(r.kept, worse)
	clear(r.kept[min(len(r.kept), r.limit):])
	return r.kept[:min(len(r.kept), r.limit)]
}

// sorted gives the rows to show. People of the same name are told apart by their account.
func (r *rows) sorted() []row {
	out := slices.Clone(r.cut())
	account := map[string]string{}
	twice := map[string]bool{}
	for _, row := range out {
		if other, ok := account[row.who]; ok && other != row.account {
			twice[row.who] = true
		}
		account[row.who] = row.account
	}
	for i := range out {
		if twice[out[i].who] && out[i].account != out[i].who {
			out[i].who = out[i].account + " " + out[i].who
		}
	}
	return out
}

// groups gathers verdicts that say the same of several people: one permission that is missing makes the
// same rules unknown for everybody.
type groups struct {
	limit int
	by    map[groupKey]*group
	// beyond counts verdicts that found no room.
	beyond int
}

type groupKey struct{ rule, what string }

type group struct {
	row   row
	count int
}

// room is how many groups are kept for each one that is shown: enough to choose from, and bounded.
const room = 8

func newGroups(limit int) *groups { return &groups{limit: limit, by: map[groupKey]*group{}} }

func (g *groups) add(row row) {
	row.bound()
	key := groupKey{row.rule, row.what}
	same := g.by[key]
	if same == nil {
		if len(g.by) >= room*g.limit {
			g.beyond++
			return
		}
		g.by[key] = &group{row, 1}
		return
	}
	same.count++
	if worse(row, same.row) < 0 {
		same.row = row
	}
}

// sorted gives a row for each group to show, and the number of verdicts that are in none of them.
func (g *groups) sorted() ([]row, int) {
	all := make([]*group, 0, len(g.by))
	for _, group := range g.by {
		all = append(all, group)
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(worse(a.row, b.row), cmp.Compare(a.row.what, b.row.what))
	})
	var out []row
	more := g.beyond
	for i, group := range all {
		if i >= g.limit {
			more += group.count
			continue
		}
		group.row.verdicts = group.count
		if group.count > 1 {
			group.row.who += fmt.Sprintf(" and %d more", group.count-1)
		}
		out = append(out, group.row)
	}
	return out, more
}

// bounded cuts a text that nobody would read to its end.
func bounded(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
