package simtenant

// mailRuleIDs lists the rules about devices in Exchange, rights in mailboxes, protocols, drives, numbers, deletion and
// the order of steps.
func mailRuleIDs() []string {
	return []string{
		"DEV-005", "DEV-007", "ACC-009", "EML-001", "EML-002", "EML-003", "ODB-001", "ODB-002", "ODB-003", "TEL-001", "DEL-001", "DEL-002", "DEL-003",
		"ORD-001",
	}
}

// mailVerdicts is what those rules say of a kind. DEV-005 needs an earlier snapshot, without which there is nothing to
// compare with; nobody has a BlackBerry.
func mailVerdicts(k kind) map[string]string {
	verdicts := without(mailRuleIDs(), map[string]string{})
	say := func(verdict string, rules ...string) map[string]string {
		for _, id := range rules {
			verdicts[id] = verdict
		}
		return verdicts
	}
	switch k {
	case shared:
		// Converting needs a licence: that it is gone, in one change, shows that the mailbox was converted before.
		return say(pass, "ACC-009", "EML-001", "ODB-001", "ODB-002", "ODB-003", "TEL-001", "ORD-001")
	case forward:
		// Still licensed for mail: nothing was taken away too early, or at all.
		return say(pass, "ACC-009", "EML-001", "ODB-001", "ODB-002", "ODB-003", "TEL-001")
	case kept:
		// The organisation's policy holds the mailbox, which needs the account, and held it when the licence went.
		return say(pass, "ACC-009", "EML-001", "EML-002", "EML-003", "ODB-001", "ODB-002", "ODB-003", "TEL-001", "ORD-001")
	case deleted:
		// The directory no longer leads to the drive: it may have been handed over, or be lost.
		say(unknown, "ODB-001", "ODB-002", "ODB-003", "DEL-002")
		return say(pass, "DEL-001", "ORD-001")
	case invited, bare:
		// Nothing needs the account any more, and the month for deleting it is not over. There was never a mailbox whose
		// content a licence could have taken along.
		say(pending, "DEL-001")
		return say(pass, "ACC-009", "TEL-001")
	case gone, tomorrow:
	}
	return verdicts
}

// TenantTruth says what each rule about the tenant as a whole has to find in the default tenant. Seats of the licence
// that the leavers gave back are still paid for, and some left before the logs begin. An earlier snapshot changes neither.
func (t *Tenant) TenantTruth() map[string]string {
	return map[string]string{"LIC-002": fail, "TEN-001": fail}
}
