package report

import (
	"slices"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// compared is a verdict beside what it was.
type compared struct {
	policies.Verdict
	rule        policies.Rule
	state       snapshot.LeaverState // empty for the tenant
	collectedAt time.Time

	known    bool // the earlier result has the leaver
	then     *was // nil for no verdict
	ruleThen policies.Rule
	method   policies.Cause // what changed of the rule or the roster
	// besides says that a baseline was laid beside the facts on one side only: rules can tell more with one.
	besides bool
}

// change is nil where there is nothing to say.
func (c *compared) change() *policies.Change {
	out := policies.Change{Kind: c.kind(), Since: c.collectedAt}
	if c.then != nil {
		out.Before = c.then.is()
		if more := c.then.more; more != nil {
			out.Fixed = more.fixed
			if out.Before == c.Status || right(out.Before) && right(c.Status) || out.Kind == policies.ChangeOpen {
				out.Since = more.since
			}
		}
	}
	if out.Kind == policies.ChangeScope {
		out.Cause = policies.CauseState
	}
	if cause := c.cause(out.Kind); cause != "" {
		out.Kind, out.Cause = policies.ChangeMethod, cause
	}
	switch {
	case out.Kind == policies.ChangeFixed:
		out.Fixed = c.collectedAt
	case out.Kind == "" && out.Fixed.IsZero():
		return nil
	case out.Kind == "":
		out.Kind = policies.ChangeNone
	}
	return &out
}

// kind compares as if the method were the same; empty for no change.
func (c *compared) kind() policies.ChangeKind {
	var before policies.Status
	fixed := false
	if c.then != nil {
		before, fixed = c.then.is(), c.then.more != nil && !c.then.more.fixed.IsZero()
	}
	switch {
	case c.Status == policies.Waived && before != policies.Waived:
		return policies.ChangeWaived
	case wrong(c.Status) && wrong(before) && !c.more(before), c.Status == policies.Pending && wrong(before):
		return policies.ChangeOpen
	case wrong(c.Status) && fixed && !wrong(before):
		return policies.ChangeReopened
	case wrong(c.Status):
		return policies.ChangeNew
	case right(c.Status) && (wrong(before) || before == policies.Waived):
		if c.state != "" && !slices.Contains(c.rule.States, c.state) {
			return policies.ChangeScope
		}
		return policies.ChangeFixed
	}
	return ""
}

// more says that what was wrong is wrong in one more way: now it is known to fail, or fails of something else, or
// at a worse severity.
func (c *compared) more(before policies.Status) bool {
	if c.Status != policies.Fail {
		return false
	}
	if before != policies.Fail || c.worse() {
		return true
	}
	return slices.ContainsFunc(resources(c.Verdict), func(key uint64) bool {
		_, there := slices.BinarySearch(c.then.more.resources, key)
		return !there
	})
}

func (c *compared) worse() bool {
	return slices.Index(policies.Severities(), c.Severity) < int(c.then.severity)
}

// cause is what of the method changed, where that could have made the difference. Of a leaver whom the earlier
// result does not know everything is new, whatever the method.
func (c *compared) cause(kind policies.ChangeKind) policies.Cause {
	if !c.known || kind == "" || kind == policies.ChangeScope || kind == policies.ChangeWaived {
		return ""
	}
	if c.then == nil {
		return c.method
	}
	before := c.then.is()
	if before == c.Status && kind == policies.ChangeOpen {
		return ""
	}
	switch {
	case c.method != "":
		return c.method
	case before == c.Status && c.worse() && c.rule.Severity != c.ruleThen.Severity:
		return policies.CauseSeverity
	case before == policies.Waived && !right(c.Status):
		return policies.CauseWaiver
	case c.then.unread != unread(c.Verdict):
		return policies.CauseReadable
	case c.then.attested != (c.Grade == policies.Attested):
		return policies.CauseAttestation
	case c.besides && slices.Contains([]policies.Status{before, c.Status}, policies.Unknown):
		return policies.CauseReadable
	}
	return ""
}
