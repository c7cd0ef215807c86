package collector

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"leavercheck/collector/exchange"
	"leavercheck/collector/snapshot"
)

// mail reads the leavers' mailboxes, then what hangs on them.
func (r *run) mail(ctx context.Context) {
	present := r.present()
	if len(present) == 0 {
		return
	}
	var steps counter
	step := func() { r.progress("mailboxes", steps.next(), len(present)) }
	// The first mailbox tells whether the role is there at all; without it, the rest is not asked.
	first := r.exchange.Mailbox(ctx, present[0].leaver.ID)
	present[0].set(snapshot.Mailbox, first.Fact, first.From)
	rest := present[1:]
	if first.Fact.Reason == snapshot.Forbidden {
		for _, rec := range rest {
			rec.set(snapshot.Mailbox, first.Fact, first.From)
		}
		rest = nil
	}
	sideBySide(rest, func(rec *record) {
		o := r.exchange.Mailbox(ctx, rec.leaver.ID)
		rec.set(snapshot.Mailbox, o.Fact, o.From)
	})
	hidden := &oncePermitted{ask: r.exchange.HiddenRules}
	sideBySide(present, func(rec *record) {
		defer step()
		r.mailbox(ctx, rec, hidden)
	})
	r.inboxRules(ctx, present)
	r.recipients(ctx, present)
	r.delegations(ctx)
}

// mailbox reads the facts of one mailbox. What only live mailboxes have is absent for the others.
func (r *run) mailbox(ctx context.Context, rec *record, hidden *oncePermitted) {
	dependent := []string{snapshot.MailProtocols, snapshot.MobileDevices, snapshot.MailboxSize, snapshot.Permissions, snapshot.HiddenInboxRules}
	mailbox, from := rec.get(snapshot.Mailbox)
	value, _ := mailbox.Value.(map[string]any)
	if mailbox.State != snapshot.Read {
		for _, name := range dependent {
			rec.set(name, withoutValue(mailbox), from)
		}
		return
	}
	live := value["mailboxState"] == "live"
	asked := map[string]func(context.Context, map[string]any) exchange.Outcome{
		snapshot.MailboxSize: func(ctx context.Context, mailbox map[string]any) exchange.Outcome {
			guid, _ := mailbox["ExchangeGuid"].(string)
			return r.exchange.Size(ctx, guid, !live)
		},
	}
	if live {
		asked[snapshot.MailProtocols] = func(ctx context.Context, _ map[string]any) exchange.Outcome {
			return r.exchange.Protocols(ctx, rec.leaver.ID)
		}
		asked[snapshot.MobileDevices] = r.exchange.Devices
		asked[snapshot.Permissions] = r.exchange.Permissions
		asked[snapshot.HiddenInboxRules] = hidden.read
	}
	for _, name := range dependent {
		ask, ok := asked[name]
		if !ok {
			rec.set(name, snapshot.Fact{State: snapshot.Absent}, from)
			continue
		}
		o := ask(ctx, value)
		rec.set(name, o.Fact, o.From)
	}
}

// delegations reads what live leavers may do with other people's mailboxes.
func (r *run) delegations(ctx context.Context) {
	var principals []exchange.Principal
	for _, rec := range r.live(snapshot.Delegations, r.present()) {
		p := exchange.Principal{ID: rec.leaver.ID, UserPrincipalName: rec.leaver.UserPrincipalName, Names: []string{rec.leaver.Mail, rec.leaver.DisplayName}}
		if p.UserPrincipalName == "" {
			p.UserPrincipalName = p.ID
		}
		p.Doubt, _ = rec.get(snapshot.Mailbox)
		if rec.leaver.State != snapshot.Live {
			p.Doubt, _ = rec.get(snapshot.Account)
		}
		mailbox := rec.object(snapshot.Mailbox)
		p.HasMailbox = mailbox["mailboxState"] == "live"
		p.Own = []string{p.ID, p.UserPrincipalName}
		for _, name := range []string{"Identity", "Guid", "ExchangeGuid", "PrimarySmtpAddress", "UserPrincipalName"} {
			if s, ok := mailbox[name].(string); ok {
				p.Names, p.Own = append(p.Names, s), append(p.Own, s)
			}
		}
		for _, name := range []string{"Name", "Alias", "DisplayName"} {
			if s, ok := mailbox[name].(string); ok {
				p.Names = append(p.Names, s)
			}
		}
		principals = append(principals, p)
	}
	if len(principals) == 0 {
		return
	}
	var steps counter
	outcomes := r.exchange.Delegations(ctx, principals, r.options.AllMailboxes, func() { r.progress("mailbox rights", steps.next(), 0) })
	for id, o := range outcomes {
		r.records[id].set(snapshot.Delegations, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
}

func withoutValue(f snapshot.Fact) snapshot.Fact {
	f.Value = nil
	return f
}

// oncePermitted stops asking once the answer was that the role may not.
type oncePermitted struct {
	ask     func(context.Context, map[string]any) exchange.Outcome
	mu      sync.Mutex
	refusal *exchange.Outcome
}

func (p *oncePermitted) read(ctx context.Context, mailbox map[string]any) exchange.Outcome {
	p.mu.Lock()
	refusal := p.refusal
	p.mu.Unlock()
	if refusal != nil {
		return *refusal
	}
	o := p.ask(ctx, mailbox)
	if o.Fact.Reason == snapshot.Forbidden {
		p.mu.Lock()
		p.refusal = &o
		p.mu.Unlock()
	}
	return o
}

// inboxRules asks Graph for the rules of live mailboxes. Graph answers "no mailbox" for many kinds of
// mailboxes; Exchange knows better, so a contradiction is no rule-free mailbox.
func (r *run) inboxRules(ctx context.Context, present []*record) {
	var ids []string
	for _, rec := range present {
		mailbox, from := rec.get(snapshot.Mailbox)
		value, _ := mailbox.Value.(map[string]any)
		switch {
		case mailbox.State == snapshot.Unknown && rec.leaver.State != snapshot.Deleted, value["mailboxState"] == "live":
			ids = append(ids, rec.leaver.ID)
		case mailbox.State == snapshot.Unknown:
			rec.set(snapshot.InboxRules, withoutValue(mailbox), from)
		default:
			rec.set(snapshot.InboxRules, snapshot.Fact{State: snapshot.Absent}, from)
		}
	}
	done := 0
	outcomes := r.graph.InboxRules(ctx, ids, func(n int) { done += n; r.progress("inbox rules", done, len(ids)) })
	for _, rec := range present {
		o, ok := outcomes[rec.leaver.ID]
		if !ok {
			continue
		}
		if mailbox, _ := rec.get(snapshot.Mailbox); o.Fact.State == snapshot.Absent {
			o.Fact = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Integrity, Detail: "Graph sees no mailbox where Exchange has a live one", Needs: "another run"}
			if mailbox.State == snapshot.Unknown {
				o.Fact = withoutValue(mailbox)
			}
		}
		rec.set(snapshot.InboxRules, o.Fact, o.From)
	}
}

// recipients finds who stands behind the names and addresses that the mailboxes mention, each once.
func (r *run) recipients(ctx context.Context, present []*record) {
	known := map[string]snapshot.Fact{}
	sources := map[string]snapshot.Provenance{}
	for _, rec := range present {
		for _, name := range mentioned(rec) {
			if _, ok := known[name]; !ok {
				known[name], sources[name] = r.recipient(ctx, name)
			}
		}
	}
	for _, rec := range present {
		mailbox, from := rec.get(snapshot.Mailbox)
		if mailbox.State == snapshot.Unknown {
			rec.set(snapshot.Recipients, withoutValue(mailbox), from)
			continue
		}
		value := map[string]any{}
		fact := snapshot.Fact{State: snapshot.Read}
		for _, name := range mentioned(rec) {
			value[name] = known[name]
			if sources[name].Endpoint != "" {
				from = sources[name]
			}
			// One that could not be read makes the fact unknown; the others stay as its part.
			if known[name].State == snapshot.Unknown {
				fact = withoutValue(known[name])
			}
		}
		fact.Value = value
		rec.set(snapshot.Recipients, fact, from)
	}
}

// mentioned are the names and addresses of others that a leaver's mailbox has, and their successor.
func mentioned(rec *record) []string {
	names := map[string]bool{}
	add := func(v any) {
		if s, ok := v.(string); ok && s != "" {
			names[reference(s)] = true
		}
	}
	mailbox := rec.object(snapshot.Mailbox)
	add(mailbox["ForwardingAddress"])
	add(mailbox["ForwardingSmtpAddress"])
	onBehalf, _ := mailbox["GrantSendOnBehalfTo"].([]any)
	for _, name := range onBehalf {
		add(name)
	}
	permissions, _ := rec.get(snapshot.Permissions)
	rows, _ := permissions.Value.([]any)
	for _, p := range rows {
		if permission, ok := p.(map[string]any); ok {
			add(permission["User"])
		}
	}
	add(rec.leaver.Successor)
	return slices.Sorted(maps.Keys(names))
}

// reference is how rules look a recipient up: lower case, without the address type.
func reference(s string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "smtp:")
}

// verified are the domains that the tenant has proved to own.
func (r *run) verified() map[string]bool {
	out := map[string]bool{}
	domains, _ := r.tenant[snapshot.Domains].Value.(map[string]any)
	for name, entry := range domains {
		properties, _ := entry.(map[string]any)
		out[name] = properties["isVerified"] == true
	}
	return out
}

// recipient resolves one name or address into a fact of its own.
func (r *run) recipient(ctx context.Context, name string) (snapshot.Fact, snapshot.Provenance) {
	if _, domain, ok := strings.Cut(name, "@"); ok {
		domains := r.tenant[snapshot.Domains]
		if domains.State != snapshot.Read {
			return withoutValue(domains), snapshot.Provenance{}
		}
		if !r.verified()[domain] {
			return snapshot.Fact{State: snapshot.Read, Value: map[string]any{"kind": "outside", "PrimarySmtpAddress": name, "isLeaver": false}}, snapshot.Provenance{}
		}
	}
	o := r.exchange.Recipient(ctx, name)
	if value, ok := o.Fact.Value.(map[string]any); ok && o.Fact.State == snapshot.Read {
		id, _ := value["id"].(string)
		// Who leaves in the future is still there.
		rec := r.records[id]
		leaver := rec != nil && rec.leaver.State != snapshot.NotYet
		value["isLeaver"] = leaver
		value["accountEnabled"], value["hasEnabledMember"], value["hasOutsideMember"] = nil, nil, nil
		unread := snapshot.Fact{State: snapshot.Read}
		switch {
		case value["kind"] == "group" && id != "":
			members := r.graph.Members(ctx, id, wanted(r.present()), r.verified())
			maps.Copy(value, members.Fact.Value.(map[string]any))
			if unread = members.Fact; unread.State == snapshot.Read {
				unread = r.unplaced // the one enabled member may be a leaver whose account could not be found
			}
		case r.users.State != snapshot.Read:
			unread = r.users
		case !leaver && r.unplaced.State == snapshot.Unknown:
			unread = r.unplaced // they may be the leaver whose account could not be found
		default:
			if enabled, ok := r.enabled[id]; ok {
				value["accountEnabled"] = enabled
			}
		}
		// Half of what is to be known of a recipient is not enough to say that mail reaches them.
		if unread.State == snapshot.Unknown {
			o.Fact = unread
			o.Fact.Value = value
		}
	}
	return o.Fact, o.From
}
