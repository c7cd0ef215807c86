package policies

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
)

// rollCall is what must be known of everybody before the first leaver is judged: whom the attestations
// mean, for a name may be that of two, and who is not found and may be in the baseline under a name. It
// holds as much as there are attestations and people not found.
type rollCall struct {
	vouchers []*voucher
	byLeaver map[string][]*voucher // those that are heard, by Leaver.Key
	lost     *lost
}

// voucher is an attestation in an evaluation.
type voucher struct {
	Attestation
	rules    []string // that it is for
	standing Standing
	key      string // of the leaver
	leftAt   time.Time
	leavers  int // that bear the name
}

// callRoll reads the leavers once, where there is something to know.
func (e *evaluation) callRoll(ctx context.Context, snap Snapshot) error {
	e.roll = rollCall{byLeaver: map[string][]*voucher{}, lost: newLost()}
	byName := map[string][]*voucher{}
	for _, attestation := range e.opts.Attestations {
		v := &voucher{Attestation: attestation, rules: e.set.covers(attestation)}
		e.roll.vouchers = append(e.roll.vouchers, v)
		name := strings.ToLower(attestation.Leaver)
		byName[name] = append(byName[name], v)
	}
	if e.opts.Baseline == nil && len(byName) == 0 {
		return nil
	}
	err := snap.Leavers(func(record snapshot.Record) error {
		leaver := record.Leaver
		for _, name := range names(leaver) {
			for _, v := range byName[name] {
				v.leavers++
				v.key, v.leftAt = leaver.Key(), leaver.LeftAt
				if v.leftAt.IsZero() { // what is known to be after leaving is what came after that
					v.leftAt = leaver.LeftBy
				}
			}
		}
		if e.opts.Baseline != nil && leaver.State == snapshot.NotFound && leaver.ID == "" {
			e.roll.lost.expect(leaver)
		}
		return context.Cause(ctx)
	})
	if err != nil {
		return fmt.Errorf("reading leavers: %w", err)
	}
	for _, v := range e.roll.vouchers {
		v.standing = v.stand(e.judge.now)
		if v.standing.Heard() {
			e.roll.byLeaver[v.key] = append(e.roll.byLeaver[v.key], v)
		}
	}
	return nil
}

// names are what a leaver goes by, in lower case, each once.
func names(leaver snapshot.Leaver) []string {
	out := append(addresses(leaver), lower(leaver.ID), lower(leaver.EmployeeID))
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(name string) bool { return name == "" })
}

// addresses are the user principal name and mail address of a leaver. The service puts the object id in
// front of the name of a deleted account; people know it without.
func addresses(leaver snapshot.Leaver) []string {
	upn := lower(leaver.UserPrincipalName)
	out := []string{upn, lower(leaver.Mail)}
	if id := strings.ReplaceAll(lower(leaver.ID), "-", ""); id != "" && strings.HasPrefix(upn, id) {
		out = append(out, strings.TrimPrefix(upn, id))
	}
	return out
}

func lower(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// stand says what the attestation is worth before any rule was asked.
func (v *voucher) stand(now time.Time) Standing {
	switch {
	case v.leavers == 0:
		return NoSuchLeaver
	case v.leavers > 1:
		return SeveralLeavers
	case !now.Before(v.Expires):
		return Expired
	case v.At.Before(v.leftAt):
		return TooEarly
	case v.At.After(now):
		return InTheFuture
	}
	return NotNeeded
}

// of is the attestation as a verdict shows it, for the rule that it stands for.
func (v *voucher) of(rule string) VerdictAttestation {
	return VerdictAttestation{Rule: rule, Statement: v.Statement, By: v.By, At: v.At, Link: v.Link, Expires: v.Expires}
}

// heard gives, for a rule, the attestations that it heeds among those of a leaver: by rule, the one that
// lasts longest.
func heard(rule Rule, vouchers []*voucher) map[string]*voucher {
	var out map[string]*voucher
	for _, v := range vouchers {
		for _, id := range v.rules {
			if !slices.Contains(rule.Attestations, id) {
				continue
			}
			if other := out[id]; other != nil && !v.Expires.After(other.Expires) {
				continue
			}
			if out == nil {
				out = map[string]*voucher{}
			}
			out[id] = v
		}
	}
	return out
}

// attested lists every attestation with its standing.
func (r *rollCall) attested() []AttestationResult {
	out := []AttestationResult{}
	for _, v := range r.vouchers {
		out = append(out, AttestationResult{v.Attestation, v.standing})
	}
	slices.SortStableFunc(out, func(a, b AttestationResult) int {
		return cmp.Or(
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Fact, b.Fact),
			cmp.Compare(a.Leaver, b.Leaver),
			a.At.Compare(b.At),
			cmp.Compare(a.Source, b.Source),
		)
	})
	return out
}

// lost are the people who are not found now, by their names, and whom the baseline knows by one of them.
// A name that fits two people, here or there, fits nobody.
type lost struct {
	people map[string]snapshot.Leaver // by Leaver.Key
	byName map[string][]string        // keys
	found  map[string]*snapshot.Record
}

func newLost() *lost {
	return &lost{people: map[string]snapshot.Leaver{}, byName: map[string][]string{}, found: map[string]*snapshot.Record{}}
}

// expect notes somebody who is not found.
func (l *lost) expect(leaver snapshot.Leaver) {
	l.people[leaver.Key()] = leaver
	for _, name := range KnownAs(leaver) {
		l.byName[name] = append(l.byName[name], leaver.Key())
	}
}

// offer takes somebody whom the baseline holds and who is nobody found now. Of them only the account is
// kept: nothing else is judged of people who are not there any more.
func (l *lost) offer(before snapshot.Record) {
	if before.Leaver.ID == "" {
		return
	}
	keys := map[string]bool{}
	for _, name := range KnownAs(before.Leaver) {
		for _, key := range l.byName[name] {
			keys[key] = keys[key] || !contradict(l.people[key], before.Leaver)
		}
	}
	maps.DeleteFunc(keys, func(_ string, same bool) bool { return !same })
	for key := range keys {
		reduced := &snapshot.Record{Leaver: before.Leaver, Facts: map[string]snapshot.Fact{}}
		if account, ok := before.Facts[snapshot.Account]; ok {
			reduced.Facts[snapshot.Account] = account
		}
		if _, twice := l.found[key]; twice || len(keys) > 1 {
			reduced = nil
		}
		l.found[key] = reduced
	}
}

// KnownAs gives the names by which a leaver without an object id can be found again, in lower case; addresses and
// employee ids are kept apart.
func KnownAs(leaver snapshot.Leaver) []string {
	var out []string
	for _, address := range addresses(leaver) {
		if address != "" && !slices.Contains(out, "@"+address) {
			out = append(out, "@"+address)
		}
	}
	if id := lower(leaver.EmployeeID); id != "" {
		out = append(out, "#"+id)
	}
	return out
}

// contradict says that two leavers are not the same person whatever else they share: an address can be
// given to somebody else, an employee id is one person's.
func contradict(a, b snapshot.Leaver) bool {
	x, y := lower(a.EmployeeID), lower(b.EmployeeID)
	return x != "" && y != "" && x != y
}
