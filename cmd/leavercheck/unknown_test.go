package main

import (
	"maps"
	"slices"
	"testing"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// blinded is a snapshot in which one fact could not be read for anybody.
type blinded struct {
	*snapshot.Reader
	fact string
}

func (b blinded) Leavers(yield func(snapshot.Record) error) error {
	return b.Reader.Leavers(func(r snapshot.Record) error {
		if _, ok := r.Facts[b.fact]; ok {
			r.Facts[b.fact] = lost()
		}
		return yield(r)
	})
}

func (b blinded) Tenant() snapshot.Tenant {
	t := b.Reader.Tenant()
	t.Facts = maps.Clone(t.Facts)
	if _, ok := t.Facts[b.fact]; ok {
		t.Facts[b.fact] = lost()
	}
	return t
}

func lost() snapshot.Fact {
	return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Throttled, Detail: "GET: status 429", Needs: "another run"}
}

// statuses keeps the status of every (leaver, rule).
type statuses map[string]map[string]policies.Verdict

func (s statuses) Run(policies.Run) error             { return nil }
func (s statuses) Tenant(policies.TenantResult) error { return nil }
func (s statuses) Summary(policies.Summary) error     { return nil }
func (s statuses) Leaver(l policies.LeaverResult) error {
	verdicts := map[string]policies.Verdict{}
	for _, v := range l.Verdicts {
		verdicts[v.Rule] = v
	}
	s[l.Leaver.Source] = verdicts
	return nil
}

// For every fact: when it is lost, no rule that requires it passes anybody, no rule passes anybody whom
// it did not pass before, and what failed or was unknown does not become something without blame.
func TestALostFactNeverClears(t *testing.T) {
	t.Parallel()
	set, err := policies.Load(t.Context(), policies.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := snapshot.Open(collectSome(t, newTenant(t, simtenant.Options{})))
	if err != nil {
		t.Fatal(err)
	}
	whole := statuses{}
	if _, err := set.Evaluate(t.Context(), reader, policies.EvaluateOptions{}, whole); err != nil {
		t.Fatal(err)
	}
	requires := map[string][]string{}
	for _, r := range set.Rules() {
		requires[r.ID] = r.Requires
	}
	for _, fact := range append(snapshot.LeaverFacts(), snapshot.TenantFacts()...) {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			blind := statuses{}
			if _, err := set.Evaluate(t.Context(), blinded{reader, fact}, policies.EvaluateOptions{}, blind); err != nil {
				t.Fatal(err)
			}
			for source, verdicts := range blind {
				for rule, v := range verdicts {
					was := whole[source][rule].Status
					switch {
					case v.Status == policies.Pass && slices.Contains(requires[rule], fact):
						t.Errorf("%s passes %s, which requires %s", source, rule, fact)
					case v.Status == policies.Pass && was != policies.Pass:
						t.Errorf("%s passes %s without %s, and was %s with it", source, rule, fact, was)
					case v.Status == policies.NotApplicable && was != policies.NotApplicable:
						t.Errorf("%s need not answer %s without %s, and was %s with it", source, rule, fact, was)
					case v.Status == policies.Unknown && was != policies.Unknown && !slices.ContainsFunc(v.Missing, func(m policies.Missing) bool { return m.Fact == fact }):
						t.Errorf("%s is unknown by %s and the verdict does not name %s: %v", source, rule, fact, v.Missing)
					}
				}
			}
		})
	}
}
