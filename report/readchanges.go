package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"leavercheck/policies"
)

// changesCheck holds what a result says of its changes to what its verdicts carry.
type changesCheck struct {
	compared bool
	counts   map[policies.ChangeKind]int
}

func newChangesCheck(run policies.Run) changesCheck {
	out := changesCheck{compared: run.Compared != nil, counts: map[policies.ChangeKind]int{}}
	for _, kind := range policies.ChangeKinds() {
		out.counts[kind] = 0
	}
	return out
}

func (c *changesCheck) verdict(v policies.Verdict) error {
	change := v.Change
	switch {
	case change == nil && c.compared && wrong(v.Status):
		return fmt.Errorf("%s: the run names an earlier result, and the verdict has no change since", v.Rule)
	case change == nil:
		return nil
	case !c.compared:
		return fmt.Errorf("%s: a change since an earlier result that the run does not name", v.Rule)
	case change.Kind != policies.ChangeNone && !slices.Contains(policies.ChangeKinds(), change.Kind):
		return fmt.Errorf("%s: the change %q is unknown", v.Rule, change.Kind)
	case change.Before != "" && !slices.Contains(policies.Statuses(), change.Before):
		return fmt.Errorf("%s: the status before, %q, is unknown", v.Rule, change.Before)
	case wrong(v.Status) && (change.Kind == policies.ChangeFixed || change.Kind == policies.ChangeNone || change.Kind == policies.ChangeScope):
		return fmt.Errorf("%s: is %s, and its change says that it is %s", v.Rule, v.Status, change.Kind)
	}
	if change.Kind != policies.ChangeNone {
		c.counts[change.Kind]++
	}
	return nil
}

func (c *changesCheck) summary(s policies.Summary) error {
	if !c.compared {
		if s.Changes != nil || s.Gone != nil {
			return errors.New("the summary counts changes since an earlier result that the run does not name")
		}
		return nil
	}
	for _, gone := range s.Gone {
		if !slices.Contains(policies.Statuses(), gone.Status) || right(gone.Status) || !slices.Contains(policies.Severities(), gone.Severity) {
			return fmt.Errorf("%s: is gone, and was %q at the severity %q", gone.Rule, gone.Status, gone.Severity)
		}
	}
	c.counts[policies.ChangeScope] += len(s.Gone)
	counts := maps.Clone(s.Changes)
	if more := counts[policies.ChangeScope] - c.counts[policies.ChangeScope]; len(s.Gone) == policies.MostGone && more > 0 {
		counts[policies.ChangeScope] -= more // what the list has no room for
	}
	if !maps.Equal(counts, c.counts) {
		return errors.New("the summary's changes are not those of the verdicts")
	}
	return nil
}
