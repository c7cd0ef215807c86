package collector

import (
	"context"

	"leavercheck/collector/snapshot"
)

// inboxRules asks Graph for the rules of live mailboxes. Graph answers "no mailbox" for many kinds of
// mailboxes; Exchange knows better, so a contradiction is no rule-free mailbox.
func (r *run) inboxRules(ctx context.Context, present []*record) {
	var ids []string
	for _, rec := range present {
		mailbox, from := rec.get(snapshot.Mailbox)
		value, _ := mailbox.Value.(map[string]any)
		switch {
		case mailbox.State == snapshot.Unknown && rec.leaver.State != snapshot.Deleted, isLive(value):
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
