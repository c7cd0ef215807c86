package exchange

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// Principal is somebody who may have rights on the mailboxes of others.
type Principal struct {
	// ID is the object id, UserPrincipalName is how they are looked up.
	ID, UserPrincipalName string
	// Names are all by which Exchange may mention them: addresses, aliases, display names. Own are those
	// that are theirs alone, by which their own mailbox is told.
	Names, Own []string
	// HasMailbox says that Exchange has just shown a mailbox of theirs.
	HasMailbox bool
	// Doubt is read, or says why not all names are known: then what they have not, nobody can tell.
	Doubt snapshot.Fact
}

// names are all of them in lower case, each once, in order.
func (p Principal) names() []string {
	var out []string
	for _, name := range slices.Concat([]string{p.ID, p.UserPrincipalName}, p.Names) {
		if name != "" {
			out = append(out, strings.ToLower(name))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p Principal) called(name string) bool { return slices.Contains(p.names(), strings.ToLower(name)) }

// right is one row of the fact "delegations": what somebody, named as Exchange does, may do with a
// mailbox.
type right struct {
	right, mailbox string
	mailboxType    any
	trustee        string
	accessRights   any
}

func (r right) row() row {
	out := row{"right": r.right, "mailbox": r.mailbox, "mailboxType": r.mailboxType, "trustee": r.trustee}
	if r.accessRights != nil {
		out["AccessRights"] = r.accessRights
	}
	return out
}

// bareSID is what Exchange shows of a principal that it cannot name any more.
var bareSID = regexp.MustCompile(`^S-1-5-\d`)

// Delegations reads what the principals may do with other people's mailboxes: Send As on every
// recipient, by trustee; Full Access and Send on Behalf on the shared mailboxes, or on all, because
// Exchange can only be asked mailbox by mailbox. The fact's value has scope, rows, and unnamed: the rights
// whose holder is a bare security identifier. Done is called for every request to come.
func (c *Client) Delegations(ctx context.Context, principals []Principal, all bool, done func()) map[string]Outcome {
	scope := "shared"
	if all {
		scope = "all"
	}
	held, from, lack := c.heldRights(ctx, all, done)
	unnamed := []any{}
	byTrustee := map[string][]right{}
	for _, r := range held {
		if bareSID.MatchString(r.trustee) {
			unnamed = append(unnamed, r.row())
			continue
		}
		byTrustee[strings.ToLower(r.trustee)] = append(byTrustee[strings.ToLower(r.trustee)], r)
	}
	out := make(map[string]Outcome, len(principals))
	for _, p := range principals {
		rights, seen, err := c.sendAs(ctx, p)
		done()
		o := Outcome{Fact: lack, From: seen, Also: from}
		switch {
		case errors.Is(err, errMixed):
			o.Fact = contradiction("%s", err)
		case err != nil:
			o.Fact = unknown(err, needsRole)
		case lack.State == snapshot.Read && p.Doubt.State == snapshot.Unknown:
			o.Fact = withoutValue(p.Doubt)
		}
		for _, name := range p.names() {
			rights = append(rights, byTrustee[name]...)
		}
		rows := []any{}
		for _, r := range rights {
			if !slices.ContainsFunc(p.Own, func(own string) bool { return own != "" && strings.EqualFold(own, r.mailbox) }) {
				rows = append(rows, r.row())
			}
		}
		o.Fact.Value = row{"scope": scope, "rows": rows, "unnamed": unnamed}
		out[p.ID] = o
	}
	return out
}

// sendAs reads on which recipients somebody may send as another.
func (c *Client) sendAs(ctx context.Context, p Principal) ([]right, snapshot.Provenance, error) {
	rows, from, err := c.run(ctx, "Get-RecipientPermission", map[string]any{"Trustee": p.UserPrincipalName, "ResultSize": "Unlimited"},
		[]string{"Identity", "Trustee", "AccessControlType", "AccessRights", "IsInherited", "Inherited"})
	if errors.Is(err, errAbsent) && p.HasMailbox {
		return nil, from, fmt.Errorf("Get-RecipientPermission: %w: nobody of that name, although there is a mailbox", errMixed)
	}
	if errors.Is(err, errAbsent) {
		return nil, from, nil // Exchange does not know them: there is nobody to have a right
	}
	if err != nil {
		return nil, from, err
	}
	var out []right
	for _, r := range rows {
		trustee := text(r, "Trustee")
		if !p.called(trustee) {
			return out, from, fmt.Errorf("Get-RecipientPermission: %w (trustee %.60q)", errMixed, trustee)
		}
		if strings.EqualFold(text(r, "AccessControlType"), "Deny") || r["Inherited"] == true || r["IsInherited"] == true {
			continue
		}
		out = append(out, right{"SendAs", text(r, "Identity"), nil, trustee, r["AccessRights"]})
	}
	return out, from, nil
}

// heldRights reads who may open the mailboxes in scope, or send on their behalf. The fact is read, or
// says what was not.
func (c *Client) heldRights(ctx context.Context, all bool, done func()) ([]right, []snapshot.Provenance, snapshot.Fact) {
	complete := snapshot.Fact{State: snapshot.Read}
	parameters := map[string]any{"ResultSize": "Unlimited"}
	if !all {
		parameters["RecipientTypeDetails"] = "SharedMailbox"
	}
	mailboxes, listed, err := c.run(ctx, "Get-Mailbox", parameters, append(ownNames(), "GrantSendOnBehalfTo", "RecipientTypeDetails", "DisplayName"))
	done()
	from := []snapshot.Provenance{listed}
	if err != nil {
		return nil, from, unknown(err, needsRole)
	}
	slices.SortFunc(mailboxes, func(a, b row) int { return strings.Compare(text(a, "ExchangeGuid"), text(b, "ExchangeGuid")) })
	var out []right
	for _, m := range mailboxes {
		name := text(m, "PrimarySmtpAddress")
		if text(m, "ExchangeGuid") == "" {
			return out, from, contradiction("Get-Mailbox: a mailbox without ExchangeGuid")
		}
		value, told := m["GrantSendOnBehalfTo"]
		trustees, ok := value.([]any)
		if !told || !ok && value != nil {
			complete = contradiction("Get-Mailbox: GrantSendOnBehalfTo of %.60q is no list", name)
		}
		for _, trustee := range trustees {
			s, _ := trustee.(string)
			if s == "" {
				complete = contradiction("Get-Mailbox: GrantSendOnBehalfTo of %.60q names nobody", name)
				continue
			}
			out = append(out, right{"SendOnBehalf", name, m["RecipientTypeDetails"], s, nil})
		}
		o := c.Permissions(ctx, m)
		done()
		from = append(from, o.From)
		if o.Fact.State == snapshot.Unknown {
			complete = withoutValue(o.Fact)
			if o.Fact.Reason == snapshot.Forbidden || ctx.Err() != nil {
				break
			}
		}
		rows, _ := o.Fact.Value.([]any)
		for _, value := range rows {
			permission := value.(row)
			if text(permission, "User") == "" {
				complete = contradiction("Get-MailboxPermission: a right on %.60q is nobody's", name)
			}
			out = append(out, right{"FullAccess", name, m["RecipientTypeDetails"], text(permission, "User"), permission["AccessRights"]})
		}
	}
	return out, from, complete
}

func withoutValue(f snapshot.Fact) snapshot.Fact {
	f.Value = nil
	return f
}
