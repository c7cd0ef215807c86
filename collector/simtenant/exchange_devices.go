package simtenant

import (
	"maps"
	"strings"
	"time"
)

// getMobileDevice answers Get-MobileDevice and Get-MobileDeviceStatistics. Their documentation warns that an Identity
// that is null or names nothing returns every object.
func (c *cmdletCall) getMobileDevice(statistics bool) (answer, error) {
	if err := c.take("Mailbox", "Identity", "ResultSize", "ActiveSync", "OWAforDevices", "Filter"); err != nil {
		return answer{}, err
	}
	if _, filtered := c.parameters["filter"]; filtered {
		return answer{}, badCmdlet("Filter is not simulated for %s.", c.name)
	}
	found, err := c.chosen("Mailbox", liveMailbox)
	if err != nil {
		return answer{}, err
	}
	type pair struct {
		d *mobileDevice
		m *mailbox
	}
	wanted, named := c.target("Identity")
	var all, exact []pair
	for _, m := range found {
		for _, d := range m.devices {
			all = append(all, pair{d, m})
			if named && (strings.EqualFold(wanted, d.guid) || wanted == d.identity(m)) {
				exact = append(exact, pair{d, m})
			}
		}
	}
	switch {
	case len(exact) > 0:
		all = exact
	case named:
		c.t.complain("exchange: %s with an Identity that does not exist returns everything", c.name)
	}
	render := func(i int) row { return all[i].d.row(all[i].m, statistics) }
	return c.respondWith(len(all), render, keys((&mobileDevice{}).row(&mailbox{owner: &user{}}, statistics)))
}

func (d *mobileDevice) identity(m *mailbox) string {
	return m.alias + `\ExchangeActiveSyncDevices\` + d.client + "§" + d.kind + "§" + d.id
}

func (d *mobileDevice) row(m *mailbox, statistics bool) row {
	r := row{
		"Identity": d.identity(m), "Guid": guid(d.guid), "DeviceType": d.kind, "DeviceModel": d.model, "DeviceOS": d.os, "ClientType": d.client,
		"DeviceAccessState": d.accessState, "DeviceAccessStateReason": d.accessReason, "DeviceAccessControlRule": text(d.accessControlRule),
		"FirstSyncTime": d.first, "UserDisplayName": m.displayName, "DeviceUserAgent": "", "ClientVersion": "16.1",
	}
	if !statistics {
		r["DeviceId"], r["FriendlyName"], r["Name"] = d.id, text(d.name), d.client+"§"+d.kind+"§"+d.id
		r["IsManaged"], r["IsCompliant"], r["IsDisabled"] = d.managed, d.managed, false
		r["WhenChanged"], r["WhenCreated"] = d.last, d.first
		r["IsValid"], r["DeviceImei"], r["DeviceMobileOperator"] = true, "", ""
		return r
	}
	last := d.last
	if d.kind == "Outlook" {
		last = time.Time{} // Outlook mobile reports no ActiveSync sync times
	}
	more := row{
		"DeviceID": d.id, "DeviceFriendlyName": text(d.name), "Status": d.status, "StatusNote": nil,
		"LastSyncAttemptTime": last, "LastSuccessSync": last,
		"DeviceWipeRequestTime": d.wipe.requested, "DeviceWipeSentTime": d.wipe.sent, "DeviceWipeAckTime": d.wipe.acknowledged,
		"AccountOnlyDeviceWipeRequestTime": d.accountWipe.requested, "AccountOnlyDeviceWipeSentTime": d.accountWipe.sent,
		"AccountOnlyDeviceWipeAckTime": d.accountWipe.acknowledged, "LastDeviceWipeRequestor": text(d.requestor),
		"LastAccountOnlyDeviceWipeRequestor": text(d.accountOnlyRequestor), "IsRemoteWipeSupported": d.remoteWipeSupported,
		"DevicePolicyApplied": "Default", "DevicePolicyApplicationStatus": "AppliedInFull", "NumberOfFoldersSynced": 12,
		"LastPolicyUpdateTime": d.first, "DeviceEnableOutboundSMS": false,
	}
	maps.Copy(r, more)
	return r
}

// getInboxRule gives the rules of a mailbox as Outlook knows them, the hidden ones on request.
func (c *cmdletCall) getInboxRule() (answer, error) {
	if err := c.take("Mailbox", "IncludeHidden", "ResultSize"); err != nil {
		return answer{}, err
	}
	found, err := c.chosen("Mailbox", liveMailbox)
	if err != nil {
		return answer{}, err
	}
	render := func(m *mailbox, priority int, r *rule) row {
		to := func(addresses []string) []string {
			out := []string{}
			for _, a := range addresses {
				out = append(out, `"`+local(a)+`" [SMTP:`+a+`]`)
			}
			return out
		}
		moves := any(nil)
		if r.moveTo != "" {
			moves = r.moveTo
		}
		id := identifiers{seed: c.t.options.Seed}.chance("rule", m.guid, r.name).Uint64() >> 1
		return row{
			"Identity": m.alias + `\` + itoa(int(id)), "RuleIdentity": id, "Name": r.name, "Enabled": !r.disabled, "Priority": priority, "InError": false,
			"ForwardTo": to(r.forwardTo), "RedirectTo": to(r.redirectTo), "ForwardAsAttachmentTo": to(r.attachTo),
			"DeleteMessage": r.delete || r.permanentDelete, "MoveToFolder": moves, "StopProcessingRules": r.stop, "Description": r.name,
			"MailboxOwnerId": m.name,
		}
	}
	var rows []row
	for _, m := range found {
		for i, r := range m.rules {
			rows = append(rows, render(m, i+1, r))
		}
		if c.flag("IncludeHidden") {
			rows = append(rows, render(m, len(m.rules)+1, &rule{name: "Junk E-Mail Rule", moveTo: "Junk Email"}))
		}
	}
	return c.respond(rows, keys(render(&mailbox{owner: &user{}}, 1, &rule{})))
}
