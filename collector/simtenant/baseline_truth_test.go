package simtenant_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

// thenAndNow are the two views of one tenant.
func thenAndNow(t *testing.T, options simtenant.Options) (then, now *client) {
	t.Helper()
	now = newClient(t, options)
	options.Earlier = true
	return newClient(t, options), now
}

func TestTheEarlierViewIsOfTheSameTenant(t *testing.T) {
	t.Parallel()
	then, now := thenAndNow(t, simtenant.Options{Seed: 3, Leavers: 60})
	if !now.tenant.AsOf().Equal(start()) || !then.tenant.AsOf().Before(start().Add(-24*24*time.Hour)) {
		t.Errorf("now is %v, then was %v", now.tenant.AsOf(), then.tenant.AsOf())
	}
	if !bytes.Equal(then.tenant.Roster(), now.tenant.Roster()) {
		t.Error("the roster differs")
	}
	for i, p := range then.tenant.Truth() {
		if q := now.tenant.Truth()[i]; p.ID != q.ID || !maps.Equal(p.WithBaseline, q.WithBaseline) {
			t.Errorf("%q is not %q", p.Story, q.Story)
		}
	}
	tenantID, _, _ := then.tenant.Credentials()
	if id, _, _ := now.tenant.Credentials(); id != tenantID {
		t.Errorf("tenant %s, then %s", id, tenantID)
	}
	then.quiet()
}

func TestTheEarlierViewKnowsNothingOfWhatCameAfterIt(t *testing.T) {
	t.Parallel()
	then, _ := thenAndNow(t, simtenant.Options{Leavers: 60})
	asOf := then.tenant.AsOf().Format("2006-01-02T15:04:05")
	const live, deleted = "/v1.0/users?$select=id,createdDateTime,signInActivity&$top=500", "/v1.0/directory/deletedItems/microsoft.graph.user?$select=deletedDateTime"
	times := map[string]int{}
	compare := func(what string, at any) {
		t.Helper()
		times[what]++
		if at.(string)[:19] > asOf {
			t.Errorf("%s at %v, and it is %s", what, at, asOf)
		}
	}
	for _, row := range then.all(live) {
		compare("created", row["createdDateTime"])
		activity, _ := row["signInActivity"].(map[string]any)
		if at := activity["lastSignInDateTime"]; at != nil {
			compare("signed in, says the property,", at)
		}
	}
	for _, row := range then.all(deleted) {
		compare("deleted", row["deletedDateTime"])
	}
	for _, row := range then.all("/v1.0/auditLogs/signIns") {
		compare("signed in", row["createdDateTime"])
	}
	for _, row := range then.all("/v1.0/auditLogs/directoryAudits") {
		compare("changed", row["activityDateTime"])
	}
	if len(times) != 5 {
		t.Errorf("compared: %v", times)
	}
	then.quiet()
}

// Those who had left by then are where they were then: this follows from when their accounts were deleted, which the
// log tells.
func TestTheEarlierViewHasTheAccountsThatWereDeletedSince(t *testing.T) {
	t.Parallel()
	then, now := thenAndNow(t, simtenant.Options{Leavers: 60})
	mailboxes, restored := then.mailboxes(), 0
	for _, p := range now.tenant.Truth() {
		if p.State != "deleted" {
			continue
		}
		_, account := now.get("/v1.0/directory/deletedItems/" + p.ID + "/microsoft.graph.user?$select=deletedDateTime,userPrincipalName")
		status, before := then.get("/v1.0/users/" + p.ID + "?$select=userPrincipalName,deletedDateTime")
		if status != http.StatusOK || before["deletedDateTime"] != nil || before["userPrincipalName"] == account["userPrincipalName"] {
			t.Errorf("%q, deleted at %v: %d %v", p.Story, account["deletedDateTime"], status, before)
		}
		id, _ := now.tenant.DriveID(p.ID)
		if status, drive := then.get("/v1.0/users/" + p.ID + "/drive?$select=id"); status != http.StatusOK || drive["id"] != id {
			t.Errorf("%q: the drive is %q, was %d %v", p.Story, id, status, drive)
		}
		if status, _ := now.get("/v1.0/drives/" + id); status != http.StatusOK {
			t.Errorf("%q: the drive is not kept: %d", p.Story, status)
		}
		if !mailboxes[p.ID] {
			t.Errorf("%q: the mailbox was not there", p.Story)
		}
		restored++
	}
	if restored < 10 {
		t.Errorf("only %d were deleted since", restored)
	}
	gone := then.person("not in the tenant: deleted for good").UserPrincipalName
	if !slices.ContainsFunc(then.all("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName"), func(row map[string]any) bool {
		return len(row["userPrincipalName"].(string)) == 32+len(gone) && row["userPrincipalName"].(string)[32:] == gone
	}) {
		t.Errorf("%s was not among the deleted accounts", gone)
	}
	unseen := then.person("of which the earlier view saw nothing").UserPrincipalName
	if status, _ := then.get("/v1.0/users/" + unseen + "?$select=id"); status != http.StatusOK {
		t.Errorf("%s was not there: %d", unseen, status)
	}
	then.quiet()
	now.quiet()
}

// What is gone is what truth says, as far as the lists of both views tell in one place.
func TestWhatIsGoneIsWhatTruthSays(t *testing.T) {
	t.Parallel()
	then, now := thenAndNow(t, simtenant.Options{Leavers: 60})
	phones, phonesNow := then.phones(), now.phones()
	wiped := map[any]bool{}
	for _, d := range now.all("/v1.0/deviceManagement/managedDevices?$select=easDeviceId,deviceActionResults") {
		for _, action := range d["deviceActionResults"].([]any) {
			if action.(map[string]any)["actionState"] == "done" && d["easDeviceId"] != nil {
				wiped[d["easDeviceId"]] = true
			}
		}
	}
	mailboxes, mailboxesNow := then.mailboxes(), now.mailboxes()
	compared := map[string]int{}
	for _, p := range now.tenant.Truth() {
		if p.State == "not_yet" || p.State == "not_found" || !then.hadLeft(p.ID) {
			if got := p.WithBaseline["DEV-005"]; p.State != "not_yet" && p.State != "not_found" && got != "not_applicable" {
				t.Errorf("%q: DEV-005 is %s, and they had not left", p.Story, got)
			}
			continue
		}
		device := "not_applicable"
		for guid, before := range phones[p.DisplayName] {
			if device == "not_applicable" {
				device = "pass"
			}
			if phonesNow[p.DisplayName][guid] == nil && before["DeviceWipeAckTime"] == nil && before["AccountOnlyDeviceWipeAckTime"] == nil && !wiped[before["DeviceID"]] {
				device = "fail"
			}
		}
		secret := p.Verdicts["ACC-006"]
		for _, a := range then.all("/v1.0/users/" + p.ID + "/ownedObjects/microsoft.graph.application?$select=id,passwordCredentials") {
			secret = "pass"
			for _, c := range a["passwordCredentials"].([]any) {
				if c.(map[string]any)["endDateTime"].(string) > start().Format(time.RFC3339) {
					secret = "fail"
				}
			}
		}
		mail := p.Verdicts["MBX-001"]
		if mail == "unknown" && mailboxes[p.ID] && !mailboxesNow[p.ID] {
			mail = "fail" // one that was gone before, too, may have been purged before
		}
		for rule, verdict := range map[string]string{"DEV-005": device, "ACC-006": secret, "MBX-001": mail} {
			compared[rule+" "+verdict]++
			if got := p.WithBaseline[rule]; got != verdict {
				t.Errorf("%q: with the earlier view %s is %s, and what is gone says %s", p.Story, rule, got, verdict)
			}
		}
	}
	for _, want := range []string{"DEV-005 pass", "DEV-005 fail", "DEV-005 not_applicable", "ACC-006 pass", "ACC-006 fail", "MBX-001 fail", "MBX-001 unknown"} {
		if compared[want] == 0 {
			t.Errorf("nobody with %s", want)
		}
	}
}

// hadLeft tells whether somebody had left when the tenant was as it shows.
func (c *client) hadLeft(id string) bool {
	c.t.Helper()
	_, account := c.get("/v1.0/users/" + id + "?$select=employeeLeaveDateTime")
	return account["employeeLeaveDateTime"].(string) <= c.tenant.AsOf().Format(time.RFC3339)
}

// phones are the devices that Exchange knows, by whose they are and by Guid.
func (c *client) phones() map[any]map[any]map[string]any {
	c.t.Helper()
	byOwner := map[any]map[any]map[string]any{}
	for _, row := range c.rows("Get-MobileDeviceStatistics", map[string]any{"ResultSize": "Unlimited"}) {
		if byOwner[row["UserDisplayName"]] == nil {
			byOwner[row["UserDisplayName"]] = map[any]map[string]any{}
		}
		byOwner[row["UserDisplayName"]][row["Guid"]] = row
	}
	return byOwner
}

func (c *client) mailboxes() map[any]bool {
	c.t.Helper()
	owners := map[any]bool{}
	for _, row := range c.rows("Get-Mailbox", map[string]any{"ResultSize": "Unlimited"}) {
		owners[row["ExternalDirectoryObjectId"]] = true
	}
	return owners
}

// An earlier snapshot decides what nothing else does, and changes nothing besides.
func TestTheEarlierViewChangesWhatItMay(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Leavers: 60})
	deleted := map[string]string{"ODB-001": "pass", "ODB-002": "pass", "ODB-003": "pass", "DEL-002": "pass"}
	stories := map[string]map[string]string{
		"not in the tenant: deleted for good":                                                               {"ROS-001": "pass"},
		"mail addresses, but the mailbox is gone since long":                                                {},
		"the phone's partnership was removed since, and the phone was never wiped":                          {"DEV-005": "fail"},
		"the phone's partnership was removed since, after the phone had acknowledged its wipe":              {"DEV-005": "pass"},
		"the phone's partnership was removed since; Intune wiped the phone, which Exchange never knew":      {"DEV-005": "pass"},
		"no phone now, and none then: there is nothing that could be gone":                                  {},
		"account deleted since; the successor has the drive":                                                deleted,
		"owned an application, which is a colleague's now; its secret is the one they know":                 {"ACC-006": "fail", "DEV-005": "pass"},
		"owned an application, which is a colleague's now; the secret that they know has expired since":     {"ACC-006": "pass", "DEV-005": "pass"},
		"not in the tenant: deleted for good, of which the earlier view saw nothing":                        {},
		"the mailbox was purged since: nothing kept it, and its month without a licence was over":           {"MBX-001": "fail"},
		"account deleted since; only somebody who is disabled can open the drive, and its last day is near": {"ODB-001": "fail", "ODB-002": "fail", "ODB-003": "pass", "DEL-002": "fail"},
	}
	told := 0
	for _, p := range c.tenant.Truth() {
		if !slices.Equal(sortedKeys(p.WithBaseline), sortedKeys(p.Verdicts)) {
			t.Errorf("%q answers for %v", p.Story, sortedKeys(p.WithBaseline))
		}
		differs := map[string]string{}
		for rule, verdict := range p.WithBaseline {
			if verdict != p.Verdicts[rule] {
				differs[rule] = verdict
			}
		}
		if want, ok := stories[p.Story]; ok {
			told++
			if !maps.Equal(differs, want) {
				t.Errorf("%q differs in %v, want %v", p.Story, differs, want)
			}
			continue
		}
		switch phone := differs["DEV-005"]; {
		case p.State == "not_yet", p.State == "not_found":
			if len(differs) != 0 {
				t.Errorf("%q is %s, and differs in %v", p.Story, p.State, differs)
			}
		case p.State == "deleted" && phone == "":
			if len(differs) > 0 && !maps.Equal(differs, deleted) {
				t.Errorf("%q differs in %v", p.Story, differs)
			}
		case len(differs) > 1, len(differs) == 1 && phone != "pass":
			t.Errorf("%q differs in %v", p.Story, differs)
		}
	}
	if told != len(stories) {
		t.Errorf("%d of %d stories", told, len(stories))
	}
}
