package collector

import (
	"context"
	"strings"

	"leavercheck/collector/exchange"
	"leavercheck/collector/snapshot"
)

// delegations reads what live leavers may do with other people's mailboxes.
func (r *run) delegations(ctx context.Context) {
	live := r.live(snapshot.Delegations, r.present())
	if len(live) == 0 {
		return
	}
	var steps counter
	step := func() { r.progress("mailbox rights", steps.next(), 0) }
	// Leavers' own mailboxes may be among those that are asked about: what is known of them stands.
	own := map[string]*record{}
	for _, rec := range live {
		if guid, ok := rec.object(snapshot.Mailbox)["ExchangeGuid"].(string); ok {
			own[strings.ToLower(guid)] = rec
		}
	}
	rights := r.exchange.Rights(ctx, r.options.AllMailboxes, func(guid string) (snapshot.Fact, bool) {
		rec := own[guid]
		if rec == nil {
			return snapshot.Fact{}, false
		}
		f, _ := rec.get(snapshot.Permissions)
		return f, true
	}, step)
	sideBySide(live, func(rec *record) {
		o := rights.Delegations(ctx, principal(rec))
		rec.set(snapshot.Delegations, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
		step()
	})
	r.sourced(rights.Sources()...)
}

// principal is a leaver as somebody who may have rights, under all names that are known.
func principal(rec *record) exchange.Principal {
	p := exchange.Principal{ID: rec.leaver.ID, UserPrincipalName: rec.leaver.UserPrincipalName, Names: []string{rec.leaver.Mail, rec.leaver.DisplayName}}
	if p.UserPrincipalName == "" {
		p.UserPrincipalName = p.ID
	}
	p.Doubt, _ = rec.get(snapshot.Mailbox)
	if rec.leaver.State != snapshot.Live {
		p.Doubt, _ = rec.get(snapshot.Account)
	}
	mailbox := rec.object(snapshot.Mailbox)
	p.HasMailbox = isLive(mailbox)
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
	return p
}
