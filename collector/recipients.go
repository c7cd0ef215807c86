package collector

import (
	"context"
	"maps"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// recipients finds who stands behind the names and addresses that the mailboxes mention, each once.
func (r *run) recipients(ctx context.Context, present []*record) {
	resolved := map[string]*recipient{}
	for _, rec := range present {
		for _, name := range mentioned(rec) {
			resolved[name] = &recipient{}
		}
	}
	names := slices.Sorted(maps.Keys(resolved))
	who := whereabouts{leavers: wanted(present), verified: r.verified()}
	var steps counter
	sideBySide(names, func(name string) {
		*resolved[name] = r.recipient(ctx, name, who)
		r.progress("recipients", steps.next(), len(names))
	})
	for _, rec := range present {
		mailbox, from := rec.get(snapshot.Mailbox)
		if mailbox.State == snapshot.Unknown {
			rec.set(snapshot.Recipients, withoutValue(mailbox), from)
			continue
		}
		value := map[string]any{}
		fact := snapshot.Fact{State: snapshot.Read}
		for _, name := range mentioned(rec) {
			found := resolved[name]
			value[name] = found.fact
			if found.from.Endpoint != "" {
				from = found.from
			}
			// One that could not be read makes the fact unknown; the others stay as its part.
			if found.fact.State == snapshot.Unknown {
				fact = withoutValue(found.fact)
			}
		}
		fact.Value = value
		rec.set(snapshot.Recipients, fact, from)
	}
}

// recipient is who stands behind a name, as a fact of its own.
type recipient struct {
	fact snapshot.Fact
	from snapshot.Provenance
}

// whereabouts are what recipients are judged by: the leavers' object ids, and the domains that the tenant
// has proved to own.
type whereabouts struct{ leavers, verified map[string]bool }

// recipient resolves one name or address.
func (r *run) recipient(ctx context.Context, name string, who whereabouts) recipient {
	if _, domain, ok := strings.Cut(name, "@"); ok {
		domains := r.tenant[snapshot.Domains]
		if domains.State != snapshot.Read {
			return recipient{fact: withoutValue(domains)}
		}
		if !who.verified[domain] {
			outside := map[string]any{"kind": "outside", "PrimarySmtpAddress": name, "isLeaver": false}
			return recipient{fact: snapshot.Fact{State: snapshot.Read, Value: outside}}
		}
	}
	o := r.exchange.Recipient(ctx, name)
	value, ok := o.Fact.Value.(map[string]any)
	if !ok || o.Fact.State != snapshot.Read {
		return recipient{o.Fact, o.From}
	}
	// Half of what is to be known of a recipient is not enough to say that mail reaches them.
	if unread := r.acquaint(ctx, value, who); unread.State == snapshot.Unknown {
		o.Fact = unread
		o.Fact.Value = value
	}
	return recipient{o.Fact, o.From}
}

// acquaint adds to a recipient what the directory knows of them. The fact is read, or says what was not.
func (r *run) acquaint(ctx context.Context, value map[string]any, who whereabouts) snapshot.Fact {
	id, _ := value["id"].(string)
	// Who leaves in the future is still there.
	rec := r.records[id]
	leaver := rec != nil && rec.leaver.State != snapshot.NotYet
	value["isLeaver"] = leaver
	value["accountEnabled"], value["hasEnabledMember"], value["hasOutsideMember"] = nil, nil, nil
	switch {
	case value["kind"] == "group" && id != "":
		members := r.graph.Members(ctx, id, who.leavers, who.verified)
		maps.Copy(value, members.Fact.Value.(map[string]any))
		if members.Fact.State == snapshot.Read {
			return r.unplaced // the one enabled member may be a leaver whose account could not be found
		}
		return members.Fact
	case r.users.State != snapshot.Read:
		return r.users
	case !leaver && r.unplaced.State == snapshot.Unknown:
		return r.unplaced // they may be the leaver whose account could not be found
	}
	if enabled, ok := r.enabled[id]; ok {
		value["accountEnabled"] = enabled
	}
	return snapshot.Fact{State: snapshot.Read}
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
