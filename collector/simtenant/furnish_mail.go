package simtenant

// furnishMail adds what leavers may have rights in: mailboxes that are nobody's own, and telephone numbers.
func (b *builder) furnishMail() {
	b.sales = b.desk("Sales", "sales", b.staff[0].upn, b.salesDesk.name)
	b.info = b.desk("Information Desk", "info", b.staff[1].displayName, "S-1-5-21-1004336348-1177238915-682003330-2206")
	b.support = b.desk("Support", "support", b.staff[2].upn, b.staff[3].upn)
	b.billing = b.desk("Billing", "billing")
	b.sales.sendAs, b.support.sendAs = []string{b.staff[0].upn}, []string{b.staff[3].displayName, "S-1-5-21-1004336348-1177238915-682003330-2206"}
	b.info.sendOnBehalf, b.support.sendOnBehalf = []string{b.staff[1].mailbox.name}, []string{b.staff[2].displayName}
	b.idle = &group{id: b.ids.guid("group", "night"), name: "Night Desk", alias: "night.desk", members: []*user{b.absent}}
	b.groups = append(b.groups, b.idle)
	for _, u := range b.staff {
		b.addNumber(u)
	}
	for range 28 {
		b.addNumber(nil)
	}
	b.addNumber(b.support.owner).status = "voiceApplicationAssigned"
}

// desk makes a shared mailbox with its account, which signs in nowhere.
func (b *builder) desk(name, alias string, delegates ...string) *mailbox {
	u := b.account("", name, alias+"@"+mainDomain)
	b.addMailbox(u)
	u.enabled, u.employeeID, u.jobTitle, u.department = false, "", "", ""
	u.mailbox.kind, u.mailbox.delegates = sharedMailbox, delegates
	u.mailbox.protocols = protocols{}
	return u.mailbox
}
