package plan

import (
	"slices"
	"strings"

	"leavercheck/policies"
)

func (d *draft) roles() {
	rules := d.open("ACC-003")
	if len(rules) == 0 {
		return
	}
	step := d.step(RemoveRoles, "Remove the directory roles", rules, d.page(entra, entraUser+" > Assigned roles"))
	left := map[string]bool{}
	for _, f := range d.findings("ACC-003") {
		group, _ := f["group"].(map[string]any)
		groupID, _ := group["id"].(string)
		eligible := text(f, "kind") == "eligible"
		switch {
		case group != nil && left[strings.ToLower(groupID)]:
		case group != nil:
			left[strings.ToLower(groupID)] = true
			if d.bringsLicence(policies.Finding{"id": groupID}) {
				step.note("The group behind " + named(f) + " brings a licence: it is left with the licence, in a later step.")
				continue
			}
			step.do("the group behind "+named(f), d.leave(groupID))
			if eligible {
				access, _ := group["accessId"].(string)
				step.do("the eligibility behind "+named(f), in(Graph, "New-MgIdentityGovernancePrivilegedAccessGroupEligibilityScheduleRequest").
					table("-BodyParameter", entry{key: "action", fixed: "'adminRemove'"}, entry{key: "accessId", value: access},
						entry{key: "groupId", value: groupID}, entry{key: "principalId", value: d.id()}).rehearse())
				step.note("Of a group that brings an eligible role, one of the two commands applies: either the leaver is in it, or may become a member. The other finds nothing.")
			}
		case eligible:
			step.do(named(f), d.roleRequest("New-MgRoleManagementDirectoryRoleEligibilityScheduleRequest", f))
		case text(f, "startDateTime") != "":
			step.do(named(f), d.roleRequest("New-MgRoleManagementDirectoryRoleAssignmentScheduleRequest", f))
		default:
			step.do(named(f), in(Graph, "Remove-MgRoleManagementDirectoryRoleAssignment").text("-UnifiedRoleAssignmentId", text(f, "id")).rehearse())
		}
	}
}

// roleRequest asks Privileged Identity Management to end an assignment.
func (d *draft) roleRequest(cmdlet fixed, f policies.Finding) *line {
	return in(Graph, cmdlet).table("-BodyParameter", entry{key: "action", fixed: "'adminRemove'"},
		entry{key: "roleDefinitionId", value: text(f, "roleDefinitionId")}, entry{key: "directoryScopeId", value: text(f, "directoryScopeId")},
		entry{key: "principalId", value: d.id()}).rehearse()
}

// leave takes the leaver out of a group that Graph may change.
func (d *draft) leave(group string) *line {
	return in(Graph, "Remove-MgGroupMemberDirectoryObjectByRef").id("-GroupId", group).id("-DirectoryObjectId", d.id()).rehearse()
}

// leaveMail takes the leaver out of a distribution list or a mail-enabled security group, which only Exchange may change.
func (d *draft) leaveMail(group string) *line {
	return in(ExchangeOnline, "Remove-DistributionGroupMember").id("-Identity", group).id("-Member", d.id()).with("-BypassSecurityGroupManagerCheck").rehearse()
}

// groups leaves groups, but for those that bring a licence: they are left when the licence goes.
func (d *draft) groups() {
	rules := d.open("ACC-004")
	findings := slices.DeleteFunc(slices.Clone(d.findings("ACC-004")), d.bringsLicence)
	if len(rules) == 0 || len(findings) == 0 && len(d.findings("ACC-004")) > 0 {
		return
	}
	step := d.step(LeaveGroups, "Leave the groups that grant access", rules, d.page(entra, entraUser+" > Groups"))
	for _, f := range findings {
		d.leaveBy(step, f)
	}
	if len(findings) < len(d.findings("ACC-004")) {
		step.note("Groups that bring a licence are left with the licence, in a later step.")
	}
	d.unreadLicences(step)
}

// leaveBy adds how a membership ends.
func (d *draft) leaveBy(step *Step, f policies.Finding) {
	kinds := texts(f, "groupTypes")
	has := func(kind string) bool {
		return slices.ContainsFunc(kinds, func(k string) bool { return strings.EqualFold(k, kind) })
	}
	synced, _ := f["onPremisesSyncEnabled"].(bool)
	direct, said := f["direct"].(bool)
	switch {
	case has("DynamicMembership") || text(f, "mend") == "dynamic rule":
		step.note(named(f) + " is dynamic: its rule has to stop matching the leaver.")
	case synced || text(f, "mend") == "Active Directory":
		step.note(named(f) + " is synchronised: remove the member in Active Directory (Remove-ADGroupMember).")
	case said && !direct:
		step.note(named(f) + " holds the leaver through another group: leave that one.")
	case text(f, "mail") != "" && !has("Unified"):
		step.do(named(f), d.leaveMail(text(f, "id")))
	default:
		step.do(named(f), d.leave(text(f, "id")))
	}
}

// ownership hands objects to another owner, and only then takes the leaver's name off them.
func (d *draft) ownership() {
	rules := d.open("ACC-005")
	if len(rules) == 0 {
		return
	}
	page := d.page(entra, entraUser+" > Groups, App registrations, Enterprise applications > Owners")
	add := d.step(AddOwner, "Give what the leaver owns another owner", rules, page)
	remove := d.step(RemoveOwner, "Take the leaver's ownership away", rules, page).
		note("Only once the new owner is there: what has no owner, nobody can mend.")
	for _, f := range d.findings("ACC-005") {
		id := text(f, "id")
		switch text(f, "kind") {
		case "group":
			add.do(named(f), d.reference("$owner", "New-MgGroupOwnerByRef", "-GroupId", id)...)
			remove.do(named(f), in(Graph, "Remove-MgGroupOwnerDirectoryObjectByRef").id("-GroupId", id).id("-DirectoryObjectId", d.id()).rehearse())
		case "application":
			add.do(named(f), d.reference("$owner", "New-MgApplicationOwnerByRef", "-ApplicationId", id)...)
			remove.do(named(f), in(Graph, "Remove-MgApplicationOwnerDirectoryObjectByRef").id("-ApplicationId", id).id("-DirectoryObjectId", d.id()).rehearse())
		case "servicePrincipal":
			add.do(named(f), d.reference("$owner", "New-MgServicePrincipalOwnerByRef", "-ServicePrincipalId", id)...)
			remove.do(named(f), in(Graph, "Remove-MgServicePrincipalOwnerDirectoryObjectByRef").id("-ServicePrincipalId", id).id("-DirectoryObjectId", d.id()).rehearse())
		default:
			add.note("Give " + named(f) + " another owner in the portal.")
		}
	}
}

// reference points an object at the successor, or at whom the administrator names.
func (d *draft) reference(variable, cmdlet, parameter fixed, id string) []*line {
	users := graphUsers(d.run.Cloud)
	at := in(Graph, cmdlet).id(parameter, id)
	if users == "" {
		at.refuse("address in this cloud")
	}
	at.with("-OdataId (" + users + " + " + variable + ".Id)").rehearse()
	return []*line{d.somebody(variable), at}
}

// somebody looks the successor up, or asks for one.
func (d *draft) somebody(variable fixed) *line {
	who := in(Graph, variable+" = Get-MgUser")
	if d.successor() == "" {
		return who.with("-UserId (Read-Host 'User principal name of who takes over')")
	}
	return who.text("-UserId", d.successor())
}

func (d *draft) secrets() {
	rules := d.open("ACC-006")
	if len(rules) == 0 {
		return
	}
	step := d.step(RotateSecrets, "Replace the secrets that the leaver knew", rules, d.page(entra, "App registrations > (the application) > Certificates & secrets")).
		note("Put the new secret where the old one is used before the old one is removed: it is shown once.")
	for _, f := range d.findings("ACC-006") {
		id, key := text(f, "id"), text(f, "keyId")
		switch {
		case text(f, "credential") == "keyCredentials":
			step.note("Replace the certificate of " + named(f) + " in the portal.")
		case text(f, "kind") == "servicePrincipal":
			step.do(named(f), in(Graph, "Add-MgServicePrincipalPassword").id("-ServicePrincipalId", id).rehearse(),
				in(Graph, "Remove-MgServicePrincipalPassword").id("-ServicePrincipalId", id).id("-KeyId", key).rehearse())
		default:
			step.do(named(f), in(Graph, "Add-MgApplicationPassword").id("-ApplicationId", id).rehearse(),
				in(Graph, "Remove-MgApplicationPassword").id("-ApplicationId", id).id("-KeyId", key).rehearse())
		}
	}
}

func (d *draft) consents() {
	rules := d.open("ACC-007")
	if len(rules) == 0 {
		return
	}
	step := d.step(RemoveConsents, "Remove consents and app role assignments", rules, d.page(entra, entraUser+" > Applications"))
	for _, f := range d.findings("ACC-007") {
		if text(f, "consentType") != "" {
			step.do("a grant", in(Graph, "Remove-MgOauth2PermissionGrant").text("-OAuth2PermissionGrantId", text(f, "id")).rehearse())
			continue
		}
		step.do("an assignment", in(Graph, "Remove-MgUserAppRoleAssignment").id("-UserId", d.id()).text("-AppRoleAssignmentId", text(f, "id")).rehearse())
	}
}

func (d *draft) methods() {
	rules := d.open("ACC-008")
	if len(rules) == 0 {
		return
	}
	step := d.step(RemoveMethods, "Remove the authentication methods", rules, d.page(entra, entraUser+" > Authentication methods"))
	for _, f := range d.findings("ACC-008") {
		cmdlet, parameter := methodCmdlet(text(f, "kind"))
		if cmdlet == "" {
			step.note("Remove the method of the kind " + text(f, "kind") + " in the portal.")
			continue
		}
		step.do("a method", in(Graph, cmdlet).id("-UserId", d.id()).text(parameter, text(f, "id")).rehearse())
	}
}

// methodCmdlet is what removes a kind of authentication method.
func methodCmdlet(kind string) (cmdlet, parameter fixed) {
	switch kind {
	case "phone":
		return "Remove-MgUserAuthenticationPhoneMethod", "-PhoneAuthenticationMethodId"
	case "email":
		return "Remove-MgUserAuthenticationEmailMethod", "-EmailAuthenticationMethodId"
	case "fido2":
		return "Remove-MgUserAuthenticationFido2Method", "-Fido2AuthenticationMethodId"
	case "microsoftAuthenticator":
		return "Remove-MgUserAuthenticationMicrosoftAuthenticatorMethod", "-MicrosoftAuthenticatorAuthenticationMethodId"
	case "softwareOath":
		return "Remove-MgUserAuthenticationSoftwareOathMethod", "-SoftwareOathAuthenticationMethodId"
	case "temporaryAccessPass":
		return "Remove-MgUserAuthenticationTemporaryAccessPassMethod", "-TemporaryAccessPassAuthenticationMethodId"
	case "windowsHelloForBusiness":
		return "Remove-MgUserAuthenticationWindowsHelloForBusinessMethod", "-WindowsHelloForBusinessAuthenticationMethodId"
	case "platformCredential":
		return "Remove-MgUserAuthenticationPlatformCredentialMethod", "-PlatformCredentialAuthenticationMethodId"
	}
	return "", ""
}

func (d *draft) delegations() {
	rules := d.open("ACC-009")
	if len(rules) == 0 {
		return
	}
	step := d.step(RemoveDelegation, "Remove the rights on other mailboxes", rules, d.page(exchange, mailbox+" > Delegation"))
	for _, f := range d.findings("ACC-009") {
		where := text(f, "mailbox")
		switch text(f, "right") {
		case "FullAccess":
			step.do(named(f), in(ExchangeOnline, "Remove-MailboxPermission").text("-Identity", where).id("-User", d.id()).with("-AccessRights FullAccess").rehearse())
		case "SendAs":
			step.do(named(f), in(ExchangeOnline, "Remove-RecipientPermission").text("-Identity", where).id("-Trustee", d.id()).with("-AccessRights SendAs").rehearse())
		case "SendOnBehalf":
			step.do(named(f), in(ExchangeOnline, "Set-Mailbox").text("-Identity", where).
				table("-GrantSendOnBehalfTo", entry{key: "Remove", value: d.id()}).rehearse())
		default:
			step.note("Remove the right on " + named(f) + " in the portal.")
		}
	}
}

func (d *draft) secondAccounts() {
	rules := d.open("ACC-010")
	if len(rules) == 0 {
		return
	}
	step := d.step(BlockSecond, "Block the person's other accounts", rules, d.page(admin, activeUser+" > Block sign-in")).
		note("Make sure that they are the same person's. A synchronised account is disabled in Active Directory. Add each to the roster: everything else holds for it too.")
	for _, f := range d.findings("ACC-010") {
		id := text(f, "id")
		step.do(named(f), in(Graph, "Update-MgUser").id("-UserId", id).with("-AccountEnabled:$false").rehearse(),
			in(Graph, "Revoke-MgUserSignInSession").id("-UserId", id).rehearse())
	}
}

func (d *draft) reports() {
	rules := d.open("ACC-011")
	if len(rules) == 0 {
		return
	}
	step := d.step(ReassignReports, "Give the direct reports another manager", rules, d.page(entra, entraUser+" > Properties > Manager")).
		note("The manager of a synchronised account is changed in Active Directory (Set-ADUser -Manager).")
	for _, f := range d.findings("ACC-011") {
		step.do(named(f), d.reference("$manager", "Set-MgUserManagerByRef", "-UserId", text(f, "id"))...)
	}
}
