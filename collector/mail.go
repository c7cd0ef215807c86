package collector

import (
	"context"

	"golang.org/x/sync/errgroup"

	"leavercheck/collector/exchange"
	"leavercheck/collector/snapshot"
)

// mailboxes tells about the mailboxes of single accounts: Exchange, asked about each, or its listings.
type mailboxes interface {
	Mailbox(ctx context.Context, id string) exchange.Outcome
	Protocols(ctx context.Context, id string) exchange.Outcome
	Devices(ctx context.Context, mailbox map[string]any) exchange.Outcome
}

// mail reads the leavers' mailboxes, then what hangs on them.
func (r *run) mail(ctx context.Context) {
	present := r.present()
	if len(present) == 0 {
		return
	}
	var known mailboxes = r.exchange
	listing := r.listMailboxes(ctx, present)
	if listing != nil {
		known = listing
	}
	r.mailboxes(ctx, present, known)
	// Graph and Exchange are asked side by side. The list of everybody's devices is long, and only the
	// devices wait for it.
	var group errgroup.Group
	group.Go(func() error { r.inboxRules(ctx, present); return nil })
	group.Go(func() error { r.mailboxFacts(ctx, present, known); return nil })
	if listing != nil && anyLive(present) {
		group.Go(func() error { listing.ListDevices(ctx); return nil })
	}
	_ = group.Wait() // what went wrong is in the facts
	sideBySide(present, func(rec *record) { mailboxOf(rec).live(ctx, snapshot.MobileDevices, known.Devices) })
	if listing != nil {
		r.sourced(listing.Sources()...)
	}
	var rights errgroup.Group
	rights.Go(func() error { r.recipients(ctx, present); return nil })
	rights.Go(func() error { r.delegations(ctx); return nil })
	_ = rights.Wait()
}

// listMailboxes lists the tenant's mailboxes if that is cheaper than asking about each leaver's; else it
// returns nil.
func (r *run) listMailboxes(ctx context.Context, present []*record) *exchange.Mailboxes {
	pays := r.exchange.ListingPays
	if r.options.listingPays != nil {
		pays = r.options.listingPays
	}
	if users := len(r.enabled); !pays(len(present), users) {
		return nil
	}
	return r.exchange.ListMailboxes(ctx, wanted(present), func(mailboxes int) { r.progress("mailboxes of the tenant", mailboxes, 0) })
}

// mailboxes reads every leaver's mailbox. The first tells whether the role is there at all; without it, the
// rest is not asked.
func (r *run) mailboxes(ctx context.Context, present []*record, known mailboxes) {
	first := known.Mailbox(ctx, present[0].leaver.ID)
	present[0].set(snapshot.Mailbox, first.Fact, first.From)
	sideBySide(present[1:], func(rec *record) {
		o := first
		if first.Fact.Reason != snapshot.Forbidden {
			o = known.Mailbox(ctx, rec.leaver.ID)
		}
		rec.set(snapshot.Mailbox, o.Fact, o.From)
	})
}

// mailboxFacts reads what hangs on the mailboxes, but for devices.
func (r *run) mailboxFacts(ctx context.Context, present []*record, known mailboxes) {
	var steps counter
	hidden := r.hiddenRules(ctx, present)
	sideBySide(present, func(rec *record) {
		m := mailboxOf(rec)
		m.either(ctx, snapshot.MailboxSize, func(ctx context.Context, mailbox map[string]any) exchange.Outcome {
			guid, _ := mailbox["ExchangeGuid"].(string)
			return r.exchange.Size(ctx, guid, !isLive(mailbox))
		})
		m.live(ctx, snapshot.MailProtocols, func(ctx context.Context, _ map[string]any) exchange.Outcome {
			return known.Protocols(ctx, rec.leaver.ID)
		})
		m.live(ctx, snapshot.Permissions, r.exchange.Permissions)
		m.live(ctx, snapshot.HiddenInboxRules, hidden)
		r.progress("mailboxes", steps.next(), len(present))
	})
}

// hiddenRules reads the hidden rules of a live mailbox. The first one tells whether the role is there at all;
// without it, the others are not asked.
func (r *run) hiddenRules(ctx context.Context, present []*record) func(context.Context, map[string]any) exchange.Outcome {
	for _, rec := range present {
		m := mailboxOf(rec)
		first := m.value
		if m.fact.State != snapshot.Read || !isLive(first) {
			continue
		}
		o := r.exchange.HiddenRules(ctx, first)
		return func(ctx context.Context, mailbox map[string]any) exchange.Outcome {
			if o.Fact.Reason == snapshot.Forbidden || mailbox["ExchangeGuid"] == first["ExchangeGuid"] {
				return o
			}
			return r.exchange.HiddenRules(ctx, mailbox)
		}
	}
	return r.exchange.HiddenRules
}

func isLive(mailbox map[string]any) bool { return mailbox["mailboxState"] == "live" }

func anyLive(records []*record) bool {
	for _, rec := range records {
		if isLive(rec.object(snapshot.Mailbox)) {
			return true
		}
	}
	return false
}

// mailbox is a record with its mailbox, as far as that is known.
type mailbox struct {
	rec   *record
	fact  snapshot.Fact
	from  snapshot.Provenance
	value map[string]any
}

func mailboxOf(rec *record) mailbox {
	m := mailbox{rec: rec}
	m.fact, m.from = rec.get(snapshot.Mailbox)
	m.value, _ = m.fact.Value.(map[string]any)
	return m
}

// live reads a fact that only live mailboxes have: it is absent for the others.
func (m mailbox) live(ctx context.Context, fact string, ask func(context.Context, map[string]any) exchange.Outcome) {
	if m.fact.State == snapshot.Read && !isLive(m.value) {
		m.rec.set(fact, snapshot.Fact{State: snapshot.Absent}, m.from)
		return
	}
	m.either(ctx, fact, ask)
}

// either reads a fact of a mailbox, live or deleted. Without a mailbox it is as absent, or as unknown, as that.
func (m mailbox) either(ctx context.Context, fact string, ask func(context.Context, map[string]any) exchange.Outcome) {
	if m.fact.State != snapshot.Read {
		m.rec.set(fact, withoutValue(m.fact), m.from)
		return
	}
	o := ask(ctx, m.value)
	m.rec.set(fact, o.Fact, o.From)
}

func withoutValue(f snapshot.Fact) snapshot.Fact {
	f.Value = nil
	return f
}
