package graph

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

// answers are given by path, also within a batch. A query that matters is part of the key: "path?a=b".
type answers map[string]string

func (d answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := d.answer(r.URL)
	if r.URL.Path == "/v1.0/$batch" {
		status, body = d.batch(r.Body)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (d answers) answer(u *url.URL) (int, string) {
	query, _ := url.QueryUnescape(u.RawQuery)
	path := strings.TrimPrefix(u.Path, "/v1.0")
	for key, body := range d {
		want, part, _ := strings.Cut(key, "?")
		if want != path || !strings.Contains(query, part) {
			continue
		}
		if code, refused := strings.CutPrefix(body, "403 "); refused {
			return 403, `{"error":{"code":"` + code + `","message":"no"}}`
		}
		if code, refused := strings.CutPrefix(body, "400 "); refused {
			return 400, `{"error":{"code":"` + code + `","message":"no"}}`
		}
		if message, gone := strings.CutPrefix(body, "404 "); gone {
			return 404, `{"error":{"code":"ResourceNotFound","message":"` + message + `"}}`
		}
		if strings.HasPrefix(body, "[") {
			body = `{"value":` + body + `}`
		}
		return 200, body
	}
	return 200, `{"value":[]}`
}

func (d answers) batch(request io.Reader) (int, string) {
	var in struct {
		Requests []struct{ ID, URL string }
	}
	if err := json.NewDecoder(request).Decode(&in); err != nil {
		return 400, err.Error()
	}
	var answers []string
	for _, item := range in.Requests {
		u, err := url.Parse(item.URL)
		if err != nil {
			return 400, err.Error()
		}
		status, body := d.answer(u)
		answer, err := json.Marshal(map[string]any{"id": item.ID, "status": status, "headers": map[string]any{}, "body": json.RawMessage(body)})
		if err != nil {
			return 500, err.Error()
		}
		answers = append(answers, string(answer))
	}
	return 200, `{"responses":[` + strings.Join(answers, ",") + `]}`
}

const (
	mine  = "/users/" + someone
	group = "aaaaaaaa-0000-4000-8000-000000000001"
	other = "bbbbbbbb-0000-4000-8000-000000000002"
)

// sure is that everything about the leavers is known.
var sure = snapshot.Fact{State: snapshot.Read}

func text(t *testing.T, f snapshot.Fact) string {
	t.Helper()
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What the directory does not say in full is no fact that was read; what it said stays beside it.
func TestPersonFacts(t *testing.T) {
	t.Parallel()
	quiet := func(int) {}
	ids := []string{someone}
	devices := func(c *Client) snapshot.Fact { return c.RegisteredDevices(t.Context(), ids, quiet)[someone].Fact }
	groups := func(c *Client) snapshot.Fact { return c.Groups(t.Context(), ids, quiet)[someone].Fact }
	owned := func(c *Client) snapshot.Fact {
		return c.OwnedObjects(t.Context(), ids, map[string]bool{someone: true}, sure, quiet)[someone].Fact
	}
	apps := func(c *Client) snapshot.Fact {
		return c.OwnedApplications(t.Context(), c.OwnedObjects(t.Context(), ids, nil, sure, quiet))[someone].Fact
	}
	grants := func(c *Client) snapshot.Fact { return c.AppGrants(t.Context(), ids, quiet)[someone].Fact }
	drive := func(c *Client) snapshot.Fact { return c.Drives(t.Context(), ids, quiet)[someone].Fact }
	opens := func(c *Client) snapshot.Fact {
		return c.DrivePermissions(t.Context(), []string{"b!1"}, map[string]bool{other: true, group: true}, map[string]bool{group: true}, map[string]bool{someone: true}, sure, quiet)["b!1"].Fact
	}
	numbers := func(c *Client) snapshot.Fact {
		return c.PhoneNumbers(t.Context(), map[string]bool{someone: true})[someone].Fact
	}
	methods := func(c *Client) snapshot.Fact { return c.AuthenticationMethods(t.Context(), ids, quiet)[someone].Fact }
	for name, tc := range map[string]struct {
		read      func(*Client) snapshot.Fact
		directory answers
		want      string // in the fact as JSON
		unwanted  string
	}{
		"no device":                        {devices, answers{}, `{"state":"read","value":[]}`, ""},
		"a device in both lists":           {devices, answers{mine + "/registeredDevices": `[{"id":"d","accountEnabled":true}]`, mine + "/ownedDevices": `[{"id":"d","accountEnabled":true}]`}, `"relations":["registered","owned"]`, `},{`},
		"a device shown by its id":         {devices, answers{mine + "/registeredDevices": `[{"id":"d","accountEnabled":null,"displayName":null}]`}, `"reason":"concealed"`, ""},
		"the part of concealed ones":       {devices, answers{mine + "/registeredDevices": `[{"id":"d","accountEnabled":true},{"id":"e"}]`}, `"accountEnabled":true`, `"state":"read"`},
		"owned devices refused":            {devices, answers{mine + "/registeredDevices": `[{"id":"d","accountEnabled":true}]`, mine + "/ownedDevices": "403 Authorization_RequestDenied"}, `"reason":"forbidden"`, `"state":"read"`},
		"a group through a group":          {groups, answers{mine + "/transitiveMemberOf": `[{"@odata.type":"#microsoft.graph.group","id":"g","displayName":"G"}]`}, `"direct":false`, ""},
		"a group directly":                 {groups, answers{mine + "/memberOf": `[{"@odata.type":"#microsoft.graph.group","id":"g","displayName":"G"}]`, mine + "/transitiveMemberOf": `[{"@odata.type":"#microsoft.graph.group","id":"g","displayName":"G"}]`}, `"direct":true`, `"direct":false`},
		"a group of which the id only":     {groups, answers{mine + "/memberOf": `[{"@odata.type":"#microsoft.graph.group","id":"g","displayName":null}]`}, `"reason":"concealed"`, ""},
		"owners of a group":                {owned, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.group","id":"` + group + `","displayName":"G","resourceProvisioningOptions":["Team"]}]`, "/groups/" + group + "/owners": `[{"@odata.type":"#microsoft.graph.user","id":"` + strings.ToUpper(someone) + `","accountEnabled":false}]`}, `"isLeaver":true`, `resourceProvisioningOptions`},
		"owners refused":                   {owned, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.group","id":"` + group + `","displayName":"G"}]`, "/groups/" + group + "/owners": "403 Authorization_RequestDenied"}, `"reason":"forbidden"`, `"state":"read"`},
		"an owner of whom the id only":     {owned, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.group","id":"` + group + `","displayName":"G"}]`, "/groups/" + group + "/owners": `[{"@odata.type":"#microsoft.graph.user","id":"x"}]`}, `"reason":"concealed"`, ""},
		"an application's secret":          {apps, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.application","id":"` + other + `","displayName":"A"}]`, "/applications/" + other: `{"id":"` + other + `","passwordCredentials":[{"keyId":"k","hint":"abc","endDateTime":"2027-01-01T00:00:00+02:00"}],"keyCredentials":[]}`}, `"endDateTime":"2026-12-31T22:00:00Z"`, `abc`},
		"credentials left out":             {apps, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.application","id":"` + other + `","displayName":"A"}]`, "/applications/" + other: `{"id":"` + other + `"}`}, `"reason":"concealed"`, `"state":"read"`},
		"an object that is only an id":     {apps, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.application","id":"` + other + `"}]`, "/applications/" + other: `{"id":"` + other + `","passwordCredentials":[],"keyCredentials":[]}`}, `"reason":"concealed"`, ""},
		"an object of a kind of its own":   {apps, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.agentIdentity","id":"` + other + `","displayName":"A"}]`}, `"reason":"concealed"`, ""},
		"a policy":                         {apps, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.tokenLifetimePolicy","id":"` + other + `","displayName":"A"}]`}, `{"state":"read","value":[]}`, ""},
		"a group whose members are guests": {opens, answers{"/drives/b!1/items/root/permissions": `[{"id":"1","roles":["read"],"grantedToV2":{"group":{"id":"` + group + `"}}}]`, "/groups/" + group + "/transitiveMembers": `[{"@odata.type":"#microsoft.graph.user","id":"x","userType":"Guest","accountEnabled":true}]`}, `"hasEnabledMember":false`, ""},
		"a group that is only an id":       {apps, answers{mine + "/ownedObjects": `[{"@odata.type":"#microsoft.graph.group","id":"` + group + `"}]`}, `{"state":"read","value":[]}`, ""},
		"assignments refused":              {grants, answers{mine + "/oauth2PermissionGrants": `[{"id":"1","consentType":"Principal"}]`, mine + "/appRoleAssignments": "403 Authorization_RequestDenied"}, `"oauth2PermissionGrants":[{"consentType":"Principal"`, `"state":"read"`},
		"no drive":                         {drive, answers{mine + "/drive": "404 User's mysite not found."}, `{"state":"absent"}`, ""},
		"a drive that is gone":             {drive, answers{mine + "/drive": "404 itemNotFound"}, `"state":"unknown"`, ""},
		"a drive without id":               {drive, answers{mine + "/drive": `{"driveType":"business"}`}, `"reason":"malformed"`, ""},
		"somebody enabled":                 {opens, answers{"/drives/b!1/items/root/permissions": `[{"id":"1","roles":["read"],"grantedToV2":{"siteUser":{"id":"3","loginName":"x#ext#"},"user":{"id":"` + other + `"}}}]`}, `"accountEnabled":true,"displayName":null,"hasEnabledMember":null,"id":"` + other + `","isLeaver":false,"kind":"user","loginName":"x#ext#"`, ""},
		"somebody who is not live":         {opens, answers{"/drives/b!1/items/root/permissions": `[{"id":"1","roles":["read"],"grantedTo":{"user":{"id":"cccccccc-0000-4000-8000-000000000003"}}}]`}, `"accountEnabled":false`, ""},
		"a guest, who may be anybody":      {opens, answers{"/drives/b!1/items/root/permissions": `[{"id":"1","roles":["read"],"grantedTo":{"user":{"id":"` + group + `"}}}]`}, `"accountEnabled":null`, ""},
		"a site user only":                 {opens, answers{"/drives/b!1/items/root/permissions": `[{"id":"1","roles":["read"],"grantedToV2":{"siteUser":{"id":"3","loginName":"x"}}}]`}, `"accountEnabled":null`, ""},
		"a group with a member":            {opens, answers{"/drives/b!1/items/root/permissions": `[{"id":"1","roles":["read"],"grantedToIdentitiesV2":[{"group":{"id":"` + group + `"}}]}]`, "/groups/" + group + "/transitiveMembers": `[{"@odata.type":"#microsoft.graph.user","id":"x","userType":"Member","accountEnabled":true}]`}, `"hasEnabledMember":true`, ""},
		"no number":                        {numbers, answers{}, `{"state":"read","value":[]}`, ""},
		"a number":                         {numbers, answers{"/admin/teams/telephoneNumberManagement/numberAssignments": `[{"id":"n","telephoneNumber":"+1","assignmentTargetId":"` + strings.ToUpper(someone) + `"}]`}, `"telephoneNumber":"+1"`, ""},
		"methods":                          {methods, answers{mine + "/authentication/methods": `[{"@odata.type":"#microsoft.graph.phoneAuthenticationMethod","id":"p","phoneNumber":"+1 555"}]`}, `"kind":"phone"`, "555"},
		"methods refused":                  {methods, answers{mine + "/authentication/methods": "403 Authorization_RequestDenied"}, `UserAuthenticationMethod.Read.All`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := text(t, tc.read(clientOf(t, tc.directory)))
			if !strings.Contains(got, tc.want) || tc.unwanted != "" && strings.Contains(got, tc.unwanted) {
				t.Errorf("got %s\nwant %s\nnot %s", got, tc.want, tc.unwanted)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC)
	const (
		active    = "/roleManagement/directory/roleAssignments"
		schedules = "/roleManagement/directory/roleAssignmentSchedules"
		eligible  = "/roleManagement/directory/roleEligibilitySchedules"
		groupPIM  = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
	)
	member := snapshot.Fact{State: snapshot.Read, Value: []any{row{"id": group, "kind": "group"}}}
	none := snapshot.Fact{State: snapshot.Read, Value: []any{}}
	theirs := `"principalId":"` + strings.ToUpper(someone) + `"`
	groups := `[{"id":"` + group + `","displayName":"Admins"}]`
	for name, tc := range map[string]struct {
		directory answers
		groups    snapshot.Fact
		licensed  bool
		want      string
		unwanted  string
	}{
		"none":                    {answers{}, none, true, `{"state":"read","value":{"assignments":[],"eligibility":"read"}}`, ""},
		"active":                  {answers{active: `[{"id":"1",` + theirs + `,"roleDefinitionId":"r","roleDefinition":{"displayName":"Reader"},"directoryScopeId":"/"}]`}, none, true, `"displayName":"Reader"`, ""},
		"somebody else's":         {answers{active: `[{"id":"1","principalId":"` + other + `","roleDefinitionId":"r"}]`}, none, true, `"assignments":[]`, ""},
		"without a principal":     {answers{active: `[{"id":"1","roleDefinitionId":"r"}]`}, none, true, `"state":"unknown"`, ""},
		"through a group":         {answers{active: `[{"id":"1","principalId":"` + group + `","roleDefinitionId":"r"}]`, "/groups": groups}, member, true, `"group":{"accessId":"member","displayName":"Admins"`, ""},
		"starting later":          {answers{schedules: `[{"id":"1",` + theirs + `,"roleDefinitionId":"r","scheduleInfo":{"startDateTime":"2026-07-01T00:00:00Z","expiration":{"endDateTime":null}}}]`}, none, true, `"startDateTime":"2026-07-01T00:00:00Z"`, ""},
		"begun":                   {answers{schedules: `[{"id":"1",` + theirs + `,"roleDefinitionId":"r","scheduleInfo":{"startDateTime":"2026-05-01T00:00:00Z"}}]`}, none, true, `"assignments":[]`, ""},
		"eligible":                {answers{eligible: `[{"id":"1",` + theirs + `,"roleDefinitionId":"r","scheduleInfo":{"startDateTime":"2026-05-01T00:00:00Z","expiration":{"endDateTime":"2027-05-01T00:00:00Z"}}}]`}, none, true, `"endDateTime":"2027-05-01T00:00:00Z"`, `"kind":"active"`},
		"eligible for a group":    {answers{active: `[{"id":"1","principalId":"` + group + `","roleDefinitionId":"r"}]`, "/groups": groups, groupPIM: `[{"id":"e",` + theirs + `,"accessId":"member"}]`}, none, true, `"kind":"eligible"`, `"kind":"active"`},
		"for a group without one": {answers{"/groups": groups, groupPIM: `[{"id":"e",` + theirs + `,"accessId":"owner"}]`}, none, true, `"roleDefinitionId":null`, ""},
		"without the licence":     {answers{schedules: "400 AadPremiumLicenseRequired"}, none, false, `{"state":"read","value":{"assignments":[],"eligibility":"unlicensed"}}`, ""},
		"a licence that the service does not know": {answers{schedules: "400 AadPremiumLicenseRequired"}, none, true, `"reason":"unlicensed"`, `"state":"read"`},
		"refused, and without the licence":         {answers{active: "403 Authorization_RequestDenied", schedules: "400 AadPremiumLicenseRequired"}, none, false, `"reason":"forbidden"`, `"state":"read"`},
		"groups in PIM refused":                    {answers{"/groups": groups, groupPIM: "403 Authorization_RequestDenied"}, none, true, `PrivilegedEligibilitySchedule.Read.AzureADGroup`, `"state":"read"`},
		"groups of the leaver unknown":             {answers{}, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Throttled}, true, `"reason":"throttled"`, `"state":"read"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assignments := clientOf(t, tc.directory).RoleAssignments(t.Context(), now, tc.licensed)
			got := text(t, assignments.Of(someone, tc.groups).Fact)
			if !strings.Contains(got, tc.want) || tc.unwanted != "" && strings.Contains(got, tc.unwanted) {
				t.Errorf("got %s\nwant %s\nnot %s", got, tc.want, tc.unwanted)
			}
		})
	}
}

// A listing that is as long as its page and has no link is asked for more.
func TestPhoneNumbersGoOn(t *testing.T) {
	t.Parallel()
	rows := make([]string, 500)
	for i := range rows {
		rows[i] = `{"id":"n` + strings.Repeat("x", i) + `","telephoneNumber":"+1","assignmentTargetId":"` + other + `"}`
	}
	const path = "/admin/teams/telephoneNumberManagement/numberAssignments"
	full := `[` + strings.Join(rows, ",") + `]`
	last := `[{"id":"last","telephoneNumber":"+2","assignmentTargetId":"` + someone + `"}]`
	whole := clientOf(t, paged{path, map[string]string{"": full, "500": last}}).PhoneNumbers(t.Context(), map[string]bool{someone: true})[someone].Fact
	if got := text(t, whole); !strings.Contains(got, `"+2"`) || whole.State != snapshot.Read {
		t.Errorf("the second page was lost: %s", got)
	}
	again := clientOf(t, paged{path, map[string]string{"": full, "500": full}}).PhoneNumbers(t.Context(), map[string]bool{someone: true})[someone].Fact
	if again.State != snapshot.Unknown || again.Reason != snapshot.Integrity {
		t.Errorf("the same page twice is %+v", again)
	}
}

// paged answers one path by its $skip.
type paged struct {
	path  string
	pages map[string]string
}

func (p paged) RoundTrip(r *http.Request) (*http.Response, error) {
	return answers{p.path: p.pages[r.URL.Query().Get("$skip")]}.RoundTrip(r)
}

// Microsoft's own sample bodies of what is asked per person are read.
func TestPersonSamplesAreRead(t *testing.T) {
	t.Parallel()
	quiet := func(int) {}
	ids := []string{someone}
	for file, tc := range map[string]struct {
		path string
		read func(c *Client) snapshot.Fact
	}{
		"user-list-memberof.v10":               {mine + "/memberOf", func(c *Client) snapshot.Fact { return c.Groups(t.Context(), ids, quiet)[someone].Fact }},
		"user-list-registereddevices.v10":      {mine + "/registeredDevices", func(c *Client) snapshot.Fact { return c.RegisteredDevices(t.Context(), ids, quiet)[someone].Fact }},
		"user-list-owneddevices.v10":           {mine + "/ownedDevices", func(c *Client) snapshot.Fact { return c.RegisteredDevices(t.Context(), ids, quiet)[someone].Fact }},
		"user-list-ownedobjects.v10":           {mine + "/ownedObjects", func(c *Client) snapshot.Fact { return c.OwnedObjects(t.Context(), ids, nil, sure, quiet)[someone].Fact }},
		"user-list-oauth2permissiongrants.v10": {mine + "/oauth2PermissionGrants", func(c *Client) snapshot.Fact { return c.AppGrants(t.Context(), ids, quiet)[someone].Fact }},
		"user-list-approleassignments.v10":     {mine + "/appRoleAssignments", func(c *Client) snapshot.Fact { return c.AppGrants(t.Context(), ids, quiet)[someone].Fact }},
		"authentication-list-methods.v10":      {mine + "/authentication/methods", func(c *Client) snapshot.Fact { return c.AuthenticationMethods(t.Context(), ids, quiet)[someone].Fact }},
		"user-list-directreports.v10":          {mine + "/directReports", func(c *Client) snapshot.Fact { return c.DirectReports(t.Context(), ids, quiet)[someone].Fact }},
		"drive-get.v10":                        {mine + "/drive", func(c *Client) snapshot.Fact { return c.Drives(t.Context(), ids, quiet)[someone].Fact }},
		"driveitem-list-permissions.v10": {"/drives/b/items/root/permissions", func(c *Client) snapshot.Fact {
			return c.DrivePermissions(t.Context(), []string{"b"}, nil, nil, nil, sure, quiet)["b"].Fact
		}},
		"rbacapplication-list-roleassignments.2024.v10": {"/roleManagement/directory/roleAssignments", func(c *Client) snapshot.Fact {
			a := c.RoleAssignments(t.Context(), time.Now(), true)
			return a.Of(someone, snapshot.Fact{State: snapshot.Read}).Fact
		}},
		"teams-list-numberassignments.v10": {"/admin/teams/telephoneNumberManagement/numberAssignments", func(c *Client) snapshot.Fact {
			return c.PhoneNumbers(t.Context(), map[string]bool{someone: true})[someone].Fact
		}},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(schemas(t), "graph", "examples", file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var s sample
			if err := json.Unmarshal(data, &s); err != nil {
				t.Fatal(err)
			}
			count := 0
			for _, example := range s.Examples {
				body := whole(t, example.Body)
				if strings.HasPrefix(file, "drive-") {
					body = example.Body
				}
				if body == nil {
					continue
				}
				// The documentation shows members by their id alone, as a directory that conceals them does.
				if f := tc.read(clientOf(t, answers{tc.path: string(body)})); f.State != snapshot.Read && f.Reason != snapshot.Concealed {
					t.Errorf("%+v\n%.300s", f, body)
				}
				count++
			}
			if count == 0 {
				t.Error("no example was read")
			}
		})
	}
}
