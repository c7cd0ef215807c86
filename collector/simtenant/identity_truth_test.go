package simtenant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

// What the lists show of a live leaver is what the story says: a second way to the verdicts, which were reasoned from
// the checklist, and a rough one.
func TestLeaversHaveWhatTruthSaysIsLeft(t *testing.T) {
	t.Parallel()
	for _, options := range []simtenant.Options{{Leavers: 8}, {Seed: 7, PageSize: 7, Bystanders: 60}} {
		c := newClient(t, options)
		w := world(c)
		for _, p := range c.tenant.Truth() {
			w.compare(p)
		}
		c.quiet()
	}
}

func (w *listed) compare(p simtenant.Person) {
	w.t.Helper()
	if p.State != "live" {
		for _, rule := range identityRules() {
			if verdict := p.Verdicts[rule]; p.State != "not_yet" && verdict != "not_applicable" {
				w.t.Errorf("%q is %s, and %s is %s", p.Story, p.State, rule, verdict)
			}
		}
		return
	}
	got := map[string]string{"TEL-002": "not_applicable"}
	w.devices(p, got)
	w.roles(p, got)
	w.groups(p, got)
	w.owned(p, got)
	w.rest(p, got)
	for rule, verdict := range got {
		if want := p.Verdicts[rule]; verdict != want && (verdict != "fail" || want != "pending") {
			w.t.Errorf("%q: %s is %s, and what is listed says %s", p.Story, rule, want, verdict)
		}
	}
}

type listed struct {
	*client
	leavers     map[string]bool // who have left
	accounts    []map[string]any
	roleGroups  []string
	byPrinciple map[string]bool // who holds, will hold or is eligible for a role
	now         string
	aliases     map[string]string // id of the leaver -> UPN of another account
}

func world(c *client) *listed {
	w := &listed{client: c, leavers: map[string]bool{}, byPrinciple: map[string]bool{}, now: start().Format("2006-01-02T15:04:05Z"), aliases: map[string]string{}}
	for _, p := range c.tenant.Truth() {
		w.leavers[p.ID] = p.State == "live" || p.State == "deleted"
		if strings.Contains(p.Story, "only the roster knows of") {
			w.aliases[p.ID] = "adm-" + p.UserPrincipalName
		}
	}
	w.accounts = c.all("/v1.0/users?$select=id,userPrincipalName,mail,otherMails,employeeId,accountEnabled,userType&$top=999")
	w.roleGroups = ids(c.all("/v1.0/groups?$filter=isAssignableToRole eq true&$select=id"), "id")
	for _, list := range []string{"roleAssignmentSchedules", "roleEligibilitySchedules"} {
		for _, row := range c.all("/v1.0/roleManagement/directory/" + list) {
			end, _ := row["scheduleInfo"].(map[string]any)["expiration"].(map[string]any)["endDateTime"].(string)
			if end == "" || end > w.now {
				w.byPrinciple[row["principalId"].(string)] = true
			}
		}
	}
	return w
}

func (w *listed) devices(p simtenant.Person, got map[string]string) {
	const fields = "?$select=id,accountEnabled,operatingSystem,trustType,isManaged"
	rows := append(w.all("/v1.0/users/"+p.ID+"/registeredDevices"+fields), w.all("/v1.0/users/"+p.ID+"/ownedDevices"+fields)...)
	got["DEV-004"], got["DEV-006"] = "not_applicable", "not_applicable"
	if len(rows) > 0 {
		got["DEV-004"] = "pass"
	}
	for _, row := range rows {
		switch row["accountEnabled"] {
		case true:
			got["DEV-004"] = "fail"
		case nil:
			got["DEV-004"] = "unknown"
		}
		os := strings.ToLower(fmt.Sprint(row["operatingSystem"]))
		if (strings.HasPrefix(os, "windows") || strings.HasPrefix(os, "mac")) && (row["trustType"] == "Workplace" || row["isManaged"] != true) {
			got["DEV-006"] = "fail"
		}
	}
}

func (w *listed) roles(p simtenant.Person, got map[string]string) {
	got["ACC-003"] = "pass"
	if w.byPrinciple[p.ID] {
		got["ACC-003"] = "fail"
	}
	for _, row := range w.all("/v1.0/users/" + p.ID + "/memberOf/microsoft.graph.group?$select=id") {
		if w.byPrinciple[row["id"].(string)] {
			got["ACC-003"] = "fail"
		}
	}
	for _, row := range w.all(groupPIM + "eligibilityScheduleInstances?$filter=principalId eq '" + p.ID + "'") {
		if slices.Contains(w.roleGroups, row["groupId"].(string)) {
			got["ACC-003"] = "fail"
		}
	}
}

func (w *listed) groups(p simtenant.Person, got map[string]string) {
	got["ACC-004"] = "pass"
	for _, row := range w.all("/v1.0/users/" + p.ID + "/transitiveMemberOf?$select=id,securityEnabled,groupTypes") {
		if row["@odata.type"] == "#microsoft.graph.group" && (row["securityEnabled"] == true || strings.Contains(fmt.Sprint(row["groupTypes"]), "Unified")) {
			got["ACC-004"] = "fail"
		}
	}
}

func (w *listed) owned(p simtenant.Person, got map[string]string) {
	got["ACC-005"], got["ACC-006"] = "not_applicable", "not_applicable"
	_, account := w.get("/v1.0/users/" + p.ID + "?$select=employeeLeaveDateTime")
	left := account["employeeLeaveDateTime"].(string)
	for _, object := range w.all("/v1.0/users/" + p.ID + "/ownedObjects?$select=id,passwordCredentials,keyCredentials") {
		if got["ACC-005"] == "not_applicable" {
			got["ACC-005"] = "pass"
		}
		kind := strings.TrimPrefix(object["@odata.type"].(string), "#microsoft.graph.")
		handed := false
		for _, owner := range w.all("/v1.0/" + kind + "s/" + object["id"].(string) + "/owners?$select=id,accountEnabled") {
			handed = handed || owner["accountEnabled"] == true && !w.leavers[owner["id"].(string)]
		}
		if !handed {
			got["ACC-005"] = "fail"
		}
		if kind == "group" {
			continue
		}
		if got["ACC-006"] == "not_applicable" {
			got["ACC-006"] = "pass"
		}
		for _, secret := range append(object["passwordCredentials"].([]any), object["keyCredentials"].([]any)...) {
			begun, _ := secret.(map[string]any)["startDateTime"].(string)
			end, _ := secret.(map[string]any)["endDateTime"].(string)
			if begun < left && (end == "" || end > w.now) {
				got["ACC-006"] = "fail"
			}
		}
	}
}

func (w *listed) rest(p simtenant.Person, got map[string]string) {
	verdict := func(rule string, left bool) { got[rule] = map[bool]string{true: "fail", false: "pass"}[left] }
	own := func(list string) []map[string]any { return w.all("/v1.0/users/" + p.ID + "/" + list) }
	assigned := slices.ContainsFunc(own("appRoleAssignments"), func(row map[string]any) bool { return row["principalType"] == "User" })
	verdict("ACC-007", assigned || len(own("oauth2PermissionGrants")) > 0)
	verdict("ACC-008", slices.ContainsFunc(own("authentication/methods"), func(row map[string]any) bool {
		kind := fmt.Sprint(row["@odata.type"])
		return !strings.Contains(kind, ".password") && (!strings.Contains(kind, "temporaryAccessPass") || row["isUsable"] != false)
	}))
	verdict("ACC-011", len(own("directReports?$select=id")) > 0)
	i := slices.IndexFunc(w.accounts, func(row map[string]any) bool { return row["id"] == p.ID })
	me := w.accounts[i]
	if me["userType"] == "Guest" {
		got["ACC-008"] = "not_applicable"
	}
	verdict("ACC-010", slices.ContainsFunc(w.accounts, func(row map[string]any) bool {
		same := row["employeeId"] != nil && row["employeeId"] == me["employeeId"] || row["userPrincipalName"] == w.aliases[p.ID]
		guest := row["userType"] == "Guest" && me["mail"] != nil &&
			slices.ContainsFunc(append(row["otherMails"].([]any), row["mail"]), func(mail any) bool {
				return strings.EqualFold(fmt.Sprint(mail), fmt.Sprint(me["mail"]))
			})
		return row["id"] != me["id"] && row["accountEnabled"] == true && (same || guest)
	}))
}
