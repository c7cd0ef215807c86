package simtenant

import (
	"strings"
	"time"
)

// How a leaver's mail was meant to go on.
const (
	asShared  = "shared"
	asForward = "forward"
	asNothing = "none"
	asUnsaid  = ""
)

// leaver is somebody under construction: properly offboarded until a story changes it.
type leaver struct {
	b         *builder
	u         *user
	left      time.Time
	successor *user

	disabled, reset, revoked time.Time // zero: it was never done
	disabledBy               initiator
	propertiesLag            bool // the audit log knows of the reset, the properties do not
	unlogged                 bool // the reset is in no log
	delicensed               time.Time
	deletedAt                time.Time
	deletedBy                initiator
	neverLicensed            bool // nothing to take away
	phone                    *mobileDevice
	laptop                   *managedDevice
	row                      rosterRow
	state                    string
}

// leave makes somebody who left and was offboarded as the checklist wants it: account blocked within the hour, devices
// wiped, no licence. What becomes of the mailbox is the kind's business.
func (b *builder) leave(first, last string, left time.Time) *leaver {
	u := b.employee(first, last)
	l := &leaver{b: b, u: u, left: left, state: "live", disabledBy: b.admin, deletedBy: b.admin, successor: b.staff[b.employees%len(b.staff)]}
	l.disabled, l.reset, l.revoked = left.Add(20*time.Minute), left.Add(21*time.Minute), left.Add(22*time.Minute)
	l.delicensed = left.Add(5 * time.Hour)
	u.leaves = left
	u.licences = nil
	u.mailbox.protocols = protocols{}
	u.mailbox.hidden = true
	l.row = rosterRow{displayName: u.displayName, leftAt: left.Format(time.RFC3339)}
	b.signIn(u, left.Add(-26*time.Hour), true, 0)
	b.signIn(u, left.Add(-3*time.Hour), true, 0)
	b.signIn(u, left.Add(-2*time.Hour), false, 0)
	l.addPhone()
	l.addLaptop()
	l.handDrive(grant{roles: []string{"write"}, users: []*user{l.successor}})
	return l
}

// share converts the mailbox for the successor.
func (l *leaver) share() {
	l.row.mailHandling, l.row.successor = asShared, l.successor.upn
	m := l.u.mailbox
	m.kind, m.hidden = sharedMailbox, false
	m.delegates, m.sendAs = []string{l.successor.upn}, []string{l.successor.upn}
}

// forward sends the mail on, and leaves the cheapest licence that this needs.
func (l *leaver) forward() {
	l.row.mailHandling, l.row.successor = asForward, l.successor.mail
	l.u.mailbox.forwardingAddress = l.successor.mailbox.name
	l.license(l.b.standard)
}

// archiveOnly leaves the mailbox to the organisation's retention policy: nobody is to get the mail.
func (l *leaver) archiveOnly() {
	l.row.mailHandling = asNothing
	l.license(l.b.enterprise)
	l.u.licences = nil
}

// delete deletes the account; the retention policy turns the mailbox into an inactive one.
func (l *leaver) delete(after time.Duration) {
	l.row.mailHandling = asNothing
	l.deletedAt, l.state = l.left.Add(after), "deleted"
	m := l.u.mailbox
	m.state, m.softDeletedAt = inactiveMailbox, l.deletedAt.Add(time.Minute)
	l.noDevices()
}

func (l *leaver) license(skus ...*sku) {
	l.u.licences = nil
	for _, s := range skus {
		l.u.licences = append(l.u.licences, licence{sku: s, updated: l.left.Add(5 * time.Hour)})
	}
}

// exclude takes the mailbox out of the organisation-wide retention policy; holds are its own.
func (l *leaver) exclude(holds ...string) {
	l.u.mailbox.holds = append([]string{"-mbx" + l.b.orgHold}, holds...)
}

// sync makes the account one that Active Directory owns.
func (l *leaver) sync(by initiator) {
	l.u.synced, l.u.lastSync, l.u.onPremisesUPN = true, l.b.now.Add(-syncInterval), l.u.upn
	l.disabledBy = by
}

func (l *leaver) noDevices() {
	l.u.mailbox.devices = nil
	if l.laptop != nil {
		l.b.returned[l.laptop] = true
	}
	l.phone, l.laptop = nil, nil
}

// addPhone adds a phone that was wiped, said so, and is blocked.
func (l *leaver) addPhone() {
	l.phone = l.b.phone(l.u, l.left.Add(-200*day), l.left.Add(3*time.Hour))
	p := l.phone
	p.wipe = wipe{l.left.Add(time.Hour), l.left.Add(2 * time.Hour), l.left.Add(3 * time.Hour)}
	p.requestor, p.status = l.b.admin.upn, "DeviceWipeSucceeded"
	p.accessState, p.accessReason = "Blocked", "Individual"
	l.u.mailbox.protocols.blocked = []string{p.id}
}

// addLaptop adds a computer that was retired.
func (l *leaver) addLaptop() {
	l.laptop = l.b.managed(l.u, "Windows", l.left.Add(-300*day), l.left.Add(2*time.Hour))
	l.laptop.state = "retireIssued"
	l.laptop.actions = []deviceAction{{"retire", "done", l.left.Add(time.Hour), l.left.Add(2 * time.Hour)}}
}

func (b *builder) phone(u *user, first, last time.Time) *mobileDevice {
	n := itoa(len(u.mailbox.devices))
	p := &mobileDevice{
		guid: b.ids.guid("phone", u.id, n), id: b.ids.device("phone", u.id, n), kind: "iPhone", model: "iPhone15C2", os: "iOS 19.1", name: u.givenName + "'s phone",
		client: "EAS", accessState: "Allowed", accessReason: "Global", first: first, last: last, status: "DeviceOk", remoteWipeSupported: true,
	}
	u.mailbox.devices = append(u.mailbox.devices, p)
	return p
}

func (b *builder) managed(u *user, os string, enrolled, last time.Time) *managedDevice {
	n := itoa(len(b.devices))
	d := &managedDevice{
		id: b.ids.guid("managed", u.id, n), name: strings.ToUpper(u.givenName) + "-" + strings.ToUpper(os[:3]), os: os, osVersion: "11.0", user: u,
		userID: u.id, upn: u.upn, serial: "SIM" + b.ids.device("serial", u.id, n)[:9], azureID: b.ids.guid("entra device", u.id, n), state: "managed",
		compliance: "compliant", agent: "mdm", accessState: "none", accessReason: "none", enrolled: enrolled, lastSync: last,
		offset: []int{0, -8, 2}[len(b.devices)%3],
	}
	b.devices = append(b.devices, d)
	return d
}

// finish writes the account's properties and the audit log from what was done to it.
func (l *leaver) finish() {
	b, u := l.b, l.u
	if l.unlogged || l.propertiesLag {
		// Nothing moves: either nobody did it, or the directory has not caught up.
	} else if !l.reset.IsZero() {
		u.passwordChanged, u.validFrom = l.reset, l.reset
	}
	if !l.reset.IsZero() && !l.unlogged {
		b.audit(u, l.reset, b.admin, "Reset password")
	}
	if !l.revoked.IsZero() {
		u.validFrom = l.revoked
		b.audit(u, l.revoked, b.admin, "Update StsRefreshTokenValidFrom Timestamp",
			[3]string{"StsRefreshTokensValidFrom", "", `["` + l.revoked.UTC().Format(time.RFC3339) + `"]`})
	}
	if !l.disabled.IsZero() {
		u.enabled = false
		b.audit(u, l.disabled, l.disabledBy, "Disable account", [3]string{"AccountEnabled", "[true]", "[false]"})
		b.audit(u, l.disabled, l.disabledBy, "Update user", [3]string{"Included Updated Properties", "", `"AccountEnabled"`})
	}
	l.logLicences()
	if !l.deletedAt.IsZero() {
		b.audit(u, l.deletedAt, l.deletedBy, "Delete user", [3]string{"Is Hard Deleted", "", `"False"`})
		b.remove(u, l.deletedAt)
	}
}

// generate makes one more properly offboarded leaver.
func (b *builder) generate(i int) {
	chance := b.ids.chance("leaver", itoa(i))
	first, last := b.names.pick(chance.IntN(1000), chance.IntN(1000))
	left := b.now.Add(-time.Duration(8*24*60+chance.IntN(20*24*60)) * time.Minute)
	l := b.leave(first, last, left)
	k, verdicts := shared, map[string]string(nil)
	switch i % 4 {
	case 0, 1:
		l.share()
		verdicts = sharedVerdicts()
	case 2:
		l.forward()
		k, verdicts = forward, forwardVerdicts()
	case 3:
		l.delete(2 * day)
		k, verdicts = deleted, deletedVerdicts()
	}
	if i%4 == 0 {
		l.registerLaptop()
		verdicts["DEV-004"] = pass
	}
	if chance.IntN(100) == 0 { // somebody knocks, in vain
		b.signIn(l.u, left.Add(4*day), true, 50057)
	}
	l.enrol(i)
	l.finish()
	b.tell(l, "generated: properly offboarded", verdicts, l.compare(k, verdicts, nil))
}

func (b *builder) tell(l *leaver, story string, verdicts, withBaseline map[string]string) {
	b.people = append(b.people, Person{
		ID: l.u.id, UserPrincipalName: l.u.upn, DisplayName: l.u.displayName, Story: story, State: l.state, Verdicts: verdicts,
		WithBaseline: withBaseline,
	})
}
