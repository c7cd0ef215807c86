package collector

import (
	"context"

	"leavercheck/collector/exchange"
	"leavercheck/collector/snapshot"
)

// delegations reads what live leavers may do with other people's mailboxes.
func (r *run) delegations(ctx context.Context) {
	var principals []exchange.Principal
	for _, rec := range r.live(snapshot.Delegations) {
		p := exchange.Principal{ID: rec.leaver.ID, UserPrincipalName: rec.leaver.UserPrincipalName, Names: []string{rec.leaver.Mail, rec.leaver.DisplayName}}
		if p.UserPrincipalName == "" {
			p.UserPrincipalName = p.ID
		}
		p.Doubt, _ = rec.get(snapshot.Mailbox)
		if rec.leaver.State != snapshot.Live {
			p.Doubt, _ = rec.get(snapshot.Account)
		}
		mailbox := rec.object(snapshot.Mailbox)
		if p.HasMailbox = isLive(mailbox); p.HasMailbox {
			p.ExchangeGUID, _ = mailbox["ExchangeGuid"].(string)
			p.Permissions, _ = rec.get(snapshot.Permissions)
		}
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
	outcomes, shared := r.exchange.Delegations(ctx, principals, r.options.AllMailboxes, func() { r.progress("mailbox rights", steps.next(), 0) })
	for id, o := range outcomes {
		r.records[id].set(snapshot.Delegations, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
	r.sourced(shared...)
}
