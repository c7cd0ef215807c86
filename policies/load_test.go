package policies

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func TestLoadDescribesRules(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"b.rego": ruleText("TST-002", "uses: [audits]\ncontrols: {scuba: [{id: MS.AAD.1, confidence: high}, MS.AAD.2]}\n", says("pass")),
		"a.rego": ruleText("TST-010", "severity: low\nstates: [live, not_found]\nparameters: {grace_hours: {type: integer, default: 24}, free: {type: array, items: {type: string}, default: [A]}}\n", says("pass")),
		"c.rego": ruleText("TST-003", "scope: tenant\nrequires: [domains]\nparameters: {}\n", says("pass")),
	}))
	rules := set.Rules()
	var ids []string
	for _, rule := range rules {
		ids = append(ids, rule.ID)
	}
	if want := []string{"TST-002", "TST-003", "TST-010"}; !slices.Equal(ids, want) {
		t.Fatalf("got %v, want %v", ids, want)
	}
	want := `{"id":"TST-010","package":"checklist.test.rtst010","title":"A rule","description":"It judges.","scope":"leaver","severity":"low",` +
		`"states":["live","not_found"],"requires":["account"],"uses":[],"parameters":{"free":{"schema":{"default":["A"],"items":{"type":"string"},"type":"array"},"value":["A"]},` +
		`"grace_hours":{"schema":{"default":24,"type":"integer"},"value":24}},"controls":{},"remediation":"Mend it.","relatedResources":[],"file":"ours/a.rego","line":12,"digest":"` + rules[2].Digest + `"}`
	if got := asJSON(t, rules[2]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := asJSON(t, rules[0].Controls), `{"scuba":[{"id":"MS.AAD.1","confidence":"high"},{"id":"MS.AAD.2"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := asJSON(t, rules[0].States), `["live","deleted","unread"]`; got != want {
		t.Errorf("states: got %s, want %s", got, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	good := map[string]string{"good.rego": ruleText("TST-001", "", says("pass"))}
	for name, tc := range map[string]struct {
		text string
		want string // in the error, behind file and line
	}{
		"no title":                  {strings.Replace(ruleText("TST-002", "", says("pass")), "# title: A rule\n", "", 1), "METADATA: title is missing"},
		"no description":            {strings.Replace(ruleText("TST-002", "", says("pass")), "# description: It judges.\n", "", 1), "METADATA: description is missing"},
		"no scope":                  {ruleText("TST-002", "scope: -\n", says("pass")), `custom.scope "" is neither leaver nor tenant`},
		"wrong scope":               {ruleText("TST-002", "scope: world\n", says("pass")), `custom.scope "world" is neither leaver nor tenant`},
		"no severity":               {ruleText("TST-002", "severity: -\n", says("pass")), `custom.severity "" is none of critical`},
		"wrong severity":            {ruleText("TST-002", "severity: bad\n", says("pass")), `custom.severity "bad" is none of critical`},
		"no requires":               {ruleText("TST-002", "requires: -\n", says("pass")), "custom.requires is missing"},
		"a fact that is none":       {ruleText("TST-002", "requires: [acount]\n", says("pass")), `there is no fact "acount"`},
		"a tenant's leaver fact":    {ruleText("TST-002", "scope: tenant\nparameters: -\n", says("pass")), `there is no fact "account" for a rule of scope "tenant"`},
		"a fact twice":              {ruleText("TST-002", "uses: [account]\n", says("pass")), `"account" stands in both`},
		"no remediation":            {ruleText("TST-002", "remediation: -\n", says("pass")), "custom.remediation is missing"},
		"a misspelt key":            {ruleText("TST-002", "remedation: x\n", says("pass")), `unknown field "remedation"`},
		"a wrong state":             {ruleText("TST-002", "states: [gone]\n", says("pass")), `custom.states: "gone" is none of`},
		"an id that is none":        {packageText("checklist.other", "tst 2", "", "default status := \"unknown\"\n"), `custom.id "tst 2" is not of the form`},
		"no grace":                  {ruleText("TST-002", "parameters: -\n", says("pass")), "custom.parameters has no grace_hours"},
		"a wrong grace":             {ruleText("TST-002", "parameters: {grace_hours: {type: string, default: soon}}\n", says("pass")), "custom.parameters.grace_hours: soon is not a number of hours"},
		"a negative grace":          {ruleText("TST-002", "parameters: {grace_hours: {type: integer, default: -1}}\n", says("pass")), "-1 hours are not between"},
		"no default":                {ruleText("TST-002", "parameters: {grace_hours: {type: integer}}\n", says("pass")), "custom.parameters.grace_hours: has no default"},
		"no type":                   {ruleText("TST-002", "parameters: {grace_hours: {default: 1}}\n", says("pass")), "custom.parameters.grace_hours: has no type"},
		"a default that misfits":    {ruleText("TST-002", "parameters: {grace_hours: {type: integer, minimum: 5, default: 1}}\n", says("pass")), "its default does not fit"},
		"a schema from outside":     {ruleText("TST-002", `parameters: {grace_hours: {type: integer, default: 1, $ref: "file:///etc/passwd"}}`+"\n", says("pass")), "may not refer to other documents"},
		"an empty control":          {ruleText("TST-002", "controls: {soc2: [{confidence: H}]}\n", says("pass")), "soc2 has a control without id"},
		"a confidence that is none": {ruleText("TST-002", "controls: {soc2: [{id: CC6.1, confidence: sure}]}\n", says("pass")), `soc2 CC6.1: the confidence "sure" is none of high, medium, low`},
		"an attestation of nobody":  {ruleText("TST-002", "attestations: [TST-009]\n", says("pass")+"\nattested contains \"TST-009\" if input.attested[\"TST-009\"]\n"), `custom.attestations: there is no rule "TST-009"`},
		"an attestation not to give": {
			ruleText("TST-002", "attestations: [TST-002, TST-001]\n", says("pass")+"\nattested contains \"TST-001\" if input.attested[\"TST-001\"]\n"),
			"custom.attestations: TST-001 is no rule that a person may attest",
		},
		"an attestation twice":     {ruleText("TST-002", "attestations: [TST-002, TST-002]\n", says("pass")+"\nattested contains \"TST-002\" if input.attested[\"TST-002\"]\n"), "custom.attestations names TST-002 twice"},
		"an attestation unsaid":    {ruleText("TST-002", "attestations: [TST-002]\n", says("pass")), "the rule has no document attested"},
		"attested behind the back": {ruleText("TST-002", "", says("pass")+"\nattested contains \"TST-002\" if input.attested[\"TST-002\"]\n"), "the rule has a document attested: name in custom.attestations"},
		"the tenant attested":      {ruleText("TST-002", "scope: tenant\nrequires: []\nparameters: -\nattestations: [TST-002]\n", says("pass")), "custom.attestations makes no sense for a rule on the tenant"},
		"a misspelt baseline fact": {ruleText("TST-002", "", "status := \"pass\" if input.baseline.facts.acount\n"), "undefined ref: input.baseline.facts.acount"},
		"a leaver of the tenant":   {tenantRule("TST-002", "status := \"pass\" if input.leaver.mail\n"), "undefined ref: input.leaver"},
		"a misspelt population":    {tenantRule("TST-002", "status := \"pass\" if input.population.heads == 1\n"), "undefined ref: input.population.heads"},
		"a population of a leaver": {ruleText("TST-002", "", "status := \"pass\" if input.population.leavers == 1\n"), "undefined ref: input.population"},
		"an id twice":              {packageText("checklist.other", "TST-001", "", "default status := \"unknown\"\n"), "the id TST-001 is already that of ours/good.rego:11"},
		"no status":                {packageText("checklist.other", "TST-002", "", "verdict := \"pass\"\n"), "package checklist.other has the id TST-002 but no status"},
		"no default status":        {packageText("checklist.other", "TST-002", "", says("pass")), "status has no default"},
		"a default that passes":    {packageText("checklist.other", "TST-002", "", "default status := \"pass\"\n"), `the default status is "pass": it must be "unknown"`},
		"two ladders":              {ruleText("TST-002", "", "status := \"fail\" if input.leaver.mail == \"\"\n\nstatus := \"pass\" if input.leaver.mail != \"\"\n"), "status is defined 2 times"},
		"a word that is none":      {ruleText("TST-002", "", says("ok")), `status "ok" is none of pass, fail, unknown, not_applicable`},
		"a set of statuses":        {packageText("checklist.other", "TST-002", "", "status contains \"pass\"\n"), "status is not one value"},
		"a status without an id":   {"package checklist.other\n\ndefault status := \"unknown\"\n", "has a status but no custom.id"},
		"another package":          {"package main\n\nx := 1\n", "package main: built-in policies stand in checklist and lib"},
		"a syntax error":           {"package checklist.other\n\nstatus := \n", "rego_parse_error"},
		"METADATA that is none":    {"# METADATA\n# title: [\npackage checklist.other\n", "yaml"},
		"Rego of old":              {"package checklist.other\n\nallow { true }\n", "`if` keyword is required"},
		"an empty file":            {"", "empty module"},
		"a misspelt property":      {ruleText("TST-002", "", "status := \"pass\" if input.facts.account.value.acountEnabled == false\n"), "undefined ref: input.facts.account.value.acountEnabled"},
		"a misspelt fact":          {ruleText("TST-002", "", "status := \"pass\" if input.facts.acount\n"), "undefined ref: input.facts.acount"},
		"a comparison of kinds":    {ruleText("TST-002", "", "status := \"pass\" if input.leaver.mail == 7\n"), "match error"},
		"a misspelt tenant fact":   {ruleText("TST-002", "", "status := \"pass\" if data.tenant.facts.domain\n"), "undefined ref: data.tenant.facts.domain"},
		"a fact behind the back":   {ruleText("TST-002", "", "status := \"pass\" if input.facts.mailbox.state == \"absent\"\n"), `TST-002 reads the fact "mailbox": name it in custom.requires or custom.uses`},
		"a parameter of nobody":    {ruleText("TST-002", "", "status := \"pass\" if data.parameters[\"TST-999\"].x > 1\n"), `there is no rule "TST-999"`},
		"an unknown parameter":     {ruleText("TST-002", "", "status := \"pass\" if data.parameters[\"TST-002\"].grace > 1\n"), `the rule TST-002 has no parameter "grace"`},
		"an unused variable":       {ruleText("TST-002", "", "status := \"pass\" if x := input.leaver.mail\n"), "unused"},
		"recursion":                {ruleText("TST-002", "", "status := \"pass\" if status == \"fail\"\n"), "recursive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(context.Background(), []source{ours(map[string]string{"good.rego": good["good.rego"], "policy.rego": tc.text})}, nil)
			if err == nil {
				t.Fatal("was loaded")
			}
			if !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "ours/policy.rego:") {
				t.Errorf("got %q, want file, line and %q", err, tc.want)
			}
		})
	}
}

func TestLoadNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := load(context.Background(), []source{ours(map[string]string{
		"a.rego": ruleText("TST-001", "severity: bad\nrequires: [nothing]\n", says("ok")),
		"b.rego": ruleText("TST-002", "remediation: -\n", says("pass")),
	})}, nil)
	if err == nil {
		t.Fatal("was loaded")
	}
	for _, want := range []string{"ours/a.rego:1: METADATA: custom.severity", "ours/a.rego:1: METADATA: there is no fact", `ours/a.rego:15: status "ok"`, "ours/b.rego:1: METADATA: custom.remediation"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

func TestLoadNeedsPolicies(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.rego")
	if err := os.WriteFile(file, []byte("package custom.a.b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, from := range map[string]source{
		"there is no policy (*.rego)": ours(map[string]string{"README.md": "x"}),
		"there is no rule":            ours(map[string]string{"lib.rego": "package lib.x\n\na := 1\n"}),
		"larger than":                 ours(map[string]string{"a.rego": "package lib.x\n#" + strings.Repeat("x", maxPolicyBytes)}),
	} {
		if _, err := load(context.Background(), []source{from}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for want, name := range map[string]string{
		"no such file": filepath.Join(t.TempDir(), "nowhere"),
		"no bundle":    file,
	} {
		if _, err := Load(context.Background(), LoadOptions{Sources: []string{name}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// The four locks. Each is shown to hold alone, with the attack that it is there for.

func TestLockNoBuiltinReachesOut(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]string{
		"http.send":          `http.send({"method": "get", "url": "http://127.0.0.1"}).status_code == 200`,
		"net.lookup_ip_addr": `count(net.lookup_ip_addr("example.org")) > 0`,
		"opa.runtime":        `opa.runtime().env.PATH`,
		"time.now_ns":        `time.now_ns() > 0`,
		"rand.intn":          `rand.intn("x", 2) == 1`,
		"uuid.rfc4122":       `uuid.rfc4122("x") != ""`,
		"json.match_schema":  `json.match_schema({}, {"$ref": "http://127.0.0.1/"})[0]`,
	} {
		_, err := load(context.Background(), []source{
			ours(map[string]string{"rule.rego": ruleText("TST-001", "", says("pass"))}),
			theirs(map[string]string{"evil.rego": packageText("custom.evil.rule", "EVIL-001", "", "default status := \"unknown\"\n\nstatus := \"pass\" if "+call+"\n")}),
		}, nil)
		if err == nil || !strings.Contains(err.Error(), "undefined function "+name) || !strings.Contains(err.Error(), "no policy may use the network") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLockNoSchemaIsFetched(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		_, _ = w.Write([]byte(`{"type": "object"}`))
	}))
	defer server.Close()
	evil := strings.Replace(packageText("custom.evil.rule", "EVIL-001", "", "default status := \"unknown\"\n\nstatus := \"pass\" if input.leaver.mail\n"),
		"# custom:", "# schemas:\n#   - input: {$ref: \""+server.URL+"/schema.json\"}\n# custom:", 1)
	_, err := load(context.Background(), []source{
		ours(map[string]string{"rule.rego": ruleText("TST-001", "", says("pass"))}),
		theirs(map[string]string{"evil.rego": evil}),
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "remote reference loading disabled") {
		t.Errorf("got %v", err)
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestLockNoPackageStandsInForData(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"tenant", "tenant.facts", "parameters", "baseline"} {
		// As a built-in file, so that it is this lock and not the package space that refuses.
		files, err := ours(map[string]string{
			"rule.rego": ruleText("TST-001", "", says("pass")),
			"evil.rego": "package " + path + "\n\ndomains := {\"evil.example\": {}}\n",
		}).files(false, capabilities())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := compile(files, capabilities()); err == nil || !strings.Contains(err.Error(), "conflicting rule for data path") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestLockOwnPackageSpace(t *testing.T) {
	t.Parallel()
	rule := ours(map[string]string{"rule.rego": ruleText("TST-001", "", says("unknown"))})
	for _, path := range []string{"checklist.test.rtst001", "checklist.evil", "lib.facts", "tenant", "parameters", "baseline", "leavercheck.live", "custom", "custom.org", "customs.org.rule", `custom["org.rule"]`, "main"} {
		_, err := load(context.Background(), []source{rule, theirs(map[string]string{"evil.rego": "package " + path + "\n\nstatus := \"pass\"\n"})}, nil)
		if err == nil || !strings.Contains(err.Error(), "theirs/evil.rego:1: package") || !strings.Contains(err.Error(), "custom.<org>.<rule>") {
			t.Errorf("%s: got %v", path, err)
		}
	}
	set := mustLoad(t, rule, theirs(map[string]string{
		"rule.rego": packageText("custom.org.rule", "ORG-001", "", "import data.custom.org.rule.words\n\ndefault status := \"unknown\"\n\nstatus := words.good\n"),
		"lib.rego":  "package custom.org.rule.words\n\ngood := \"pass\"\n",
	}))
	if len(set.Rules()) != 2 || set.Rules()[0].File != "theirs/rule.rego" {
		t.Errorf("got %+v", set.Rules())
	}
}

func TestSchemasHoldForStrangersToo(t *testing.T) {
	t.Parallel()
	_, err := load(context.Background(), []source{
		ours(map[string]string{"rule.rego": ruleText("TST-001", "", says("pass"))}),
		theirs(map[string]string{"rule.rego": packageText("custom.org.rule", "ORG-001", "", "default status := \"unknown\"\n\nstatus := \"pass\" if input.leaver.emial\n")}),
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "undefined ref: input.leaver.emial") {
		t.Errorf("got %v", err)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	text := ruleText("TST-001", "", says("pass"))
	base := map[string]string{"a.rego": text}
	digest := mustLoad(t, ours(base)).Digest()
	if len(digest) != 64 {
		t.Fatalf("got %q", digest)
	}
	elsewhere := ours(base)
	elsewhere.prefix = "elsewhere"
	for name, tc := range map[string]struct {
		source source
		same   bool
	}{
		"the same":      {ours(base), true},
		"elsewhere":     {elsewhere, true},
		"with a test":   {ours(map[string]string{"a.rego": text, "a_test.rego": "package checklist.test_test\n\ntest_a if true\n"}), true},
		"with a README": {ours(map[string]string{"a.rego": text, "README.md": "x"}), true},
		"a comment":     {ours(map[string]string{"a.rego": text + "# x\n"}), false},
		"a name":        {ours(map[string]string{"b.rego": text}), false},
		"another file":  {ours(map[string]string{"a.rego": text, "b.rego": "package lib.b\n\nx := 1\n"}), false},
	} {
		if got := mustLoad(t, tc.source).Digest() == digest; got != tc.same {
			t.Errorf("%s: same is %v, want %v", name, got, tc.same)
		}
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	from := ours(map[string]string{"a.rego": ruleText("TST-001", "parameters: {grace_hours: {type: integer, minimum: 0, default: 24}, free: {type: array, items: {type: string}, default: []}}\n",
		"status := \"pass\" if \"A\" in data.parameters[\"TST-001\"].free\n")})
	set, err := load(context.Background(), []source{from}, Settings{"TST-001": {Parameters: map[string]any{"free": []string{"A"}, "grace_hours": 1.0}}})
	if err != nil {
		t.Fatal(err)
	}
	if verdict := judgeOne(t, set, record(1, false)); verdict.Status != Pass {
		t.Errorf("the rule does not see the value: %+v", verdict)
	}
	if got, want := asJSON(t, effective(set.Rules())), `{"TST-001":{"free":["A"],"grace_hours":1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for want, tc := range map[string]struct {
		rule, name string
		value      any
	}{
		`there is no rule "TST-009": did you mean TST-001?`:   {"TST-009", "free", nil},
		"TST-001: gracehours: the rule has":                   {"TST-001", "gracehours", 1},
		"it has free, grace_hours: did you mean grace_hours?": {"TST-001", "gracehours", 1},
		"TST-001: grace_hours: got string":                    {"TST-001", "grace_hours", "long"},
		"minimum: got -1, want 0":                             {"TST-001", "grace_hours", -1},
		"got number, want string":                             {"TST-001", "free", []any{1}},
		"are not between 0 and":                               {"TST-001", "grace_hours", 1e15},
	} {
		settings := Settings{tc.rule: {Parameters: map[string]any{tc.name: tc.value}}}
		if _, err := load(context.Background(), []source{from}, settings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
