package simtenant

import "slices"

// defaultUserProperties is what v1.0 returns of a user when nothing is selected.
func defaultUserProperties() []string {
	return []string{
		"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
		"preferredLanguage", "surname", "userPrincipalName", "id",
	}
}

// isSingleOnly tells of properties that a list of users refuses to give.
func isSingleOnly(name string) bool {
	return slices.Contains([]string{
		"aboutMe", "birthday", "hireDate", "interests", "mailboxSettings", "mySite", "pastProjects", "preferredName",
		"responsibilities", "schools", "skills",
	}, name)
}

// isUserProperty tells whether a user has the property.
func (t *Tenant) isUserProperty(name string) bool {
	_, ok := t.userProperty(&user{}, name)
	return ok || isSingleOnly(name)
}

// userProperty reads one property of an account, and tells whether there is such a property.
func (t *Tenant) userProperty(u *user, name string) (any, bool) {
	switch name {
	case "id":
		return u.id, true
	case "userPrincipalName":
		return u.upn, true
	case "displayName":
		return u.displayName, true
	case "givenName":
		return text(u.givenName), true
	case "surname":
		return text(u.surname), true
	case "mail":
		return text(u.mail), true
	case "mailNickname":
		return local(u.upn), true
	case "proxyAddresses":
		return list(u.proxyAddresses), true
	case "otherMails":
		return list(u.otherMails), true
	case "employeeId":
		return text(u.employeeID), true
	case "jobTitle":
		return text(u.jobTitle), true
	case "department":
		return text(u.department), true
	case "companyName":
		return t.organisation.name, true
	case "accountEnabled":
		return u.enabled, true
	case "userType":
		if u.guest {
			return "Guest", true
		}
		return "Member", true
	case "creationType", "externalUserState", "externalUserStateChangeDateTime":
		return guestProperty(u, name), true
	case "createdDateTime":
		return stamp(u.created), true
	case "deletedDateTime":
		return stamp(u.deleted), true
	case "employeeHireDate":
		return stamp(u.created), true
	case "employeeLeaveDateTime":
		return stamp(u.leaves), true
	case "employeeType":
		return text(map[bool]string{false: "Employee"}[u.guest]), true
	case "lastPasswordChangeDateTime":
		return stamp(u.passwordChanged), true
	case "signInSessionsValidFromDateTime":
		return stamp(u.validFrom), true
	case "usageLocation":
		return text(map[bool]string{false: "NL"}[u.guest]), true
	case "assignedLicenses":
		return assignedLicences(u), true
	case "licenseAssignmentStates":
		return assignmentStates(u), true
	case "assignedPlans":
		return assignedPlans(u), true
	case "signInActivity":
		if activity := u.activity(t.AsOf()); activity != nil {
			return activity, true
		}
		return nil, true
	}
	return onPremisesProperty(u, name)
}

func guestProperty(u *user, name string) any {
	if !u.guest {
		return nil
	}
	switch name {
	case "creationType":
		return "Invitation"
	case "externalUserState":
		return "Accepted"
	}
	return stamp(u.created)
}

// onPremisesProperty reads what directory synchronisation writes, and the properties that nobody here has.
func onPremisesProperty(u *user, name string) (any, bool) {
	switch name {
	case "onPremisesSyncEnabled":
		if u.synced {
			return true, true
		}
		return nil, true
	case "onPremisesLastSyncDateTime":
		return stamp(u.lastSync), true
	case "onPremisesImmutableId", "onPremisesSamAccountName", "onPremisesUserPrincipalName", "onPremisesDomainName":
		if !u.synced {
			return nil, true
		}
		return map[string]any{
			"onPremisesImmutableId": u.id[:8] + "==", "onPremisesSamAccountName": local(u.onPremisesUPN),
			"onPremisesUserPrincipalName": u.onPremisesUPN, "onPremisesDomainName": "corp.fabrikam-sim.example",
		}[name], true
	case "onPremisesProvisioningErrors", "businessPhones", "imAddresses", "identities", "provisionedPlans", "serviceProvisioningErrors":
		return []any{}, true
	case "ageGroup", "city", "consentProvidedForMinor", "country", "faxNumber", "legalAgeGroupClassification", "mobilePhone",
		"officeLocation", "onPremisesDistinguishedName", "onPremisesExtensionAttributes", "onPremisesSecurityIdentifier",
		"passwordPolicies", "passwordProfile", "postalCode", "preferredDataLocation", "preferredLanguage", "securityIdentifier",
		"showInAddressList", "state", "streetAddress", "employeeOrgData", "isResourceAccount", "isManagementRestricted",
		"customSecurityAttributes", "authorizationInfo", "identityParentId", "print", "deviceEnrollmentLimit":
		return nil, true
	}
	return nil, false
}

func assignedLicences(u *user) []any {
	out := []any{}
	for i, l := range u.licences {
		// A subscription assigned twice, directly and through a group, is one licence.
		if !slices.ContainsFunc(u.licences[:i], func(o licence) bool { return o.sku == l.sku }) {
			out = append(out, map[string]any{"disabledPlans": list(l.off), "skuId": l.sku.id})
		}
	}
	return out
}

func assignmentStates(u *user) []any {
	out := []any{}
	for _, l := range u.licences {
		out = append(out, map[string]any{
			"skuId": l.sku.id, "disabledPlans": list(l.off), "assignedByGroup": text(l.group), "state": "Active", "error": "None",
			"lastUpdatedDateTime": stamp(l.updated),
		})
	}
	return out
}

func assignedPlans(u *user) []any {
	out := []any{}
	for _, l := range u.licences {
		for _, p := range l.plans() {
			out = append(out, map[string]any{
				"assignedDateTime": stamp(l.updated), "capabilityStatus": "Enabled", "service": "exchange", "servicePlanId": p.id,
			})
		}
	}
	return out
}
