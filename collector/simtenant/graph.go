package simtenant

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// route is one path of Graph.
type route struct {
	template string   // "/users/{id}/licenseDetails"
	segments []string // its parts; "{...}" stands for any one segment
	family   string
	// permissions that let an application in: any one of them
	permissions []string
	cost        int // resource units of the directory's quota, before reductions
	answer      func(*graphCall) (answer, error)
}

// routes are the paths that this tenant knows. A permission is the least one that Microsoft lists. Directory.Read.All
// opens only what nothing less opens: so that taking a permission away is always felt.
func (t *Tenant) routes() []route {
	users, logs, intune := []string{"User.Read.All"}, []string{"AuditLog.Read.All"}, []string{"DeviceManagementManagedDevices.Read.All"}
	settings, mail := []string{"MailboxSettings.Read"}, []string{"Mail.ReadBasic.All", "Mail.Read"}
	licences, groups := []string{"LicenseAssignment.Read.All"}, []string{"GroupMember.Read.All"}
	list := []route{
		{"/users", nil, familyIdentity, users, 2, t.listUsers},
		{deltaTemplate, nil, familyIdentity, users, 1, t.deltaUsers},
		{"/users/$count", nil, familyIdentity, users, 1, t.countUsers},
		{"/users/{id}", nil, familyIdentity, users, 1, t.getUser},
		{"/users/{id}/licenseDetails", nil, familyIdentity, licences, 2, t.listLicenceDetails},
		{"/users/{id}/managedDevices", nil, familyIntune, intune, 1, t.listManagedDevicesOfUser},
		{"/users/{id}/mailFolders", nil, familyOutlook, mail, 1, t.listMailFolders},
		{"/users/{id}/mailFolders/{id}", nil, familyOutlook, mail, 1, t.getMailFolder},
		{"/users/{id}/mailFolders/{id}/messageRules", nil, familyOutlook, settings, 1, t.listMessageRules},
		{"/directory/deletedItems/microsoft.graph.user", nil, familyIdentity, users, 1, t.listDeletedUsers},
		{"/directory/deletedItems/{id}", nil, familyIdentity, users, 1, t.getDeletedUser},
		{"/directory/deletedItems/{id}/microsoft.graph.user", nil, familyIdentity, users, 1, t.getDeletedUser},
		{"/auditLogs/signIns", nil, familyLogs, logs, 1, t.listSignIns},
		{"/auditLogs/directoryAudits", nil, familyLogs, logs, 1, t.listDirectoryAudits},
		{"/subscribedSkus", nil, familyIdentity, licences, 3, t.listSubscribedSKUs},
		{"/organization", nil, familyIdentity, []string{"Organization.Read.All"}, 1, t.listOrganization},
		{"/domains", nil, familyIdentity, []string{"Domain.Read.All"}, 1, t.listDomains},
		{"/deviceManagement/managedDevices", nil, familyIntune, intune, 1, t.listManagedDevices},
		{"/deviceManagement/managedDevices/{id}", nil, familyIntune, intune, 1, t.getManagedDevice},
		{"/groups/{id}", nil, familyIdentity, groups, 1, t.getGroup},
		{"/groups/{id}/transitiveMembers", nil, familyIdentity, groups, 5, t.listTransitiveMembers},
		{"/groups/{id}/transitiveMembers/microsoft.graph.user", nil, familyIdentity, groups, 5, t.listTransitiveUsers},
	}
	list = append(list, t.identityRoutes()...)
	list = append(list, t.mailRoutes()...)
	for i := range list {
		list[i].segments = strings.Split(strings.TrimPrefix(list[i].template, "/"), "/")
	}
	return list
}

// graphCall is one request to Graph, alone or in a batch.
type graphCall struct {
	call
	t          *Tenant
	route      route
	params     []string // what stands for the route's "{...}"
	base       string   // "https://host/v1.0"
	version    string
	path       string // as the client wrote it, without version and query
	query      query
	eventual   bool // ConsistencyLevel: eventual
	minimal    bool // Prefer: return=minimal
	roles      []string
	lent       bool // by a person
	requestID  string
	clientID   string
	resumeFrom int
}

// serveGraph answers one HTTP request.
func (t *Tenant) serveGraph(w http.ResponseWriter, r *http.Request) {
	nth := t.arrive()
	requestID := t.commonHeaders(w, r, nth)
	w.Header().Set("OData-Version", "4.0")
	g := &graphCall{
		call: call{item: -1, id: requestID}, t: t, requestID: requestID, clientID: w.Header().Get("client-request-id"),
		eventual: strings.EqualFold(r.Header.Get("ConsistencyLevel"), "eventual"), minimal: prefersMinimal(r.Header),
	}
	version, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	g.version, g.base, g.path = version, "https://"+r.Host+"/"+version, "/"+path
	caller, err := t.authenticate(r.Header.Get("Authorization"), graphResource)
	switch {
	case err != nil:
		// Counted, although nobody is let in: it is a request all the same.
		t.admit(&call{family: familyIdentity, template: unauthorised, item: -1})
		w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`)
		write(w, r, t.graphError(http.StatusUnauthorized, "InvalidAuthenticationToken", err.Error(), requestID, g.clientID))
		return
	case version != "v1.0" && version != "beta":
		t.complain("graph: version %q", version)
		write(w, r, t.graphError(http.StatusBadRequest, "BadRequest", "Invalid version: "+version+".", requestID, g.clientID))
		return
	}
	g.roles, g.lent = caller.permissions(), caller.Scopes != ""
	if a := t.challenge(); a != nil {
		write(w, r, *a)
		return
	}
	if g.path == "/$batch" || g.path == "/%24batch" {
		a := t.batch(g, r)
		t.send(w, r, &g.call, a)
		return
	}
	a := g.serve(r.Method, r.URL.RawQuery)
	t.send(w, r, &g.call, a)
}

// serve classifies a call, lets it pass admit, and answers it.
func (g *graphCall) serve(method, rawQuery string) answer {
	t := g.t
	found := t.match(g)
	g.family, g.template = familyIdentity, method+" /"+g.version+g.path
	if found {
		g.family, g.template = g.route.family, method+" /"+g.version+g.route.template
	}
	g.asked, g.call.query, g.call.eventual = method+" /"+g.version+g.path+"?"+rawQuery, rawQuery, g.eventual
	if t.options.Quotas != nil {
		g.charged(rawQuery)
	}
	if a := t.admit(&g.call); a != nil {
		return *a
	}
	if method != http.MethodGet {
		t.complain("graph: %s, but nothing here may be written", g.template)
		return t.graphError(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.", g.requestID, g.clientID)
	}
	if !found {
		t.complain("graph: %s is not simulated", g.template)
		segment := g.path[strings.LastIndex(g.path, "/")+1:]
		return t.graphError(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '"+segment+"'.", g.requestID, g.clientID)
	}
	a, err := g.answerTo(rawQuery)
	var no *refusal
	if errors.As(err, &no) {
		if !no.quiet {
			t.complain("graph: %s?%s: %d %s: %s", g.template, rawQuery, no.status, no.code, no.message)
		}
		a = t.graphError(no.status, no.code, no.message, g.requestID, g.clientID)
	}
	if a.header == nil {
		a.header = map[string]string{}
	}
	if no != nil && no.location != "" {
		a.header["Location"] = no.location
	}
	if g.family == familyIdentity {
		a.header["x-ms-resource-unit"] = strconv.Itoa(g.units())
	}
	t.warn(&g.call, a.header)
	return t.disturb(&g.call, a)
}

func (g *graphCall) answerTo(rawQuery string) (answer, error) {
	if !slices.ContainsFunc(g.route.permissions, g.may) {
		return answer{}, forbidden(g.family, g.route.permissions[:1])
	}
	if g.family == familyIntune && g.t.options.WithoutIntune {
		return answer{}, noIntune()
	}
	q, err := parseQuery(rawQuery)
	if err != nil {
		return answer{}, err
	}
	g.query = q
	if q.skipToken != "" && g.route.template != deltaTemplate {
		state, ok := g.t.openSkip(q.skipToken, g.listing())
		if !ok {
			return answer{}, badRequest("Skip token is invalid, or the query is not the one that it was made for.")
		}
		g.resumeFrom = state.offset
	}
	for name := range q.others {
		if strings.HasPrefix(name, "$") && !g.knows(name) {
			return answer{}, badRequest("The query specified in the URI is not valid. Query option '%s' is not allowed.", name)
		}
	}
	return g.route.answer(g)
}

// knows tells whether the path takes a query option that few take.
func (g *graphCall) knows(option string) bool {
	return strings.EqualFold(option, "$deltatoken") && g.route.template == deltaTemplate || strings.EqualFold(option, "$expand") && expandable(g.route.template) || strings.EqualFold(option, "$skip") && g.family == familyTeams
}

// may tells whether the token holds a permission.
func (g *graphCall) may(permission string) bool { return slices.Contains(g.roles, permission) }

// listing names what a skip token belongs to.
func (g *graphCall) listing() string { return g.version + g.path + "?" + g.query.fingerprint() }

// units is what the call costs of the directory's quota.
func (g *graphCall) units() int {
	cost := g.route.cost
	if len(g.query.selected) > 0 {
		cost--
	}
	if _, ok := g.query.others["$expand"]; ok {
		cost++
	}
	if g.query.top > 0 && g.query.top < 20 {
		cost--
	}
	return max(1, cost)
}

// match finds the route of a path and fills in its parameters.
func (t *Tenant) match(g *graphCall) bool {
	var segments []string
	for raw := range strings.SplitSeq(strings.Trim(g.path, "/"), "/") {
		segment, err := url.PathUnescape(raw)
		if err != nil {
			return false
		}
		// users('id') is another way to write users/id
		if name, key, ok := strings.Cut(segment, "('"); ok && strings.HasSuffix(key, "')") {
			segments = append(segments, name, strings.TrimSuffix(key, "')"))
			continue
		}
		if cast, ok := strings.CutPrefix(segment, "graph."); ok {
			segment = "microsoft.graph." + cast // the short form that SDKs write
		}
		if function, ok := strings.CutSuffix(segment, "()"); ok {
			segment = strings.TrimPrefix(function, "microsoft.graph.") // delta, microsoft.graph.delta(): one function
		}
		segments = append(segments, segment)
	}
	for _, candidate := range t.graphRoutes {
		if params, ok := fits(candidate.segments, segments); ok {
			g.route, g.params = candidate, params
			return true
		}
	}
	return false
}

func fits(template, segments []string) (params []string, ok bool) {
	if len(template) != len(segments) {
		return nil, false
	}
	for i, want := range template {
		switch {
		case strings.HasPrefix(want, "{"):
			params = append(params, segments[i])
		case !strings.EqualFold(want, segments[i]):
			return nil, false
		}
	}
	return params, true
}

// collection answers with one page of rows.
func collection[T any](g *graphCall, context string, rows []T, standard, maximum int, render func(T) map[string]any) (answer, error) {
	q := &g.query
	if q.top > maximum {
		g.t.complain("graph: %s: $top=%d is above the maximum of %d", g.template, q.top, maximum)
	}
	size := g.t.pageSize(q.top, standard, maximum)
	from := min(g.resumeFrom, len(rows))
	to := min(from+size, len(rows))
	value := make([]map[string]any, 0, to-from)
	for _, row := range rows[from:to] {
		value = append(value, render(row))
	}
	if len(q.selected) > 0 {
		context += "(" + strings.Join(q.selected, ",") + ")"
	}
	body := map[string]any{"@odata.context": g.base + "/$metadata#" + context, "value": value}
	if q.count && from == 0 {
		body["@odata.count"] = len(rows)
	}
	g.page = &pageOf{from: from, to: to, total: len(rows), link: func(offset, salt int) string {
		issued := g.t.now().Add(time.Duration(salt) * time.Second)
		return fmt.Sprintf("%s%s?%s", g.base, g.path, q.with(g.t.sealSkip(skipState{offset: offset, issued: issued, listing: g.listing()})))
	}}
	if to < len(rows) {
		body["@odata.nextLink"] = g.page.link(to, 0)
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// entity answers with one object.
func entity(g *graphCall, context string, row map[string]any) (answer, error) {
	if len(g.query.selected) > 0 {
		context += "(" + strings.Join(g.query.selected, ",") + ")"
	}
	body := map[string]any{"@odata.context": g.base + "/$metadata#" + context + "/$entity"}
	for name, value := range row {
		body[name] = value
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// pick keeps the selected properties of a row whose type has exactly those of known; everything when none is selected.
func pick(row map[string]any, selected []string) map[string]any {
	if len(selected) == 0 {
		return row
	}
	out := make(map[string]any, len(selected)+1)
	for _, name := range selected {
		if value, ok := row[name]; ok {
			out[name] = value
		}
	}
	if kind, ok := row["@odata.type"]; ok {
		out["@odata.type"] = kind
	}
	return out
}

// selectable refuses a $select that names what the type lacks.
func selectable(g *graphCall, kind string, has func(name string) bool) error {
	for _, name := range g.query.selected {
		if !has(name) {
			return unknownProperty(name, kind)
		}
	}
	return nil
}

// only refuses every query option but those named.
func only(g *graphCall, options ...string) error {
	for _, p := range g.query.pairs {
		name := strings.ToLower(p[0])
		if strings.HasPrefix(name, "$") && name != "$skiptoken" && !slices.Contains(options, name) {
			return badRequest("The query specified in the URI is not valid. Query option '%s' is not allowed.", p[0])
		}
	}
	return nil
}
