package simtenant

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	defaultBystanders = 300
	mainDomain        = "fabrikam-sim.example"
	initialDomain     = "fabrikamsim.onmicrosoft.example"
	outsideDomain     = "postbox.example"
	syncInterval      = 30 * time.Minute
	day               = 24 * time.Hour
	gib               = int64(1) << 30
)

// Person is one row of the roster and what is really so.
type Person struct {
	ID                string // empty for somebody who is not in the tenant
	UserPrincipalName string // as it is in the tenant now; of somebody who is not there, as in the roster
	DisplayName       string
	Story             string
	State             string            // live, deleted, not_found, not_yet
	Verdicts          map[string]string // rule id -> pass, fail, pending, unknown, not_applicable; empty for not_yet
	WithBaseline      map[string]string // the verdicts when a snapshot of the earlier view is given too
}

// Truth returns everybody of the roster, sorted by object id, then by UPN.
func (t *Tenant) Truth() []Person {
	people := slices.Clone(t.people)
	slices.SortFunc(people, func(a, b Person) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.UserPrincipalName, b.UserPrincipalName))
	})
	return people
}

// builder fills a directory.
type builder struct {
	directory
	ids   identifiers
	now   time.Time
	asOf  time.Time // what the tenant shows: now, or before
	names *names

	enterprise, standard, archiving, free *sku
	governance                            *sku // Entra ID P2; nil without
	admin, syncAccount, syncApp           initiator
	staff                                 []*user // colleagues who stay: successors and delegates
	absent                                *user   // a colleague whose account is disabled, and who never left
	salesDesk                             *group
	licenceGroup                          *group
	idle                                  *group   // a group in which nobody works any more
	sales, info, support, billing         *mailbox // nobody's own
	outsider                              *contact
	orgHold                               string // the organisation-wide retention policy, without prefix and suffix
	employees                             int
	hire                                  []*leaver               // whose address goes to a new colleague
	vanished                              map[*user]bool          // deleted for good
	returned                              map[*managedDevice]bool // no longer listed
	crowd                                 []*user                 // bystanders with an account and a mailbox
	history                               []event
	fixtures
}

func populate(options Options, ids identifiers) directory {
	b := &builder{ids: ids, now: options.Now, asOf: options.asOf(), names: newNames()}
	b.identityDirectory = newIdentityDirectory()
	b.vanished, b.returned = map[*user]bool{}, map[*managedDevice]bool{}
	b.usersByID, b.usersByUPN = map[string]*user{}, map[string]*user{}
	b.settings(options)
	b.colleagues()
	b.furnish()
	b.furnishMail()
	for i, s := range cast() {
		b.play(i, s)
	}
	b.hireAgain()
	for i := range options.Leavers {
		b.generate(i)
	}
	b.bystanders(max(0, options.Bystanders-len(b.staff)))
	b.identities()
	b.churn(options.Churn)
	b.close()
	return b.directory
}

// settings are what holds for the whole tenant.
func (b *builder) settings(options Options) {
	b.organisation = organisation{name: "Fabrikam Simulated", initialDomain: initialDomain, created: b.now.Add(-3000 * day)}
	b.domains = []domain{
		{name: mainDomain, verified: true, standard: true},
		{name: "fabrikam-legacy.example", verified: true},
		{name: initialDomain, verified: true, original: true},
		{name: "fabrikam-soon.example"},
	}
	b.enterprise = &sku{id: "05e9a617-0261-4cee-bb44-138d3ef5d965", part: "SPE_E3", plans: []plan{
		{"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"},
		{"efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"},
		{"5dbe027f-2339-4123-9542-606e4d348a72", "SHAREPOINTENTERPRISE"},
		{"c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A"},
	}}
	if options.WithoutPremium {
		b.enterprise = &sku{id: "6fd2c87f-b296-42f0-b197-1e91e994b900", part: "ENTERPRISEPACK", plans: []plan{
			{"efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"},
			{"5dbe027f-2339-4123-9542-606e4d348a72", "SHAREPOINTENTERPRISE"},
		}}
	}
	b.standard = &sku{id: "4b9405b0-7788-4568-add1-99614e613b69", part: "EXCHANGESTANDARD", plans: []plan{
		{"9aaf7827-d63c-4b61-89c3-182f06f82e5c", "EXCHANGE_S_STANDARD"},
	}}
	b.archiving = &sku{id: "ee02fd1b-340e-4a4b-b355-4a514e4c8943", part: "EXCHANGEARCHIVE_ADDON", plans: []plan{
		{"176a09a6-7ec5-4039-ac02-b2791c6ba793", "EXCHANGE_S_ARCHIVE_ADDON"},
	}}
	// A free subscription brings EXCHANGE_S_FOUNDATION along, which is no mail licence.
	b.free = &sku{id: "f30db892-07e9-47e9-837c-80727f46fd3d", part: "FLOW_FREE", plans: []plan{
		{"50e68c76-46c6-4674-81f9-75456511b170", "FLOW_P2_VIRAL"}, {"113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION"},
	}}
	// Of the one subscription that leavers give back, seats are left over; some of them have lapsed and still work.
	b.enterprise.spare, b.enterprise.warning, b.free.spare = 14, 4, 9000
	b.skus = []*sku{b.enterprise, b.standard, b.archiving, b.free}
	if !options.WithoutPremium && !options.WithoutPIM {
		b.governance = &sku{id: "84a661c4-e949-4bd2-a560-ed7766fcaf2b", part: "AAD_PREMIUM_P2", plans: []plan{
			{"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"}, {"eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"},
		}}
		b.skus = append(b.skus, b.governance)
	}
	// One organisation-wide policy keeps mail; another only deletes, two are not about mailboxes.
	b.orgHold = b.policy("keep seven years")
	b.organisation.holds = []string{
		"mbx" + b.orgHold + ":3", "mbx" + b.policy("delete after a decade") + ":1", "grp" + b.policy("groups") + ":3", "skp" + b.policy("chats") + ":3",
	}
}

// policy is the id of a hold: 32 hex digits.
func (b *builder) policy(name string) string {
	return strings.ReplaceAll(b.ids.guid("policy", name), "-", "")
}

// colleagues are the people who play a part in the stories without leaving.
func (b *builder) colleagues() {
	desk := b.account("IT", "Desk", "it.desk@"+mainDomain)
	desk.displayName = "IT Desk"
	b.admin = initiator{userID: desk.id, userName: desk.displayName, upn: desk.upn}
	syncing := b.account("", "", "Sync_SIMDC01_0a1b2c3d4e5f@"+initialDomain)
	syncing.displayName, syncing.employeeID = "On-Premises Directory Synchronization Service Account", ""
	b.syncAccount = initiator{userID: syncing.id, userName: syncing.displayName, upn: syncing.upn}
	b.syncApp = initiator{appID: b.ids.guid("sync app"), appName: "ConnectSyncProvisioning_SIMDC01_0a1b2c3d4e5f", principalID: b.ids.guid("sync principal")}
	for i := range 12 {
		first, last := b.names.pick(60-3*i, 10+5*i)
		u := b.employee(first, last)
		b.staff = append(b.staff, u)
		if i%2 == 1 {
			u.mailbox.name = u.id // Exchange names newer mailboxes by object id
		}
	}
	first, last := b.names.pick(33, 44)
	b.absent = b.employee(first, last)
	b.absent.enabled = false
	b.salesDesk = &group{id: b.ids.guid("group", "sales"), name: "Sales Desk", alias: "sales.desk", mail: "sales.desk@" + mainDomain}
	inner := &group{id: b.ids.guid("group", "sales evening"), name: "Sales Desk Evening", alias: "sales.evening", members: []*user{b.staff[4], b.staff[5]}}
	b.salesDesk.members, b.salesDesk.nested = []*user{b.absent}, []*group{inner}
	b.licenceGroup = &group{id: b.ids.guid("group", "licences"), name: "Licence E3", alias: "licence.e3", members: []*user{b.staff[0]}}
	b.groups = []*group{b.salesDesk, inner, b.licenceGroup}
	b.outsider = &contact{
		id: b.ids.guid("contact"), name: "Outside Counsel", alias: "outside.counsel", mail: "outside.counsel@" + mainDomain,
		external: "counsel@" + outsideDomain,
	}
	b.contacts = []*contact{b.outsider}
}

// account makes a live account without a mailbox.
func (b *builder) account(first, last, upn string) *user {
	b.employees++
	u := &user{
		id: b.ids.guid("user", upn), upn: upn, givenName: first, surname: last, displayName: strings.TrimSpace(first + " " + last),
		employeeID: "F" + itoa(10000+b.employees), enabled: true, jobTitle: "Analyst", department: "Operations",
	}
	u.created = b.now.Add(-time.Duration(500+b.employees%900) * day)
	u.passwordChanged = u.created.Add(90 * day)
	u.validFrom = u.passwordChanged
	b.users = append(b.users, u)
	return u
}

// employee makes a live account with a mailbox and the usual licence.
func (b *builder) employee(first, last string) *user {
	u := b.account(first, last, strings.ToLower(first+"."+last)+"@"+mainDomain)
	b.addMailbox(u)
	b.addDrive(u)
	u.licences = []licence{{sku: b.enterprise, updated: u.created}}
	return u
}

func (b *builder) addMailbox(u *user) {
	u.mail = u.upn
	u.proxyAddresses = []string{"SMTP:" + u.upn, "smtp:" + local(u.upn) + "@" + initialDomain}
	u.mailbox = &mailbox{
		owner: u, kind: userMailbox, state: liveMailbox, guid: b.ids.guid("mailbox", u.upn), exchangeGUID: b.ids.guid("exchange", u.upn),
		name: local(u.upn), alias: local(u.upn), displayName: u.displayName, primary: u.upn, addresses: u.proxyAddresses, created: u.created,
		bytes: 3*gib + int64(b.employees)*123457, items: 4000 + b.employees,
		protocols: protocols{on: true, activeSync: true, smtpAuthIsDefault: true}, keepsCopy: true,
	}
	b.mailboxes = append(b.mailboxes, u.mailbox)
}

func (b *builder) signIn(u *user, at time.Time, interactive bool, code int) {
	app := application{"872cd9fa-d31f-45e0-9eab-6e460a02d1f1", "Outlook Mobile", "Mobile Apps and Desktop clients", "Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"}
	if interactive {
		app = application{"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", "Browser", "Microsoft Graph", "00000003-0000-0000-c000-000000000000"}
	}
	fraction := time.Duration(b.ids.chance("fraction", u.id, itoa(len(u.signIns))).IntN(10_000_000)) * 100
	s := &signIn{
		id: b.ids.guid("sign-in", u.id, itoa(len(u.signIns))), user: u, upn: u.upn, at: at.Add(fraction), interactive: interactive, code: code, app: app,
	}
	u.signIns = append(u.signIns, s)
}

func (b *builder) audit(u *user, at time.Time, by initiator, activity string, changes ...[3]string) *audit {
	n := len(b.audits)
	a := &audit{
		id:       "Directory_" + b.ids.guid("audit", u.id, itoa(n)),
		activity: activity, category: "UserManagement", service: "Core Directory", operation: "Update", result: "success",
		at: at.Add(time.Duration(b.ids.chance("audit", u.id, itoa(n)).IntN(10_000_000)) * 100), by: by, target: u, targetUPN: u.upn, changes: changes,
	}
	if strings.HasPrefix(activity, "Delete") || strings.HasPrefix(activity, "Hard Delete") {
		a.operation = "Delete"
	}
	b.audits = append(b.audits, a)
	return a
}

// close indexes and orders what was built: lists come in no order that means anything, logs newest first.
func (b *builder) close() {
	b.turnBack()
	b.users = slices.DeleteFunc(b.users, func(u *user) bool { return !u.deleted.IsZero() || b.vanished[u] })
	b.devices = slices.DeleteFunc(b.devices, func(d *managedDevice) bool { return b.returned[d] })
	b.signIns = nil
	for _, u := range slices.Concat(b.users, b.deleted) {
		b.signIns = append(b.signIns, u.signIns...)
	}
	chance := b.ids.chance("order")
	chance.Shuffle(len(b.users), func(i, j int) { b.users[i], b.users[j] = b.users[j], b.users[i] })
	chance.Shuffle(len(b.mailboxes), func(i, j int) { b.mailboxes[i], b.mailboxes[j] = b.mailboxes[j], b.mailboxes[i] })
	chance.Shuffle(len(b.devices), func(i, j int) { b.devices[i], b.devices[j] = b.devices[j], b.devices[i] })
	for _, u := range b.users {
		b.usersByID[u.id], b.usersByUPN[strings.ToLower(u.upn)] = u, u
		for _, l := range u.licences {
			l.sku.consumed++
		}
	}
	for _, u := range b.deleted {
		b.usersByID[u.id] = u
	}
	b.index()
	b.indexIdentities()
	b.indexDrives()
	b.indexPrincipals()
	slices.SortStableFunc(b.signIns, func(x, y *signIn) int { return y.at.Compare(x.at) })
	slices.SortStableFunc(b.audits, func(x, y *audit) int { return y.at.Compare(x.at) })
}

// remove takes an account out of the directory: deleted, but restorable.
func (b *builder) remove(u *user, at time.Time) {
	upn := u.upn
	u.deleted, u.upn = at, mangle(u.id, upn)
	b.deleted = append(b.deleted, u)
	b.happened(at, func() {
		u.deleted, u.upn = time.Time{}, upn
		b.deleted = slices.DeleteFunc(b.deleted, func(o *user) bool { return o == u })
		if m := u.mailbox; m != nil { // it went with the account
			m.state, m.softDeletedAt = liveMailbox, time.Time{}
		}
	})
}
