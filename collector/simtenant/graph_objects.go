package simtenant

import (
	"cmp"
	"slices"
	"strings"
)

// The kinds of directory objects, as "#microsoft.graph." names them.
const (
	kindUser        = "user"
	kindGroup       = "group"
	kindRole        = "directoryRole"
	kindUnit        = "administrativeUnit"
	kindApplication = "application"
	kindPrincipal   = "servicePrincipal"
	kindDevice      = "device"
)

// entry is a directory object as a list shows it.
type entry struct {
	kind, id string
	user     *user // whose properties are as many as were selected
	row      map[string]any
	without  []string // properties that the service leaves out
}

func (t *Tenant) entryOf(object any) entry {
	ids := identifiers{seed: t.options.Seed}
	switch o := object.(type) {
	case *user:
		return entry{kind: kindUser, id: o.id, user: o}
	case *group:
		return entry{kind: kindGroup, id: o.id, row: o.row()}
	case *roleDefinition:
		return entry{kind: kindRole, id: o.objectID(ids), row: o.directoryRow(ids)}
	case *administrativeUnit:
		return entry{kind: kindUnit, id: o.id, row: o.row()}
	case *registration:
		return entry{kind: kindApplication, id: o.id, row: o.row(ids, false)}
	case *servicePrincipal:
		return entry{kind: kindPrincipal, id: o.id, row: o.row(ids, false)}
	case *entraDevice:
		return entry{kind: kindDevice, id: o.id, row: o.row(), without: o.without}
	}
	panic("simulated tenant: an object of no kind")
}

// readable is the permission without which an object of a kind shows only its id.
func readable(kind string) string {
	switch kind {
	case kindUser:
		return "User.Read.All"
	case kindGroup:
		return "GroupMember.Read.All"
	case kindRole:
		return "RoleManagement.Read.Directory"
	case kindApplication, kindPrincipal:
		return "Application.Read.All"
	case kindDevice:
		return "Device.Read.All"
	}
	return "Directory.Read.All"
}

// has tells whether a kind has a property.
func (t *Tenant) has(kind, name string) bool {
	if kind == kindUser {
		return t.isUserProperty(name)
	}
	blank := map[string]any{
		kindGroup: &group{}, kindRole: &roleDefinition{}, kindUnit: &administrativeUnit{}, kindApplication: &registration{},
		kindPrincipal: &servicePrincipal{}, kindDevice: &entraDevice{},
	}[kind]
	return hasKey(t.entryOf(blank).row)(name)
}

// show renders an object: all of it, or its id alone when the token may not read its kind.
func (g *graphCall) show(object any, typed bool) map[string]any {
	e := g.t.entryOf(object)
	row := map[string]any{}
	if e.user != nil {
		row = g.userRow(e.user)
	} else {
		for name, value := range pick(e.row, g.query.selected) {
			row[name] = value
		}
	}
	if !g.may(readable(e.kind)) {
		for name := range row {
			if name != "id" {
				row[name] = nil
			}
		}
	}
	for _, name := range e.without {
		delete(row, name)
	}
	if typed {
		row["@odata.type"] = "#microsoft.graph." + e.kind
	}
	return row
}

// castOf returns the kind that the path narrows a list to: ".../memberOf/microsoft.graph.group".
func (g *graphCall) castOf() string {
	last := g.route.segments[len(g.route.segments)-1]
	kind, _ := strings.CutPrefix(last, "microsoft.graph.")
	if kind == last {
		return ""
	}
	return kind
}

// objects answers with a list of directory objects of the kinds that it can hold.
func (g *graphCall) objects(all []any, kinds ...string) (answer, error) {
	cast := g.castOf()
	if cast != "" {
		kinds = []string{cast}
		all = slices.DeleteFunc(slices.Clone(all), func(o any) bool { return g.t.entryOf(o).kind != cast })
	}
	if err := only(g, "$select", "$filter", "$top", "$count"); err != nil {
		return answer{}, err
	}
	if err := g.advanced(); err != nil {
		return answer{}, err
	}
	if f := g.query.filter; f != nil {
		if cast == "" || !g.eventual || !g.query.count {
			return answer{}, unsupportedQuery("The specified filter to the reference property query is currently not supported.")
		}
		if err := checkObjectFilter(f, cast, true); err != nil {
			return answer{}, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(o any) bool { return !f.match(g.t.values(o)) })
	}
	if err := g.selection(kinds...); err != nil {
		return answer{}, err
	}
	context := "directoryObjects"
	if cast != "" {
		context = map[string]string{
			kindUser: "users", kindGroup: "groups", kindRole: "directoryRoles", kindUnit: "directory/administrativeUnits",
			kindApplication: "applications", kindPrincipal: "servicePrincipals", kindDevice: "devices",
		}[cast]
	}
	return collection(g, context, all, usersPerPage, maxUsers, func(o any) map[string]any { return g.show(o, cast == "") })
}

// selection checks $select for a list that can hold some kinds. People without one lack what there is to know, such
// as whether their account is enabled.
func (g *graphCall) selection(kinds ...string) error {
	if len(g.query.selected) == 0 && slices.Contains(kinds, kindUser) {
		g.t.complain("graph: %s without $select", g.template)
	}
	for _, name := range g.query.selected {
		if !slices.ContainsFunc(kinds, func(kind string) bool { return g.t.has(kind, name) }) {
			kind := "directoryObject"
			if len(kinds) == 1 {
				kind = kinds[0]
			}
			return unknownProperty(name, kind)
		}
	}
	return nil
}

// values gives a filter what it compares of an object.
func (t *Tenant) values(object any) func(path string) []any {
	if u, ok := object.(*user); ok {
		return func(path string) []any { return t.userValues(u, path) }
	}
	row := t.entryOf(object).row
	return func(path string) []any {
		name, lambda := strings.CutSuffix(path, "/any")
		switch v := row[name].(type) {
		case []string:
			if lambda {
				return anyOf(v)
			}
		default:
			return []any{v}
		}
		return nil
	}
}

// objectFilters lists per kind the operators that Microsoft documents; after "+" those that need an advanced query.
func objectFilters(kind string) map[string]string {
	text, flag := "eq in startswith + ne not endswith", "eq + ne not"
	switch kind {
	case kindUser:
		return userFilters()
	case kindGroup:
		return map[string]string{
			"id": "eq in + ne not", "displayName": text, "mail": text, "mailNickname": text, "securityEnabled": flag, "mailEnabled": flag,
			"isAssignableToRole": flag, "onPremisesSyncEnabled": flag, "groupTypes/any": "eq + not", "resourceProvisioningOptions/any": "eq + not",
		}
	case kindApplication, kindPrincipal:
		return map[string]string{
			"id": "eq in + ne not", "displayName": text, "appId": "eq in + ne not", "accountEnabled": flag, "servicePrincipalType": "eq in + ne not",
		}
	case kindDevice:
		return map[string]string{
			"id": "eq in + ne not", "displayName": text, "deviceId": "eq in startswith + ne not", "accountEnabled": flag, "isManaged": flag,
			"isCompliant": flag, "operatingSystem": "eq startswith + ne not", "trustType": "eq in startswith + ne not",
		}
	}
	return map[string]string{"id": "eq in + ne not", "displayName": text}
}

func checkObjectFilter(f *filter, kind string, advanced bool) error {
	if f == nil {
		return nil
	}
	if n := f.clauses(); n > maxClauses {
		return unsupportedQuery("Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: %d.", n, maxClauses)
	}
	var err error
	allowed := objectFilters(kind)
	f.leaves(func(leaf *filter, under string) {
		plain, further, _ := strings.Cut(allowed[leaf.path], "+")
		operators := strings.Fields(plain)
		if advanced {
			operators = append(operators, strings.Fields(further)...)
		}
		if !slices.Contains(operators, leaf.op) || under == "not" && !slices.Contains(operators, "not") {
			err = cmp.Or(err, error(unsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", leaf.path, kind)))
		}
	})
	return err
}

// listObjects answers for a list of all objects of one kind.
func listObjects[T any](g *graphCall, context, kind string, all []T) (answer, error) {
	if err := only(g, "$select", "$filter", "$top", "$count"); err != nil {
		return answer{}, err
	}
	if err := g.selection(kind); err != nil {
		return answer{}, err
	}
	if err := g.advanced(); err != nil {
		return answer{}, err
	}
	f := g.query.filter
	if err := checkObjectFilter(f, kind, g.eventual && g.query.count); err != nil {
		return answer{}, err
	}
	var found []T
	for _, o := range all {
		if f == nil || f.match(g.t.values(o)) {
			found = append(found, o)
		}
	}
	return collection(g, context, found, usersPerPage, maxUsers, func(o T) map[string]any { return g.show(o, false) })
}

// ofUser answers with what the directory lists under a live account.
func (g *graphCall) ofUser(list func(*user) []any, kinds ...string) (answer, error) {
	u := g.t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	return g.objects(list(u), kinds...)
}

// objectsOf makes a mixed list of one of a kind.
func objectsOf[T any](list []T) []any {
	out := make([]any, 0, len(list))
	for _, o := range list {
		out = append(out, o)
	}
	return out
}

// shownOwners lists the owners of an object that are still there.
func shownOwners(owners []any) []any {
	return slices.DeleteFunc(slices.Clone(owners), func(o any) bool {
		switch owner := o.(type) {
		case *user:
			return !owner.deleted.IsZero()
		case *servicePrincipal:
			return owner.gone
		}
		return false
	})
}
