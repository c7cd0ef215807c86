package report

import (
	"slices"

	"leavercheck/policies"
)

// WithoutChanges gives a result on as it was before it was compared with an earlier one.
func WithoutChanges(next policies.Handler) policies.Handler { return &withoutChanges{next} }

type withoutChanges struct{ next policies.Handler }

func (w *withoutChanges) Run(run policies.Run) error {
	run.Compared = nil
	return w.next.Run(run)
}

func (w *withoutChanges) Leaver(l policies.LeaverResult) error {
	l.Verdicts = unchanged(l.Verdicts)
	return w.next.Leaver(l)
}

func (w *withoutChanges) Tenant(t policies.TenantResult) error {
	t.Verdicts = unchanged(t.Verdicts)
	return w.next.Tenant(t)
}

func (w *withoutChanges) Summary(s policies.Summary) error {
	s.Changes, s.Gone = nil, nil
	return w.next.Summary(s)
}

func unchanged(verdicts []policies.Verdict) []policies.Verdict {
	out := slices.Clone(verdicts)
	for i := range out {
		out[i].Change = nil
	}
	return out
}
