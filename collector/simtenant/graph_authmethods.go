package simtenant

// passwordMethod is the id that the password of every account has.
const passwordMethod = "28c10230-6103-485e-b985-444c60001490"

// listMethods gives the ways in which an account can prove who it is: the password always among them, but without its
// text, and for a guest none, because it is another organisation's. The documentation gives the list no query options.
func (t *Tenant) listMethods(g *graphCall) (answer, error) {
	if err := only(g); err != nil {
		return answer{}, err
	}
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	all := t.methods[u]
	if !u.guest {
		all = append([]*method{{kind: "password", id: passwordMethod, properties: map[string]any{
			"password": nil, "createdDateTime": stamp(u.passwordChanged),
		}}}, all...)
	}
	return collection(g, "users('"+u.id+"')/authentication/methods", all, usersPerPage, maxUsers, (*method).row)
}

func (m *method) row() map[string]any {
	row := map[string]any{"@odata.type": "#microsoft.graph." + m.kind + "AuthenticationMethod", "id": m.id}
	for name, value := range m.properties {
		row[name] = value
	}
	return row
}
