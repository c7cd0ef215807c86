package simtenant_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/simtenant/published"
)

// sweep asks a tenant everything that it knows of, and holds every answer against Microsoft's description.
type sweep struct {
	*client
	description *published.Description
	// few is how many objects of a list are looked into; zero means every one.
	few int
	// bare leaves properties out that only come when they are selected.
	bare bool

	ids map[string][]string // by the path of their list
}

// read asks for a list or an object, follows the links to its end, and returns the rows.
func (s *sweep) read(target string) []map[string]any {
	s.t.Helper()
	var rows []map[string]any
	for target != "" {
		r := httptest.NewRequest(http.MethodGet, graphHost+strings.ReplaceAll(target, " ", "%20"), nil)
		r.Header.Set("Authorization", "Bearer "+s.graph)
		if strings.Contains(target, "$count") {
			r.Header.Set("ConsistencyLevel", "eventual")
		}
		w := httptest.NewRecorder()
		s.tenant.Graph().ServeHTTP(w, r)
		if !strings.Contains(w.Header().Get("Content-Type"), "json") {
			if w.Code != http.StatusOK || strings.Trim(w.Body.String(), "0123456789\ufeff") != "" {
				s.t.Errorf("GET %s: %d %s", target, w.Code, w.Body)
			}
			return []map[string]any{nil}
		}
		for _, problem := range s.description.Answer(strings.ReplaceAll(target, " ", "%20"), w.Code, w.Body.Bytes()) {
			s.t.Error(problem)
		}
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			s.t.Fatal(err)
		}
		if w.Code != http.StatusOK {
			return rows
		}
		list, ok := body["value"].([]any)
		if !ok {
			return append(rows, body)
		}
		for _, item := range list {
			if row, ok := item.(map[string]any); ok {
				rows = append(rows, row)
			}
		}
		next, _ := body["@odata.nextLink"].(string)
		target = strings.TrimPrefix(next, graphHost)
	}
	return rows
}

// under are the ids that can stand for the placeholder after a path.
func (s *sweep) under(path string) []string {
	if ids, ok := s.ids[path]; ok {
		return ids
	}
	var ids []string
	switch {
	case path == "/drives":
		for _, user := range s.under("/users") {
			for _, drive := range s.read("/v1.0/users/" + user + "/drive") {
				ids = append(ids, drive["id"].(string))
			}
		}
	case strings.HasPrefix(path, "/drives/"):
		ids = []string{"root"}
	default:
		for _, row := range s.read("/v1.0" + strings.Replace(path, "/deletedItems", "/deletedItems/microsoft.graph.user", 1)) {
			id, _ := row["id"].(string)
			ids = append(ids, id)
		}
	}
	if strings.HasSuffix(path, "/mailFolders") {
		ids = append(ids, "inbox")
	}
	if s.few > 0 {
		ids = ids[:min(s.few, len(ids))]
	}
	s.ids[path] = append(ids, "0f0f0f0f-0000-4000-8000-000000000009") // which is nobody's
	return s.ids[path]
}

// paths are those that a template stands for.
func (s *sweep) paths(template string) []string {
	paths := []string{""}
	for segment := range strings.SplitSeq(strings.TrimPrefix(template, "/"), "/") {
		var longer []string
		for _, path := range paths {
			if !strings.HasPrefix(segment, "{") {
				longer = append(longer, path+"/"+segment)
				continue
			}
			for _, id := range s.under(path) {
				longer = append(longer, path+"/"+id)
			}
		}
		paths = longer
	}
	return paths
}

// queries are the ways in which a path is asked: what comes by itself, and what has to be asked for.
func (s *sweep) queries(template string) []string {
	const account = "id,userPrincipalName,displayName,givenName,surname,mail,mailNickname,proxyAddresses,otherMails,employeeId,jobTitle,department,companyName," +
		"accountEnabled,userType,creationType,externalUserState,createdDateTime,deletedDateTime,employeeHireDate,employeeLeaveDateTime,employeeType," +
		"lastPasswordChangeDateTime,signInSessionsValidFromDateTime,usageLocation,assignedLicenses,licenseAssignmentStates,assignedPlans," +
		"onPremisesSyncEnabled,onPremisesLastSyncDateTime,onPremisesImmutableId,onPremisesProvisioningErrors,passwordPolicies,isManagementRestricted"
	switch {
	case template == "/users/delta":
		return []string{"", "?$select=" + account, "?$deltatoken=latest"}
	case template == "/users":
		if s.bare {
			return []string{"", "?$select=" + account}
		}
		return []string{"", "?$select=" + account, "?$select=id,signInActivity"}
	case template == "/users/{id}", template == "/directory/deletedItems/microsoft.graph.user":
		return []string{"", "?$select=" + account}
	case strings.HasPrefix(template, "/identityGovernance/privilegedAccess/group/"):
		var filters []string
		for _, id := range s.under("/users") {
			filters = append(filters, "?$filter=principalId eq '"+id+"'", "?$expand=group&$filter=principalId eq '"+id+"'")
		}
		return filters
	case strings.HasSuffix(template, "/roleDefinitions"):
		return []string{""}
	case strings.HasPrefix(template, "/roleManagement/"):
		return []string{"", "?$expand=principal", "?$expand=roleDefinition"}
	}
	return []string{""}
}

// all asks everything, and returns how many rows each template came to.
func (s *sweep) all() map[string]int {
	rows := map[string]int{}
	for _, template := range s.tenant.Templates() {
		for _, path := range s.paths(template) {
			for _, query := range s.queries(template) {
				rows[template] += len(s.read("/v1.0" + path + query))
			}
		}
	}
	rows["/beta/auditLogs/signIns"] += len(s.read("/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')"))
	return rows
}

// Everything that the simulated tenant can be asked is documented, and everything that it answers looks as Microsoft
// describes it: kinds, properties, enumerations, what may be null, refusals.
func TestAnswersAreAsPublished(t *testing.T) {
	t.Parallel()
	d := description(t)
	for name, tc := range map[string]struct {
		options simtenant.Options
		few     int
	}{
		"everything":      {simtenant.Options{Bystanders: 10}, 0},
		"earlier":         {simtenant.Options{Bystanders: 10, Earlier: true, Seed: 3, PageSize: 30}, 40},
		"with changes":    {simtenant.Options{Bystanders: 10, Churn: 100, Leavers: 20}, 20},
		"no licences":     {simtenant.Options{Bystanders: 10, WithoutPremium: true, WithoutIntune: true}, 20},
		"hidden members":  {simtenant.Options{Bystanders: 10, Withdrawn: []string{"GroupMember.Read.All", "Application.Read.All", "Device.Read.All", "RoleManagement.Read.Directory"}}, 20},
		"nothing granted": {simtenant.Options{Bystanders: 10, Withdrawn: withdrawable()}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sweep{client: newClient(t, tc.options), description: d, few: tc.few, bare: tc.options.WithoutPremium, ids: map[string][]string{}}
			rows := s.all()
			if tc.few > 0 {
				return
			}
			for _, template := range slices.Sorted(slices.Values(s.tenant.Templates())) {
				if rows[template] == 0 {
					t.Errorf("%s: no row to check", template)
				}
			}
			if rows["/beta/auditLogs/signIns"] == 0 {
				t.Error("beta: no row to check")
			}
		})
	}
}

// withdrawable are the permissions that open some path.
func withdrawable() []string {
	return []string{
		"User.Read.All", "AuditLog.Read.All", "LicenseAssignment.Read.All", "Organization.Read.All", "Domain.Read.All", "MailboxSettings.Read",
		"Mail.ReadBasic.All", "DeviceManagementManagedDevices.Read.All", "Directory.Read.All", "GroupMember.Read.All", "Application.Read.All",
		"Device.Read.All", "RoleManagement.Read.Directory", "PrivilegedEligibilitySchedule.Read.AzureADGroup",
		"PrivilegedAssignmentSchedule.Read.AzureADGroup", "UserAuthenticationMethod.Read.All", "Files.Read.All", "SharePointTenantSettings.Read.All",
		"ReportSettings.Read.All", "TeamsTelephoneNumber.Read.All",
	}
}

// A question that Graph refuses is refused in the documented form, alone and in a batch.
func TestRefusalsAreAsPublished(t *testing.T) {
	t.Parallel()
	d := description(t)
	c := newClient(t, simtenant.Options{Bystanders: 10})
	targets := []string{
		"/nothing", "/users?$top=1000000", "/users?$select=nothing", "/users?$filter=nothing eq 1", "/users/nobody", "/users/$count",
		"/users/delta?$deltatoken=nothing", "/users?$skiptoken=nothing", "/groups?$expand=members", "/auditLogs/signIns?$filter=x",
	}
	var items []map[string]any
	for _, target := range targets {
		status, body := c.get("/v1.0" + target)
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if status < http.StatusBadRequest {
			continue
		}
		for _, problem := range d.Answer("/v1.0"+target, status, data) {
			t.Error(problem)
		}
		items = append(items, map[string]any{"id": target, "method": "GET", "url": target})
	}
	if len(items) < 8 {
		t.Errorf("only %d are refused", len(items))
	}
	status, body := c.batch("v1.0", items...)
	responses, _ := body["responses"].([]any)
	if status != http.StatusOK || len(responses) != len(items) {
		t.Fatalf("%d %v", status, body)
	}
	for _, response := range responses {
		item, _ := response.(map[string]any)
		data, err := json.Marshal(item["body"])
		if err != nil {
			t.Fatal(err)
		}
		number, _ := item["status"].(json.Number)
		code, err := number.Int64()
		if err != nil || code < http.StatusBadRequest {
			t.Errorf("%v", item)
		}
		id, _ := item["id"].(string)
		for _, problem := range d.Answer("/v1.0"+id, int(cmp.Or(code, 200)), data) {
			t.Error(problem)
		}
	}
}
