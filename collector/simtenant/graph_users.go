package simtenant

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	usersPerPage       = 100
	maxUsers           = 999
	maxUsersByActivity = 500 // with signInActivity
	maxClauses         = 15
)

func (t *Tenant) listUsers(g *graphCall) (answer, error) { return listUserObjects(g, t.users, true) }

func (t *Tenant) listDeletedUsers(g *graphCall) (answer, error) {
	return listUserObjects(g, t.deleted, false)
}

// listUserObjects answers for both lists of accounts.
func listUserObjects(g *graphCall, users []*user, live bool) (answer, error) {
	t, q := g.t, &g.query
	if err := g.userSelection(true); err != nil {
		return answer{}, err
	}
	byActivity := q.wants("signInActivity")
	if q.filter != nil {
		q.filter.leaves(func(leaf *filter, _ string) {
			byActivity = byActivity || strings.HasPrefix(leaf.path, "signInActivity")
		})
	}
	if byActivity && live {
		if err := g.mayReadActivity(); err != nil {
			return answer{}, err
		}
	}
	if err := g.advanced(); err != nil {
		return answer{}, err
	}
	if err := checkUserFilter(q.filter, g.eventual && q.count); err != nil {
		return answer{}, err
	}
	found := users
	if q.filter != nil {
		found = nil
		for _, u := range users {
			if q.filter.match(func(path string) []any { return t.userValues(u, path) }) {
				found = append(found, u)
			}
		}
	}
	found, err := orderUsers(g, found)
	if err != nil {
		return answer{}, err
	}
	maximum := maxUsers
	if byActivity && live {
		maximum = maxUsersByActivity
	}
	context := "users"
	if !live {
		context = "directoryObjects/microsoft.graph.user"
	}
	return collection(g, context, found, usersPerPage, maximum, g.userRow)
}

func (t *Tenant) countUsers(g *graphCall) (answer, error) {
	if err := only(g, "$filter"); err != nil {
		return answer{}, err
	}
	if !g.eventual {
		return answer{}, &refusal{status: http.StatusBadRequest, code: "Request_BadRequest", message: "$count is not currently supported."}
	}
	if err := checkUserFilter(g.query.filter, true); err != nil {
		return answer{}, err
	}
	n := 0
	for _, u := range t.users {
		if g.query.filter == nil || g.query.filter.match(func(path string) []any { return t.userValues(u, path) }) {
			n++
		}
	}
	return answer{status: http.StatusOK, text: strconv.Itoa(n)}, nil
}

func (t *Tenant) getUser(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := g.userSelection(false); err != nil {
		return answer{}, err
	}
	if g.query.wants("signInActivity") {
		if err := g.mayReadActivity(); err != nil {
			return answer{}, err
		}
		if !isGUID(g.params[0]) {
			return answer{}, badRequest("Get By Key only supports UserId and the key has to be a valid Guid")
		}
	}
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	return entity(g, "users", g.userRow(u))
}

func (t *Tenant) getDeletedUser(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := g.userSelection(false); err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(t.deleted, func(u *user) bool { return strings.EqualFold(u.id, g.params[0]) })
	if i < 0 {
		return answer{}, notFound(g.params[0])
	}
	row := g.userRow(t.deleted[i])
	if len(g.route.segments) == 3 {
		row["@odata.type"] = "#microsoft.graph.user"
	}
	return entity(g, "directoryObjects", row)
}

// findUser finds a live account by object id or UPN.
func (t *Tenant) findUser(key string) *user {
	if u, ok := t.usersByID[strings.ToLower(key)]; ok && u.deleted.IsZero() {
		return u
	}
	return t.usersByUPN[strings.ToLower(key)]
}

// userSelection checks $select for users. Without one, v1.0 leaves out most of what there is to know, and a
// missing key then says nothing: hardly ever what a client means.
func (g *graphCall) userSelection(inList bool) error {
	if len(g.query.selected) == 0 {
		g.t.complain("graph: %s without $select", g.template)
	}
	for _, name := range g.query.selected {
		if !g.t.isUserProperty(name) {
			return unknownProperty(name, "user")
		}
		if isSingleOnly(name) && inList {
			return &refusal{status: http.StatusNotImplemented, code: "NotImplemented", message: "The property '" + name + "' cannot be selected in a list of users."}
		}
	}
	return nil
}

func (g *graphCall) mayReadActivity() error {
	if g.t.options.WithoutPremium {
		return notPremium()
	}
	if !g.may("AuditLog.Read.All") {
		return forbidden(familyLogs, []string{"AuditLog.Read.All"})
	}
	return nil
}

// advanced refuses what directory objects offer only to "advanced queries", and the later pages of such a query
// without the header, which no nextLink carries.
func (g *graphCall) advanced() error {
	if g.query.count && !g.eventual {
		return unsupportedQuery("$count requires the ConsistencyLevel header to be set to 'eventual'.")
	}
	return nil
}

func (g *graphCall) userRow(u *user) map[string]any {
	names := g.query.selected
	if len(names) == 0 {
		names = defaultUserProperties()
	}
	row := make(map[string]any, len(names))
	for _, name := range names {
		value, ok := g.t.userProperty(u, name)
		if name == "employeeLeaveDateTime" && !g.may("User-LifeCycleInfo.Read.All") {
			value = nil
		}
		if ok {
			row[name] = value
		}
	}
	return row
}

// userValues gives a filter what it compares.
func (t *Tenant) userValues(u *user, path string) []any {
	name, rest, _ := strings.Cut(path, "/")
	value, _ := t.userProperty(u, name)
	switch v := value.(type) {
	case []string:
		return anyOf(v)
	case string:
		if strings.HasSuffix(name, "DateTime") || strings.HasSuffix(name, "Date") {
			return []any{instant(v)}
		}
	case map[string]any: // signInActivity
		if s, ok := v[rest].(string); ok {
			return []any{instant(s)}
		}
		return nil
	case []any: // assignedLicenses
		var out []any
		for _, l := range u.licences {
			out = append(out, l.sku.id)
		}
		return out
	}
	return []any{value}
}

func anyOf(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

func instant(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic("simulated tenant: a date of its own cannot be read: " + s)
	}
	return at
}

// userFilters lists the operators that Microsoft documents per property; after "+" those that need an advanced query.
func userFilters() map[string]string {
	text := "eq in startswith + ne not endswith"
	date := "eq ge le + ne not"
	return map[string]string{
		"id": "eq in + ne not", "userPrincipalName": text, "mail": text, "displayName": text, "givenName": text, "surname": text,
		"employeeId": text, "department": text, "jobTitle": text, "mailNickname": text, "companyName": text,
		"accountEnabled": "eq in + ne not", "userType": "eq in + ne not", "creationType": "eq in + ne not",
		"externalUserState": "eq in + ne not", "usageLocation": "eq in startswith + ne not", "onPremisesSyncEnabled": "eq in + ne not",
		"onPremisesImmutableId": "eq in + ne not", "createdDateTime": "eq ge le in + ne not", "deletedDateTime": date,
		"employeeLeaveDateTime": "eq ge le in ne not", "employeeHireDate": "eq ge le in + ne not", "employeeType": "eq in + ne not",
		"onPremisesLastSyncDateTime": "eq ge le in + ne not", "proxyAddresses/any": "eq startswith + ge le not endswith",
		"otherMails/any": "eq startswith + ne not endswith", "assignedLicenses/any/skuId": "eq + not",
		"signInActivity/lastSignInDateTime": "eq ge le", "signInActivity/lastNonInteractiveSignInDateTime": "eq ge le",
		"signInActivity/lastSuccessfulSignInDateTime": "eq ge le",
	}
}

func checkUserFilter(f *filter, advanced bool) error {
	if f == nil {
		return nil
	}
	if n := f.clauses(); n > maxClauses {
		return unsupportedQuery("Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: %d.", n, maxClauses)
	}
	var err error
	leaves, activity := 0, false
	allowed := userFilters()
	f.leaves(func(leaf *filter, under string) {
		leaves++
		activity = activity || strings.HasPrefix(leaf.path, "signInActivity/")
		plain, further, _ := strings.Cut(allowed[leaf.path], "+")
		operators := strings.Fields(plain)
		if advanced {
			operators = append(operators, strings.Fields(further)...)
		}
		if !slices.Contains(operators, leaf.op) || under == "not" && !slices.Contains(operators, "not") {
			err = cmp.Or(err, error(unsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource 'User'.", leaf.path)))
		}
	})
	if err == nil && activity && leaves > 1 {
		err = unsupportedQuery("Filter on signInActivity cannot be combined with other filterable properties.")
	}
	return err
}

func orderUsers(g *graphCall, users []*user) ([]*user, error) {
	q := &g.query
	if q.orderBy == "" {
		return users, nil
	}
	if !slices.Contains([]string{"displayName", "userPrincipalName", "createdDateTime", "deletedDateTime"}, q.orderBy) {
		return nil, unsupportedQuery("Sorting not supported for property '%s'.", q.orderBy)
	}
	if (q.filter != nil || strings.HasSuffix(q.orderBy, "DateTime")) && (!g.eventual || !q.count) {
		return nil, unsupportedQuery("Sorting not supported for current query.")
	}
	key := func(u *user) string {
		value, _ := g.t.userProperty(u, q.orderBy)
		s, _ := value.(string)
		return strings.ToLower(s)
	}
	sorted := slices.Clone(users)
	slices.SortStableFunc(sorted, func(a, b *user) int {
		c := strings.Compare(key(a), key(b))
		if q.descending {
			return -c
		}
		return c
	})
	return sorted, nil
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return false
		}
	}
	return true
}

// local is the part of an address before the @.
func local(address string) string {
	before, _, _ := strings.Cut(address, "@")
	return before
}
