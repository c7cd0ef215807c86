package simtenant

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// getMailbox has a view for each kind of mailbox: live ones, soft-deleted ones, inactive ones.
func (c *cmdletCall) getMailbox() (answer, error) {
	err := c.take("Identity", "SoftDeletedMailbox", "InactiveMailboxOnly", "IncludeInactiveMailbox", "RecipientTypeDetails", "ResultSize", "Filter")
	if err != nil {
		return answer{}, err
	}
	states := []string{liveMailbox}
	switch soft, inactive, with := c.flag("SoftDeletedMailbox"), c.flag("InactiveMailboxOnly"), c.flag("IncludeInactiveMailbox"); {
	case soft && (inactive || with):
		return answer{}, badCmdlet("SoftDeletedMailbox cannot be used with InactiveMailboxOnly or IncludeInactiveMailbox.")
	case soft:
		states = []string{softDeleted}
	case inactive:
		states = []string{inactiveMailbox}
	case with:
		states = []string{liveMailbox, inactiveMailbox}
	}
	found, err := c.chosen("Identity", states...)
	if err != nil {
		return answer{}, err
	}
	kinds, err := c.kinds()
	if err != nil {
		return answer{}, err
	}
	match, err := c.opathFilter()
	if err != nil {
		return answer{}, err
	}
	found = slices.DeleteFunc(found, func(m *mailbox) bool {
		return kinds != nil && !kinds[strings.ToLower(m.kind)] || match != nil && !match(c.t.mailboxRow(m))
	})
	return c.respondWith(len(found), func(i int) row { return c.t.mailboxRow(found[i]) }, keys(c.t.mailboxRow(&mailbox{owner: &user{}})))
}

// kinds reads RecipientTypeDetails: one, a comma list, or an array.
func (c *cmdletCall) kinds() (map[string]bool, error) {
	value, sent := c.parameters["recipienttypedetails"]
	if !sent {
		return nil, nil
	}
	var names []string
	switch v := value.(type) {
	case string:
		names = strings.Split(v, ",")
	case []any:
		for _, item := range v {
			name, _ := item.(string)
			names = append(names, name)
		}
	}
	kinds := map[string]bool{}
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "usermailbox", "sharedmailbox", "roommailbox", "equipmentmailbox", "linkedmailbox", "schedulingmailbox", "discoverymailbox", "teammailbox":
			kinds[name] = true
		default:
			return nil, c.transformation("RecipientTypeDetails")
		}
	}
	return kinds, nil
}

func (t *Tenant) mailboxRow(m *mailbox) row {
	u := m.owner
	duration := any("Unlimited")
	archive, status := guid("00000000-0000-0000-0000-000000000000"), "None"
	if m.archive {
		archive, status = guid(identifiers{seed: t.options.Seed}.guid("archive", m.guid)), "Active"
	}
	capabilities := []string{}
	for _, l := range u.licences {
		for _, p := range l.plans() {
			switch p.name {
			case "EXCHANGE_S_ENTERPRISE":
				capabilities = append(capabilities, "BPOS_S_Enterprise")
			case "EXCHANGE_S_STANDARD":
				capabilities = append(capabilities, "BPOS_S_Standard")
			case "EXCHANGE_S_ARCHIVE_ADDON":
				capabilities = append(capabilities, "BPOS_S_ArchiveAddOn")
			}
		}
	}
	forwarding := text(m.forwardingSMTP)
	if m.forwardingSMTP != "" {
		forwarding = "smtp:" + m.forwardingSMTP
	}
	owner := any(nil)
	if m.litigation {
		owner = "records.desk@" + mainDomain
	}
	return row{
		"Identity": m.name, "Name": m.name, "Alias": m.alias, "DisplayName": m.displayName, "Guid": guid(m.guid), "ExchangeGuid": guid(m.exchangeGUID),
		"ExternalDirectoryObjectId": u.id, "UserPrincipalName": m.upn(), "WindowsLiveID": m.upn(), "MicrosoftOnlineServicesID": m.upn(),
		"DistinguishedName":  "CN=" + m.name + ",OU=" + t.organisation.initialDomain + ",DC=SIMPRD01,DC=PROD,DC=OUTLOOK,DC=COM",
		"PrimarySmtpAddress": m.primary, "EmailAddresses": m.addresses, "RecipientType": userMailbox, "RecipientTypeDetails": m.kind,
		"IsShared": m.kind == sharedMailbox, "IsMailboxEnabled": true,
		"ForwardingAddress": text(m.forwardingAddress), "ForwardingSmtpAddress": forwarding, "DeliverToMailboxAndForward": m.keepsCopy,
		"HiddenFromAddressListsEnabled": m.hidden, "GrantSendOnBehalfTo": list(m.sendOnBehalf),
		"LitigationHoldEnabled": m.litigation, "LitigationHoldDate": m.litigationDate, "LitigationHoldOwner": owner, "LitigationHoldDuration": duration,
		"InPlaceHolds": list(m.holds), "ComplianceTagHoldApplied": m.tagHold, "DelayHoldApplied": m.delayHold,
		"DelayReleaseHoldApplied": m.delayReleaseHold, "RetentionHoldEnabled": false, "RetentionPolicy": "Default MRM Policy",
		"IsInactiveMailbox": m.state == inactiveMailbox, "WhenSoftDeleted": m.softDeletedAt, "IsSoftDeletedByDisable": m.byDisable,
		"IsSoftDeletedByRemove": m.state != liveMailbox && !m.byDisable, "InactiveMailboxRetireTime": time.Time{},
		"AccountDisabled": !u.enabled && !m.accountOn, "IsDirSynced": u.synced, "ArchiveGuid": archive, "ArchiveStatus": status, "ArchiveName": []string{},
		"ProhibitSendReceiveQuota": size(99 << 30), "ProhibitSendQuota": size(98 << 30), "IssueWarningQuota": size(97 << 30), "RecoverableItemsQuota": "Unlimited",
		"PersistedCapabilities": capabilities, "WhenMailboxCreated": m.created, "WhenCreated": m.created, "WhenCreatedUTC": m.created,
		"WhenChanged": m.created, "WhenChangedUTC": m.created, "SKUAssigned": len(capabilities) > 0, "AuditEnabled": true,
		"MailTip": nil, "CustomAttribute1": "", "OrganizationId": t.organisation.initialDomain, "RetainDeletedItemsFor": "14.00:00:00",
	}
}

// size renders bytes as Exchange does: rounded, and exact in brackets.
func size(bytes int64) string {
	value, unit := float64(bytes), "B"
	for _, next := range []string{"KB", "MB", "GB", "TB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	return fmt.Sprintf("%.4g %s (%s bytes)", value, unit, grouped(bytes))
}

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

func (c *cmdletCall) getCASMailbox() (answer, error) {
	if err := c.take("Identity", "ResultSize"); err != nil {
		return answer{}, err
	}
	found, err := c.chosen("Identity", liveMailbox)
	if err != nil {
		return answer{}, err
	}
	render := func(m *mailbox) row {
		p := m.protocols
		smtp := any(!p.on)
		if p.smtpAuthIsDefault {
			smtp = nil
		}
		r := row{
			"Identity": m.name, "Name": m.name, "DisplayName": m.displayName, "Guid": guid(m.guid), "ExternalDirectoryObjectId": m.owner.id,
			"PrimarySmtpAddress": m.primary, "ActiveSyncEnabled": p.activeSync, "OWAEnabled": p.on, "OWAforDevicesEnabled": p.on, "MAPIEnabled": p.on,
			"EwsEnabled": p.on, "PopEnabled": false, "ImapEnabled": false, "OutlookMobileEnabled": p.on, "OneWinNativeOutlookEnabled": p.on,
			"MacOutlookEnabled": p.on, "UniversalOutlookEnabled": p.on, "ECPEnabled": p.on, "SmtpClientAuthenticationDisabled": smtp,
			"ActiveSyncBlockedDeviceIDs": list(p.blocked), "ActiveSyncAllowedDeviceIDs": list(p.allowed),
			"HasActiveSyncDevicePartnership": len(m.devices) > 0, "ActiveSyncMailboxPolicy": "Default",
		}
		maps.Copy(r, p.differ)
		return r
	}
	return c.respondWith(len(found), func(i int) row { return render(found[i]) }, keys(render(&mailbox{owner: &user{}})))
}

// getMailboxStatistics gives no row for a mailbox that nobody ever opened.
func (c *cmdletCall) getMailboxStatistics() (answer, error) {
	if err := c.take("Identity", "IncludeSoftDeletedRecipients", "Archive"); err != nil {
		return answer{}, err
	}
	identity, named := c.target("Identity")
	if !named {
		return answer{}, c.missing("Identity")
	}
	states := []string{liveMailbox}
	if c.flag("IncludeSoftDeletedRecipients") {
		states = append(states, softDeleted, inactiveMailbox)
	}
	found := c.find(identity, states...)
	if len(found) == 0 {
		return answer{}, c.noObject(identity)
	}
	render := func(m *mailbox) row {
		return row{
			"Identity": m.exchangeGUID, "DisplayName": m.displayName, "MailboxGuid": guid(m.exchangeGUID), "TotalItemSize": size(m.bytes),
			"ItemCount": m.items, "TotalDeletedItemSize": size(m.bytes / 20), "DeletedItemCount": m.items / 20, "LastLogonTime": c.t.AsOf().Add(-20 * time.Hour),
			"IsArchiveMailbox": c.flag("Archive"), "DisconnectReason": nil, "MailboxTypeDetail": m.kind, "ExternalDirectoryOrganizationId": guid(c.t.id),
			"AssociatedItemCount": 40,
		}
	}
	var rows []row
	for _, m := range found {
		if !m.neverOpened && (!c.flag("Archive") || m.archive) {
			rows = append(rows, render(m))
		}
	}
	return c.respond(rows, keys(render(&mailbox{owner: &user{}})))
}
