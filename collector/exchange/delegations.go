package exchange

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

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

// Rights are what mailboxes say of who may open them or send on their behalf.
type Rights struct {
	client    *Client
	scope     string
	byTrustee map[string][]right
	unnamed   []any
	// complete is read, or says why not all of them are known.
	complete snapshot.Fact
	sources  []snapshot.Provenance
}

// Rights reads Full Access and Send on Behalf on the shared mailboxes, or on all, because Exchange can only be
// asked mailbox by mailbox. Known, if not nil, gives what Permissions said of a mailbox (by ExchangeGuid in
// lower case) that was asked already, else false. Done is called for every request to come, from several
// goroutines.
func (c *Client) Rights(ctx context.Context, all bool, known func(guid string) (snapshot.Fact, bool), done func()) *Rights {
	out := &Rights{client: c, scope: "shared", byTrustee: map[string][]right{}, unnamed: []any{}}
	if all {
		out.scope = "all"
	}
	var held []right
	held, out.sources, out.complete = c.heldRights(ctx, all, known, done)
	for _, r := range held {
		if bareSID.MatchString(r.trustee) {
			out.unnamed = append(out.unnamed, r.row())
			continue
		}
		trustee := strings.ToLower(r.trustee)
		out.byTrustee[trustee] = append(out.byTrustee[trustee], r)
	}
	return out
}

// Sources are the requests that everybody's delegations rest on.
func (r *Rights) Sources() []snapshot.Provenance { return r.sources }

// Delegations reads what somebody may do with other people's mailboxes: the rights that those told of, and Send
// As on every recipient, by trustee. The fact's value has scope, rows, and unnamed: the rights whose holder is a
// bare security identifier.
func (r *Rights) Delegations(ctx context.Context, p Principal) Outcome {
	rights, seen, err := r.client.sendAs(ctx, p)
	o := Outcome{Fact: r.complete, From: seen, Also: r.sources[:min(len(r.sources), 1)]}
	switch {
	case errors.Is(err, errMixed):
		o.Fact = contradiction("%s", err)
	case err != nil:
		o.Fact = unknown(err, needsRole)
	case r.complete.State == snapshot.Read && p.Doubt.State == snapshot.Unknown:
		o.Fact = withoutValue(p.Doubt)
	}
	for _, name := range p.names() {
		rights = append(rights, r.byTrustee[name]...)
	}
	rows := []any{}
	for _, one := range rights {
		if !slices.ContainsFunc(p.Own, func(own string) bool { return own != "" && strings.EqualFold(own, one.mailbox) }) {
			rows = append(rows, one.row())
		}
	}
	o.Fact.Value = row{"scope": r.scope, "rows": rows, "unnamed": r.unnamed}
	return o
}

// sideBySide does n pieces of work, a few at a time; the limiter decides how fast.
func sideBySide(n int, work func(i int)) {
	const workers = 8
	var group errgroup.Group
	group.SetLimit(workers)
	for i := range n {
		group.Go(func() error { work(i); return nil })
	}
	_ = group.Wait() // the work reports through its outcomes
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
func (c *Client) heldRights(ctx context.Context, all bool, known func(guid string) (snapshot.Fact, bool), done func()) ([]right, []snapshot.Provenance, snapshot.Fact) {
	parameters := map[string]any{"ResultSize": "Unlimited"}
	if !all {
		parameters["RecipientTypeDetails"] = "SharedMailbox"
	}
	mailboxes, listed, err := c.run(ctx, getMailbox, parameters, append(ownNames(), "GrantSendOnBehalfTo", "RecipientTypeDetails", "DisplayName"))
	done()
	from := []snapshot.Provenance{listed}
	if err != nil {
		return nil, from, unknown(err, needsRole)
	}
	slices.SortFunc(mailboxes, func(a, b row) int { return strings.Compare(text(a, "ExchangeGuid"), text(b, "ExchangeGuid")) })
	if len(mailboxes) > 0 && text(mailboxes[0], "ExchangeGuid") == "" {
		return nil, from, contradiction("Get-Mailbox: a mailbox without ExchangeGuid")
	}
	complete := snapshot.Fact{State: snapshot.Read}
	var out []right
	for i, o := range c.permissionsOf(ctx, mailboxes, known, done) {
		onBehalf, lack := sendOnBehalf(mailboxes[i])
		if out = append(out, onBehalf...); lack.State == snapshot.Unknown {
			complete = lack
		}
		if o.From.Endpoint != "" {
			from = append(from, o.From)
		}
		if o.Fact.State == snapshot.Unknown {
			complete = withoutValue(o.Fact)
		}
		fullAccess, lack := openers(mailboxes[i], o)
		if out = append(out, fullAccess...); lack.State == snapshot.Unknown {
			complete = lack
		}
	}
	return out, from, complete
}

// permissionsOf asks who may open each mailbox, unless that is known: a leaver's own mailbox may be among
// the shared ones. What is refused of one is not asked of the others.
func (c *Client) permissionsOf(ctx context.Context, mailboxes []row, known func(guid string) (snapshot.Fact, bool), done func()) []Outcome {
	out := make([]Outcome, len(mailboxes))
	var refusal atomic.Pointer[Outcome]
	sideBySide(len(mailboxes), func(i int) {
		if known != nil {
			if f, ok := known(strings.ToLower(text(mailboxes[i], "ExchangeGuid"))); ok && f.State == snapshot.Read {
				out[i] = Outcome{Fact: f} // its request is the fact's that it was made for
				return
			}
		}
		if o := refusal.Load(); o != nil {
			out[i] = Outcome{Fact: o.Fact}
			return
		}
		out[i] = c.Permissions(ctx, mailboxes[i])
		done()
		if out[i].Fact.Reason == snapshot.Forbidden || ctx.Err() != nil {
			refusal.CompareAndSwap(nil, &out[i])
		}
	})
	return out
}

// sendOnBehalf are the rights that a mailbox names itself. The fact is unknown if they cannot be read.
func sendOnBehalf(m row) ([]right, snapshot.Fact) {
	name, complete := text(m, "PrimarySmtpAddress"), snapshot.Fact{State: snapshot.Read}
	value, told := m["GrantSendOnBehalfTo"]
	trustees, ok := value.([]any)
	if !told || !ok && value != nil {
		complete = contradiction("Get-Mailbox: GrantSendOnBehalfTo of %.60q is no list", name)
	}
	var out []right
	for _, trustee := range trustees {
		s, _ := trustee.(string)
		if s == "" {
			complete = contradiction("Get-Mailbox: GrantSendOnBehalfTo of %.60q names nobody", name)
			continue
		}
		out = append(out, right{"SendOnBehalf", name, m["RecipientTypeDetails"], s, nil})
	}
	return out, complete
}

// openers are the rights in the permissions of a mailbox.
func openers(m row, permissions Outcome) ([]right, snapshot.Fact) {
	name, complete := text(m, "PrimarySmtpAddress"), snapshot.Fact{State: snapshot.Read}
	rows, _ := permissions.Fact.Value.([]any)
	var out []right
	for _, value := range rows {
		permission, _ := value.(row)
		if text(permission, "User") == "" {
			complete = contradiction("Get-MailboxPermission: a right on %.60q is nobody's", name)
		}
		out = append(out, right{"FullAccess", name, m["RecipientTypeDetails"], text(permission, "User"), permission["AccessRights"]})
	}
	return out, complete
}

func withoutValue(f snapshot.Fact) snapshot.Fact {
	f.Value = nil
	return f
}
