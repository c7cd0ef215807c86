package simtenant

import (
	"slices"
	"strings"
)

// getRecipient gives mailboxes, groups and contacts alike.
func (c *cmdletCall) getRecipient() (answer, error) {
	if err := c.take("Identity", "ResultSize", "RecipientTypeDetails", "Filter"); err != nil {
		return answer{}, err
	}
	match, err := c.opathFilter()
	if err != nil {
		return answer{}, err
	}
	kind, _ := c.parameters["recipienttypedetails"].(string)
	identity, named := c.target("Identity")
	candidates := c.t.recipients
	if named {
		if candidates = c.t.recipientsByName[strings.ToLower(identity)]; len(candidates) == 0 {
			return answer{}, c.noObject(identity)
		}
	}
	var rows []row
	for _, r := range candidates {
		if (kind == "" || strings.EqualFold(kind, r.kind)) && (match == nil || match(r.row())) {
			rows = append(rows, r.row())
		}
	}
	return c.respond(rows, keys((&recipient{}).row()))
}

// recipient is anything that can get mail.
type recipient struct {
	name, alias, display, primary, kind, own, id, external string
	addresses                                              []string
}

// index makes mailboxes and recipients findable by whatever names them.
func (b *builder) index() {
	b.mailboxesByName, b.recipientsByName = map[string][]*mailbox{}, map[string][]*recipient{}
	for _, m := range b.mailboxes {
		names := m.names()
		for _, name := range names {
			b.mailboxesByName[name] = append(b.mailboxesByName[name], m)
		}
		if m.state == liveMailbox {
			b.addRecipient(&recipient{
				name: m.name, alias: m.alias, display: m.displayName, primary: m.primary, kind: m.kind, own: m.guid, id: m.owner.id, addresses: m.addresses,
			}, names...)
		}
	}
	for _, g := range b.groups {
		if g.mail != "" && !g.gone {
			b.addRecipient(&recipient{
				name: g.name, alias: g.alias, display: g.name, primary: g.mail, kind: g.recipientType(), own: b.ids.guid("exchange group", g.id),
				id: g.id, addresses: []string{"SMTP:" + g.mail},
			}, g.id, g.alias, strings.ToLower(g.name), g.mail)
		}
	}
	for _, u := range b.onSite {
		b.addRecipient(&recipient{
			name: local(u.upn), alias: local(u.upn), display: u.displayName, primary: u.mail, kind: "MailUser", own: b.ids.guid("mail user", u.id), id: u.id,
			external: local(u.upn) + "@corp." + mainDomain, addresses: u.proxyAddresses,
		}, u.id, u.upn, local(u.upn), strings.ToLower(u.displayName))
	}
	for _, k := range b.contacts {
		b.addRecipient(&recipient{
			name: k.name, alias: k.alias, display: k.name, primary: k.mail, kind: "MailContact", own: b.ids.guid("exchange contact", k.id), id: k.id,
			external: k.external, addresses: []string{"SMTP:" + k.mail},
		}, k.id, k.alias, strings.ToLower(k.name), k.mail, k.external)
	}
}

func (b *builder) addRecipient(r *recipient, names ...string) {
	b.recipients = append(b.recipients, r)
	for _, name := range append(names, r.own) {
		if !slices.Contains(b.recipientsByName[name], r) {
			b.recipientsByName[name] = append(b.recipientsByName[name], r)
		}
	}
}

// names lists what an identity may call the mailbox: object id, GUIDs, UPN, every address, alias, name, display name.
func (m *mailbox) names() []string {
	names := []string{m.owner.id, m.guid, m.exchangeGUID, m.upn(), m.alias, m.name, m.displayName}
	for _, address := range m.addresses {
		names = append(names, address[len("smtp:"):])
	}
	for i, name := range names {
		names[i] = strings.ToLower(name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// upn is what Exchange calls the owner: a deleted account's name is mangled only in the directory.
func (m *mailbox) upn() string {
	if m.owner.deleted.IsZero() {
		return m.owner.upn
	}
	return m.primary
}

func (r *recipient) row() row {
	general, external := userMailbox, any(nil)
	if !strings.HasSuffix(r.kind, "Mailbox") {
		general = r.kind
	}
	if r.external != "" {
		external = "SMTP:" + r.external
	}
	return row{
		"Identity": r.name, "Name": r.name, "Alias": r.alias, "DisplayName": r.display, "PrimarySmtpAddress": r.primary, "EmailAddresses": list(r.addresses),
		"RecipientType": general, "RecipientTypeDetails": r.kind, "Guid": guid(r.own), "ExternalDirectoryObjectId": r.id, "ExternalEmailAddress": external,
		"HiddenFromAddressListsEnabled": false, "SKUAssigned": nil, "WindowsLiveID": "", "ExchangeGuid": guid("00000000-0000-0000-0000-000000000000"),
	}
}
