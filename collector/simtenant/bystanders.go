package simtenant

import (
	"strings"
	"time"
)

// bystanders are the people around: at work, on leave, guests, and some who were deleted for other reasons.
func (b *builder) bystanders(n int) {
	for i := range n {
		chance := b.ids.chance("bystander", itoa(i))
		first, last := b.names.pick(chance.IntN(1000), chance.IntN(1000))
		if i%13 == 12 {
			b.guest(first, last)
			continue
		}
		u := b.employee(first, last)
		b.crowd = append(b.crowd, u)
		for range 2 + chance.IntN(3) {
			b.signIn(u, b.now.Add(-time.Duration(7*60+chance.IntN(34*24*60))*time.Minute), true, 0)
		}
		b.signIn(u, b.now.Add(-time.Duration(7*60+chance.IntN(34*24*60))*time.Minute), false, 0)
		if chance.IntN(10) < 4 {
			b.phone(u, u.created, b.now.Add(-time.Duration(chance.IntN(48))*time.Hour))
		}
		if chance.IntN(10) < 6 {
			b.managed(u, []string{"Windows", "iOS", "macOS"}[chance.IntN(3)], u.created, b.now.Add(-time.Duration(chance.IntN(48))*time.Hour))
		}
		if chance.IntN(20) == 0 {
			u.mailbox.rules = []*rule{{name: "Newsletters", subject: "newsletter", moveTo: "Reading"}}
			u.mailbox.folders = []folder{{name: "Reading"}}
		}
		if chance.IntN(5) == 0 {
			b.audit(u, b.now.Add(-time.Duration(chance.IntN(28*24))*time.Hour), b.admin, "Update user")
		}
		switch i % 29 {
		case 7: // on leave
			u.enabled = false
		case 11: // an account that was made twice
			at := b.now.Add(-time.Duration(1+chance.IntN(25)) * day)
			u.licences = nil
			u.mailbox.state, u.mailbox.softDeletedAt = softDeleted, at
			u.mailbox.devices = nil
			b.audit(u, at, b.admin, "Delete user")
			b.remove(u, at)
		}
	}
}

// guest is somebody of another organisation: no mailbox here, a UPN with an encoded address, a password elsewhere.
func (b *builder) guest(first, last string) *user {
	outside := strings.ToLower(first+"."+last) + "@partner-sim.example"
	u := b.account(first, last, strings.ReplaceAll(outside, "@", "_")+"#EXT#@"+initialDomain)
	u.guest, u.mail, u.proxyAddresses, u.otherMails, u.employeeID = true, outside, []string{"SMTP:" + outside}, []string{outside}, ""
	u.jobTitle, u.department = "", ""
	b.signIn(u, b.now.Add(-20*day), true, 0)
	return u
}
