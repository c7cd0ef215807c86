package simtenant_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestPagesTogetherAreTheWholeList(t *testing.T) {
	t.Parallel()
	small, large := newClient(t, simtenant.Options{PageSize: 7}), newClient(t, simtenant.Options{})
	for _, list := range []string{
		"/v1.0/users?$select=id", "/v1.0/users?$select=id&$top=999", "/v1.0/directory/deletedItems/microsoft.graph.user?$select=id",
		"/v1.0/auditLogs/signIns", "/v1.0/auditLogs/directoryAudits", "/v1.0/deviceManagement/managedDevices?$select=id", "/v1.0/subscribedSkus",
		"/v1.0/domains", "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')",
	} {
		want := map[any]bool{}
		for _, row := range large.all(list) {
			want[row["id"]] = true
		}
		got := map[any]bool{}
		for _, row := range small.all(list) {
			if got[row["id"]] {
				t.Errorf("%s: %v comes twice", list, row["id"])
			}
			got[row["id"]] = true
		}
		if len(want) == 0 || len(got) != len(want) {
			t.Errorf("%s: %d rows in small pages, %d in large ones", list, len(got), len(want))
		}
	}
	small.quiet()
	large.quiet()
}

func TestNextLinkCarriesTheQueryAndTheHeaderIsNeededAgain(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	status, body := c.get("/v1.0/users?$select=id,mail&$top=5&$count=true", "ConsistencyLevel", "eventual")
	if status != http.StatusOK || body["@odata.count"] == nil {
		t.Fatalf("%d %v", status, body)
	}
	next := body["@odata.nextLink"].(string)
	for _, part := range []string{graphHost + "/v1.0/users?", "$select=id,mail", "$top=5", "$count=true", "$skiptoken="} {
		if !strings.Contains(next, part) {
			t.Errorf("%s lacks %s", next, part)
		}
	}
	status, second := c.get(next, "ConsistencyLevel", "eventual")
	if status != http.StatusOK || second["@odata.count"] != nil || len(values(t, second)) != 5 {
		t.Errorf("second page: %d %v", status, second)
	}
	c.quiet()
	if status, _ := c.get(next); status != http.StatusBadRequest {
		t.Errorf("second page without ConsistencyLevel: %d", status)
	}
	u, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]string{
		"another query":    graphHost + "/v1.0/users?$select=id&$skiptoken=" + u.Query().Get("$skiptoken"),
		"a token made up":  graphHost + "/v1.0/users?$select=id,mail&$top=5&$skiptoken=MTIz",
		"another resource": graphHost + "/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,mail&$top=5&$skiptoken=" + u.Query().Get("$skiptoken"),
	} {
		if status, body := c.get(link); status != http.StatusBadRequest {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

func TestPageSizes(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Bystanders: 1300})
	for target, want := range map[string]int{
		"/v1.0/users?$select=id":                                100,
		"/v1.0/users?$select=id&$top=999":                       999,
		"/v1.0/users?$select=id,signInActivity&$top=500":        500,
		"/v1.0/auditLogs/signIns?$filter=status/errorCode eq 0": 1000,
	} {
		if _, body := c.get(target); len(values(t, body)) != want {
			t.Errorf("%s: %d rows, want %d", target, len(values(t, body)), want)
		}
	}
	c.quiet()
	for target, want := range map[string]int{
		"/v1.0/users?$select=id&$top=1500":               999,
		"/v1.0/users?$select=id,signInActivity&$top=999": 500,
	} {
		if _, body := c.get(target); len(values(t, body)) != want {
			t.Errorf("%s: %d rows, want %d", target, len(values(t, body)), want)
		}
		c.complained("is above the maximum of " + strconv.Itoa(want))
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	_, body := c.get("/v1.0/users/" + p.ID + "?$select=id,accountEnabled,deletedDateTime")
	if len(body) != 4 || body["accountEnabled"] != false || body["deletedDateTime"] != nil {
		t.Errorf("three properties selected: %v", body)
	}
	c.quiet()
	_, body = c.get("/v1.0/users/" + url.PathEscape(p.UserPrincipalName))
	if _, ok := body["accountEnabled"]; ok || body["displayName"] != p.DisplayName {
		t.Errorf("without $select: %v", body)
	}
	c.complained("GET /v1.0/users/{id} without $select")
}

// Everything here is refused by Microsoft; a client that asks has a mistake in it, unless it is marked quiet.
func TestGraphRefuses(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	many := "'" + strings.Repeat("x','", 15) + "x'"
	for _, test := range []struct {
		name, target string
		status       int
		code         string
	}{
		{"unknown property", "/v1.0/users?$select=id,shoeSize", 400, "BadRequest"},
		{"a property of single users only", "/v1.0/users?$select=id,mailboxSettings", 501, "NotImplemented"},
		{"$skip", "/v1.0/users?$select=id&$skip=10", 400, "BadRequest"},
		{"$search", "/v1.0/users?$select=id&$search=\"a\"", 400, "BadRequest"},
		{"$count without the header", "/v1.0/users?$select=id&$count=true", 400, "Request_UnsupportedQuery"},
		{"/$count without the header", "/v1.0/users/$count", 400, "Request_BadRequest"},
		{"$top of nothing", "/v1.0/users?$select=id&$top=0", 400, "BadRequest"},
		{"ne without an advanced query", "/v1.0/users?$select=id&$filter=accountEnabled ne true", 400, "Request_UnsupportedQuery"},
		{"endswith without an advanced query", "/v1.0/users?$select=id&$filter=endswith(mail,'x')", 400, "Request_UnsupportedQuery"},
		{"a filter on what cannot be filtered", "/v1.0/users?$select=id&$filter=lastPasswordChangeDateTime ge 2026-01-01T00:00:00Z", 400, "Request_UnsupportedQuery"},
		{"no filter at all", "/v1.0/users?$select=id&$filter=accountEnabled", 400, "BadRequest"},
		{"an open quote", "/v1.0/users?$select=id&$filter=mail eq 'x", 400, "BadRequest"},
		{"too many values", "/v1.0/users?$select=id&$filter=id in (" + many + ")", 400, "Request_UnsupportedQuery"},
		{"signInActivity with another filter", "/v1.0/users?$select=id&$filter=signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z and accountEnabled eq true", 400, "Request_UnsupportedQuery"},
		{"signInActivity by UPN", "/v1.0/users/" + p.UserPrincipalName + "?$select=id,signInActivity", 400, "BadRequest"},
		{"nobody", "/v1.0/users/00000000-0000-4000-8000-000000000000?$select=id", 404, "Request_ResourceNotFound"},
		{"deleted items without a cast", "/v1.0/directory/deletedItems?$select=id", 400, "BadRequest"},
		{"kinds of sign-ins in v1.0", "/v1.0/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')", 400, "BadRequest"},
		{"or in the log", "/v1.0/auditLogs/signIns?$filter=userId eq 'a' or userId eq 'b'", 400, "BadRequest"},
		{"gt in the log", "/v1.0/auditLogs/signIns?$filter=createdDateTime gt 2026-01-01T00:00:00Z", 400, "BadRequest"},
		{"a quoted date", "/v1.0/auditLogs/signIns?$filter=createdDateTime ge '2026-01-01T00:00:00Z'", 400, "BadRequest"},
		{"a filter that audits lack", "/v1.0/auditLogs/directoryAudits?$filter=result eq 'success'", 400, "BadRequest"},
		{"a query that subscriptions lack", "/v1.0/subscribedSkus?$top=5", 400, "BadRequest"},
		{"rules of another folder", "/v1.0/users/" + p.ID + "/mailFolders/drafts/messageRules", 400, "BadRequest"},
		{"a path that is not there", "/v1.0/users/" + p.ID + "/shoes", 400, "BadRequest"},
		{"a version that is not there", "/v2.0/users?$select=id", 400, "BadRequest"},
		{"an option twice", "/v1.0/users?$select=id&$select=mail", 400, "BadRequest"},
	} {
		before := len(c.tenant.Complaints())
		status, body := c.get(test.target)
		if status != test.status || code(body) != test.code || message(body) == "" {
			t.Errorf("%s: %d %v", test.name, status, body)
		}
		if wrong := status != http.StatusNotFound; wrong != (len(c.tenant.Complaints()) > before) {
			t.Errorf("%s: complaints now end in %q", test.name, c.tenant.Complaints()[before:])
		}
	}
}

func TestNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
		r := httptest.NewRequest(method, graphHost+"/v1.0/users/"+p.ID, strings.NewReader("{}"))
		r.Header.Set("Authorization", "Bearer "+c.graph)
		status, body, _ := c.send(c.tenant.Graph(), r)
		if status != http.StatusMethodNotAllowed || code(body) == "" {
			t.Errorf("%s: %d %v", method, status, body)
		}
		c.complained(method + " /v1.0/users/{id}, but nothing here may be written")
	}
}

func TestFiltersOfUsers(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	_, account := c.get("/v1.0/users/" + p.ID + "?$select=id,mail,employeeId,proxyAddresses")
	number := account["employeeId"].(string)
	for _, filter := range []string{
		"userPrincipalName eq '" + strings.ToUpper(p.UserPrincipalName) + "'", "mail eq '" + account["mail"].(string) + "'",
		"employeeId eq '" + number + "'", "id in ('" + p.ID + "','00000000-0000-4000-8000-000000000000')", "id eq '" + p.ID + "' and accountEnabled eq false",
		"proxyAddresses/any(p:p eq 'smtp:" + account["mail"].(string) + "')", "(employeeId eq '" + number + "') or (mail eq 'o''neill@fabrikam-sim.example')",
		"startswith(userPrincipalName,'" + p.UserPrincipalName + "')",
	} {
		rows := c.all("/v1.0/users?$select=id&$filter=" + url.QueryEscape(filter))
		if len(rows) != 1 || rows[0]["id"] != p.ID {
			t.Errorf("%s: %v", filter, rows)
		}
	}
	total := len(c.all("/v1.0/users?$select=id&$top=999"))
	off := len(c.all("/v1.0/users?$select=id&$filter=accountEnabled eq false&$top=999"))
	on := len(c.all("/v1.0/users?$select=id&$filter=accountEnabled ne false&$count=true&$top=999", "ConsistencyLevel", "eventual"))
	if off == 0 || on+off != total {
		t.Errorf("%d accounts: %d on, %d off", total, on, off)
	}
	_, body := c.get("/v1.0/users/$count", "ConsistencyLevel", "eventual")
	if body["text"] != strconv.Itoa(total) {
		t.Errorf("$count says %v of %d", body["text"], total)
	}
	guests := c.all("/v1.0/users?$select=id,userPrincipalName&$filter=userType eq 'Guest'")
	for _, g := range guests {
		status, body := c.get("/v1.0/users/" + strings.ReplaceAll(g["userPrincipalName"].(string), "#", "%23") + "?$select=id")
		if status != http.StatusOK || body["id"] != g["id"] {
			t.Errorf("a guest by UPN: %d %v", status, body)
		}
	}
	c.quiet()
}

func TestDeletedUsersAreElsewhereAndRenamed(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("mangled the name")
	if status, _ := c.get("/v1.0/users/" + p.ID + "?$select=id"); status != http.StatusNotFound {
		t.Errorf("a deleted user is live: %d", status)
	}
	mangled := strings.ReplaceAll(p.ID, "-", "")
	for _, target := range []string{
		"/v1.0/directory/deletedItems/" + p.ID + "/microsoft.graph.user", "/v1.0/directory/deletedItems/" + p.ID + "/graph.user", "/v1.0/directory/deletedItems/" + p.ID,
	} {
		_, body := c.get(target + "?$select=id,userPrincipalName,mail,deletedDateTime")
		if upn, _ := body["userPrincipalName"].(string); body["id"] != p.ID || !strings.HasPrefix(upn, mangled) || body["deletedDateTime"] == nil ||
			mangled+body["mail"].(string) != upn {
			t.Errorf("%s: %v", target, body)
		}
	}
	reused := c.person("given to a new colleague")
	rows := c.all("/v1.0/users?$select=id,createdDateTime&$filter=userPrincipalName eq '" + strings.TrimPrefix(reused.UserPrincipalName, strings.ReplaceAll(reused.ID, "-", "")) + "'")
	if len(rows) != 1 || rows[0]["id"] == reused.ID {
		t.Errorf("the new colleague: %v", rows)
	}
	c.quiet()
}

func TestLogs(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	silent := c.person("only the non-interactive log")
	count := func(target string) int { return len(c.all(target)) }
	since := "createdDateTime ge 2026-05-29T13:00:00Z"
	user := "userId eq '" + silent.ID + "' and " + since
	if n := count("/v1.0/auditLogs/signIns?$filter=" + user); n != 0 {
		t.Errorf("v1.0 shows %d sign-ins since leaving, which are not interactive", n)
	}
	if n := count("/beta/auditLogs/signIns?$filter=" + user + " and signInEventTypes/any(t:t eq 'nonInteractiveUser')"); n != 1 {
		t.Errorf("beta shows %d", n)
	}
	both := "/beta/auditLogs/signIns?$filter=userId eq '" + silent.ID + "' and (signInEventTypes/any(t:t eq 'interactiveUser') or signInEventTypes/any(t: t eq 'nonInteractiveUser'))"
	if n := count(both); n != 4 {
		t.Errorf("both kinds: %d", n)
	}
	rows := c.all("/v1.0/auditLogs/signIns?$filter=" + since)
	for i := 1; i < len(rows); i++ {
		if rows[i-1]["createdDateTime"].(string) < rows[i]["createdDateTime"].(string) {
			t.Fatalf("row %d is newer than the row before", i)
		}
	}
	knocking := c.person("only failed attempts")
	for _, row := range c.all("/v1.0/auditLogs/signIns?$filter=userId eq '" + knocking.ID + "' and createdDateTime ge 2026-06-06T10:00:00Z") {
		status := row["status"].(map[string]any)
		if fmt.Sprint(status["errorCode"]) == "0" || status["failureReason"] == nil {
			t.Errorf("a failed attempt: %v", row)
		}
	}
	audits := c.all("/v1.0/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id eq '" + silent.ID + "') and activityDateTime ge 2026-05-16T12:34:56Z")
	if len(audits) < 4 {
		t.Errorf("%d audits of a leaver", len(audits))
	}
	if n := count("/v1.0/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Disable account' and loggedByService eq 'Core Directory'"); n < 30 {
		t.Errorf("%d accounts were disabled", n)
	}
	c.quiet()
	free := newClient(t, simtenant.Options{WithoutPremium: true})
	if status, body := free.get("/v1.0/auditLogs/signIns"); status != http.StatusForbidden || code(body) != "Authentication_RequestFromNonPremiumTenantOrB2CTenant" {
		t.Errorf("sign-ins without premium: %d %v", status, body)
	}
	if status, body := free.get("/v1.0/users?$select=id,signInActivity"); status != http.StatusForbidden || code(body) != "Authentication_RequestFromNonPremiumTenantOrB2CTenant" {
		t.Errorf("signInActivity without premium: %d %v", status, body)
	}
	oldest := free.all("/v1.0/auditLogs/directoryAudits")
	if len(oldest) == 0 || oldest[len(oldest)-1]["activityDateTime"].(string) < "2026-06-08" {
		t.Errorf("a free tenant keeps its log for 7 days, not since %v", oldest[len(oldest)-1]["activityDateTime"])
	}
	for _, s := range free.all("/v1.0/subscribedSkus") {
		if strings.Contains(fmt.Sprint(s), "AAD_PREMIUM") {
			t.Errorf("a tenant without premium has %v", s)
		}
	}
	free.quiet()
}

func TestWithdrawnPermissionsAreMissed(t *testing.T) {
	t.Parallel()
	person := newClient(t, simtenant.Options{}).person("clean: converted").ID
	for permission, test := range map[string]struct{ target, code string }{
		"User.Read.All":                           {"/v1.0/users?$select=id", "Authorization_RequestDenied"},
		"AuditLog.Read.All":                       {"/v1.0/auditLogs/signIns", "Authentication_MSGraphPermissionMissing"},
		"LicenseAssignment.Read.All":              {"/v1.0/subscribedSkus", "Authorization_RequestDenied"},
		"Organization.Read.All":                   {"/v1.0/organization", "Authorization_RequestDenied"},
		"Domain.Read.All":                         {"/v1.0/domains", "Authorization_RequestDenied"},
		"DeviceManagementManagedDevices.Read.All": {"/v1.0/deviceManagement/managedDevices", "Authorization_RequestDenied"},
		"MailboxSettings.Read":                    {"/v1.0/users/" + person + "/mailFolders/inbox/messageRules", "ErrorAccessDenied"},
		"Mail.ReadBasic.All":                      {"/v1.0/users/" + person + "/mailFolders/inbox", "ErrorAccessDenied"},
	} {
		c := newClient(t, simtenant.Options{Withdrawn: []string{permission}})
		if status, body := c.get(test.target); status != http.StatusForbidden || code(body) != test.code {
			t.Errorf("without %s: %d %v", permission, status, body)
		}
		c.quiet()
	}
	c := newClient(t, simtenant.Options{Withdrawn: []string{"AuditLog.Read.All"}})
	if status, _ := c.get("/v1.0/users/" + person + "?$select=id,signInActivity"); status != http.StatusForbidden {
		t.Errorf("signInActivity without AuditLog.Read.All: %d", status)
	}
	c = newClient(t, simtenant.Options{WithoutIntune: true})
	status, body := c.get("/v1.0/deviceManagement/managedDevices?$select=id")
	if status != http.StatusBadRequest || message(body) != "Request not applicable to target tenant." {
		t.Errorf("without Intune: %d %v", status, body)
	}
	c.quiet()
}
