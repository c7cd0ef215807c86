package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"leavercheck/policies"
)

// What people vouch for and what they accept stands twice in a result: with the verdicts, and listed in the summary.
// Reading holds the two to each other.

// waiverUse is where a waiver covers a verdict.
type waiverUse struct{ rule, leaver string }

// attestations checks that the summary lists every attestation that a verdict leans on, as one that counts.
func (r *replay) attestations(all []policies.AttestationResult) error {
	for _, a := range all {
		if !slices.Contains(policies.Standings(), a.Standing) {
			return fmt.Errorf("the standing %q of an attestation is unknown", a.Standing)
		}
		if a.Standing != policies.Counts {
			continue
		}
		maps.DeleteFunc(r.leanedOn, func(on policies.VerdictAttestation, _ bool) bool {
			return on.Statement == a.Statement && on.By == a.By && on.Link == a.Link && on.At.Equal(a.At) && on.Expires.Equal(a.Expires) && (a.Rule == on.Rule || a.Fact != "")
		})
	}
	for on := range r.leanedOn {
		return fmt.Errorf("a verdict leans on an attestation of %s that the summary does not list", on.Rule)
	}
	return nil
}

// waivers checks that the summary lists as counting exactly the waivers that verdicts carry.
func (r *replay) waivers(all []policies.WaiverResult) error {
	for i, w := range all {
		switch {
		case i > 0 && w.ID <= all[i-1].ID:
			return fmt.Errorf("the waiver %s is there twice or out of order", w.ID)
		case !slices.Contains(policies.WaiverStandings(), w.Standing):
			return fmt.Errorf("the standing %q of the waiver %s is unknown", w.Standing, w.ID)
		case w.Standing != policies.Counts:
			continue
		}
		use := waiverUse{w.Rule, strings.ToLower(w.Leaver)}
		on, covers := r.waived[use]
		if !covers || on.ID != w.ID || on.Reason != w.Reason || on.ApprovedBy != w.ApprovedBy || on.Ticket != w.Ticket || !on.Expires.Equal(w.Expires) {
			return fmt.Errorf("the waiver %s is said to count, and covers no verdict", w.ID)
		}
		delete(r.waived, use)
	}
	for use, on := range r.waived {
		return fmt.Errorf("a verdict of %s is waived by %s, which the summary does not list as counting for it", use.rule, on.ID)
	}
	return nil
}

// waiver checks a verdict against the waiver that it carries. The verdicts of the tenant, which is nobody, are
// not waived.
func (r *replay) waiver(v policies.Verdict, leaver string) error {
	if v.Status != policies.Waived {
		if v.Waiver != nil {
			return fmt.Errorf("%s: has a waiver and is %s", v.Rule, v.Status)
		}
		return nil
	}
	if v.Waiver == nil || leaver == "" {
		return fmt.Errorf("%s: is waived without a waiver of its leaver", v.Rule)
	}
	without := v
	without.Status = v.Waiver.Status
	switch {
	case !without.Waivable():
		return fmt.Errorf("%s: a verdict such as this cannot be waived", v.Rule)
	case !r.asOf.Before(v.Waiver.Expires):
		return fmt.Errorf("%s: the waiver %s has expired", v.Rule, v.Waiver.ID)
	}
	r.waived[waiverUse{v.Rule, strings.ToLower(leaver)}] = *v.Waiver
	return nil
}
