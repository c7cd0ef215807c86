package simtenant

import (
	"slices"
	"strings"
)

// mailboxRight is a row of Get-MailboxPermission beyond the delegates'.
type mailboxRight struct {
	who             string
	inherited, deny bool
}

// getMailboxPermission gives the rights that were granted, and among them those that every mailbox has.
func (c *cmdletCall) getMailboxPermission() (answer, error) {
	if err := c.take("Identity", "User", "ResultSize"); err != nil {
		return answer{}, err
	}
	identity, named := c.target("Identity")
	if !named {
		return answer{}, c.missing("Identity")
	}
	found := c.find(identity, liveMailbox)
	if len(found) == 0 {
		return answer{}, c.noObject(identity)
	}
	isWanted, err := c.principal("User")
	if err != nil {
		return answer{}, err
	}
	m := found[0]
	right := func(user string, inherited, deny bool, rights ...string) row {
		return row{
			"Identity": m.name, "User": user, "AccessRights": rights, "IsInherited": inherited, "Deny": deny, "InheritanceType": "All",
			"UserSid": "S-1-5-21-1004336348-1177238915-682003330-512",
		}
	}
	rows := []row{
		right(self, false, false, "FullAccess", "ReadPermission"),
		right(`SIMPRD01\Domain Admins`, true, true, "FullAccess"),
		right(`SIMPRD01\Organization Management`, true, false, "FullAccess", "DeleteItem", "ReadPermission"),
	}
	known := keys(rows[0])
	for _, delegate := range m.delegates {
		rows = append(rows, right(delegate, false, false, "FullAccess"))
	}
	for _, r := range m.rights {
		rows = append(rows, right(r.who, r.inherited, r.deny, "FullAccess"))
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return !isWanted(r["User"].(string)) })
	return c.respond(rows, known)
}

// self is how Exchange names whoever the mailbox belongs to.
const self = `NT AUTHORITY\SELF`

// getRecipientPermission gives who may send as whom: on one recipient, or by one trustee over all of them.
func (c *cmdletCall) getRecipientPermission() (answer, error) {
	if err := c.take("Identity", "Trustee", "AccessRights", "ResultSize"); err != nil {
		return answer{}, err
	}
	if rights, sent := c.parameters["accessrights"].(string); sent && !strings.EqualFold(rights, "SendAs") {
		return answer{}, c.transformation("AccessRights")
	}
	found, err := c.chosen("Identity", liveMailbox)
	if err != nil {
		return answer{}, err
	}
	isWanted, err := c.principal("Trustee")
	if err != nil {
		return answer{}, err
	}
	var rows []row
	add := func(m *mailbox, trustee, kind string) {
		if isWanted(trustee) {
			rows = append(rows, row{
				"Identity": m.name, "Trustee": trustee, "AccessControlType": kind, "AccessRights": []string{"SendAs"}, "IsInherited": false,
				"InheritanceType": "None",
			})
		}
	}
	for _, m := range found {
		add(m, self, "Allow")
		for _, who := range m.sendAs {
			add(m, who, "Allow")
		}
		for _, who := range m.deniedSendAs {
			add(m, who, "Deny")
		}
	}
	return c.respond(rows, []string{"Identity", "Trustee", "AccessControlType", "AccessRights", "IsInherited", "Inherited", "InheritanceType"})
}

// principal reads a parameter that names whose rights are wanted, and tells whether the holder of a right is that one.
// Holders are shown by UPN or by display name, which name the same account; one that shows as a bare SID is found by
// nothing but that SID.
func (c *cmdletCall) principal(parameter string) (func(holder string) bool, error) {
	wanted, named := c.target(parameter)
	if !named {
		return func(string) bool { return true }, nil
	}
	names := c.t.principals[strings.ToLower(wanted)]
	if names == nil && !strings.HasPrefix(wanted, "S-1-5-") && wanted != self {
		return nil, c.noObject(wanted)
	}
	return func(holder string) bool {
		return strings.EqualFold(holder, wanted) || slices.Contains(names, strings.ToLower(holder))
	}, nil
}

// indexPrincipals lists, for every name of an account or group that can hold rights, all its names.
func (b *builder) indexPrincipals() {
	b.principals = map[string][]string{}
	add := func(names ...string) {
		var all []string
		for _, name := range names {
			if name != "" {
				all = append(all, strings.ToLower(name))
			}
		}
		for _, name := range all {
			b.principals[name] = all
		}
	}
	for _, g := range b.groups {
		add(g.id, g.name, g.alias, g.mail)
	}
	for _, u := range b.users {
		names := []string{u.id, u.upn, u.displayName, u.mail}
		if u.mailbox != nil {
			names = append(names, u.mailbox.names()...)
		}
		add(names...)
	}
}
