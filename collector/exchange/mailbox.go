package exchange

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"leavercheck/collector/snapshot"
)

func mailboxProperties() []string {
	return []string{
		"Identity", "Alias", "Name", "Guid", "ExchangeGuid", "ExternalDirectoryObjectId", "UserPrincipalName", "DisplayName", "PrimarySmtpAddress", "EmailAddresses", "RecipientTypeDetails",
		"ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward", "HiddenFromAddressListsEnabled", "GrantSendOnBehalfTo",
		"LitigationHoldEnabled", "LitigationHoldDate", "LitigationHoldDuration", "InPlaceHolds", "ComplianceTagHoldApplied", "DelayHoldApplied", "DelayReleaseHoldApplied",
		"RetentionHoldEnabled", "RetentionPolicy", "IsInactiveMailbox", "WhenSoftDeleted", "IsSoftDeletedByDisable", "IsSoftDeletedByRemove", "InactiveMailboxRetireTime",
		"AccountDisabled", "IsDirSynced", "ArchiveGuid", "ArchiveStatus", "ProhibitSendReceiveQuota", "PersistedCapabilities", "WhenMailboxCreated",
	}
}

func protocolProperties() []string {
	return []string{
		"ActiveSyncEnabled", "OWAEnabled", "OWAforDevicesEnabled", "MAPIEnabled", "EwsEnabled", "PopEnabled", "ImapEnabled", "OutlookMobileEnabled",
		"OneWinNativeOutlookEnabled", "MacOutlookEnabled", "UniversalOutlookEnabled", "ECPEnabled", "SmtpClientAuthenticationDisabled",
		"ActiveSyncBlockedDeviceIDs", "ActiveSyncAllowedDeviceIDs", "HasActiveSyncDevicePartnership", "ExternalDirectoryObjectId", "Guid",
	}
}

// The three places where a mailbox can be.
const (
	stateLive        = "live"
	stateSoftDeleted = "softDeleted"
	stateInactive    = "inactive"
)

// lookup reads the mailboxes of an account in one view. Rows beside an error are a part.
type lookup func(ctx context.Context, id, view string) ([]row, snapshot.Provenance, error)

// Mailbox reads the mailbox of an account, live, soft-deleted or inactive: the fact's value is a row of
// Get-Mailbox with mailboxState. "Absent" means that all three views were read and have none.
func (c *Client) Mailbox(ctx context.Context, id string) Outcome {
	return mailboxOf(ctx, id, c.mailboxes)
}

// mailboxOf decides which of an account's mailboxes is the one that counts.
func mailboxOf(ctx context.Context, id string, read lookup) Outcome {
	rows, from, err := read(ctx, id, stateLive)
	if err != nil {
		o := Outcome{Fact: unknown(err, needsRole), From: from}
		if len(rows) == 1 {
			o.Fact.Value = mailboxFact(stateLive, rows).Value
		}
		return o
	}
	if len(rows) == 1 {
		return Outcome{Fact: mailboxFact(stateLive, rows), From: from}
	}
	if len(rows) > 1 {
		return Outcome{Fact: contradiction("Get-Mailbox: %d live mailboxes with one identity", len(rows)), From: from}
	}
	gone := map[string]row{}
	for _, view := range []string{stateSoftDeleted, stateInactive} {
		rows, seen, err := read(ctx, id, view)
		seen.Attempts += from.Attempts
		if from = seen; err != nil {
			return Outcome{Fact: unknown(err, needsRole), From: from}
		}
		for _, r := range rows {
			if view == stateInactive {
				r["IsInactiveMailbox"] = true
			}
			gone[text(r, "ExchangeGuid")] = r
		}
	}
	if len(gone) == 0 {
		return Outcome{Fact: snapshot.Fact{State: snapshot.Absent}, From: from}
	}
	rows = slices.Collect(maps.Values(gone))
	slices.SortFunc(rows, func(a, b row) int {
		if order := strings.Compare(text(b, "WhenSoftDeleted"), text(a, "WhenSoftDeleted")); order != 0 {
			return order
		}
		return strings.Compare(text(a, "ExchangeGuid"), text(b, "ExchangeGuid"))
	})
	state := stateSoftDeleted
	if rows[0]["IsInactiveMailbox"] == true {
		state = stateInactive
	}
	return Outcome{Fact: mailboxFact(state, rows), From: from}
}

// within are the parameters that show a view of Get-Mailbox.
func within(view string) map[string]any {
	switch view {
	case stateSoftDeleted:
		return map[string]any{"SoftDeletedMailbox": true}
	case stateInactive:
		return map[string]any{"InactiveMailboxOnly": true}
	}
	return map[string]any{}
}

// mailboxes runs Get-Mailbox for one account in one view.
func (c *Client) mailboxes(ctx context.Context, id, view string) ([]row, snapshot.Provenance, error) {
	parameters := within(view)
	parameters["Identity"] = id
	rows, from, err := c.run(ctx, getMailbox, parameters, mailboxProperties())
	if errors.Is(err, errAbsent) {
		return nil, from, nil
	}
	if err == nil {
		err = accountsOwn(id, rows)
	}
	if err != nil {
		return nil, from, err
	}
	return rows, from, nil
}

// accountsOwn checks that rows of Get-Mailbox are an account's, and can be told apart.
func accountsOwn(id string, rows []row) error {
	for _, r := range rows {
		if !strings.EqualFold(text(r, "ExternalDirectoryObjectId"), id) {
			return fmt.Errorf("Get-Mailbox: a mailbox of another account (%.40q) came back", text(r, "ExternalDirectoryObjectId"))
		}
		if text(r, "ExchangeGuid") == "" {
			return errors.New("Get-Mailbox: a mailbox without ExchangeGuid")
		}
	}
	return nil
}

func mailboxFact(state string, rows []row) snapshot.Fact {
	value := rows[0]
	value["mailboxState"] = state
	if len(rows) > 1 {
		var older []any
		for _, r := range rows[1:] {
			older = append(older, r)
		}
		value["olderMailboxes"] = older
	}
	return snapshot.Fact{State: snapshot.Read, Value: value}
}

func contradiction(format string, args ...any) snapshot.Fact {
	return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Integrity, Detail: fmt.Sprintf(format, args...)}
}

// Protocols reads which protocols reach a live mailbox.
func (c *Client) Protocols(ctx context.Context, id string) Outcome {
	rows, from, err := c.run(ctx, getCASMailbox, map[string]any{"Identity": id}, protocolProperties())
	return protocolsOf(id, rows, from, err)
}

func protocolsOf(id string, rows []row, from snapshot.Provenance, err error) Outcome {
	return mustExist(one(rows, from, err, func(r row) error {
		if !strings.EqualFold(text(r, "ExternalDirectoryObjectId"), id) && !strings.EqualFold(text(r, "Guid"), id) {
			return fmt.Errorf("Get-CASMailbox: the row of another account (%.40q) came back", text(r, "ExternalDirectoryObjectId"))
		}
		return nil
	}))
}

// mustExist makes a contradiction of "there is none" where Get-Mailbox has just shown the mailbox: a
// replica that lags must not look like a mailbox without devices.
func mustExist(o Outcome) Outcome {
	if o.Fact.State == snapshot.Absent {
		o.Fact = contradiction("%s: no such mailbox, although Get-Mailbox has it", o.From.Endpoint)
	}
	return o
}

// one makes a fact of a cmdlet that gives one row or none.
func one(rows []row, from snapshot.Provenance, err error, check func(row) error) Outcome {
	switch {
	case errors.Is(err, errAbsent), err == nil && len(rows) == 0:
		return Outcome{Fact: snapshot.Fact{State: snapshot.Absent}, From: from}
	case err != nil:
		return Outcome{Fact: unknown(err, needsRole), From: from}
	case len(rows) > 1:
		return Outcome{Fact: contradiction("%s: %d rows for one mailbox", from.Endpoint, len(rows)), From: from}
	}
	if err := check(rows[0]); err != nil {
		return Outcome{Fact: contradiction("%s", err), From: from}
	}
	return Outcome{Fact: snapshot.Fact{State: snapshot.Read, Value: rows[0]}, From: from}
}

// Size reads how much a mailbox holds. Deleted asks among the soft-deleted and inactive ones. "Absent"
// means that the cmdlet answered without a row: the mailbox was never opened.
func (c *Client) Size(ctx context.Context, exchangeGUID string, deleted bool) Outcome {
	parameters := map[string]any{"Identity": exchangeGUID}
	if deleted {
		parameters["IncludeSoftDeletedRecipients"] = true
	}
	properties := []string{"TotalItemSize", "ItemCount", "TotalDeletedItemSize", "DeletedItemCount", "MailboxGuid", "LastLogonTime", "IsArchiveMailbox"}
	rows, from, err := c.run(ctx, "Get-MailboxStatistics", parameters, properties)
	o := one(rows, from, err, func(r row) error {
		if guid := text(r, "MailboxGuid"); guid != "" && !strings.EqualFold(guid, exchangeGUID) {
			return fmt.Errorf("Get-MailboxStatistics: the row of another mailbox (%.40q) came back", guid)
		}
		return nil
	})
	if errors.Is(err, errAbsent) {
		return mustExist(o)
	}
	if value, ok := o.Fact.Value.(row); ok && o.Fact.State == snapshot.Read {
		value["TotalItemSizeInBytes"] = nil
		if size, err := Bytes(text(value, "TotalItemSize")); err == nil {
			value["TotalItemSizeInBytes"] = size
		}
	}
	return o
}

// Bytes reads a size as Exchange prints it: "1.2 GB (1,288,490,189 bytes)". Only the number in brackets
// counts; its separators depend on the server's language.
func Bytes(size string) (int64, error) {
	_, rest, ok := strings.Cut(size, "(")
	inner, _, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return 0, fmt.Errorf("%.40q is no size with its bytes in brackets", size)
	}
	number, unit, ok := cutUnit(inner)
	if !ok || !strings.EqualFold(unit, "bytes") {
		return 0, fmt.Errorf("%.40q is no size with its bytes in brackets", size)
	}
	digits := strings.Map(func(r rune) rune {
		switch r {
		case ',', '.', '\'', ' ', '\u00A0', '\u2009', '\u202F':
			return -1
		}
		return r
	}, number)
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no size with its bytes in brackets", size)
	}
	return int64(n), nil
}

func cutUnit(s string) (number, unit string, ok bool) {
	at := strings.LastIndexAny(strings.TrimSpace(s), " \u00A0\u2009\u202F")
	if at < 0 {
		return "", "", false
	}
	s = strings.TrimSpace(s)
	return s[:at], strings.TrimSpace(strings.Trim(s[at:], " \u00A0\u2009\u202F")), true
}

// Permissions reads who else may open a mailbox, without the mailbox itself, inherited rows and denials.
func (c *Client) Permissions(ctx context.Context, mailbox map[string]any) Outcome {
	rows, from, err := c.run(ctx, "Get-MailboxPermission", map[string]any{"Identity": text(mailbox, "ExchangeGuid")}, []string{"User", "AccessRights", "IsInherited", "Deny", "InheritanceType", "Identity"})
	if err := sameMailbox(mailbox, rows, err, "Get-MailboxPermission"); err != nil {
		return rowsFailed(err, from, needsRole)
	}
	kept := []any{}
	for _, r := range rows {
		delete(r, "Identity")
		if r["IsInherited"] == true || r["Deny"] == true || strings.EqualFold(text(r, "User"), `NT AUTHORITY\SELF`) {
			continue
		}
		kept = append(kept, r)
	}
	slices.SortFunc(kept, func(a, b any) int { return strings.Compare(text(a.(row), "User"), text(b.(row), "User")) })
	return Outcome{Fact: snapshot.Fact{State: snapshot.Read, Value: kept}, From: from}
}

// HiddenRules reads every inbox rule of a live mailbox, hidden ones included.
func (c *Client) HiddenRules(ctx context.Context, mailbox map[string]any) Outcome {
	properties := []string{"Name", "Identity", "RuleIdentity", "Enabled", "InError", "ForwardTo", "RedirectTo", "ForwardAsAttachmentTo", "DeleteMessage", "MoveToFolder", "StopProcessingRules", "Description"}
	rows, from, err := c.run(ctx, "Get-InboxRule", map[string]any{"Mailbox": text(mailbox, "ExchangeGuid"), "IncludeHidden": true}, properties)
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(text(a, "Identity"), text(b, "Identity")) })
	if err := sameMailbox(mailbox, rows, err, "Get-InboxRule"); err != nil {
		o := rowsFailed(err, from, needsRuleRole)
		// What a refusal says is the same for every mailbox; the rules are this one's.
		if len(rows) > 0 && o.Fact.Reason != snapshot.Forbidden && sameMailbox(mailbox, rows, nil, "Get-InboxRule") == nil {
			o.Fact.Value = list(rows)
		}
		return o
	}
	return Outcome{Fact: snapshot.Fact{State: snapshot.Read, Value: list(rows)}, From: from}
}

func rowsFailed(err error, from snapshot.Provenance, needs string) Outcome {
	switch {
	case errors.Is(err, errAbsent):
		return mustExist(Outcome{Fact: snapshot.Fact{State: snapshot.Absent}, From: from})
	case errors.Is(err, errMixed):
		return Outcome{Fact: contradiction("%s", err), From: from}
	}
	return Outcome{Fact: unknown(err, needs), From: from}
}

// errMixed means that a cmdlet gave another mailbox's objects, as it does for an identity that it does
// not know: then it gives everybody's.
var errMixed = errors.New("rows of another mailbox came back")

// sameMailbox checks that every row names the mailbox, by one of its own names, as its owner.
func sameMailbox(mailbox map[string]any, rows []row, err error, cmdlet string) error {
	if err != nil {
		return err
	}
	for _, r := range rows {
		owner := owner(text(r, "Identity"))
		if owner == "" || !slices.ContainsFunc(ownNames(), func(name string) bool { return strings.EqualFold(text(mailbox, name), owner) }) {
			return fmt.Errorf("%s: %w (%.60q)", cmdlet, errMixed, owner)
		}
	}
	return nil
}

// ownNames are the properties by which identities name a mailbox.
func ownNames() []string {
	return []string{"Identity", "Name", "Alias", "Guid", "ExchangeGuid", "ExternalDirectoryObjectId", "UserPrincipalName", "PrimarySmtpAddress"}
}

// owner is the mailbox in an identity such as `drook\ExchangeActiveSyncDevices\iPhone§...`, `drook\1234`,
// or the same as a path of the directory: its last part before the device or rule.
func owner(identity string) string {
	for _, sign := range []string{`\ExchangeActiveSyncDevices`, "/ExchangeActiveSyncDevices"} {
		if before, _, ok := strings.Cut(identity, sign); ok {
			identity = before
		}
	}
	identity, _, _ = strings.Cut(identity, `\`)
	return identity[strings.LastIndexByte(identity, '/')+1:]
}

func list(rows []row) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}
