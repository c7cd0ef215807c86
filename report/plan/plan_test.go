package plan_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"leavercheck/policies"
	"leavercheck/report/plan"
)

var update = flag.Bool("update", false, "write the goldens anew")

// staff is a result with something of everything.
func staff(t testing.TB) plan.Plan {
	t.Helper()
	urgent := wishing(deleted(failing("FWD-004", "DEL-002", "MBX-002")), "forward")
	urgent.Leaver.ID, urgent.Leaver.DisplayName, urgent.Leaver.UserPrincipalName = guid(1), "Ada Finch", "0b5e7a112222433384445555666677771a.finch@northwind.example"
	for i := range urgent.Verdicts {
		if urgent.Verdicts[i].Rule == "DEL-002" {
			urgent.Verdicts[i].Deadline = at("2026-12-01T00:00:00Z")
		}
	}
	contradictory := wishing(failing("ACC-001", "SES-001", "SES-002", "DEV-001", "DEV-002", "EML-001", "FWD-001", "FWD-002", "LIC-001", "DEL-001"), "forward")
	onPremises := synchronised(someone(verdict("ACC-001", policies.Fail, "x"), verdict("DEL-001", policies.Pending, "x"), verdict("MBX-001", policies.Waived, "x"), verdict("ACC-003", policies.Unknown, "x")))
	onPremises.Leaver.ID, onPremises.Leaver.DisplayName = guid(2), "Bo Wren"
	clean := someone()
	clean.Leaver.ID, clean.Leaver.DisplayName = guid(3), "Cy Lark"
	later := policies.LeaverResult{}
	later.Leaver.ID, later.Leaver.DisplayName, later.Leaver.State, later.Leaver.LeftAt = guid(4), "Di Swift", "not_yet", at("2026-12-31T00:00:00Z")
	return made(t, header(), contradictory, onPremises, clean, later, urgent)
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for file, format := range map[string]string{"staff.txt": plan.Text, "staff.json": plan.JSON} {
		got := written(t, format, staff(t))
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; look at it with -update", path)
		}
		if again := written(t, format, staff(t)); again != got {
			t.Errorf("%s: the same result gave other bytes", format)
		}
	}
}

// Somebody of whom nobody knows when they left is not said to have left on any day.
func TestALeaveTimeThatIsNotKnown(t *testing.T) {
	t.Parallel()
	l := failing("ACC-001")
	l.Leaver.LeftAt, l.Leaver.LeftBy, l.Leaver.LeftKnownBy = time.Time{}, at("2026-10-23T06:30:00Z"), "unknown"
	p := made(t, header(), l)
	if text := written(t, plan.Text, p); !strings.Contains(text, ", left by 2026-10-23") || strings.Contains(text, "0001") {
		t.Errorf("got\n%s", text)
	}
	if text := written(t, plan.JSON, p); !strings.Contains(text, `"leftBy": "2026-10-23T06:30:00Z"`) || strings.Contains(text, "leftAt") {
		t.Errorf("got\n%s", text)
	}
}

func TestTextFitsEightyColumns(t *testing.T) {
	t.Parallel()
	var everything []policies.LeaverResult
	for _, wish := range []string{"", "none", "shared", "forward"} {
		all := wishing(synchronised(failing(ruleIDs()...)), wish)
		everything = append(everything, all, deleted(all))
	}
	named := someone(verdict("ACC-003", policies.Fail, strings.Repeat("長い名前", 60)), verdict("ACC-001", policies.Fail, strings.Repeat("word", 90)))
	named.Leaver.DisplayName = strings.Repeat("長い名前", 60)
	text := written(t, plan.Text, made(t, header(), append(everything, named)...))
	for line := range strings.Lines(text) {
		if wide := twwidth.Width(strings.TrimSuffix(line, "\n")); wide > 80 {
			t.Errorf("%d columns: %s", wide, line)
		}
	}
}

// Commands that are laid out over lines are the commands of the JSON again.
func TestTextKeepsCommands(t *testing.T) {
	t.Parallel()
	p := staff(t)
	text := strings.ReplaceAll(written(t, plan.Text, p), " `\n", "")
	for _, l := range p.Leavers {
		for _, step := range l.Steps {
			for _, c := range step.Commands {
				squeezed := strings.Join(strings.Fields(c.Text), " ")
				if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return strings.Join(strings.Fields(line), " ") == squeezed }) {
					t.Errorf("the text lacks %s", c.Text)
				}
			}
		}
	}
}

// Two wishes that contradict each other: the harmful step is a decision, and a warning says why.
func TestContradictions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		leaver  policies.LeaverResult
		kind    plan.Kind
		decided bool
		warns   string
	}{
		"delete and forward":              {wishing(failing("DEL-001"), "forward"), plan.Delete, true, "wants its mail to be forwarded"},
		"delete and share":                {wishing(failing("DEL-001"), "shared"), plan.Delete, true, "wants its mail to be shared"},
		"delete and a mailbox relied on":  {failing("DEL-001", "FWD-007"), plan.Delete, true, "mail relies on it"},
		"delete and restore":              {deleted(failing("DEL-003", "DEL-002")), plan.Delete, true, "restored first"},
		"delete and hold":                 {wishing(failing("DEL-001", "MBX-001"), "none"), plan.Delete, true, "makes the mailbox inactive"},
		"delete and convert":              {failing("DEL-001", "MBX-001"), plan.Delete, true, "a shared one"},
		"delete before the wipe":          {failing("DEL-001", "DEV-001"), plan.Delete, true, ""},
		"delete before the Intune wipe":   {failing("DEL-001", "DEV-003"), plan.Delete, true, ""},
		"delete before the hand-over":     {failing("DEL-001", "ODB-001"), plan.Delete, true, ""},
		"delete":                          {wishing(failing("DEL-001", "ACC-004", "LIC-001", "TEL-001"), "none"), plan.Delete, false, ""},
		"delete, the content given up":    {someone(verdict("DEL-001", policies.Fail, "x"), verdict("MBX-001", policies.Waived, "x")), plan.Delete, false, ""},
		"licence and forwarding":          {failing("LIC-001", "FWD-002"), plan.RemoveLicence, true, "forwards, which needs one"},
		"licence and a large mailbox":     {failing("LIC-001", "FWD-003"), plan.RemoveLicence, true, "shared mailbox needs one"},
		"licence and a hold":              {failing("LIC-001", "MBX-003"), plan.RemoveLicence, true, "only when all holds are"},
		"licence and a hold to come":      {wishing(failing("LIC-001", "MBX-001"), "none"), plan.RemoveLicence, true, "a hold needs the licence"},
		"licence and forwarding to come":  {wishing(failing("LIC-001", "FWD-001"), "forward"), plan.RemoveLicence, true, "to be forwarded"},
		"licence and the purge":           {failing("LIC-001", "MBX-002"), plan.RemoveLicence, true, "not purged"},
		"licence after converting":        {failing("LIC-001", "MBX-001"), plan.RemoveLicence, false, ""},
		"licence after the hand-over":     {failing("LIC-001", "ODB-001"), plan.RemoveLicence, false, ""},
		"licence":                         {failing("LIC-001"), plan.RemoveLicence, false, ""},
		"a group with a needed licence":   {failing("ACC-004"), plan.RemoveLicence, true, "brings a licence that is needed"},
		"block before the wipe":           {failing("DEV-001", "DEV-002"), plan.BlockMobile, true, "wipe may never arrive"},
		"block a phone":                   {failing("DEV-002"), plan.BlockMobile, false, ""},
		"sign-in and the wipe":            {failing("DEV-001", "ACC-001"), plan.Block, false, "Wiping and blocking contradict"},
		"an inactive mailbox":             {failing("FWD-008"), plan.RecoverMailbox, true, ""},
		"forward to nobody in particular": {without(wishing(failing("FWD-001"), "forward")), plan.Forward, true, ""},
		"share with nobody in particular": {without(wishing(failing("FWD-001"), "shared")), plan.Delegate, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := one(t, tc.leaver)
			steps := of(made, tc.kind)
			if len(steps) != 1 || steps[0].Decision != tc.decided {
				t.Fatalf("steps: %+v", steps)
			}
			if (len(steps[0].Commands) == 0) != tc.decided {
				t.Errorf("commands: %v", steps[0].Commands)
			}
			if tc.decided && steps[0].Note == "" {
				t.Error("nothing says what there is to decide")
			}
			if warnings := strings.Join(made.Warnings, "\n"); tc.warns != "" && !strings.Contains(warnings, tc.warns) || tc.warns == "" && strings.Contains(warnings, "contradict") {
				t.Errorf("warnings: %s", warnings)
			}
		})
	}
}

// Each of these keeps the account, or the licence, while it fails or is not known.
func TestWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		wants   string
		kind    plan.Kind
		fails   []string
		unknown []string
	}{
		{
			"DEL-001", plan.Delete,
			[]string{"MBX-001", "MBX-002", "MBX-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005", "FWD-007", "FWD-008", "DEV-001", "DEV-003", "ODB-001", "ODB-002"},
			[]string{"MBX-001", "MBX-002", "FWD-001", "FWD-004", "FWD-008", "DEV-001", "DEV-003", "ODB-001", "ODB-002", "DEL-002", "ACC-005"},
		},
		{
			"LIC-001", plan.RemoveLicence,
			[]string{"MBX-002", "MBX-003", "FWD-002", "FWD-003"},
			[]string{"MBX-001", "MBX-002", "MBX-003", "FWD-001", "FWD-002", "FWD-003", "ODB-001", "ODB-002"},
		},
	} {
		for status, rules := range map[policies.Status][]string{policies.Fail: tc.fails, policies.Pending: tc.fails, policies.Unknown: tc.unknown} {
			for _, rule := range rules {
				made := one(t, someone(verdict(tc.wants, policies.Fail, "x"), verdict(rule, status, "x")))
				if steps := of(made, tc.kind); len(steps) != 1 || !steps[0].Decision || !slices.Contains(steps[0].Rules, rule) {
					t.Errorf("%s is %s: %+v", rule, status, steps)
				}
				if found := of(made, plan.FindOut); (len(found) == 1) != (status == policies.Unknown) {
					t.Errorf("%s is %s: to be found out: %+v", rule, status, found)
				}
			}
		}
	}
}

// The wrong order of long ago, after which nothing is left to save, has no licence given back.
func TestTheWrongOrderAlone(t *testing.T) {
	t.Parallel()
	if made := one(t, failing("ORD-001")); len(made.Steps) != 1 || made.Steps[0].Kind != plan.Other {
		t.Errorf("got %+v", made.Steps)
	}
	if made := one(t, failing("ORD-001", "MBX-001")); len(of(made, plan.GiveLicence)) != 1 {
		t.Errorf("got %+v", made.Steps)
	}
}

// Of an account that is deleted for good, nothing is asked.
func TestADeletedAccountIsLeftAlone(t *testing.T) {
	t.Parallel()
	made := one(t, deleted(failing("DEV-002", "SES-003", "DEV-005", "FWD-008")))
	for _, step := range made.Steps {
		for _, c := range step.Commands {
			if !strings.HasPrefix(c.Text, "Get-MgAuditLogSignIn") {
				t.Errorf("%s: %s", step.Kind, c.Text)
			}
		}
	}
	if len(of(made, plan.BlockMobile)) != 1 || len(of(made, plan.Revoke)) != 0 || len(of(made, plan.Investigate)) != 1 {
		t.Errorf("got %+v", made.Steps)
	}
}

func without(l policies.LeaverResult) policies.LeaverResult {
	l.Leaver.Successor = ""
	return l
}

// What a decision hangs on is to be found out first; what nothing hangs on is a warning; what is waived is
// left out, and said.
func TestUnknownAndWaived(t *testing.T) {
	t.Parallel()
	made := one(t, someone(
		verdict("LIC-001", policies.Fail, "x"), verdict("MBX-001", policies.Unknown, "Exchange reader"),
		verdict("ACC-003", policies.Unknown, "x"), verdict("ACC-004", policies.Waived, "x"),
	))
	find, licence := of(made, plan.FindOut), of(made, plan.RemoveLicence)
	if len(find) != 1 || !slices.Equal(find[0].Rules, []string{"MBX-001"}) || !strings.Contains(find[0].Note, "the role Exchange reader") {
		t.Errorf("to be found out: %+v", find)
	}
	if len(licence) != 1 || !licence[0].Decision || !slices.Contains(licence[0].Rules, "MBX-001") {
		t.Errorf("the licence: %+v", licence)
	}
	if len(made.Warnings) != 1 || !strings.Contains(made.Warnings[0], "ACC-003") || strings.Contains(made.Warnings[0], "MBX-001") {
		t.Errorf("warnings: %q", made.Warnings)
	}
	if len(made.LeftOut) != 1 || made.LeftOut[0].Rule != "ACC-004" || made.LeftOut[0].Reason != "court case" {
		t.Errorf("left out: %+v", made.LeftOut)
	}
	text := written(t, plan.Text, plan.Plan{Run: plan.Run{CollectedAt: at("2026-11-22T06:30:00Z")}, Leavers: []plan.Leaver{made}})
	if !strings.Contains(text, "ACC-004 is left out: waived until 2027-01-01 (court case)") {
		t.Errorf("the text does not say what is left out:\n%s", text)
	}
}

func TestNothingToDo(t *testing.T) {
	t.Parallel()
	p := made(t, header(), someone())
	if text := written(t, plan.Text, p); !strings.Contains(text, "\nNothing to do.\n") {
		t.Errorf("got:\n%s", text)
	}
	if json := written(t, plan.JSON, p); !strings.Contains(json, `"steps": []`) || !strings.Contains(json, `"warnings": []`) {
		t.Errorf("got:\n%s", json)
	}
	if text := written(t, plan.Text, made(t, header())); !strings.Contains(text, "Nothing to do.") {
		t.Errorf("nobody: got:\n%s", text)
	}
}

// The pages are those of the tenant's cloud; a portal that is not known there is named.
func TestClouds(t *testing.T) {
	t.Parallel()
	for cloud, want := range map[string][]string{
		"global":   {"https://admin.microsoft.com > ", "https://entra.microsoft.com > ", "https://admin.exchange.microsoft.com > ", "https://intune.microsoft.com > ", "https://admin.teams.microsoft.com > "},
		"usgov":    {"https://portal.office365.us > ", "https://entra.microsoft.us > ", "https://admin.exchange.office365.us > ", "https://intune.microsoft.us > ", "https://admin.gov.teams.microsoft.us > "},
		"dod":      {"https://portal.apps.mil > ", "https://entra.microsoft.us > ", "Exchange admin centre > ", "https://intune.microsoft.us > ", "https://admin.dod.teams.microsoft.us > "},
		"china":    {"https://portal.partner.microsoftonline.cn > ", "https://entra.microsoftonline.cn > ", "Exchange admin centre > ", "https://intune.microsoftonline.cn > ", "Teams admin centre > "},
		"germany":  {"Microsoft 365 admin centre > ", "Microsoft Entra admin centre > ", "Exchange admin centre > ", "Microsoft Intune admin centre > ", "Teams admin centre > "},
		"\u202eus": {"Microsoft 365 admin centre > ", "Microsoft Entra admin centre > ", "Exchange admin centre > ", "Microsoft Intune admin centre > ", "Teams admin centre > "},
	} {
		run := header()
		run.Cloud = cloud
		l := made(t, run, failing("ACC-001", "ACC-004", "EML-002", "DEV-003", "TEL-001", "ACC-011")).Leavers[0]
		for i, kind := range []plan.Kind{plan.Block, plan.LeaveGroups, plan.DisableMailbox, plan.RetireManaged, plan.ReleaseNumber} {
			if got := of(l, kind)[0].Portal; !strings.HasPrefix(got, want[i]) {
				t.Errorf("%q: %s is at %q, want %q", cloud, kind, got, want[i])
			}
		}
		hosts := map[string]string{"global": "graph.microsoft.com", "usgov": "graph.microsoft.us", "dod": "dod-graph.microsoft.us", "china": "microsoftgraph.chinacloudapi.cn"}
		commands := of(l, plan.ReassignReports)[0].Commands
		if hosts[cloud] == "" {
			if len(commands) != 0 {
				t.Errorf("%q: an address out of nowhere: %v", cloud, commands)
			}
		} else if len(commands) != 2 || !strings.Contains(commands[1].Text, "'https://"+hosts[cloud]+"/v1.0/users/'") {
			t.Errorf("%q: %v", cloud, commands)
		}
	}
}

// A synchronised account is mended where its master is.
func TestOnPremises(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		leaver policies.LeaverResult
		kind   plan.Kind
		want   []string
	}{
		"block": {synchronised(failing("ACC-001")), plan.Block, []string{
			"$upn = 'd.rook@northwind.example'", "$user = Get-ADUser -Filter 'UserPrincipalName -eq $upn'", "Disable-ADAccount -Identity $user -WhatIf",
			"Start-ADSyncSyncCycle -PolicyType Delta", "Update-MgUser -UserId '" + leaverID + "' -AccountEnabled:$false -WhatIf",
		}},
		"a block in the cloud only": {failing("ACC-002"), plan.Block, []string{
			"$upn = 'd.rook@northwind.example'", "$user = Get-ADUser -Filter 'UserPrincipalName -eq $upn'", "Disable-ADAccount -Identity $user -WhatIf", "Start-ADSyncSyncCycle -PolicyType Delta",
		}},
		"block in the cloud": {failing("ACC-001"), plan.Block, []string{"Update-MgUser -UserId '" + leaverID + "' -AccountEnabled:$false -WhatIf"}},
		"delete": {synchronised(failing("DEL-001")), plan.Delete, []string{
			"$upn = 'd.rook@northwind.example'", "$user = Get-ADUser -Filter 'UserPrincipalName -eq $upn'", "Remove-ADUser -Identity $user -WhatIf", "Start-ADSyncSyncCycle -PolicyType Delta",
		}},
		"delete in the cloud": {failing("DEL-001"), plan.Delete, []string{"Remove-MgUser -UserId '" + leaverID + "' -WhatIf"}},
		"restore": {deleted(synchronised(failing("DEL-002"))), plan.Restore, []string{
			"$upn = 'd.rook@northwind.example'", "$deleted = Get-ADObject -IncludeDeletedObjects -Filter 'userPrincipalName -eq $upn -and isDeleted -eq $true'",
			"Restore-ADObject -Identity $deleted -WhatIf", "Start-ADSyncSyncCycle -PolicyType Delta",
		}},
		"restore in the cloud": {deleted(failing("DEL-002")), plan.Restore, []string{"Restore-MgDirectoryDeletedItem -DirectoryObjectId '" + leaverID + "' -WhatIf"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := tc.leaver
			if l.Leaver.State == "deleted" {
				l.Leaver.UserPrincipalName = strings.ReplaceAll(leaverID, "-", "") + l.Leaver.UserPrincipalName
			}
			var got []string
			for _, c := range of(one(t, l), tc.kind)[0].Commands {
				got = append(got, c.Text)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A name that Active Directory might read as more than a name is not searched for.
func TestActiveDirectoryIsAskedForPlainNamesOnly(t *testing.T) {
	t.Parallel()
	for upn, want := range map[string]bool{
		"o'brien@example.com": true, "a.b-c_d#e@example.com": true,
		"*@example.com": false, "a)(b@example.com": false, "a@b@c": false, "a\u2019b@example.com": false, "a b@example.com": false, "": false,
	} {
		l := synchronised(failing("ACC-001"))
		l.Leaver.UserPrincipalName = upn
		step := of(one(t, l), plan.Block)[0]
		if got := strings.Contains(step.Commands[0].Text, "$upn"); got != want {
			t.Errorf("%q: %v", upn, step.Commands)
		}
		if !want && step.Note == "" {
			t.Errorf("%q: nothing says that the command is missing", upn)
		}
	}
}

// A wipe that was asked for is not asked for again, and a phone whose Guid the result lacks is looked up.
func TestWipe(t *testing.T) {
	t.Parallel()
	v := verdict("DEV-001", policies.Fail, "phone")
	v.Findings = []policies.Finding{
		{"resource": "A", "Guid": guid(1), "FriendlyName": "first", "waitedHours": 30.0},
		{"resource": guid(2), "DeviceType": "Outlook"},
		{"resource": "B"},
	}
	step := of(one(t, someone(v)), plan.WipeMobile)[0]
	var got []string
	for _, c := range step.Commands {
		got = append(got, c.Text)
	}
	want := []string{"Clear-MobileDevice -Identity '" + guid(2) + "' -AccountOnly -WhatIf", "Get-MobileDevice -Mailbox '" + leaverID + "'"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(step.Note, `The wipe of "first" was asked for`) {
		t.Errorf("got %q", step.Note)
	}
}

// Protocols through which a wipe travels wait for it; the others do not.
func TestProtocolsWaitForTheWipe(t *testing.T) {
	t.Parallel()
	steps := of(one(t, failing("DEV-001", "EML-001")), plan.Protocols)
	if len(steps) != 2 || steps[0].Decision || !steps[1].Decision {
		t.Fatalf("got %+v", steps)
	}
	want := "Set-CASMailbox -Identity '" + leaverID + "' -ImapEnabled $false -SmtpClientAuthenticationDisabled $true -WhatIf"
	if got := steps[0].Commands[0].Text; got != want {
		t.Errorf("got %q", got)
	}
	steps = of(one(t, failing("EML-001")), plan.Protocols)
	if len(steps) != 1 || !strings.Contains(steps[0].Commands[0].Text, "-ActiveSyncEnabled $false") {
		t.Errorf("without a wipe: %+v", steps)
	}
}

// Whose data is lost first comes first, then the worst, then the longest overdue.
func TestLeaversAreOrdered(t *testing.T) {
	t.Parallel()
	person := func(name string, change func(v *policies.Verdict)) policies.LeaverResult {
		v := verdict("ODB-002", policies.Fail, name)
		change(&v)
		l := someone(v)
		l.Leaver.ID, l.Leaver.DisplayName = "", name
		l.Leaver.Source = name
		return l
	}
	deadline := func(text string) func(v *policies.Verdict) {
		return func(v *policies.Verdict) { v.Deadline = at(text) }
	}
	p := made(t, header(),
		person("low", func(v *policies.Verdict) { v.Severity = policies.Low }),
		person("medium, later", func(v *policies.Verdict) { v.Due = at("2026-11-21T00:00:00Z") }),
		person("medium", func(*policies.Verdict) {}),
		person("critical", func(v *policies.Verdict) { v.Severity = policies.Critical }),
		person("in December", deadline("2026-12-20T00:00:00Z")),
		person("in November", deadline("2026-11-30T00:00:00Z")),
		person("past", deadline("2026-11-01T00:00:00Z")),
		func() policies.LeaverResult {
			l := someone()
			l.Leaver.ID, l.Leaver.DisplayName = "", "clean"
			return l
		}(),
	)
	var got []string
	for _, l := range p.Leavers {
		got = append(got, l.Leaver.Name)
	}
	if want := []string{"past", "in November", "in December", "critical", "medium", "medium, later", "low", "clean"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := p.Leavers[1].NextDeadline; !got.Equal(at("2026-11-30T00:00:00Z")) {
		t.Errorf("the deadline is %s", got)
	}
	if step := p.Leavers[1].Steps[0]; !step.Deadline.Equal(at("2026-11-30T00:00:00Z")) || !step.Due.Equal(at("2026-11-20T00:00:00Z")) {
		t.Errorf("the step: %+v", step)
	}
	text := written(t, plan.Text, p)
	for _, want := range []string{"2026-11-30 00:00 UTC (7 days left)", "2026-11-01 00:00 UTC (past)", "was due 2026-11-20"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
}

// Of a past deadline and one to come, the one to come is next.
func TestNextDeadlineIsStillToCome(t *testing.T) {
	t.Parallel()
	past, next, waived := verdict("ODB-002", policies.Fail, "x"), verdict("MBX-002", policies.Pending, "x"), verdict("FWD-004", policies.Waived, "x")
	past.Deadline, next.Deadline, waived.Deadline = at("2026-11-01T00:00:00Z"), at("2026-12-05T00:00:00Z"), at("2026-11-23T00:00:00Z")
	if got := one(t, someone(past, next, waived)).NextDeadline; !got.Equal(next.Deadline) {
		t.Errorf("got %s", got)
	}
}

// Whoever takes over becomes an administrator of the site that the drive is in.
func TestHandOver(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://example-my.sharepoint.com/personal/d_rook/Documents": "https://example-my.sharepoint.com/personal/d_rook",
		"https://example-my.sharepoint.com/personal/o'b":              "https://example-my.sharepoint.com/personal/o''b",
		"https://example.com/sites/x":                                 "", "http://example-my.sharepoint.com/personal/d_rook": "", "https:///personal/x": "", "": "",
	} {
		v := verdict("ODB-001", policies.Fail, "x")
		v.Findings = []policies.Finding{{"resource": "b!abc", "webUrl": url}}
		commands := of(one(t, someone(v)), plan.HandOver)[0].Commands
		if want == "" {
			if len(commands) != 0 {
				t.Errorf("%q: %v", url, commands)
			}
		} else if want = "Set-SPOUser -Site '" + want + "' -LoginName 'a.heron@northwind.example' -IsSiteCollectionAdmin $true"; len(commands) != 1 || commands[0].Text != want {
			t.Errorf("%q: %v", url, commands)
		}
	}
}

// What may be lost by a deadline is to be found out, although no step waits for it.
func TestAnUnknownDeadline(t *testing.T) {
	t.Parallel()
	v := verdict("DEL-002", policies.Unknown, "reader")
	v.Deadline = at("2026-12-05T00:00:00Z")
	made := one(t, deleted(someone(v)))
	if len(made.Steps) != 1 || made.Steps[0].Kind != plan.FindOut || !made.Steps[0].Deadline.Equal(v.Deadline) || !made.NextDeadline.Equal(v.Deadline) {
		t.Errorf("got %+v", made)
	}
}

func TestChosenLeavers(t *testing.T) {
	t.Parallel()
	choose := func(names ...string) ([]string, error) {
		maker := plan.New(names...)
		if err := maker.Run(header()); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b", "c"} {
			l := failing("ACC-001")
			l.Leaver.ID, l.Leaver.UserPrincipalName = "id-"+name, name+"@example.com"
			if err := maker.Leaver(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := maker.Summary(policies.Summary{}); err != nil {
			t.Fatal(err)
		}
		p, err := maker.Plan()
		var out []string
		for _, l := range p.Leavers {
			out = append(out, l.Leaver.ID)
		}
		return out, err
	}
	if got, err := choose("ID-A", "C@example.com"); err != nil || !slices.Equal(got, []string{"id-a", "id-c"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := choose("id-a", "nobody@example.com"); err == nil || !strings.Contains(err.Error(), `"nobody@example.com"`) {
		t.Errorf("got %v", err)
	}
}

func TestABrokenOffResultHasNoPlan(t *testing.T) {
	t.Parallel()
	maker := plan.New()
	if err := maker.Run(header()); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Plan(); err == nil {
		t.Error("a result without a summary has a plan")
	}
}

// A rule of somebody's own has a step with what the rule says.
func TestOtherRules(t *testing.T) {
	t.Parallel()
	steps := of(one(t, failing("OWN-001")), plan.Other)
	if len(steps) != 1 || steps[0].Title != "Mend: Title of OWN-001" || steps[0].Note != "Mend OWN-001." {
		t.Errorf("got %+v", steps)
	}
}

// errFull is what a full disk says.
var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreNotLost(t *testing.T) {
	t.Parallel()
	for _, format := range plan.Formats() {
		if err := plan.Write(full{}, format, plan.Plan{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", format, err)
		}
	}
	if err := plan.Write(full{}, "html", plan.Plan{}); err == nil || !strings.Contains(err.Error(), "text, json") {
		t.Errorf("got %v", err)
	}
}

func TestJudgedAsOf(t *testing.T) {
	t.Parallel()
	run := header()
	run.Now = at("2026-11-29T00:00:00Z")
	v := verdict("ODB-002", policies.Fail, "x")
	v.Deadline = at("2026-11-30T00:00:00Z")
	p := made(t, run, someone(v))
	if got := p.Run.JudgedAsOf(); !got.Equal(run.Now) {
		t.Errorf("got %s", got)
	}
	if text := written(t, plan.Text, p); !strings.Contains(text, "(1 day left)") {
		t.Errorf("got:\n%s", text)
	}
	if got := (plan.Run{CollectedAt: at("2026-11-22T06:30:00Z")}).JudgedAsOf(); got.IsZero() || got.Equal(time.Time{}) {
		t.Errorf("got %s", got)
	}
}
