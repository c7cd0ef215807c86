package simtenant

import (
	"strings"
	"time"
)

// identityDirectory is what the directory knows beside accounts: devices, roles, groups' natures, applications, and
// who holds, owns or leads what.
type identityDirectory struct {
	entraDevices      []*entraDevice
	roleDefinitions   []*roleDefinition
	roleGrants        []*roleGrant
	groupGrants       []*groupGrant
	units             []*administrativeUnit
	applications      []*registration
	servicePrincipals []*servicePrincipal
	delegatedGrants   []*delegatedGrant
	appAssignments    []*appAssignment
	managers          map[*user]*user // of somebody
	methods           map[*user][]*method

	belongings map[*user]*belongings // made by indexIdentities
	groupsByID map[string]*group
}

func newIdentityDirectory() identityDirectory {
	return identityDirectory{managers: map[*user]*user{}, methods: map[*user][]*method{}}
}

// belongings are what the directory lists under a person: live objects only.
type belongings struct {
	groups            []*group // direct
	units             []*administrativeUnit
	roles             []*roleDefinition // held now in the whole directory: the others are no memberships
	owned             []any
	registered, owner []*entraDevice
	reports           []*user
}

// entraDevice is a device object of the directory, which is not Intune's record of the device.
type entraDevice struct {
	id, deviceID, name, os, osVersion, trust, ownership string
	enabled, managed, compliant                         any // null is an answer too
	registered                                          []*user
	owners                                              []*user
	registeredAt, lastSeen                              time.Time
	without                                             []string // properties that the service leaves out
	gone                                                bool     // deleted
}

type roleDefinition struct {
	id, name, description string
	custom                bool
}

// objectID is the id of the role's object in the directory, which is not the role's own.
func (r *roleDefinition) objectID(ids identifiers) string { return ids.guid("directory role", r.id) }

// roleGrant gives a directory role to a person or a group, or makes it eligible for it.
type roleGrant struct {
	id        string
	role      *roleDefinition
	principal any // *user or *group
	scope     string
	eligible  bool
	activated bool // through Privileged Identity Management, for some hours
	start     time.Time
	end       time.Time // zero: for good
}

// at tells whether the grant holds at a moment.
func (r *roleGrant) at(now time.Time) bool { return holds(r.start, r.end, now) }

func holds(start, end, now time.Time) bool {
	return !start.After(now) && (end.IsZero() || end.After(now))
}

// groupGrant is a membership or an ownership that Privileged Identity Management governs.
type groupGrant struct {
	id        string
	group     *group
	principal *user
	access    string // owner, member
	eligible  bool
	activated bool
	start     time.Time
	end       time.Time
}

type administrativeUnit struct {
	id, name string
	members  []*user
}

// groupNature is what kind of a group a group is: a security group, unless something is said.
type groupNature struct {
	plainList     bool   // a distribution list: it opens nothing
	unified, team bool   // a Microsoft 365 group, and one with a team
	rule          string // of a dynamic group
	synced        bool
	forRoles      bool // isAssignableToRole, which cannot be changed later
	owners        []any
	gone          bool // deleted
}

// recipientType is Exchange's name for the group's kind.
func (g *group) recipientType() string {
	switch {
	case g.unified:
		return "GroupMailbox"
	case g.plainList:
		return "MailUniversalDistributionGroup"
	}
	return "MailUniversalSecurityGroup"
}

// registration is an application object.
type registration struct {
	id, appID, name string
	created         time.Time
	passwords, keys []credential
	owners          []any
	gone            bool
}

type servicePrincipal struct {
	id, appID, name string
	disabled        bool
	passwords, keys []credential
	owners          []any
	gone            bool
}

// credential is a secret or a certificate; zero times are null.
type credential struct {
	name       string
	start, end time.Time
}

type delegatedGrant struct {
	id, client, resource, scope string
	principal                   *user // nil: consented for everybody
}

type appAssignment struct {
	id, role   string
	principal  any // *user or *group
	resource   *servicePrincipal
	assignedAt time.Time
}

// method is one way to sign in; properties are beyond those that every method has.
type method struct {
	kind, id   string
	properties map[string]any
}

// indexIdentities orders what lists are asked for by person. Deleted objects vanish from all of them.
func (b *builder) indexIdentities() {
	d := &b.identityDirectory
	d.belongings, d.groupsByID = map[*user]*belongings{}, map[string]*group{}
	live := func(u *user) bool { return u.deleted.IsZero() && !b.vanished[u] }
	of := func(u *user) *belongings {
		if d.belongings[u] == nil {
			d.belongings[u] = &belongings{}
		}
		return d.belongings[u]
	}
	owned := func(object any, owners []any) {
		for _, owner := range owners {
			if u, ok := owner.(*user); ok && live(u) {
				of(u).owned = append(of(u).owned, object)
			}
		}
	}
	for _, g := range b.groups {
		if g.gone {
			continue
		}
		d.groupsByID[strings.ToLower(g.id)] = g
		for _, u := range g.members {
			of(u).groups = append(of(u).groups, g)
		}
		owned(g, g.owners)
	}
	for _, unit := range d.units {
		for _, u := range unit.members {
			of(u).units = append(of(u).units, unit)
		}
	}
	for _, r := range d.roleGrants {
		if u, ok := r.principal.(*user); ok && !r.eligible && r.scope == everywhere && r.at(b.asOf) {
			of(u).roles = append(of(u).roles, r.role)
		}
	}
	for _, a := range d.applications {
		if !a.gone {
			owned(a, a.owners)
		}
	}
	for _, p := range d.servicePrincipals {
		if !p.gone {
			owned(p, p.owners)
		}
	}
	for _, device := range d.entraDevices {
		if device.gone {
			continue
		}
		for _, u := range device.registered {
			of(u).registered = append(of(u).registered, device)
		}
		for _, u := range device.owners {
			of(u).owner = append(of(u).owner, device)
		}
	}
	for _, u := range b.users {
		if m := d.managers[u]; m != nil && live(u) {
			of(m).reports = append(of(m).reports, u)
		}
	}
}

// of returns what the directory lists under a person; never nil.
func (d *identityDirectory) of(u *user) *belongings {
	if has := d.belongings[u]; has != nil {
		return has
	}
	return &belongings{}
}
