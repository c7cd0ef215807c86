package policies

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/snapshot"
)

// vouched is the body of a rule on accountEnabled that a person may attest.
func vouched(own string, heeds ...string) string {
	var attested strings.Builder
	for _, id := range append([]string{own}, heeds...) {
		if id != "" {
			fmt.Fprintf(&attested, "\nattested contains %q if {\n\tinput.attested[%q]\n\tnot right\n}\n", id, id)
		}
	}
	return `
status := "pass" if {
	right
} else := "pass" if {
	count(attested) > 0
} else := "fail" if {
	input.facts.account.value.accountEnabled == true
}

right if input.facts.account.value.accountEnabled == false
` + attested.String()
}

func attestableSet(t testing.TB) *Set {
	t.Helper()
	return mustLoad(t, ours(map[string]string{
		"own.rego":    ruleText("TST-001", "attestations: [TST-001]\n", vouched("TST-001")),
		"heeds.rego":  ruleText("TST-002", "requires: [account, mailbox]\nattestations: [TST-001]\n", vouched("", "TST-001")),
		"deaf.rego":   ruleText("TST-003", "", "status := \"pass\" if {\n\tinput.attested[\"TST-001\"]\n} else := \"fail\"\n"),
		"silent.rego": ruleText("TST-004", "attestations: [TST-004, TST-001]\n", "status := \"pass\" if {\n\tcount(input.attested) > 0\n} else := \"fail\"\n\nattested contains \"TST-004\" if input.leaver.mail == \"x\"\n"),
		"none.rego":   ruleText("TST-005", "attestations: [TST-001]\n", "status := \"not_applicable\" if {\n\tcount(attested) > 0\n} else := \"fail\"\n\nattested contains \"TST-001\" if input.attested[\"TST-001\"]\n"),
		"sly.rego":    ruleText("TST-007", "attestations: [TST-007]\n", "status := \"pass\" if {\n\tcount(attested) > 0\n} else := \"fail\"\n\nattested contains \"TST-001\" if input.attested[\"TST-001\"]\n"),
		"other.rego":  ruleText("TST-006", "requires: [mailbox]\nattestations: [TST-006]\n", "status := \"pass\" if {\n\tcount(attested) > 0\n} else := \"fail\"\n\nattested contains \"TST-006\" if input.attested[\"TST-006\"]\n"),
	}))
}

// attestation is one of TST-001.
func attestation(leaver string) Attestation {
	return Attestation{
		Rule: "TST-001", Leaver: leaver, Statement: "I saw it.", By: "A. Auditor", At: collected.AddDate(0, 0, -3),
		Expires: collected.AddDate(0, 0, 30), Source: "attestations.yaml:2",
	}
}

func verdictOf(t testing.TB, l LeaverResult, rule string) Verdict {
	t.Helper()
	for _, v := range l.Verdicts {
		if v.Rule == rule {
			return v
		}
	}
	t.Fatalf("no verdict of %s", rule)
	return Verdict{}
}

// TestAttestations: what an attestation is worth, and that it turns the verdict of its own leaver alone.
func TestAttestations(t *testing.T) {
	t.Parallel()
	set := attestableSet(t)
	changed := func(change func(*Attestation)) Attestation {
		a := attestation("p1@contoso.com")
		change(&a)
		return a
	}
	left := record(1, true).Leaver.LeftAt
	for name, tc := range map[string]struct {
		attestation Attestation
		standing    Standing
	}{
		"by user principal name":        {attestation("P1@Contoso.com"), Counts},
		"by object id":                  {attestation(strings.ToUpper(record(1, true).Leaver.ID)), Counts},
		"by employee id":                {attestation("E-1"), Counts},
		"by mail":                       {attestation("first@contoso.com"), Counts},
		"by a fact":                     {changed(func(a *Attestation) { a.Rule, a.Fact = "", snapshot.Account }), Counts},
		"of another fact":               {changed(func(a *Attestation) { a.Rule, a.Fact = "", snapshot.Mailbox }), Counts}, // TST-006's
		"of another rule":               {changed(func(a *Attestation) { a.Rule = "TST-006" }), Counts},
		"made when leaving":             {changed(func(a *Attestation) { a.At = left }), Counts},
		"made before leaving":           {changed(func(a *Attestation) { a.At = left.Add(-1) }), TooEarly},
		"made now":                      {changed(func(a *Attestation) { a.At = collected }), Counts},
		"made later":                    {changed(func(a *Attestation) { a.At = collected.Add(1) }), InTheFuture},
		"expires next":                  {changed(func(a *Attestation) { a.Expires = collected.Add(1) }), Counts},
		"expires now":                   {changed(func(a *Attestation) { a.Expires = collected }), Expired},
		"of nobody":                     {attestation("p9@contoso.com"), NoSuchLeaver},
		"of two":                        {attestation("shared@contoso.com"), SeveralLeavers},
		"of somebody who is all right":  {attestation("p3@contoso.com"), NotNeeded},
		"of somebody who is still here": {attestation("p5@contoso.com"), TooEarly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two, three, four, five := record(1, true), record(2, true), record(3, false), record(4, true), record(5, true)
			one.Leaver.EmployeeID, one.Leaver.Mail = "E-1", "first@contoso.com"
			two.Leaver.Mail, four.Leaver.EmployeeID = "shared@contoso.com", "shared@contoso.com"
			five = snapshot.Record{Leaver: five.Leaver}
			five.Leaver.State, five.Leaver.LeftAt = snapshot.NotYet, collected.AddDate(0, 1, 0)
			snap := &fake{leavers: []snapshot.Record{one, two, three, four, five}}
			plain := evaluate(t, set, snap, EvaluateOptions{})
			got := evaluate(t, set, snap, EvaluateOptions{Attestations: []Attestation{tc.attestation}, Workers: 2})
			if all := got.summary.Attestations; len(all) != 1 || all[0].Standing != tc.standing || all[0].Attestation != tc.attestation {
				t.Errorf("got %+v, want one that is %q", all, tc.standing)
			}
			turned := 0
			for i, l := range got.leavers {
				for j, v := range l.Verdicts {
					was := plain.leavers[i].Verdicts[j]
					if asJSON(t, v) == asJSON(t, was) {
						continue
					}
					turned++
					if i != 0 || !slices.Contains([]string{"TST-001", "TST-002", "TST-006"}, v.Rule) || was.Status != Fail || v.Status != Pass || v.Grade != Attested || len(v.Attestations) != 1 {
						t.Errorf("%s of %s: was %s, is %+v", v.Rule, l.Leaver.UserPrincipalName, was.Status, v)
					}
				}
			}
			if (turned > 0) != (tc.standing == Counts) {
				t.Errorf("%d verdicts were turned by an attestation that is %q", turned, tc.standing)
			}
		})
	}
}

// TestRulesHearOnlyWhatTheyHeed: each rule of the set, with an attestation of TST-001.
func TestRulesHearOnlyWhatTheyHeed(t *testing.T) {
	t.Parallel()
	set := attestableSet(t)
	unread := with(record(2, true), snapshot.Mailbox, unknownFact())
	unread = with(unread, snapshot.Account, unknownFact())
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true), unread}}, EvaluateOptions{Attestations: []Attestation{
		attestation("p1@contoso.com"), attestation("p2@contoso.com"),
	}})
	for _, tc := range []struct {
		leaver   int
		rule     string
		status   Status
		attested bool
	}{
		{0, "TST-001", Pass, true},
		{0, "TST-002", Pass, true},
		{0, "TST-003", Fail, false},   // names no attestations, and looks
		{0, "TST-004", Fail, false},   // leans without saying so
		{0, "TST-005", Fail, false},   // an attestation makes nothing inapplicable
		{0, "TST-007", Fail, false},   // leans on what it does not heed
		{0, "TST-006", Fail, false},   // another rule's
		{1, "TST-001", Pass, true},    // the account was not read: that is what is attested
		{1, "TST-002", Unknown, true}, // the mailbox was not read either, and nobody vouches for it
	} {
		v := verdictOf(t, out.leavers[tc.leaver], tc.rule)
		if v.Status != tc.status || (v.Grade == Attested) != tc.attested || (len(v.Attestations) > 0) != tc.attested {
			t.Errorf("%s of leaver %d: got %+v, want %s", tc.rule, tc.leaver, v, tc.status)
		}
	}
	want := `[{"rule":"TST-001","statement":"I saw it.","by":"A. Auditor","at":"2026-11-19T00:00:00Z","expires":"2026-12-22T00:00:00Z"}]`
	if got := asJSON(t, verdictOf(t, out.leavers[0], "TST-001").Attestations); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAttestedInAWrongForm(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`attested := {"TST-001"}`:                                        `"TST-001": there is no such attestation`, // with and without one
		`attested contains "TST-002" if input.attested["TST-001"]`:       `"TST-002": there is no such attestation`,
		`attested := ["TST-001"] if input.attested["TST-001"]`:           "attested: not a set of rule ids",
		`attested contains 1 if input.attested["TST-001"]`:               "1: there is no such attestation",
		`attested contains lower("X") if time.parse_rfc3339_ns("x") > 0`: "eval_builtin_error",
	} {
		set := oneRule(t, "attestations: [TST-001]\n", says("pass")+"\n"+body+"\n")
		for _, given := range [][]Attestation{nil, {attestation("p1@contoso.com")}} {
			v := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Attestations: given}).leavers[0].Verdicts[0]
			wrong := v.Status == Unknown && strings.HasPrefix(v.Message, "policy error") && strings.Contains(v.Message, want)
			heardInVain := given == nil && strings.Contains(body, "input.attested")
			rightAsObserved := given != nil && body == `attested := {"TST-001"}`
			if wrong == (heardInVain || rightAsObserved) {
				t.Errorf("%s with %d attestations: got %+v", body, len(given), v)
			}
		}
	}
}

// TestTheLongerAttestationStands: of two that say the same, by two names of the leaver.
func TestTheLongerAttestationStands(t *testing.T) {
	t.Parallel()
	long, short := attestation("p1@contoso.com"), attestation(record(1, true).Leaver.ID)
	short.Expires = collected.AddDate(0, 0, 1)
	for _, all := range [][]Attestation{{long, short}, {short, long}} {
		out := evaluate(t, attestableSet(t), &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Attestations: all})
		if got := verdictOf(t, out.leavers[0], "TST-001").Attestations; len(got) != 1 || !got[0].Expires.Equal(long.Expires) {
			t.Errorf("got %+v", got)
		}
		if got := out.summary.Attestations; got[0].Standing != NotNeeded || got[1].Standing != Counts || got[1].Leaver != "p1@contoso.com" {
			t.Errorf("got %+v", got)
		}
	}
}

const goodAttestations = `# by hand
attestations:
  - rule: TST-001
    leaver: p1@contoso.com
    statement: >
      The mailbox was exported
      to a .pst file.
    by: A. Auditor
    at: 2026-11-20T09:00:00+01:00
    link: https://tickets.example/42
    expires: 2027-01-31
  - fact: account
    leaver: 0042
    statement: No such account.
    by: B
    at: 2026-11-21
    expires: 2027-01-31T12:00:00Z
`

func TestReadAttestations(t *testing.T) {
	t.Parallel()
	got, err := attestableSet(t).ReadAttestations("a.yaml", strings.NewReader(goodAttestations))
	if err != nil {
		t.Fatal(err)
	}
	want := []Attestation{
		{
			Rule: "TST-001", Leaver: "p1@contoso.com", Statement: "The mailbox was exported to a .pst file.", By: "A. Auditor",
			At: at("2026-11-20T08:00:00Z"), Link: "https://tickets.example/42", Expires: at("2027-01-31T23:59:59Z"), Source: "a.yaml:3",
		},
		{Fact: "account", Leaver: "0042", Statement: "No such account.", By: "B", At: at("2026-11-21T00:00:00Z"), Expires: at("2027-01-31T12:00:00Z"), Source: "a.yaml:12"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if none, err := attestableSet(t).ReadAttestations("a.yaml", strings.NewReader("attestations: []\n")); err != nil || len(none) != 0 {
		t.Errorf("an empty list: got %v, %v", none, err)
	}
}

func TestReadAttestationsRefuses(t *testing.T) {
	t.Parallel()
	replaced := func(before, after string) string {
		if !strings.Contains(goodAttestations, before) {
			t.Fatalf("%q is not there", before)
		}
		return strings.Replace(goodAttestations, before, after, 1)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":                 {"", "a.yaml:1: there is no list of attestations"},
		"another key":             {"attestation: []\n", `a.yaml:1:1: there is no key "attestation" here`},
		"a list alone":            {"- rule: TST-001\n", "a.yaml:1:1: the file is not of the form"},
		"no list":                 {"attestations: 1\n", "a.yaml:1:15: attestations is not a list"},
		"two lists":               {goodAttestations + "attestations: []\n", "a.yaml:18:1: attestations stands here for the second time"},
		"two documents":           {goodAttestations + "---\nattestations: []\n", "a second document"},
		"no YAML":                 {"attestations:\n\t- a\n", "a.yaml:2: found character that cannot start any token"},
		"an entry that is a text": {"attestations: [x]\n", "a.yaml:1:16: an attestation has the keys rule, fact"},
		"an unknown key":          {replaced("by: A", "who: A"), `a.yaml:8:5: there is no key "who"`},
		"a key twice":             {replaced("by: B", "by: B\n    by: C"), "a.yaml:16:5: by stands here for the second time"},
		"a list as a text":        {replaced("by: B", "by: [B]"), "a.yaml:15:9: by takes a text"},
		"an alias":                {replaced("by: A. Auditor", "by: &x A\n    link: *x\n    rule: r"), "link takes a text"},
		"no rule":                 {replaced("  - rule: TST-001\n    leaver", "  - leaver"), "a.yaml:3:5: an attestation is for a rule or for a fact: give one of them"},
		"rule and fact":           {replaced("fact: account", "fact: account\n    rule: TST-001"), "a.yaml:12:5: an attestation is for a rule or for a fact: give one of them"},
		"an unknown rule":         {replaced("TST-001", "TST-999"), `a.yaml:3:5: there is no rule "TST-999"`},
		"a rule in lower case":    {replaced("TST-001", "tst-001"), `a.yaml:3:5: there is no rule "tst-001"`},
		"a rule of the engine's":  {replaced("TST-001", "TST-002"), "a.yaml:3:5: TST-002 is no rule that a person may attest: there are TST-001, TST-004, TST-006, TST-007"},
		"a fact of nobody":        {replaced("fact: account", "fact: signIns"), `a.yaml:12:5: "signIns" is no fact that a rule requires which a person may attest: there are account, mailbox`},
		"a fact that is none":     {replaced("fact: account", "fact: acount"), `a.yaml:12:5: "acount" is no fact`},
		"no leaver":               {replaced("    leaver: 0042\n", ""), "a.yaml:12:5: leaver is missing"},
		"an empty leaver":         {replaced("leaver: 0042", "leaver: ' '"), "a.yaml:12:5: leaver is missing"},
		"no statement":            {replaced("    statement: No such account.\n", "    statement:\n"), "a.yaml:12:5: statement is missing"},
		"nobody":                  {replaced("by: B", "by: ~"), "a.yaml:12:5: by is missing"},
		"no time":                 {replaced("    at: 2026-11-21\n", ""), "a.yaml:12:5: at is missing"},
		"a time that is none":     {replaced("at: 2026-11-21", "at: yesterday"), `a.yaml:16:9: at: "yesterday" is neither a time such as`},
		"no end":                  {replaced("    expires: 2027-01-31T12:00:00Z\n", ""), "a.yaml:12:5: expires is missing"},
		"an end that is none":     {replaced("2027-01-31T12:00:00Z", "never"), `a.yaml:17:14: expires: "never" is neither`},
		"an end before":           {replaced("2027-01-31T12:00:00Z", "2026-11-20"), "a.yaml:17:14: expires before it was made"},
		"a link without lock":     {replaced("https://tickets", "http://tickets"), `a.yaml:10:11: link: "http://tickets.example/42" is no https address`},
		"a link with a password":  {replaced("https://tickets", "https://u:p@tickets"), "is no https address"},
		"twice":                   {replaced("leaver: 0042", "leaver: P1@contoso.com"), "a.yaml:12:5: TST-001 of P1@contoso.com is attested already in line 3"},
		"too large":               {"# " + strings.Repeat("x", maxYAMLBytes), "a.yaml: larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := attestableSet(t).ReadAttestations("a.yaml", strings.NewReader(tc.text))
			if err == nil {
				t.Fatalf("was taken: %+v", got)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want %q", err, tc.want)
			}
		})
	}
	text := strings.ReplaceAll(replaced("TST-001", "TST-999"), "by: B", "")
	_, err := attestableSet(t).ReadAttestations("a.yaml", strings.NewReader(text))
	if err == nil || !strings.Contains(err.Error(), "a.yaml:3:5: ") || !strings.Contains(err.Error(), "a.yaml:12:5: ") {
		t.Errorf("not every problem is named: %v", err)
	}
}

// TestAttestationsNeedTheLeavers: a reader that fails before anybody was judged ends the evaluation.
func TestAttestationsNeedTheLeavers(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var out kept
	_, err := attestableSet(t).Evaluate(context.Background(), &fake{err: broken}, EvaluateOptions{Attestations: []Attestation{attestation("x")}}, &out)
	if !errors.Is(err, broken) || len(out.calls) != 0 {
		t.Errorf("got %v after %v", err, out.calls)
	}
}

func FuzzReadAttestations(f *testing.F) {
	for _, text := range []string{goodAttestations, "", "attestations:\n- {rule: TST-001}\n", "attestations: &a [*a]\n", "---\n...\n", "# x\n", "{[}"} {
		f.Add(text)
	}
	set := attestableSet(f)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := set.ReadAttestations("a.yaml", strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "a.yaml:") || got != nil {
				t.Errorf("got %v and %v", got, err)
			}
			return
		}
		for _, a := range got {
			if len(set.covers(a)) == 0 || a.Leaver == "" || a.Statement == "" || a.By == "" || a.At.IsZero() && !strings.Contains(text, "0001-01-01") || a.Expires.Before(a.At) {
				t.Errorf("was taken: %+v", a)
			}
		}
	})
}
