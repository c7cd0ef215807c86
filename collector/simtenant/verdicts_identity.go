package simtenant

// identityRuleIDs lists the rules about devices in the directory, roles, groups, applications, authentication methods
// and further accounts.
func identityRuleIDs() []string {
	return []string{
		"DEV-004", "DEV-006", "ACC-003", "ACC-004", "ACC-005", "ACC-006", "ACC-007", "ACC-008", "ACC-010", "ACC-011", "TEL-002",
	}
}

// identityNothing lists those of them that a proper offboarding leaves nothing to judge for: no device is registered,
// nothing is owned. TEL-002 judges the groups that its parameters name, and they name none.
func identityNothing() []string {
	return []string{"DEV-004", "DEV-006", "ACC-005", "ACC-006", "TEL-002"}
}
