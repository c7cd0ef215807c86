package simtenant

// identityRoutes are the paths of the directory beside accounts and their licences.
func (t *Tenant) identityRoutes() []route {
	users, groups := []string{"User.Read.All"}, []string{"GroupMember.Read.All"}
	list := []route{
		{"/users/{id}/registeredDevices", nil, familyIdentity, users, 1, t.listRegisteredDevices},
		{"/users/{id}/registeredDevices/microsoft.graph.device", nil, familyIdentity, users, 1, t.listRegisteredDevices},
		{"/users/{id}/ownedDevices", nil, familyIdentity, users, 1, t.listOwnedDevices},
		{"/users/{id}/ownedDevices/microsoft.graph.device", nil, familyIdentity, users, 1, t.listOwnedDevices},
		{"/users/{id}/directReports", nil, familyIdentity, users, 1, t.listDirectReports},
		{"/users/{id}/directReports/microsoft.graph.user", nil, familyIdentity, users, 1, t.listDirectReports},
		{"/users/{id}/manager", nil, familyIdentity, users, 1, t.getManager},
		{"/users/{id}/authentication/methods", nil, familyIdentity, []string{"UserAuthenticationMethod.Read.All"}, 1, t.listMethods},
		{"/groups", nil, familyIdentity, groups, 1, t.listGroups},
		{"/groups/{id}/owners", nil, familyIdentity, groups, 1, t.listGroupOwners},
		{"/groups/{id}/owners/microsoft.graph.user", nil, familyIdentity, groups, 1, t.listGroupOwners},
		{"/users/{id}/ownedObjects", nil, familyIdentity, users, 2, t.listOwnedObjects},
	}
	for _, kind := range []string{kindGroup, kindApplication, kindPrincipal} {
		list = append(list, route{"/users/{id}/ownedObjects/microsoft.graph." + kind, nil, familyIdentity, users, 2, t.listOwnedObjects})
	}
	for _, cast := range []string{"", "/microsoft.graph." + kindGroup, "/microsoft.graph." + kindRole, "/microsoft.graph." + kindUnit} {
		list = append(list,
			route{"/users/{id}/memberOf" + cast, nil, familyIdentity, []string{"Directory.Read.All"}, 2, t.listMemberOf},
			route{"/users/{id}/transitiveMemberOf" + cast, nil, familyIdentity, users, 2, t.listTransitiveMemberOf})
	}
	return append(append(list, t.applicationRoutes()...), t.roleRoutes()...)
}

func (t *Tenant) listRegisteredDevices(g *graphCall) (answer, error) {
	return g.ofUser(func(u *user) []any { return objectsOf(t.of(u).registered) }, kindDevice)
}

func (t *Tenant) listOwnedDevices(g *graphCall) (answer, error) {
	return g.ofUser(func(u *user) []any { return objectsOf(t.of(u).owner) }, kindDevice)
}

func (d *entraDevice) row() map[string]any {
	return map[string]any{
		"id": d.id, "deletedDateTime": nil, "accountEnabled": d.enabled, "approximateLastSignInDateTime": stamp(d.lastSeen.Truncate(day)),
		"complianceExpirationDateTime": nil, "deviceCategory": nil, "deviceId": text(d.deviceID), "deviceMetadata": nil, "deviceOwnership": text(d.ownership),
		"deviceVersion": 2, "displayName": text(d.name), "enrollmentProfileName": nil, "enrollmentType": nil, "isCompliant": d.compliant,
		"isManaged": d.managed, "isRooted": nil, "managementType": nil, "manufacturer": nil, "mdmAppId": nil, "model": nil,
		"onPremisesLastSyncDateTime": nil, "onPremisesSyncEnabled": nil, "operatingSystem": text(d.os), "operatingSystemVersion": text(d.osVersion),
		"physicalIds": []string{}, "profileType": "RegisteredDevice", "registrationDateTime": stamp(d.registeredAt), "systemLabels": []string{},
		"trustType": text(d.trust), "alternativeSecurityIds": []any{},
	}
}

// listDirectReports gives the people whose manager somebody is. The deleted are nobody's report.
func (t *Tenant) listDirectReports(g *graphCall) (answer, error) {
	return g.ofUser(func(u *user) []any { return objectsOf(t.of(u).reports) }, kindUser)
}

func (t *Tenant) getManager(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := g.selection(kindUser); err != nil {
		return answer{}, err
	}
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	manager := t.managers[u]
	if manager == nil || !manager.deleted.IsZero() {
		return answer{}, notFound("manager")
	}
	return entity(g, "directoryObjects", g.show(manager, true))
}
