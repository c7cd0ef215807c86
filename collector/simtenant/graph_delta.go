package simtenant

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Delta queries, as the pages concepts/delta-query-overview, concepts/delta-query-users and api/user-delta of
// learn.microsoft.com/graph describe them.

const (
	deltaTemplate = "/users/delta"
	// deltaLife is how long the token of a directory object is good.
	deltaLife = 7 * day
	// maxDeltaObjects is how many objects a filter may name.
	maxDeltaObjects = 50
)

// deltaState is what a token of either kind stands for. Clients get it sealed.
type deltaState struct {
	// Since is the moment up to which the client knows the directory; zero: it knows nothing of it.
	Since time.Time `json:"s,omitzero"`
	// Until is the moment up to which this round tells of it.
	Until time.Time `json:"u,omitzero"`
	// Issued is when the token was made.
	Issued time.Time `json:"i"`
	// Selected and IDs are the $select and the $filter that the round began with.
	Selected []string `json:"p,omitempty"`
	IDs      []string `json:"f,omitempty"`
	Offset   int      `json:"o,omitempty"` // of a skip token
	Skip     bool     `json:"k,omitempty"`
}

func prefersMinimal(h http.Header) bool {
	return slices.ContainsFunc(h.Values("Prefer"), func(v string) bool { return strings.Contains(strings.ToLower(v), "return=minimal") })
}

// deltaUsers answers GET /users/delta.
func (t *Tenant) deltaUsers(g *graphCall) (answer, error) {
	state, latest, err := g.deltaRound()
	if err != nil {
		return answer{}, err
	}
	g.query.selected = state.Selected // the token holds it, and no request repeats it
	body := map[string]any{"@odata.context": g.base + "/$metadata#users" + selection(state.Selected)}
	rows := []map[string]any{}
	if !latest {
		rows = t.deltaRows(g, state)
	}
	// A round of several pages begins with an empty one: that is allowed, and clients forget it.
	size, from := t.pageSize(0, usersPerPage, usersPerPage), min(state.Offset, len(rows))
	to := min(from+size, len(rows))
	if len(rows) > size && !state.Skip {
		to = 0
	}
	body["value"] = append([]map[string]any{}, rows[from:to]...)
	next := state
	next.Issued = t.now()
	if to < len(rows) {
		next.Offset, next.Skip = to, true
		body["@odata.nextLink"] = g.base + g.path + "?$skiptoken=" + t.sealDelta(next)
	} else {
		next.Since, next.Until, next.Offset, next.Skip = state.Until, time.Time{}, 0, false
		body["@odata.deltaLink"] = g.base + g.path + "?$deltatoken=" + t.sealDelta(next)
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// deltaRound finds out what is asked: a first round, the next page of a round, what changed since a round, or, with
// latest, nothing but a token.
func (g *graphCall) deltaRound() (state deltaState, latest bool, err error) {
	t, q := g.t, &g.query
	if err := only(g, "$select", "$filter", "$deltatoken"); err != nil {
		return state, false, err
	}
	var given string
	for name, value := range q.others {
		if strings.EqualFold(name, "$deltatoken") {
			given = value
		}
	}
	until := t.AsOf().Add(-t.options.DeltaLag)
	if q.skipToken == "" && (given == "" || given == "latest") {
		ids, err := g.deltaFilter()
		if err != nil {
			return state, false, err
		}
		if g.query.wants("signInActivity") {
			return state, false, badRequest("Invalid request for delta query: for this entity set, $expand/$select is not supported for the following properties: signInActivity")
		}
		return deltaState{Until: until, Selected: q.selected, IDs: ids}, given == "latest", g.userSelection(true)
	}
	if len(q.selected) > 0 || q.filter != nil {
		return state, false, badRequest("A state token holds the query that it was made for; no query option may stand beside it.")
	}
	token, skip := given, false
	if q.skipToken != "" {
		token, skip = q.skipToken, true
	}
	state, ok := t.openDelta(token)
	switch {
	case !ok || state.Skip != skip:
		return state, false, badRequest("The state token is badly formed.")
	case t.options.DeltaReset:
		return state, false, &refusal{
			status: http.StatusGone, code: "resyncRequired", quiet: true, message: "Resync required. Any local changes should be uploaded.",
			location: g.base + g.path + "?$deltatoken=",
		}
	case t.now().Sub(state.Issued) > deltaLife:
		return state, false, &refusal{status: http.StatusBadRequest, code: "syncStateNotFound", quiet: true, message: "The sync state is not found."}
	}
	if state.Until.IsZero() {
		state.Until = until
	}
	return state, false, nil
}

// deltaFilter reads the one kind of filter that there is: some objects by id.
func (g *graphCall) deltaFilter() ([]string, error) {
	if g.query.filter == nil {
		return nil, nil
	}
	var ids []string
	var err error
	g.query.filter.leaves(func(leaf *filter, _ string) {
		if leaf.path != "id" || leaf.op != "eq" || len(leaf.values) != 1 {
			err = unsupportedQuery("Delta queries can be filtered by id only.")
			return
		}
		ids = append(ids, strings.ToLower(leaf.values[0]))
	})
	if len(ids) > maxDeltaObjects {
		err = unsupportedQuery("Delta queries can be filtered by %d objects at most.", maxDeltaObjects)
	}
	return ids, err
}

func selection(selected []string) string {
	if len(selected) == 0 {
		return ""
	}
	return "(" + strings.Join(selected, ",") + ")"
}

// view is the directory as it was at a moment.
func (t *Tenant) view(at time.Time) *directory {
	if !at.Before(t.AsOf()) {
		return &t.directory
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if d, ok := t.views[at]; ok {
		return d
	}
	options := t.options
	options.Earlier, options.EarlierBy = true, options.Now.Sub(at)
	d := populate(options, identifiers{seed: options.Seed})
	t.views[at] = &d
	return &d
}

// deltaRows are the rows of a round, all its pages together: what differs between two moments, in no order, some of it
// more than once.
func (t *Tenant) deltaRows(g *graphCall, s deltaState) []map[string]any {
	before, after := &directory{}, t.view(s.Until)
	if !s.Since.IsZero() {
		before = t.view(s.Since)
	}
	wanted := func(u *user) bool { return len(s.IDs) == 0 || slices.Contains(s.IDs, u.id) }
	var rows, unchanged []map[string]any
	for _, u := range after.users {
		if !wanted(u) {
			continue
		}
		row, changed := g.deltaRow(before.usersByID[u.id], u)
		if changed {
			rows = append(rows, row)
		} else if row != nil {
			unchanged = append(unchanged, row)
		}
	}
	removed := func(u *user, reason string) {
		rows = append(rows, map[string]any{"id": u.id, "@removed": map[string]any{"reason": reason}})
	}
	for _, u := range slices.Concat(before.users, before.deleted) {
		now := after.usersByID[u.id]
		switch {
		case !wanted(u):
		case now == nil:
			removed(u, "deleted")
		case u.deleted.IsZero() && !now.deleted.IsZero():
			removed(u, "changed")
		}
	}
	slices.SortFunc(rows, byRowID)
	slices.SortFunc(unchanged, byRowID)
	return t.replay(g, before, rows, unchanged)
}

func byRowID(a, b map[string]any) int {
	x, _ := a["id"].(string)
	y, _ := b["id"].(string)
	return strings.Compare(x, y)
}

// replay disturbs the order of the rows, and adds to them what may come again: a change that the client was told of
// before, a state that has passed by now, the same row a second time.
func (t *Tenant) replay(g *graphCall, before *directory, rows, unchanged []map[string]any) []map[string]any {
	chance := identifiers{seed: t.options.Seed}.chance("delta", itoa(len(rows)))
	chance.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	var again []map[string]any
	for i, row := range rows {
		id, _ := row["id"].(string)
		old := before.usersByID[id]
		switch {
		case i%5 == 1:
			again = append(again, row)
		case i%5 == 3 && old != nil && old.deleted.IsZero():
			passed := g.userRow(old)
			passed["id"] = id
			rows[i] = passed
			again = append(again, row)
		}
	}
	return slices.Concat(rows, unchanged[:min(2, len(unchanged), len(rows))], again)
}

// deltaRow is a live account as a row, and whether the client needs it. What is null and was null before stays away.
// Before is nil for an account that is new; a restored one comes as whole as a new one. The row is nil for an account
// that a delta query does not tell of.
func (g *graphCall) deltaRow(before, now *user) (row map[string]any, changed bool) {
	full := g.userRow(now)
	full["id"] = now.id
	old := map[string]any{}
	if before != nil {
		old = g.userRow(before)
	}
	restored := before != nil && !before.deleted.IsZero()
	changed = before == nil
	row = map[string]any{"id": now.id}
	for name, value := range full {
		if name == "licenseAssignmentStates" {
			continue // can be selected, and is not tracked (microsoft-graph-docs issue 16690)
		}
		differs := !same(value, old[name])
		changed = changed || before != nil && differs
		if value == nil && !differs || g.minimal && before != nil && !restored && !differs {
			continue
		}
		row[name] = value
	}
	if restored && !changed && !g.query.wants("deletedDateTime") {
		return nil, false // what is not selected is not tracked (microsoft-graph-docs issue 5821)
	}
	return row, changed
}

func same(a, b any) bool { return string(encode(a)) == string(encode(b)) }

func (t *Tenant) sealDelta(s deltaState) string {
	body := encode(s)
	seal := t.sign("delta" + string(body))[:sealBytes]
	return base64.RawURLEncoding.EncodeToString(append(seal, body...))
}

func (t *Tenant) openDelta(token string) (deltaState, bool) {
	var s deltaState
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= sealBytes {
		return s, false
	}
	body := raw[sealBytes:]
	if !hmac.Equal(raw[:sealBytes], t.sign("delta" + string(body))[:sealBytes]) {
		return s, false
	}
	return s, json.Unmarshal(body, &s) == nil
}
