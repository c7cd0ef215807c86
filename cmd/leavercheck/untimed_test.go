package main

import (
	"slices"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// timeless is a snapshot in which nobody knows when people left: only by when.
type timeless struct {
	*snapshot.Reader
	known snapshot.LeaveTime
	by    func(snapshot.Leaver) time.Time
}

func (s timeless) Leavers(yield func(snapshot.Record) error) error {
	return s.Reader.Leavers(func(r snapshot.Record) error {
		if r.Leaver.State != snapshot.NotYet {
			r.Leaver.LeftBy = s.by(r.Leaver)
			r.Leaver.LeftAt, r.Leaver.LeftKnownBy = time.Time{}, s.known
		}
		return yield(r)
	})
}

// tenantStatuses keeps the verdicts on the tenant beside those on leavers.
type tenantStatuses struct {
	statuses
	tenant map[string]policies.Verdict
}

func (s tenantStatuses) Tenant(t policies.TenantResult) error {
	for _, v := range t.Verdicts {
		s.tenant[v.Rule] = v
	}
	return nil
}

// Whenever people may have left, a verdict without their leave time is the one with it, or unknown and names what is
// missing, or a failure that is one with it too. In particular nobody passes who fails, and no failure is hidden by
// a grace of which nobody knows when it ends.
func TestWithoutALeaveTimeNothingIsGuessed(t *testing.T) {
	t.Parallel()
	set, err := policies.Load(t.Context(), policies.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	open := func(options simtenant.Options, baseline *snapshot.Reader) *snapshot.Reader {
		options.Bystanders = 20
		reader, err := snapshot.Open(collectSince(t, newTenant(t, options), baseline))
		if err != nil {
			t.Fatal(err)
		}
		return reader
	}
	before := open(simtenant.Options{Earlier: true}, nil)
	reader := open(simtenant.Options{}, before)
	evaluate := func(snap policies.Snapshot, baseline policies.Snapshot) tenantStatuses {
		out := tenantStatuses{statuses{}, map[string]policies.Verdict{}}
		if _, err := set.Evaluate(t.Context(), snap, policies.EvaluateOptions{Baseline: baseline}, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole := map[policies.Snapshot]tenantStatuses{nil: evaluate(reader, nil), before: evaluate(reader, before)}
	capped := func(at time.Time) time.Time {
		if at.After(today()) {
			return today()
		}
		return at
	}
	for name, tc := range map[string]struct {
		snap timeless
		// decided are rules that look at the leave time and fail somebody all the same.
		decided  []string
		baseline policies.Snapshot
	}{
		"by now": {
			snap:     timeless{reader, snapshot.ByNobody, func(snapshot.Leaver) time.Time { return today() }},
			decided:  []string{"DEV-001"},
			baseline: before,
		},
		"by three days after": {
			snap:    timeless{reader, snapshot.ByNobody, func(l snapshot.Leaver) time.Time { return capped(l.LeftBy.Add(72 * time.Hour)) }},
			decided: []string{"DEV-001", "SES-003"},
		},
		"by the very time, which does not move": {
			snap:     timeless{reader, snapshot.ByDeletion, func(l snapshot.Leaver) time.Time { return l.LeftBy }},
			decided:  []string{"DEV-001", "SES-003"},
			baseline: before,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, hidden := whole[tc.baseline], evaluate(tc.snap, tc.baseline)
			fails := map[string]bool{}
			for source, verdicts := range hidden.statuses {
				for rule, v := range verdicts {
					was := whole.statuses[source][rule].Status
					check(t, source+": "+rule, was, v, tc.snap.known)
					if v.Status == policies.Fail {
						fails[rule] = true
					}
				}
			}
			for rule, v := range hidden.tenant {
				check(t, "the tenant: "+rule, whole.tenant[rule].Status, v, tc.snap.known)
			}
			for _, rule := range tc.decided {
				if !fails[rule] {
					t.Errorf("%s fails nobody, although some failures hold whenever people left", rule)
				}
			}
		})
	}
}

func check(t *testing.T, who string, was policies.Status, v policies.Verdict, known snapshot.LeaveTime) {
	t.Helper()
	names := slices.ContainsFunc(v.Missing, func(m policies.Missing) bool { return m.Fact == "leftAt" && m.Needs != "" })
	wrong := []policies.Status{policies.Fail, policies.Pending}
	switch {
	case v.Status == policies.Pending && known == snapshot.ByNobody:
		t.Errorf("%s is pending until %s, a time that moves", who, v.Due)
	case v.Status == was:
	case v.Status == policies.Unknown && names:
	case slices.Contains(wrong, v.Status) && slices.Contains(wrong, was):
	default:
		t.Errorf("%s is %s without the leave time, and %s with it: %s %v", who, v.Status, was, v.Message, v.Missing)
	}
}
