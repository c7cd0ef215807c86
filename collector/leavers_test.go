package collector

import (
	"slices"
	"testing"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
)

// A source says who left only where the directory says so; what it does not say is an error, or counted.
func TestWhomSourcesClaim(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	day := time.Date(2026, 5, 29, 16, 0, 0, 0, time.UTC)
	all := []roster.Source{{Kind: roster.LeaveDate}, {Kind: roster.Deleted}, {Kind: roster.Disabled}}
	for name, tc := range map[string]struct {
		user            graph.User
		by              []roster.SourceKind
		guests, undated int
		fails           bool
	}{
		"at work":                    {user: graph.User{Enabled: &yes, LeaveDateGiven: true}},
		"with a leave date":          {user: graph.User{Enabled: &yes, LeaveDateGiven: true, Leaves: day}, by: []roster.SourceKind{roster.LeaveDate}},
		"disabled":                   {user: graph.User{Enabled: &no, LeaveDateGiven: true}, by: []roster.SourceKind{roster.Disabled}},
		"disabled guest":             {user: graph.User{Enabled: &no, Type: "Guest", LeaveDateGiven: true}, guests: 1},
		"deleted":                    {user: graph.User{Enabled: &no, Deleted: day, LeaveDateGiven: true}, by: []roster.SourceKind{roster.Deleted}},
		"deleted, without the date":  {user: graph.User{Enabled: &yes, Deleted: day}, by: []roster.SourceKind{roster.Deleted}, undated: 1},
		"live, the date left out":    {user: graph.User{Enabled: &yes}, fails: true},
		"live, neither on nor off":   {user: graph.User{LeaveDateGiven: true}, fails: true},
		"deleted, neither on or off": {user: graph.User{Deleted: day, LeaveDateGiven: true, Leaves: day}, by: []roster.SourceKind{roster.LeaveDate, roster.Deleted}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := entra{sources: all, claims: map[string]*claim{}, named: map[roster.Source]int{}}
			tc.user.ID = somebody
			claimed, err := e.offer(tc.user)
			if (err != nil) != tc.fails || claimed != (len(tc.by) > 0) || e.guests != tc.guests || e.undated != tc.undated {
				t.Errorf("claimed: %v, guests %d, undated %d, %v", claimed, e.guests, e.undated, err)
			}
			var by []roster.SourceKind
			if c := e.claims[somebody]; c != nil {
				for _, s := range c.by {
					by = append(by, s.Kind)
				}
			}
			if !slices.Equal(by, tc.by) {
				t.Errorf("claimed by %v", by)
			}
		})
	}
}
