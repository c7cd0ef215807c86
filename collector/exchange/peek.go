package exchange

import (
	"context"
	"errors"

	"leavercheck/collector/snapshot"
)

// PeekConfiguration learns whether the settings of the organisation may be read. Like the other peeks it
// gives a fact without a value.
func (c *Client) PeekConfiguration(ctx context.Context) Outcome {
	_, from, err := c.run(ctx, "Get-OrganizationConfig", map[string]any{}, []string{"AuditDisabled"})
	return peeked(from, err, needsRole)
}

// PeekMailbox learns whether mailboxes may be read, by asking for one. It returns that one's ExchangeGuid,
// empty if there is no mailbox.
func (c *Client) PeekMailbox(ctx context.Context) (Outcome, string) {
	rows, from, err := c.run(ctx, "Get-Mailbox", map[string]any{"ResultSize": 1}, []string{"ExchangeGuid"})
	guid := ""
	if err == nil && len(rows) > 0 {
		guid = text(rows[0], "ExchangeGuid")
	}
	return peeked(from, err, needsRole), guid
}

// PeekRules learns whether Get-InboxRule may be run, by asking for the numbers of one mailbox's rules.
func (c *Client) PeekRules(ctx context.Context, mailbox string) Outcome {
	_, from, err := c.run(ctx, "Get-InboxRule", map[string]any{"Mailbox": mailbox, "IncludeHidden": true}, []string{"RuleIdentity"})
	return peeked(from, err, needsRuleRole)
}

func peeked(from snapshot.Provenance, err error, needs string) Outcome {
	o := Outcome{Fact: snapshot.Fact{State: snapshot.Read}, From: from}
	if err != nil && !errors.Is(err, errAbsent) {
		o.Fact = unknown(err, needs)
	}
	return o
}
