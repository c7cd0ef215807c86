package simtenant

import (
	"maps"
	"slices"
)

// The verdicts that a rule can give; waived needs a waiver, which a tenant does not have.
const (
	pass          = "pass"
	fail          = "fail"
	pending       = "pending"
	unknown       = "unknown"
	notApplicable = "not_applicable"
)

// ruleIDs lists the rules that Truth answers for.
func ruleIDs() []string { return slices.Concat(mainRuleIDs(), identityRuleIDs(), mailRuleIDs()) }

func mainRuleIDs() []string {
	return []string{
		"ROS-001", "SES-001", "SES-002", "SES-003", "MBX-001", "MBX-002", "MBX-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005",
		"FWD-006", "FWD-007", "FWD-008", "DEV-001", "DEV-002", "DEV-003", "ACC-001", "ACC-002", "LIC-001",
	}
}

// allPass is every rule passed, but those for which there is nothing to judge.
func allPass(nothingFor ...string) map[string]string {
	verdicts := map[string]string{}
	for _, id := range ruleIDs() {
		verdicts[id] = pass
		if slices.Contains(nothingFor, id) || slices.Contains(identityNothing(), id) {
			verdicts[id] = notApplicable
		}
	}
	return verdicts
}

// sharedVerdicts: a shared mailbox without forwarding; no hold of its own; a cloud account.
func sharedVerdicts() map[string]string {
	return but(allPass("MBX-003", "FWD-002", "FWD-005", "ACC-002"), mailVerdicts(shared))
}

// forwardVerdicts: a licensed user mailbox that forwards inside. The licence stays because forwarding needs it.
func forwardVerdicts() map[string]string {
	return but(allPass("MBX-003", "FWD-003", "FWD-007", "ACC-002"), mailVerdicts(forward))
}

// keptVerdicts: a user mailbox that nobody takes over, without licence, kept by the organisation's policy: the hold
// stops the purge, and an organisation-wide policy needs no licence on the mailbox.
func keptVerdicts() map[string]string {
	return but(allPass("MBX-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005", "FWD-007", "FWD-008", "ACC-002"), mailVerdicts(kept))
}

// deletedVerdicts: the account is deleted and the mailbox inactive, nobody is to get the mail. Blocked it is; of its
// sign-ins only those between leaving and deletion matter.
func deletedVerdicts() map[string]string {
	return but(without(identityRuleIDs(), allPass("SES-001", "SES-002", "MBX-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005", "FWD-006",
		"FWD-007", "FWD-008", "DEV-001", "DEV-002", "DEV-003", "ACC-002", "LIC-001")), mailVerdicts(deleted))
}

// noMailboxVerdicts: an account that never had a mailbox, nor a device.
func noMailboxVerdicts() map[string]string {
	return allPass("MBX-001", "MBX-002", "MBX-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005", "FWD-006", "FWD-007", "FWD-008",
		"DEV-001", "DEV-002", "DEV-003", "ACC-002")
}

// notFoundVerdicts: nobody there to judge.
func notFoundVerdicts() map[string]string {
	verdicts := allPass(ruleIDs()...)
	verdicts["ROS-001"] = fail
	return verdicts
}

// without leaves nothing to judge for some rules.
func without(rules []string, verdicts map[string]string) map[string]string {
	for _, id := range rules {
		verdicts[id] = notApplicable
	}
	return verdicts
}

// but replaces verdicts.
func but(verdicts, instead map[string]string) map[string]string {
	maps.Copy(verdicts, instead)
	return verdicts
}
