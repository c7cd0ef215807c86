package exchange

import (
	"context"
	"errors"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// Recipient reads who stands behind a name or address as a mailbox has it: a name, an alias, an
// address, an id. The fact's value has RecipientTypeDetails, PrimarySmtpAddress, ExternalEmailAddress,
// displayName and id (the object id in lower case, or null), and kind: user, sharedMailbox,
// otherMailbox, group, contact or mailUser.
func (c *Client) Recipient(ctx context.Context, name string) Outcome {
	common := []string{"ExternalDirectoryObjectId", "DisplayName", "PrimarySmtpAddress", "RecipientTypeDetails"}
	properties := map[string][]string{"Get-Mailbox": common, "Get-Recipient": append(common, "ExternalEmailAddress")}
	// An address is somebody's alone, and most are mailboxes, which every read-only role may read. A name
	// may be a mailbox's alias and a contact's name at once: only Get-Recipient sees both.
	cmdlets := []string{"Get-Mailbox", "Get-Recipient"}
	if !strings.Contains(name, "@") {
		cmdlets = cmdlets[1:]
	}
	var rows []row
	var from snapshot.Provenance
	var err error
	for _, cmdlet := range cmdlets {
		attempts := from.Attempts
		rows, from, err = c.run(ctx, cmdlet, map[string]any{"Identity": name}, properties[cmdlet])
		from.Attempts += attempts
		if len(rows) > 0 || err != nil && !errors.Is(err, errAbsent) {
			break
		}
	}
	o := one(rows, from, err, func(row) error { return nil })
	found, ok := o.Fact.Value.(row)
	if !ok || o.Fact.State != snapshot.Read {
		return o
	}
	value := row{
		"id": nil, "displayName": found["DisplayName"], "PrimarySmtpAddress": found["PrimarySmtpAddress"],
		"RecipientTypeDetails": found["RecipientTypeDetails"], "ExternalEmailAddress": found["ExternalEmailAddress"],
	}
	if id := strings.ToLower(text(found, "ExternalDirectoryObjectId")); id != "" {
		value["id"] = id
	}
	kind := recipientKind(text(found, "RecipientTypeDetails"))
	if kind == "" {
		o.Fact = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Unsupported, Detail: "a recipient of a kind that this version does not know: " + text(found, "RecipientTypeDetails")}
		return o
	}
	value["kind"] = kind
	o.Fact.Value = value
	return o
}

// recipientKind sorts RecipientTypeDetails (learn.microsoft.com/powershell/module/exchange/get-recipient);
// empty for one that is new.
func recipientKind(details string) string {
	switch {
	case details == "UserMailbox" || details == "LinkedMailbox" || details == "RemoteUserMailbox":
		return "user"
	case details == "SharedMailbox" || details == "RemoteSharedMailbox":
		return "sharedMailbox"
	case slices.Contains([]string{"MailContact", "MailForestContact"}, details):
		return "contact"
	case slices.Contains([]string{"MailUser", "GuestMailUser"}, details):
		return "mailUser"
	case strings.HasSuffix(details, "Group") || strings.HasSuffix(details, "GroupMailbox"):
		return "group"
	case strings.HasSuffix(details, "Mailbox"):
		return "otherMailbox"
	}
	return ""
}
