package collector_test

import (
	"regexp"
	"slices"
	"testing"

	"leavercheck/collector"
	"leavercheck/collector/snapshot"
)

// Every fact of the snapshot is in the table, in order, and every permission of the table is described, once,
// with an id of its own.
func TestTheTableOfNeedsIsWhole(t *testing.T) {
	t.Parallel()
	var facts []string
	used := map[string]bool{}
	for _, need := range collector.Needs() {
		facts = append(facts, need.Fact)
		if len(need.Requests) == 0 {
			t.Errorf("%s rests on nothing", need.Fact)
		}
		for _, r := range need.Requests {
			if len(r.Permissions) == 0 {
				t.Errorf("%s takes no permission", r.Endpoint)
			}
		}
		for _, name := range need.Permissions() {
			used[name] = true
		}
	}
	if want := append(snapshot.LeaverFacts(), snapshot.TenantFacts()...); !slices.Equal(facts, want) {
		t.Errorf("the table has %v, the snapshot %v", facts, want)
	}
	ids := map[string]string{}
	guid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	for _, p := range collector.Permissions() {
		if !guid.MatchString(p.ID) || ids[p.ID] != "" {
			t.Errorf("%s has the id %q, as has %q", p.Name, p.ID, ids[p.ID])
		}
		ids[p.ID] = p.Name
		if !used[p.Name] {
			t.Errorf("nothing takes %s", p.Name)
		}
		delete(used, p.Name)
	}
	for name := range used {
		t.Errorf("%s is not described", name)
	}
}
