package simtenant_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

const driveSelect = "?$select=id,driveType,owner,quota,webUrl,createdDateTime,lastModifiedDateTime"

// permissionsOf reads a person's drive and the permissions of its root.
func (c *client) permissionsOf(story string) (drive map[string]any, permissions []map[string]any) {
	c.t.Helper()
	status, drive := c.get("/v1.0/users/" + c.person(story).ID + "/drive" + driveSelect)
	if status != http.StatusOK {
		c.t.Fatalf("%q: %d %v", story, status, drive)
	}
	return drive, c.all("/v1.0/drives/" + url.PathEscape(drive["id"].(string)) + "/items/root/permissions")
}

func TestDrives(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{PageSize: 1})
	p := c.person("clean: converted")
	drive, permissions := c.permissionsOf("clean: converted")
	owner := drive["owner"].(map[string]any)["user"].(map[string]any)
	if drive["driveType"] != "business" || owner["id"] != p.ID || fmt.Sprint(drive["quota"].(map[string]any)["used"]) == "0" || len(drive) != 8 {
		t.Errorf("drive: %v", drive)
	}
	if status, same := c.get("/v1.0/drives/" + drive["id"].(string) + "?$select=id"); status != http.StatusOK || same["id"] != drive["id"] {
		t.Errorf("the drive by its id: %d %v", status, same)
	}
	if status, same := c.get("/v1.0/users/" + p.UserPrincipalName + "/drive?$select=id"); status != http.StatusOK || same["id"] != drive["id"] {
		t.Errorf("the drive by its owner's name: %d %v", status, same)
	}
	if len(permissions) != 2 || permissions[0]["id"] == permissions[1]["id"] || fmt.Sprint(permissions[0]["roles"]) != "[owner]" || fmt.Sprint(permissions[1]["roles"]) != "[write]" {
		t.Errorf("permissions: %v", permissions)
	}
	if _, empty := c.permissionsOf("the drive is empty"); len(empty) != 1 {
		t.Errorf("an empty drive: %v", empty)
	}
	for story, want := range map[string]string{"never provisioned": "ResourceNotFound", "clean: account deleted": "Request_ResourceNotFound", "a guest, blocked": "ResourceNotFound"} {
		status, body := c.get("/v1.0/users/" + c.person(story).ID + "/drive?$select=id")
		if status != http.StatusNotFound || code(body) != want {
			t.Errorf("%s: %d %v", story, status, body)
		}
	}
	c.quiet()
}

func TestRootPermissionsShowWhoIsLetIn(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	last := func(story string) map[string]any {
		_, permissions := c.permissionsOf(story)
		return permissions[len(permissions)-1]
	}
	at := func(value any, path ...string) any {
		for _, name := range path {
			inner, _ := value.(map[string]any)
			value = inner[name]
		}
		return value
	}
	group := last("a group with somebody at work")
	if at(group, "grantedToV2", "group", "displayName") != "Sales Desk" || at(group, "grantedTo", "group") != nil || at(group, "grantedTo", "user", "id") != nil {
		t.Errorf("a group: %v", group)
	}
	named := last("a link that names the successor")
	if people := named["grantedToIdentitiesV2"].([]any); len(people) != 2 || at(named, "link", "scope") != "users" || at(named, "link", "type") != "edit" || named["grantedToV2"] != nil {
		t.Errorf("a link for people: %v", named)
	}
	if row := last("comes from the site above"); at(row, "inheritedFrom", "driveId") == nil {
		t.Errorf("an inherited permission: %v", row)
	}
	if row := last("for the whole organisation"); at(row, "link", "scope") != "organization" || len(row["grantedToIdentitiesV2"].([]any)) != 0 {
		t.Errorf("a link for the organisation: %v", row)
	}
	if row := last("a site user that the directory"); at(row, "grantedToV2", "user") != nil || at(row, "grantedToV2", "siteUser", "loginName") == nil {
		t.Errorf("a site user: %v", row)
	}
	if row := last("a group of the site's own"); at(row, "grantedToV2", "siteGroup", "displayName") != "Drive Visitors" {
		t.Errorf("a site group: %v", row)
	}
	expires := func(story string) string { s, _ := last(story)["expirationDateTime"].(string); return s }
	now := start().Format("2006-01-02T15:04:05Z")
	if expired, expiring := expires("link for anybody has expired"), expires("link for anybody expires next week"); expired == "" || expired >= now || expiring <= now || expires("for anybody is no hand-over") != "" {
		t.Errorf("links end on %q and %q", expired, expiring)
	}
	if guarded, open := last("has a password"), last("open to anybody with the link"); guarded["hasPassword"] != true || open["hasPassword"] != false {
		t.Errorf("passwords: %v, %v", guarded, open)
	}
	c.quiet()
}

// The drive of a deleted account can be read by its id, for as long as the tenant keeps it.
func TestDrivesOfDeletedAccounts(t *testing.T) {
	t.Parallel()
	const story = "the drive went to nobody, and nobody can see"
	long := newClient(t, simtenant.Options{DriveRetentionDays: 90})
	id := long.driveID(story)
	target := "/v1.0/drives/" + url.PathEscape(id)
	for _, test := range []struct {
		days, status int
	}{{0, 200}, {90, 200}, {14, 404}} {
		c := newClient(t, simtenant.Options{DriveRetentionDays: test.days})
		if status, body := c.get(target + "?$select=id,quota"); status != test.status {
			t.Errorf("kept %d days: %d %v", test.days, status, body)
		}
		if status, body := c.get(target + "/items/root/permissions"); status != test.status {
			t.Errorf("permissions, kept %d days: %d %v", test.days, status, body)
		}
		want := test.days
		if want == 0 {
			want = 30
		}
		_, settings := c.get("/v1.0/admin/sharepoint/settings?$select=deletedUserPersonalSiteRetentionPeriodInDays")
		if fmt.Sprint(settings["deletedUserPersonalSiteRetentionPeriodInDays"]) != strconv.Itoa(want) {
			t.Errorf("%v", settings)
		}
		c.quiet()
	}
}

// driveID is the id that an earlier snapshot would hold.
func (c *client) driveID(story string) string {
	c.t.Helper()
	id, ok := c.tenant.DriveID(c.person(story).ID)
	if !ok {
		c.t.Fatalf("%q has no drive", story)
	}
	return id
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	const list = "/v1.0/admin/teams/telephoneNumberManagement/numberAssignments"
	c := newClient(t, simtenant.Options{})
	p := c.person("a telephone number is still assigned")
	rows := c.all(list + "?$filter=assignmentTargetId eq '" + p.ID + "'")
	if len(rows) != 1 || rows[0]["assignmentStatus"] != "userAssigned" || rows[0]["assignmentTargetId"] != p.ID {
		t.Errorf("numbers of one person: %v", rows)
	}
	if rows := c.all(list + "?$filter=assignmentTargetId eq '" + c.person("clean: converted").ID + "'"); len(rows) != 0 {
		t.Errorf("somebody without a number: %v", rows)
	}
	if rows := c.all(list + "?$filter=assignmentTargetId eq '" + c.person("number was taken back").ID + "'"); len(rows) != 1 || rows[0]["assignmentStatus"] != "unassigned" {
		t.Errorf("a number that was taken back: %v", rows)
	}
	free := c.all(list + "?$filter=assignmentStatus eq 'unassigned' and capabilities/any(c:c eq 'userAssignment')")
	if len(free) < 20 || len(c.all(list+"?$filter=telephoneNumber eq '"+url.QueryEscape(free[0]["telephoneNumber"].(string))+"'")) != 1 {
		t.Errorf("%d free numbers", len(free))
	}
	// The documentation's way to the next page is to skip the last one.
	whole := c.all(list)
	var paged []map[string]any
	for {
		_, body := c.get(fmt.Sprintf("%s?$top=7&$skip=%d", list, len(paged)))
		page := values(t, body)
		if body["@odata.nextLink"] != nil {
			t.Error("a page that the client asked for links to the next one")
		}
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
	}
	if len(whole) < 40 || len(paged) != len(whole) || paged[9]["id"] != whole[9]["id"] {
		t.Errorf("%d numbers at once, %d in pages", len(whole), len(paged))
	}
	c.quiet()
	capped := newClient(t, simtenant.Options{PageSize: 7})
	if rows := capped.all(list + "?$top=20&$skip=3"); len(rows) != 20 || rows[0]["id"] != whole[3]["id"] {
		t.Errorf("%d numbers through a cap", len(rows))
	}
	capped.quiet()
	for _, query := range []string{"?$filter=city eq 'Clanton'", "?$filter=id eq 'x'", "?$top=1001", "?$skip=-1", "?$select=id", "?$orderby=telephoneNumber", "?$filter=shoeSize eq '1'"} {
		before := len(c.tenant.Complaints())
		if status, body := c.get(list + query); status != http.StatusBadRequest || message(body) == "" || len(c.tenant.Complaints()) == before {
			t.Errorf("%s: %d %v", query, status, body)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	if _, body := c.get("/v1.0/admin/reportSettings"); body["displayConcealedNames"] != false {
		t.Errorf("report settings: %v", body)
	}
	if _, body := c.get("/v1.0/admin/sharepoint/settings"); body["sharingCapability"] != "externalUserAndGuestSharing" {
		t.Errorf("SharePoint settings: %v", body)
	}
	c.quiet()
	concealed := newClient(t, simtenant.Options{ConcealedNames: true})
	if _, body := concealed.get("/v1.0/admin/reportSettings"); body["displayConcealedNames"] != true {
		t.Errorf("concealed: %v", body)
	}
}

func TestDrivesAndSettingsRefuse(t *testing.T) {
	t.Parallel()
	whole := newClient(t, simtenant.Options{Bystanders: 13})
	id, person := whole.driveID("clean: converted"), whole.person("clean: converted").ID
	for target, permission := range map[string]string{
		"/v1.0/users/" + person + "/drive": "Files.Read.All", "/v1.0/drives/" + id: "Files.Read.All", "/v1.0/drives/" + id + "/items/root/permissions": "Files.Read.All",
		"/v1.0/admin/sharepoint/settings": "SharePointTenantSettings.Read.All", "/v1.0/admin/reportSettings": "ReportSettings.Read.All",
		"/v1.0/admin/teams/telephoneNumberManagement/numberAssignments": "TeamsTelephoneNumber.Read.All",
	} {
		c := newClient(t, simtenant.Options{Withdrawn: []string{permission}, Bystanders: 13})
		if status, body := c.get(target); status != http.StatusForbidden || code(body) == "" {
			t.Errorf("%s without %s: %d %v", target, permission, status, body)
		}
		c.quiet()
		for _, query := range []string{"?$filter=id eq 'x'&$orderby=id", "?$select=shoeSize", "?$expand=owner"} {
			before := len(whole.tenant.Complaints())
			status, body := whole.get(target + query)
			if status != http.StatusBadRequest || len(whole.tenant.Complaints()) == before {
				t.Errorf("%s%s: %d %v", target, query, status, body)
			}
		}
	}
	c := newClient(t, simtenant.Options{})
	if status, body := c.get("/v1.0/drives/b!nothing?$select=id"); status != http.StatusNotFound || code(body) != "itemNotFound" {
		t.Errorf("a drive that is not there: %d %v", status, body)
	}
	c.quiet()
	if status, _ := c.get("/v1.0/drives/" + id + "/items/01OTHER/permissions"); status != http.StatusNotFound {
		t.Errorf("another item: %d", status)
	}
	c.complained("Item not found")
}

func TestDrivesAndNumbersInABatch(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	person, never := c.person("clean: converted").ID, c.person("never provisioned").ID
	want := map[string]int{}
	var items []map[string]any
	for path, status := range map[string]int{
		"/users/" + person + "/drive?$select=id": 200, "/users/" + never + "/drive?$select=id": 404, "/drives/" + c.driveID("clean: converted") + "/items/root/permissions": 200,
		"/admin/reportSettings": 200, "/admin/sharepoint/settings": 200, "/admin/teams/telephoneNumberManagement/numberAssignments?$top=5": 200,
	} {
		id := strconv.Itoa(len(items) + 1)
		want[id] = status
		items = append(items, map[string]any{"id": id, "method": "GET", "url": path})
	}
	before := c.tenant.Requests()
	status, body := c.batch("v1.0", items...)
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, body)
	}
	for _, item := range body["responses"].([]any) {
		response := item.(map[string]any)
		if fmt.Sprint(response["status"]) != strconv.Itoa(want[response["id"].(string)]) {
			t.Errorf("item %v: %v", response["id"], response)
		}
	}
	after := c.tenant.Requests()
	if after["sharepoint"]-before["sharepoint"] != 3 || after["teams"]-before["teams"] != 1 || after["admin"]-before["admin"] != 2 {
		t.Errorf("counted %v after %v", after, before)
	}
	c.quiet()
}

func number(t *testing.T, value any) int64 {
	t.Helper()
	n, err := value.(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A change of licences tells what was there before and what after: removals and additions can be told apart.
func TestLicenceChangesAreLoggedWithWhatTheyChange(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	changes := func(story string) (all []string) {
		rows := c.all("/v1.0/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Change user license' and targetResources/any(t:t/id eq '" + c.person(story).ID + "')")
		for _, row := range rows {
			target := row["targetResources"].([]any)[0].(map[string]any)
			for _, p := range target["modifiedProperties"].([]any) {
				if property := p.(map[string]any); property["displayName"] == "AssignedLicense" {
					all = append(all, fmt.Sprint(row["result"], ": ", sku(property["oldValue"]), " to ", sku(property["newValue"])))
				}
			}
		}
		return all
	}
	for story, want := range map[string][]string{
		"clean: converted":                {"success: SPE_E3 to nothing"},
		"clean: forwarded":                {"success: SPE_E3 to EXCHANGESTANDARD"},
		"only a free subscription":        {"success: SPE_E3 to FLOW_FREE"},
		"60 GB, with the licence":         nil,
		"given back, and taken away":      {"success: SPE_E3 to nothing", "success: nothing to SPE_E3", "success: SPE_E3 to nothing"},
		"taking the licence away failed":  {"success: SPE_E3 to nothing", "failure: SPE_E3 to nothing"},
		"before the litigation hold":      {"success: SPE_E3 to nothing"},
		"the mailbox is on-premises":      nil,
		"with the licence still on":       nil,
		"nobody pays for the mailbox any": nil,
	} {
		if got := changes(story); !slices.Equal(got, want) {
			t.Errorf("%s: %q", story, got)
		}
	}
	c.quiet()
}

// sku reads the name of the subscription in a property of the audit log.
func sku(value any) string {
	text, _ := value.(string)
	if text == "[]" {
		return "nothing"
	}
	_, rest, ok := strings.Cut(text, `["[SkuName=`)
	name, rest, named := strings.Cut(rest, ", AccountId=")
	if !ok || !named || !strings.Contains(rest, ", SkuId=") || !strings.HasSuffix(rest, `, DisabledPlans=[]]"]`) {
		return "malformed " + text
	}
	return name
}

func TestPlansThatAreSwitchedOff(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("Exchange is switched off in it")
	_, account := c.get("/v1.0/users/" + p.ID + "?$select=id,assignedLicenses,licenseAssignmentStates,assignedPlans")
	off := account["assignedLicenses"].([]any)[0].(map[string]any)["disabledPlans"].([]any)
	states := account["licenseAssignmentStates"].([]any)[0].(map[string]any)["disabledPlans"].([]any)
	if len(off) != 1 || !slices.Equal(off, states) || strings.Contains(fmt.Sprint(account["assignedPlans"]), fmt.Sprint(off[0])) {
		t.Errorf("%v", account)
	}
	for _, plan := range c.all("/v1.0/users/" + p.ID + "/licenseDetails")[0]["servicePlans"].([]any) {
		row := plan.(map[string]any)
		if (row["provisioningStatus"] == "Disabled") != (row["servicePlanId"] == off[0]) {
			t.Errorf("%v", row)
		}
	}
	if row := c.rows("Get-Mailbox", map[string]any{"Identity": p.ID})[0]; len(row["PersistedCapabilities"].([]any)) != 0 {
		t.Errorf("capabilities: %v", row["PersistedCapabilities"])
	}
	c.quiet()
}

// Of the subscriptions that cost something, the one that leavers gave back has seats left over.
func TestTheTenantsTruth(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	spare := map[any]int64{}
	for _, row := range c.all("/v1.0/subscribedSkus") {
		units := row["prepaidUnits"].(map[string]any)
		total := int64(0)
		for _, n := range []any{units["enabled"], units["warning"]} {
			total += number(t, n)
		}
		spare[row["skuPartNumber"]] = total - number(t, row["consumedUnits"])
	}
	if spare["SPE_E3"] != 14 || spare["EXCHANGESTANDARD"] != 0 || spare["FLOW_FREE"] == 0 || c.tenant.TenantTruth()["LIC-002"] != "fail" {
		t.Errorf("spare: %v; %v", spare, c.tenant.TenantTruth())
	}
	if truth := c.tenant.TenantTruth(); truth["TEN-001"] != "fail" || len(truth) != 2 {
		t.Errorf("%v", truth)
	}
	c.quiet()
}
