package collector_test

import (
	"slices"
	"strings"
	"testing"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	usersList   = "GET /v1.0/users"
	domains     = "GET /v1.0/domains"
	devices     = "GET /v1.0/deviceManagement/managedDevices"
	signIns     = "GET /v1.0/auditLogs/signIns"
	memberOf    = "GET /v1.0/users/{id}/memberOf"
	drive       = "GET /v1.0/users/{id}/drive"
	rules       = "GET /v1.0/users/{id}/mailFolders/{id}/messageRules"
	methods     = "GET /v1.0/users/{id}/authentication/methods"
	tokens      = "POST /{tenant}/oauth2/v2.0/token"
	toGraph     = "CONNECT graph"
	casMailbox  = "Get-CASMailbox"
	anotherHome = "https://storage.collector.example/report.csv"
)

// always is a fault that does not pass.
func always(kind, endpoint string) []simtenant.Fault {
	return []simtenant.Fault{{Kind: kind, Endpoint: endpoint}}
}

// lose is a fault that does not pass and costs those facts.
func lose(row int, kind, endpoint string, reason snapshot.Reason, unknown ...string) fault {
	return fault{rows: []int{row}, faults: always(kind, endpoint), reason: reason, unknown: unknown}
}

// end is a fault that ends the run.
func end(row int, kind, endpoint string, err error) fault {
	return fault{rows: []int{row}, faults: always(kind, endpoint), err: err}
}

// with adds a check.
func (f fault) with(check func(t *testing.T, whole, got result)) fault {
	f.check = check
	return f
}

// asked fails the test unless a template was called so often.
func asked(template string, times int) func(t *testing.T, whole, got result) {
	return func(t *testing.T, _, got result) {
		t.Helper()
		if n := got.tenant.Calls()[template]; n != times {
			t.Errorf("%s was asked %d times, want %d", template, n, times)
		}
	}
}

// asOften fails the test unless a template was called as often as without faults: nothing is asked again.
func asOften(template string) func(t *testing.T, whole, got result) {
	return func(t *testing.T, whole, got result) {
		t.Helper()
		asked(template, whole.tenant.Calls()[template])(t, whole, got)
	}
}

// says fails the test unless some fact's text has that in it.
func says(fact, part string) func(t *testing.T, whole, got result) {
	return func(t *testing.T, _, got result) {
		t.Helper()
		for _, facts := range got.facts {
			if strings.Contains(text(t, facts[fact]), part) {
				return
			}
		}
		t.Errorf("no %s says %q", fact, part)
	}
}

// azure signs in as the program does, with the repetitions that its library makes.
func azure(o *collector.Options) {
	app, _ := o.Credential.(*application)
	tenant, client, secret := app.tenant.Credentials()
	cloud := o.Cloud
	cloud.OwnLogin = true
	credential, err := collector.Secret{Tenant: tenant, Client: client, Value: secret}.Credential(cloud, app)
	if err != nil {
		panic(err)
	}
	o.Credential = credential
}

// catalogue are the faults that do not pass, and those that need a place of their own.
func catalogue() map[string]fault {
	mailFacts := []string{snapshot.Mailbox, snapshot.MailboxSize, snapshot.MailProtocols, snapshot.MobileDevices, snapshot.Permissions, snapshot.HiddenInboxRules, snapshot.Delegations, snapshot.Recipients}
	table := map[string]fault{
		"5 a day of throttling":                 lose(5, "throttled-day", directoryAudits, snapshot.Throttled, snapshot.Audits),
		"7 one family is throttled for ever":    lose(7, "throttled", "intune", snapshot.Throttled, snapshot.ManagedDevices),
		"8 windows that grow":                   {rows: []int{8}, faults: []simtenant.Fault{{Kind: "throttled-strict", Endpoint: "identity", Nth: 5, Times: 3}, {Kind: "throttled-strict", Endpoint: "exchange", Nth: 9, Times: 2}}},
		"12 a service fails for ever":           lose(12, "failing", domains, snapshot.Timeout, snapshot.Domains),
		"14 a page for ever":                    lose(14, "proxy-page", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"15 nothing for ever":                   lose(15, "empty-answer", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"15 no type for ever":                   lose(15, "no-content-type", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"15 another charset for ever":           lose(15, "wrong-charset", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"16 an error in a 200 for ever":         lose(16, "error-in-200", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"17 null for ever":                      lose(17, "value-null", domains, snapshot.Malformed, snapshot.Domains),
		"17 no value for ever":                  lose(17, "value-missing", domains, snapshot.Malformed, snapshot.Domains),
		"18 half of it for ever":                lose(18, "truncated", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"18 too short for ever":                 lose(18, "short-body", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"18 cut gzip for ever":                  lose(18, "gzip-cut", devices, snapshot.Malformed, snapshot.ManagedDevices),
		"19 resets for ever":                    lose(19, "reset", devices, snapshot.Timeout, snapshot.ManagedDevices),
		"20 no name for Graph":                  end(20, "dns-failure", toGraph, collector.ErrUnreachable),
		"20 nobody at home":                     end(20, "no-connection", toGraph, collector.ErrUnreachable),
		"20 no sign-in to reach":                end(20, "dns-failure", "CONNECT login", collector.ErrSignIn),
		"20 a name that comes back":             {rows: []int{20}, faults: []simtenant.Fault{{Kind: "dns-failure", Endpoint: toGraph, Nth: 7, Times: 2}, {Kind: "tls-failure", Endpoint: "CONNECT exchange", Nth: 5}}},
		"21 GOAWAY for ever":                    lose(21, "goaway", devices, snapshot.Timeout, snapshot.ManagedDevices),
		"22 silence":                            lose(22, "silence", devices, snapshot.Timeout, snapshot.ManagedDevices),
		"23 a gigabyte":                         lose(23, "huge-body", domains, snapshot.Malformed, snapshot.Domains),
		"23 a hundred thousand deep":            lose(23, "deep-nesting", domains, snapshot.Malformed, snapshot.Domains),
		"23 value twice":                        lose(23, "duplicate-keys", domains, snapshot.Malformed, snapshot.Domains),
		"23 no UTF-8":                           lose(23, "invalid-utf8", domains, snapshot.Malformed, snapshot.Domains),
		"26 401 for ever":                       lose(26, "expired-token", devices, snapshot.Forbidden, snapshot.ManagedDevices).with(asked(devices, 2)),
		"26 the secret has expired":             end(26, "sign-in-refused", tokens, collector.ErrSignIn),
		"26 the secret expires on the way":      {rows: []int{26}, faults: []simtenant.Fault{{Kind: "sign-in-refused", Endpoint: tokens, Nth: 2, Times: -1}}, change: azure, differs: true, check: says(snapshot.Mailbox, "AADSTS7000222")},
		"26 sign-in fails once":                 {rows: []int{26}, faults: []simtenant.Fault{{Kind: "failing", Endpoint: tokens, Nth: 1, Status: 503}}, change: azure},
		"26 sign-in fails for ever":             {rows: []int{26}, faults: always("failing", tokens), change: azure, err: collector.ErrSignIn},
		"26 sign-in throttles":                  {rows: []int{26}, faults: []simtenant.Fault{{Kind: "throttled", Endpoint: tokens, Nth: 1}}, change: azure},
		"27 no permission for devices":          lose(27, "forbidden", devices, snapshot.Forbidden, snapshot.ManagedDevices).with(asked(devices, 1)),
		"27 no permission for groups":           lose(27, "forbidden", memberOf, snapshot.Forbidden, snapshot.Groups, snapshot.Roles).with(asOften(memberOf)),
		"27 no permission for methods":          lose(27, "forbidden", methods, snapshot.Forbidden, snapshot.AuthenticationMethods).with(says(snapshot.AuthenticationMethods, "UserAuthenticationMethod.Read.All")),
		"27 no permission for a cmdlet":         lose(27, "forbidden", casMailbox, snapshot.Forbidden, snapshot.MailProtocols),
		"28 no words":                           lose(28, "forbidden-silent", devices, snapshot.Forbidden, snapshot.ManagedDevices).with(asked(devices, 1)),
		"28 no message":                         lose(28, "forbidden-no-message", memberOf, snapshot.Forbidden, snapshot.Groups, snapshot.Roles).with(asOften(memberOf)),
		"29 no Intune":                          lose(29, "no-intune", devices, snapshot.Unlicensed, snapshot.ManagedDevices).with(asked(devices, 1)),
		"29 no premium":                         lose(29, "no-premium", directoryAudits, snapshot.Unlicensed, snapshot.Audits).with(asked(directoryAudits, 1)),
		"29 no SharePoint":                      lose(29, "no-sharepoint", drive, snapshot.Unlicensed, snapshot.OneDrive, snapshot.DrivePermissions).with(asOften(drive)),
		"30 gone for good":                      lose(30, "not-found", memberOf, snapshot.Unsupported, snapshot.Groups, snapshot.Roles).with(asOften(memberOf)),
		"31 no mailbox, although there is one":  lose(31, "no-mailbox", rules, snapshot.Integrity, snapshot.InboxRules).with(asOften(rules)),
		"31 no drive":                           {rows: []int{31}, faults: always("no-drive", drive), differs: true, check: noDrives},
		"32 404 without a word for ever":        lose(32, "not-found-empty", memberOf, snapshot.Malformed, snapshot.Groups, snapshot.Roles),
		"33 unsupported":                        lose(33, "unsupported", domains, snapshot.Unsupported, snapshot.Domains).with(asked(domains, 1)),
		"35 the page that came again lies":      {rows: []int{35}, faults: []simtenant.Fault{{Kind: "failing", Endpoint: usersList, Nth: 2}, {Kind: "poisoned-link", Endpoint: usersList, Nth: 3}}},
		"36 round and round":                    lose(36, "link-loop", directoryAudits, snapshot.Integrity, snapshot.Audits),
		"37 to a foreign host":                  end(37, "foreign-link", usersList, wire.ErrForeign),
		"37 to a foreign host, in the logs":     end(37, "foreign-link", signIns, wire.ErrForeign),
		"37 to a foreign host, from Exchange":   end(37, "foreign-link", "Get-Mailbox", wire.ErrForeign),
		"37 to a foreign host, in a batch":      end(37, "foreign-link", memberOf, wire.ErrForeign),
		"37 to another port":                    end(37, "port-link", usersList, wire.ErrForeign),
		"37 in the clear":                       end(37, "plain-link", usersList, wire.ErrForeign),
		"37 with a name before the host":        end(37, "userinfo-link", usersList, wire.ErrForeign),
		"37 to another path":                    end(37, "other-path-link", usersList, wire.ErrForeign),
		"37 to another tenant's path":           end(37, "other-path-link", "Get-Mailbox", wire.ErrForeign),
		"39 the last link is missing":           lose(39, "missing-link", directoryAudits, snapshot.Integrity, snapshot.Audits),
		"41 the server's own pages":             {rows: []int{38, 41}, faults: always("small-page", directoryAudits)},
		"42 a count with a mark":                {rows: []int{42}, faults: always("byte-order-mark", "GET /v1.0/users/$count"), idle: true, check: asked("GET /v1.0/users/$count", 0)},
		"43 consistency on every page":          {rows: []int{43}, faults: always("lost-consistency", "*"), idle: true},
		"44 410, and no delta was asked for":    lose(44, "delta-gone", domains, snapshot.Unsupported, snapshot.Domains).with(asked(domains, 1)),
		"45 an answer is missing for ever":      {rows: []int{45}, faults: always("item-missing", batch), differs: true, check: onlyUnknown(snapshot.Malformed)},
		"46 an item redirects":                  {rows: []int{46}, faults: []simtenant.Fault{{Kind: "redirect", Endpoint: memberOf, Value: anotherHome}}, reason: snapshot.Malformed, unknown: []string{snapshot.Groups, snapshot.Roles}},
		"48 to where reports are stored":        {rows: []int{48}, faults: []simtenant.Fault{{Kind: "redirect", Endpoint: domains, Value: anotherHome}}, reason: snapshot.Malformed, unknown: []string{snapshot.Domains}},
		"49 activity left out":                  {rows: []int{49}, faults: []simtenant.Fault{{Kind: "property-absent", Endpoint: usersList, Property: "signInActivity"}}, differs: true, check: activity(snapshot.Unknown, "left out")},
		"49 activity null":                      {rows: []int{49}, faults: []simtenant.Fault{{Kind: "property-null", Endpoint: usersList, Property: "signInActivity"}}, differs: true, check: activity(snapshot.Read, `{"state":"read","value":null}`)},
		"49 activity of the year one":           {rows: []int{49}, faults: []simtenant.Fault{{Kind: "property-new", Endpoint: usersList, Property: "signInActivity", Value: `{"lastSignInDateTime":"0001-01-01T00:00:00Z"}`}}, differs: true, check: activity(snapshot.Read, `{"lastSignInDateTime":null}`)},
		"50 a value that nobody knows":          {rows: []int{50}, faults: []simtenant.Fault{{Kind: "property-new", Endpoint: devices, Property: "complianceState", Value: "enlightened"}}, differs: true, check: says(snapshot.ManagedDevices, `"complianceState":"enlightened"`)},
		"50 a type that nobody knows":           {rows: []int{50}, faults: []simtenant.Fault{{Kind: "property-new", Endpoint: methods, Property: "@odata.type", Value: "#microsoft.graph.telepathyAuthenticationMethod"}}, differs: true, check: says(snapshot.AuthenticationMethods, `"kind":"telepathy"`)},
		"50 null where something was":           {rows: []int{50}, faults: []simtenant.Fault{{Kind: "property-null", Endpoint: devices, Property: "complianceState"}}, differs: true, check: says(snapshot.ManagedDevices, `"complianceState":null`)},
		"51 pages of Exchange":                  {rows: []int{51}, faults: always("warnings", "exchange"), shape: func(o *simtenant.Options) { o.PageSize = 5 }},
		"51 a cmdlet fails":                     lose(51, "cmdlet-error", casMailbox, snapshot.Timeout, snapshot.MailProtocols),
		"51 a name that means several":          {rows: []int{51}, faults: always("ambiguous", casMailbox), reason: snapshot.Unsupported, unknown: []string{snapshot.MailProtocols}, check: says(snapshot.MailProtocols, "ManagementObjectAmbiguousException")},
		"51 to a region's backend":              lose(51, "redirect", casMailbox, snapshot.Malformed, snapshot.MailProtocols).with(says(snapshot.MailProtocols, "redirects are not followed")),
		"52 a device of nobody":                 {rows: []int{52}, faults: []simtenant.Fault{{Kind: "orphan", Endpoint: devices, Property: "userId"}}},
		"52 a device with a name to be careful": {rows: []int{52}, faults: []simtenant.Fault{{Kind: "property-new", Endpoint: devices, Property: "deviceName", Value: "=cmd|'/c calc'!A1<script>\u001b]52;c;\u202e"}}, differs: true, check: says(snapshot.ManagedDevices, `=cmd|'/c calc'!A1`)},
		"53 the service's clock":                {rows: []int{53}, faults: always("clock-skew", "*"), check: skewed},
		"59 another tenant":                     {rows: []int{59}, faults: always("other-tenant", tokens), err: collector.ErrTenant, change: namedTenant, check: asked("GET /v1.0/organization", 0)},
		"60 a strange certificate":              end(60, "strange-certificate", toGraph, collector.ErrUnreachable),
	}
	table["27 no mailbox may be read"] = fault{rows: []int{27}, faults: always("forbidden", "Get-Mailbox"), differs: true, check: func(t *testing.T, whole, got result) {
		unknown := law(t, whole.facts, got.facts)
		for fact := range unknown {
			if !slices.Contains(append(mailFacts, snapshot.InboxRules), fact) {
				t.Errorf("%s is unknown, too", fact)
			}
		}
		if unknown[snapshot.Mailbox] == 0 {
			t.Error("mailboxes are not unknown")
		}
		if asked := got.tenant.Calls()["Get-Mailbox"]; asked > 6 { // the three views, the shared ones, and what is looked up by name
			t.Errorf("Get-Mailbox was asked %d times", asked)
		}
	}}
	return table
}

// noDrives: a drive that Graph does not see was not read, and is not said to be empty.
func noDrives(t *testing.T, whole, got result) {
	t.Helper()
	for source, facts := range got.facts {
		if f, ok := facts[snapshot.OneDrive]; ok && f.State == snapshot.Read && whole.facts[source][snapshot.OneDrive].State == snapshot.Read {
			t.Errorf("the drive of %s was read: %s", source, text(t, f))
		}
		if f := facts[snapshot.DrivePermissions]; f.State == snapshot.Read {
			t.Errorf("the permissions of %s were read: %s", source, text(t, f))
		}
	}
}

// onlyUnknown: facts are lost for that reason, and no other fact differs.
func onlyUnknown(reason snapshot.Reason) func(t *testing.T, whole, got result) {
	return func(t *testing.T, whole, got result) {
		t.Helper()
		if len(law(t, whole.facts, got.facts)) == 0 {
			t.Error("nothing was lost")
		}
		for source, facts := range got.facts {
			for name, f := range facts {
				if f.State == snapshot.Unknown && whole.facts[source][name].State != snapshot.Unknown && f.Reason != reason && name != snapshot.Roles {
					t.Errorf("%s of %s is unknown because %s (%s), want %s", name, source, f.Reason, f.Detail, reason)
				}
			}
		}
	}
}

// activity: every live account's sign-in activity is in that state and says so.
func activity(state snapshot.State, part string) func(t *testing.T, whole, got result) {
	return func(t *testing.T, whole, got result) {
		t.Helper()
		seen := 0
		for source, facts := range got.facts {
			if whole.facts[source][snapshot.SignInActivity].State != snapshot.Read {
				continue
			}
			f := facts[snapshot.SignInActivity]
			if seen++; f.State != state || !strings.Contains(text(t, f), part) {
				t.Errorf("the activity of %s is %s, want %s with %s", source, text(t, f), state, part)
			}
		}
		if seen == 0 {
			t.Error("nobody has an activity")
		}
	}
}

func skewed(t *testing.T, whole, got result) {
	t.Helper()
	// The tenant's dates are 26 years ahead of the virtual clock, with and without the fault.
	if s := got.collected.Manifest.ClockSkewSeconds - whole.collected.Manifest.ClockSkewSeconds; s < 595 || s > 605 {
		t.Errorf("the skew is %d s, want 600", s)
	}
	if !slices.ContainsFunc(got.collected.Warnings, func(w string) bool { return strings.Contains(w, "clock") }) {
		t.Errorf("nobody is warned: %q", got.collected.Warnings)
	}
}

func namedTenant(o *collector.Options) {
	app, _ := o.Credential.(*application)
	o.Tenant, _, _ = app.tenant.Credentials()
}
