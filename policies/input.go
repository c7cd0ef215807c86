package policies

import (
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// view is what rules see of one leaver. It is built directly, for going through JSON text would cost more
// than all rules together.
type view struct {
	leaver, facts ast.Value
	baseline      ast.Value // nil for none
}

// newView takes the record, and what the baseline has of the leaver, nil for nothing.
func newView(record snapshot.Record, before *snapshot.Record, beforeAt time.Time) (view, error) {
	facts, err := factsValue(record.Facts)
	if err != nil {
		return view{}, err
	}
	v := view{leaver: leaverValue(record.Leaver), facts: facts}
	if before != nil {
		facts, err := factsValue(before.Facts)
		if err != nil {
			return view{}, fmt.Errorf("baseline: %w", err)
		}
		v.baseline = object("collectedAt", timeValue(beforeAt), "leaver", leaverValue(before.Leaver), "facts", facts)
	}
	return v, nil
}

// input is the document for rules that hear these attestations: the leaver's line in the snapshot, with what
// the engine adds.
func (v view) input(heard map[string]*voucher) ast.Value {
	attested := ast.NewObjectWithCapacity(len(heard))
	for rule, voucher := range heard {
		attested.Insert(ast.StringTerm(rule), ast.NewTerm(object(
			"statement", ast.String(voucher.Statement),
			"by", ast.String(voucher.By),
			"at", timeValue(voucher.At),
			"link", ast.String(voucher.Link),
			"expires", timeValue(voucher.Expires),
		)))
	}
	out := object("leaver", v.leaver, "facts", v.facts, "attested", attested)
	if v.baseline != nil {
		out.Insert(ast.InternedTerm("baseline"), ast.NewTerm(v.baseline))
	}
	return out
}

func factsValue(facts map[string]snapshot.Fact) (ast.Value, error) {
	out := ast.NewObjectWithCapacity(len(facts))
	for name, fact := range facts {
		value, err := factValue(fact)
		if err != nil {
			return nil, fmt.Errorf("fact %s: %w", name, err)
		}
		out.Insert(ast.InternedTerm(name), ast.NewTerm(value))
	}
	return out, nil
}

func factValue(fact snapshot.Fact) (ast.Value, error) {
	out := ast.NewObjectWithCapacity(5)
	out.Insert(ast.InternedTerm("state"), ast.InternedTerm(string(fact.State)))
	if fact.State == snapshot.Read || fact.Value != nil {
		value, err := ast.InterfaceToValue(fact.Value)
		if err != nil {
			return nil, err
		}
		out.Insert(ast.InternedTerm("value"), ast.NewTerm(value))
	}
	insertText(out, "reason", string(fact.Reason))
	insertText(out, "detail", fact.Detail)
	insertText(out, "needs", fact.Needs)
	return out, nil
}

func leaverValue(leaver snapshot.Leaver) ast.Value {
	out := object(
		"id", ast.String(leaver.ID),
		"userPrincipalName", ast.String(leaver.UserPrincipalName),
		"displayName", ast.String(leaver.DisplayName),
		"mail", ast.String(leaver.Mail),
		"employeeId", ast.String(leaver.EmployeeID),
		"leftBy", timeValue(leaver.LeftBy),
		"source", ast.String(leaver.Source),
		"state", ast.String(leaver.State),
	)
	if !leaver.LeftAt.IsZero() {
		out.Insert(ast.InternedTerm("leftAt"), ast.NewTerm(timeValue(leaver.LeftAt)))
	}
	insertText(out, "leftKnownBy", string(leaver.LeftKnownBy))
	insertText(out, "matchedBy", leaver.MatchedBy)
	insertText(out, "successor", leaver.Successor)
	insertText(out, "mailHandling", leaver.MailHandling)
	insertText(out, "note", leaver.Note)
	insertTexts(out, "aliases", leaver.Aliases)
	insertTexts(out, "alsoIn", leaver.AlsoIn)
	if len(leaver.NotThem) > 0 {
		terms := make([]*ast.Term, len(leaver.NotThem))
		for i, other := range leaver.NotThem {
			terms[i] = ast.NewTerm(object(
				"id", ast.String(other.ID),
				"userPrincipalName", ast.String(other.UserPrincipalName),
				"createdDateTime", timeValue(other.CreatedDateTime),
				"why", ast.String(other.Why),
			))
		}
		out.Insert(ast.InternedTerm("notThem"), ast.ArrayTerm(terms...))
	}
	return out
}

// tenantValue is data.tenant.
func tenantValue(tenant snapshot.Tenant, now time.Time, windows map[string]snapshot.Window) (ast.Value, error) {
	facts, err := factsValue(tenant.Facts)
	if err != nil {
		return nil, err
	}
	spans := ast.NewObjectWithCapacity(len(windows))
	for log, window := range windows {
		spans.Insert(ast.StringTerm(log), ast.NewTerm(object("from", timeValue(window.From), "to", timeValue(window.To))))
	}
	return object(
		"id", ast.String(tenant.ID),
		"cloud", ast.String(tenant.Cloud),
		"collectedAt", timeValue(now),
		"windows", spans,
		"facts", facts,
	), nil
}

// timeValue writes a time as encoding/json does, in UTC.
func timeValue(t time.Time) ast.Value { return ast.String(t.UTC().Format(timeLayout)) }

const timeLayout = time.RFC3339Nano

// object takes keys and values in turn.
func object(pairs ...any) ast.Object {
	out := ast.NewObjectWithCapacity(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		out.Insert(ast.InternedTerm(pairs[i].(string)), ast.NewTerm(pairs[i+1].(ast.Value)))
	}
	return out
}

func insertText(into ast.Object, key, text string) {
	if text != "" {
		into.Insert(ast.InternedTerm(key), ast.StringTerm(text))
	}
}

func insertTexts(into ast.Object, key string, texts []string) {
	if len(texts) == 0 {
		return
	}
	terms := make([]*ast.Term, len(texts))
	for i, text := range texts {
		terms[i] = ast.StringTerm(text)
	}
	into.Insert(ast.InternedTerm(key), ast.ArrayTerm(terms...))
}
