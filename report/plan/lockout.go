package plan

import (
	"strings"

	"leavercheck/policies"
)

const (
	activeUser = "Users > Active users > (the user)"
	entraUser  = "Users > All users > (the user)"
	mailbox    = "Recipients > Mailboxes > (the mailbox)"
)

// identify is for a row of the roster behind which nobody was found.
func (d *draft) identify() {
	if rules := d.open("ROS-001"); len(rules) > 0 {
		d.step(Identify, "Find out whom the roster means", rules, d.page(admin, activeUser)).
			note("Correct the roster at " + d.leaver.Leaver.Source + ", or attest that the account was deleted; then scan again. Nothing else was checked.")
	}
}

// lockOut brings back a deleted account that holds data, and keeps everybody out of it.
func (d *draft) lockOut() {
	restore := d.restore()
	d.block(restore)
	if rules := union(d.open("SES-001"), restore); len(rules) > 0 && !d.gone() {
		step := d.step(ResetPassword, "Reset the password, and give it to nobody", rules, d.page(admin, activeUser+" > Reset password"))
		const password fixed = "('Aa1!' + [guid]::NewGuid().ToString('N'))"
		if synced, _ := d.synced(); synced {
			step.do("the account in Active Directory", d.inActiveDirectory(
				in(ActiveDirectory, "Set-ADAccountPassword -Identity $user -Reset").
					with("-NewPassword", "(ConvertTo-SecureString -AsPlainText -Force", password+")").rehearse())...)
		} else {
			step.do("the account", in(Graph, "Update-MgUser").id("-UserId", d.id()).
				with("-PasswordProfile @{ ForceChangePasswordNextSignIn = $true;", "Password = "+password+" }").rehearse())
		}
	}
	if rules := union(d.open("SES-002", "SES-003"), restore); len(rules) > 0 && !d.gone() {
		d.step(Revoke, "End every session", rules, d.page(admin, activeUser+" > Sign out of all sessions")).
			do("the account", in(Graph, "Revoke-MgUserSignInSession").id("-UserId", d.id()).rehearse())
	}
	if rules := d.open("SES-003"); len(rules) > 0 {
		step := d.step(Investigate, "Look into what was done with the sessions", rules, d.page(entra, entraUser+" > Sign-in logs"))
		if isGUID(d.id()) {
			step.do("the account", in(Graph, "Get-MgAuditLogSignIn -All").text("-Filter", "userId eq '"+strings.ToLower(d.id())+"'"))
		}
	}
}

// restore brings a deleted account back where deleting it loses data; it returns the rules that ask for it.
func (d *draft) restore() []string {
	rules := d.open("DEL-002", "FWD-001", "FWD-004", "MBX-001", "MBX-002")
	if !d.deleted() || len(rules) == 0 {
		return nil
	}
	step := d.step(Restore, "Restore the deleted account", rules, d.page(admin, "Users > Deleted users > (the user) > Restore user"))
	synced, known := d.synced()
	switch {
	case synced && len(d.open("DEL-003")) == 0:
		step.Portal = "Active Directory Administrative Center > Deleted Objects > (the user) > Restore"
		step.do("the account in Active Directory", d.withUPN(
			in(ActiveDirectory, "$deleted = Get-ADObject -IncludeDeletedObjects").with("-Filter 'userPrincipalName -eq $upn -and isDeleted -eq $true'"),
			in(ActiveDirectory, "Restore-ADObject -Identity $deleted").rehearse(),
			in(EntraConnect, "Start-ADSyncSyncCycle -PolicyType Delta"))...)
	default:
		step.do("the account", in(Graph, "Restore-MgDirectoryDeletedItem").id("-DirectoryObjectId", d.id()).rehearse())
		if !known {
			step.note("An account that is synchronised is restored in Active Directory instead.")
		}
	}
	step.note("It comes back as it was: with its password, groups, roles and licences. Wait until its mailbox is back (20 to 30 minutes), and scan again after the steps below: more may be left on it.")
	return rules
}

// block blocks sign-in, where the account is mastered.
func (d *draft) block(restore []string) {
	rules := union(d.open("ACC-001", "ACC-002", "FWD-007"), restore)
	if len(rules) == 0 || d.gone() {
		return
	}
	title := "Block sign-in"
	if len(restore) > 0 {
		title = "Block sign-in to the restored account"
	}
	synced, known := d.synced()
	if synced {
		title += ", in Active Directory too"
	}
	step := d.step(Block, title, rules, d.page(admin, activeUser+" > Block sign-in"))
	if synced {
		step.do("the account in Active Directory", d.inActiveDirectory(in(ActiveDirectory, "Disable-ADAccount -Identity $user").rehearse())...)
		step.note("A synchronised account that is blocked in the cloud alone is enabled again by the next synchronisation.")
	}
	if len(d.open("ACC-001", "FWD-007"))+len(restore) > 0 {
		step.do("the account", in(Graph, "Update-MgUser").id("-UserId", d.id()).with("-AccountEnabled:$false").rehearse())
	}
	if !known {
		step.note("Whether the account is synchronised is not known: if it is, disable it in Active Directory as well (Disable-ADAccount).")
	}
}

// inActiveDirectory are commands about $user in Active Directory, and the synchronisation after them.
func (d *draft) inActiveDirectory(lines ...*line) []*line {
	all := append([]*line{in(ActiveDirectory, "$user = Get-ADUser -Filter 'UserPrincipalName -eq $upn'")}, lines...)
	return d.withUPN(append(all, in(EntraConnect, "Start-ADSyncSyncCycle -PolicyType Delta"))...)
}

// withUPN begins commands with the name by which Active Directory knows the account. The name is a variable
// there: Active Directory's filters see its value, never its text.
func (d *draft) withUPN(lines ...*line) []*line {
	upn := d.leaver.Leaver.UserPrincipalName
	if d.deleted() { // Entra ID puts the object id before the name of a deleted user
		upn = strings.TrimPrefix(upn, strings.ReplaceAll(d.id(), "-", ""))
	}
	name := in(ActiveDirectory, "$upn =")
	if plainUPN(upn) {
		name.value(upn)
	} else {
		name.refuse("user principal name")
	}
	return append([]*line{name}, lines...)
}

// access takes away what the account may do.
func (d *draft) access() {
	d.roles()
	d.groups()
	d.ownership()
	d.secrets()
	d.consents()
	d.methods()
	d.delegations()
	d.secondAccounts()
	d.reports()
}

func union(a, b []string) []string { return append(append([]string(nil), a...), b...) }

// named is what people call what a finding is about, with its id where it has one.
func named(f policies.Finding) string {
	for _, property := range []string{"displayName", "deviceName", "userPrincipalName", "FriendlyName", "mailbox", "Name"} {
		if name := text(f, property); name != "" {
			if id := text(f, "id"); isGUID(id) {
				return `"` + name + `" (` + id + ")"
			}
			return `"` + name + `"`
		}
	}
	return f.Resource()
}
