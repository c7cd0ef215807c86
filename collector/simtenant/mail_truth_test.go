package simtenant_test

import (
	"fmt"
	"slices"
	"testing"

	"leavercheck/collector/simtenant"
)

// What the tenant serves of drives, numbers and protocols is what the stories say of them. This asks more simply than
// the checklist does, and only where the answer lies in one place.
func TestTheStateIsWhatTruthSays(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Leavers: 12})
	assigned := map[any]bool{}
	for _, n := range c.all("/v1.0/admin/teams/telephoneNumberManagement/numberAssignments") {
		if n["assignmentTargetId"] != nil && n["assignmentStatus"] != "unassigned" {
			assigned[n["assignmentTargetId"]] = true
		}
	}
	mailboxes, protocols := map[any]map[string]any{}, map[any]map[string]any{}
	for _, row := range c.rows("Get-Mailbox", map[string]any{"ResultSize": "Unlimited"}) {
		mailboxes[row["ExternalDirectoryObjectId"]] = row
	}
	for _, row := range c.rows("Get-CASMailbox", map[string]any{"ResultSize": "Unlimited"}) {
		protocols[row["ExternalDirectoryObjectId"]] = row
	}
	deletions := map[any]map[string]any{}
	for _, row := range c.all("/v1.0/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Delete user'") {
		deletions[row["targetResources"].([]any)[0].(map[string]any)["id"]] = row["initiatedBy"].(map[string]any)
	}
	for _, p := range c.tenant.Truth() {
		says := func(rule string, fails bool) {
			t.Helper()
			if verdict := p.Verdicts[rule]; (verdict == "fail" || verdict == "pending") != fails {
				t.Errorf("%q: %s is %s", p.Story, rule, verdict)
			}
		}
		switch p.State {
		case "live":
			says("TEL-001", assigned[p.ID])
			says("ODB-003", c.openToAnybody(p.ID))
			m := mailboxes[p.ID]
			says("EML-001", m != nil && letsIn(m, protocols[p.ID]))
			// A mailbox that forwards is taken over, and one that was to be shared waits for it.
			alone := m != nil && m["RecipientTypeDetails"] == "UserMailbox" && m["ForwardingAddress"] == nil && m["ForwardingSmtpAddress"] == nil &&
				p.Verdicts["EML-002"] != "not_applicable"
			says("EML-002", alone && m["AccountDisabled"] == false)
			says("EML-003", alone && m["HiddenFromAddressListsEnabled"] == false)
		case "deleted":
			by, _ := deletions[p.ID]["user"].(map[string]any)
			_, account := c.get("/v1.0/directory/deletedItems/" + p.ID + "/microsoft.graph.user?$select=onPremisesSyncEnabled")
			says("DEL-003", account["onPremisesSyncEnabled"] == true && by["displayName"] == "IT Desk")
		}
	}
	c.quiet()
}

// openToAnybody tells whether a link that has not expired opens the person's drive.
func (c *client) openToAnybody(id string) bool {
	c.t.Helper()
	status, drive := c.get("/v1.0/users/" + id + "/drive?$select=id")
	if status != 200 {
		return false
	}
	now := start().Format("2006-01-02T15:04:05Z")
	return slices.ContainsFunc(c.all("/v1.0/drives/"+drive["id"].(string)+"/items/root/permissions"), func(p map[string]any) bool {
		link, _ := p["link"].(map[string]any)
		expires, ends := p["expirationDateTime"].(string)
		return link["scope"] == "anonymous" && (!ends || expires > now)
	})
}

// letsIn tells whether a protocol is on that should be off: in a shared mailbox, which its delegates open, fewer of them.
func letsIn(mailbox, protocols map[string]any) bool {
	watched := []string{"ActiveSyncEnabled", "OWAforDevicesEnabled", "PopEnabled", "ImapEnabled"}
	if mailbox["RecipientTypeDetails"] == "UserMailbox" {
		watched = append(watched, "OWAEnabled", "MAPIEnabled", "EwsEnabled", "OutlookMobileEnabled")
	}
	return fmt.Sprint(protocols["SmtpClientAuthenticationDisabled"]) == "false" || slices.ContainsFunc(watched, func(name string) bool {
		return protocols[name] == true || name == "EwsEnabled" && protocols[name] == nil // the organisation has it on
	})
}
