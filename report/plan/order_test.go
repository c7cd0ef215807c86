package plan_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"leavercheck/policies"
	"leavercheck/report/plan"
)

// before says which kinds of step must come before which others, wherever both are in a plan: what is known
// of the services, independently of the order that the package has.
func before() map[plan.Kind][]plan.Kind {
	return map[plan.Kind][]plan.Kind{
		plan.Restore:       {plan.Block, plan.ResetPassword, plan.GiveLicence, plan.Hold, plan.Convert, plan.Forward, plan.HandOver, plan.RemoveLicence, plan.Delete},
		plan.Block:         {plan.ResetPassword, plan.Revoke, plan.Protocols, plan.FindOut, plan.GiveLicence},
		plan.ResetPassword: {plan.Revoke},
		plan.Revoke:        {plan.Protocols, plan.FindOut},
		plan.WipeMobile:    {plan.Protocols, plan.BlockMobile, plan.DisableDevice, plan.AccountFor, plan.DisableMailbox, plan.RemoveLicence, plan.Delete},
		plan.RetireManaged: {plan.DisableDevice, plan.RemoveLicence, plan.Delete},
		plan.BlockMobile:   {plan.Delete},
		plan.FindOut:       {plan.Convert, plan.Hold, plan.LeaveGroups, plan.ReleaseNumber, plan.RemoveLicence, plan.Delete},
		plan.GiveLicence:   {plan.Hold, plan.Convert, plan.RecoverMailbox, plan.Forward, plan.RemoveLicence, plan.Delete},
		plan.Hold:          {plan.RemoveLicence, plan.Delete},
		plan.Convert:       {plan.Delegate, plan.Forward, plan.RemoveLicence, plan.Delete},
		plan.Forward:       {plan.RemoveLicence, plan.Delete},
		plan.StopForwarding: {
			plan.Forward, plan.RemoveLicence, plan.Delete,
		},
		plan.AddOwner:      {plan.RemoveOwner, plan.Delete},
		plan.HandOver:      {plan.RemoveLicence, plan.Delete},
		plan.LeaveQueues:   {plan.RemoveLicence, plan.Delete},
		plan.ReleaseNumber: {plan.RemoveLicence, plan.Delete},
		plan.RotateSecrets: {plan.Delete},
		plan.RemoveLicence: {plan.Delete},
	}
}

// TestOrder: whatever fails, is unknown or is waived, in whatever combination, the plan holds together.
func TestOrder(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(7, 11))
	statuses := []policies.Status{policies.Fail, policies.Fail, policies.Pending, policies.Unknown, policies.Waived, policies.NotApplicable, policies.Pass, policies.Pass}
	kinds := map[plan.Kind]int{}
	with := map[plan.Kind]int{}
	decided := map[plan.Kind]int{}
	for range 2000 {
		l := random(dice, statuses)
		made := one(t, l)
		holdsTogether(t, l, made)
		for _, step := range made.Steps {
			kinds[step.Kind]++
			if len(step.Commands) > 0 {
				with[step.Kind]++
			}
			if step.Decision {
				decided[step.Kind]++
			}
		}
		if t.Failed() {
			t.Fatalf("of %s, mail %q:\n%s", l.Leaver.State, l.Leaver.MailHandling, written(t, plan.Text, plan.Plan{Run: plan.Run{CollectedAt: header().CollectedAt}, Leavers: []plan.Leaver{made}}))
		}
	}
	for _, kind := range plan.Kinds() {
		if kinds[kind] == 0 {
			t.Errorf("no plan has a step of the kind %s", kind)
		}
		portalOnly := []plan.Kind{plan.Identify, plan.AccountFor, plan.FindOut, plan.Other}
		if with[kind] == 0 && !slices.Contains(portalOnly, kind) {
			t.Errorf("no step of the kind %s has a command", kind)
		}
	}
	for _, kind := range []plan.Kind{plan.RemoveLicence, plan.Delete, plan.Protocols, plan.BlockMobile} {
		if decided[kind] == 0 || decided[kind] == kinds[kind] {
			t.Errorf("%d of %d steps of the kind %s are decisions", decided[kind], kinds[kind], kind)
		}
	}
}

// random is somebody with any verdicts; most of them settled in some people, few in others.
func random(dice *rand.Rand, statuses []policies.Status) policies.LeaverResult {
	settled := dice.IntN(100)
	var verdicts []policies.Verdict
	for _, rule := range ruleIDs() {
		if dice.IntN(100) < settled {
			continue
		}
		v := verdict(rule, statuses[dice.IntN(len(statuses))], "Dana Rook")
		if rule == "MBX-002" && len(v.Findings) > 0 && dice.IntN(2) == 0 {
			v.Findings[0] = policies.Finding{"resource": guid(1), "cause": "soft-deleted"} // an older mailbox
		}
		verdicts = append(verdicts, v)
	}
	l := wishing(someone(verdicts...), []string{"", "none", "shared", "forward"}[dice.IntN(4)])
	if dice.IntN(2) == 0 {
		l = synchronised(l)
	}
	if dice.IntN(4) == 0 {
		l = deleted(l)
	}
	if dice.IntN(3) == 0 {
		l.Leaver.Successor = ""
	}
	return l
}

func holdsTogether(t *testing.T, l policies.LeaverResult, made plan.Leaver) {
	t.Helper()
	status := map[string]policies.Status{}
	for _, v := range l.Verdicts {
		status[v.Rule] = v.Status
	}
	open := func(rule string) bool { return status[rule] == policies.Fail || status[rule] == policies.Pending }
	unsettled := func(rules ...string) bool {
		return slices.ContainsFunc(rules, func(r string) bool { return open(r) || status[r] == policies.Unknown })
	}
	covered := map[string]bool{}
	at := map[plan.Kind][]int{}
	for i, step := range made.Steps {
		at[step.Kind] = append(at[step.Kind], i)
		if step.Order != i+1 {
			t.Errorf("step %d has the number %d", i+1, step.Order)
		}
		if step.Decision && len(step.Commands) > 0 {
			t.Errorf("%s is a decision and has commands", step.Kind)
		}
		for _, rule := range step.Rules {
			covered[rule] = true
			if !unsettled(rule) {
				t.Errorf("%s is for %s, which is %s", step.Kind, rule, status[rule])
			}
		}
	}
	for kind, later := range before() {
		for _, other := range later {
			for _, i := range at[kind] {
				for _, j := range at[other] {
					if i >= j {
						t.Errorf("%s is step %d, after %s", kind, i+1, other)
					}
				}
			}
		}
	}
	for rule := range status {
		if open(rule) && !covered[rule] {
			t.Errorf("%s fails, and no step is for it", rule)
		}
		if left := slices.ContainsFunc(made.LeftOut, func(o plan.LeftOut) bool { return o.Rule == rule }); left != (status[rule] == policies.Waived) {
			t.Errorf("%s is %s; left out: %t", rule, status[rule], left)
		}
		if status[rule] == policies.Unknown && !covered[rule] && !strings.Contains(strings.Join(made.Warnings, " "), rule) {
			t.Errorf("%s is unknown, and nothing says so", rule)
		}
	}
	back := len(at[plan.Restore]) > 0
	if back && (len(at[plan.Block]) == 0 || len(at[plan.Revoke]) == 0) {
		t.Error("a restored account is not blocked")
	}
	for _, step := range made.Steps {
		for _, c := range step.Commands {
			has := func(text string) bool { return strings.Contains(c.Text, text) }
			if !has("-WhatIf") && !slices.ContainsFunc([]string{"Get-Mg", "Get-MobileDevice", "$", "Start-ADSyncSyncCycle", "Remove-CsPhoneNumberAssignment", "Set-SPOUser"}, func(begin string) bool { return strings.HasPrefix(c.Text, begin) }) {
				t.Errorf("does it for real: %s", c.Text)
			}
			if (has("Remove-MgUser -") || has("Remove-ADUser")) &&
				(back || unsettled("MBX-001", "MBX-002", "FWD-001", "FWD-004", "FWD-008", "DEV-001", "DEV-003", "ODB-001", "ODB-002", "DEL-002") || open("MBX-003") || open("FWD-002") ||
					l.Leaver.MailHandling == "shared" || l.Leaver.MailHandling == "forward") {
				t.Errorf("the account goes while something needs it: %s", c.Text)
			}
			takesLicence := has("-RemoveLicenses @('") || has("Remove-MgGroupMemberDirectoryObjectByRef -GroupId '"+guid(5))
			known := status["LIC-001"] != policies.Unknown || open("ACC-004")
			if takesLicence && known && (back || step.Kind != plan.RemoveLicence ||
				unsettled("FWD-002", "FWD-003", "MBX-003", "MBX-002") || status["MBX-001"] == policies.Unknown || status["ODB-001"] == policies.Unknown ||
				open("MBX-001") && len(at[plan.Convert]) == 0 || open("ODB-001") && len(at[plan.HandOver]) == 0) {
				t.Errorf("the licence goes in %s while something needs it: %s", step.Kind, c.Text)
			}
			if (has("-ActiveSyncEnabled") || has("-ActiveSyncBlockedDeviceIDs")) && unsettled("DEV-001") {
				t.Errorf("a phone is shut out before its wipe: %s", c.Text)
			}
			if l.Leaver.State == "deleted" && !back && (has("-UserId '"+leaverID) || has("Set-Mailbox -Identity '"+leaverID)) &&
				!has("Group") && step.Kind != plan.Other && deletedRules(step.Rules) {
				t.Errorf("asks something of an account that is gone: %s", c.Text)
			}
			if l.Leaver.State != "deleted" && synced(l) && has("Remove-MgUser -") {
				t.Errorf("a synchronised account is deleted in the cloud: %s", c.Text)
			}
		}
	}
}

// deletedRules says whether rules are all ones that judge deleted accounts.
func deletedRules(rules []string) bool {
	return !slices.ContainsFunc(rules, func(r string) bool {
		return !strings.HasPrefix(r, "FWD-00") && !strings.HasPrefix(r, "MBX-") && !strings.HasPrefix(r, "SES-003") && !strings.HasPrefix(r, "DEL-") || r == "FWD-005" || r == "FWD-006"
	})
}

func synced(l policies.LeaverResult) bool {
	return slices.ContainsFunc(l.Verdicts, func(v policies.Verdict) bool { return v.Rule == "ACC-001" && len(v.Evidence) > 0 })
}
