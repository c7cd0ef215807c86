package simtenant

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	myHost         = "fabrikamsim-my.sharepoint.example"
	driveQuota     = int64(1) << 40
	driveRetention = 30 // days that the drive of a deleted account is kept, unless the tenant says otherwise
)

// drive is somebody's OneDrive.
type drive struct {
	id, url           string
	owner             *user
	used              int64
	created, modified time.Time
	unlisted          bool // the owner is not among the root's permissions
	grants            []grant
}

// grant is one permission of the root: to people and groups, or by a link.
type grant struct {
	roles     []string
	users     []*user // several: only those that a link names
	group     *group
	siteUser  string // a claim that SharePoint knows and the directory does not
	siteGroup string
	link      string // its scope: anonymous, organization, users
	expires   time.Time
	password  bool
	inherited bool
}

// mailDirectory is what the tenant has of drives and telephone numbers.
type mailDirectory struct {
	drives  map[string]*drive
	numbers []*number
	onSite  []*user // whose mailboxes are on-premises
}

// addDrive provisions a drive.
func (b *builder) addDrive(u *user) {
	u.drive = &drive{
		id: "b!" + b.ids.token("drive", u.id) + b.ids.token("library", u.id), owner: u, used: gib/2 + int64(b.employees)*54321,
		url:     "https://" + myHost + "/personal/" + strings.NewReplacer("@", "_", ".", "_").Replace(strings.ToLower(u.upn)) + "/Documents",
		created: u.created.Add(day), modified: b.now.Add(-40 * day),
	}
}

// indexDrives makes every drive findable by its id, also those whose owners are no more.
func (b *builder) indexDrives() {
	b.drives = map[string]*drive{}
	for _, owners := range [][]*user{b.users, b.deleted} {
		for _, u := range owners {
			if u.drive != nil {
				b.drives[u.drive.id] = u.drive
			}
		}
	}
}

// getDriveOfUser answers for the drive of a live account. One that was never provisioned is not provisioned by asking:
// an application asks, not the person.
func (t *Tenant) getDriveOfUser(g *graphCall) (answer, error) {
	if err := g.driveOptions(); err != nil {
		return answer{}, err
	}
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	if g.lent {
		g.t.complain("graph: a person asks for somebody's OneDrive, which provisions it")
	}
	if u.drive == nil {
		return answer{}, &refusal{status: http.StatusNotFound, code: "ResourceNotFound", quiet: true, message: "User's mysite not found."}
	}
	return entity(g, "drives", pick(u.drive.row(), g.query.selected))
}

func (t *Tenant) getDrive(g *graphCall) (answer, error) {
	if err := g.driveOptions(); err != nil {
		return answer{}, err
	}
	d, err := t.findDrive(g.params[0])
	if err != nil {
		return answer{}, err
	}
	return entity(g, "drives", pick(d.row(), g.query.selected))
}

func (g *graphCall) driveOptions() error {
	if err := only(g, "$select"); err != nil {
		return err
	}
	return selectable(g, "drive", hasKey((&drive{owner: &user{}}).row()))
}

// findDrive finds a drive by id. The drive of a deleted account is kept for as long as the tenant says.
func (t *Tenant) findDrive(id string) (*drive, error) {
	d := t.drives[id]
	if d == nil || !d.owner.deleted.IsZero() && d.owner.deleted.Add(time.Duration(t.driveRetention())*day).Before(t.AsOf()) {
		return nil, &refusal{status: http.StatusNotFound, code: "itemNotFound", quiet: true, message: "The resource could not be found."}
	}
	return d, nil
}

// DriveID is the id of a person's drive, live or deleted, as an earlier snapshot would hold it.
func (t *Tenant) DriveID(userID string) (string, bool) {
	for id, d := range t.drives {
		if d.owner.id == userID {
			return id, true
		}
	}
	return "", false
}

func (t *Tenant) driveRetention() int {
	if t.options.DriveRetentionDays > 0 {
		return t.options.DriveRetentionDays
	}
	return driveRetention
}

func (d *drive) row() map[string]any {
	who := map[string]any{"user": identity(d.owner.id, d.owner.displayName)}
	return map[string]any{
		"id": d.id, "driveType": "business", "name": "OneDrive", "description": "", "webUrl": d.url, "owner": who, "createdBy": who, "lastModifiedBy": who,
		"createdDateTime": stamp(d.created), "lastModifiedDateTime": stamp(d.modified),
		"quota": map[string]any{"total": driveQuota, "used": d.used, "remaining": driveQuota - d.used, "deleted": 0, "state": "normal"},
	}
}

// listRootPermissions answers for the permissions of an item; only the root has any here. Administrators of the site
// do not appear: they are none of the drive's permissions.
func (t *Tenant) listRootPermissions(g *graphCall) (answer, error) {
	if err := only(g, "$select", "$top"); err != nil {
		return answer{}, err
	}
	d, err := t.findDrive(g.params[0])
	if err != nil {
		return answer{}, err
	}
	if !strings.EqualFold(g.params[1], "root") {
		return answer{}, &refusal{status: http.StatusNotFound, code: "itemNotFound", message: "Item not found"}
	}
	known := func(name string) bool {
		return slices.Contains([]string{
			"id", "roles", "shareId", "link", "grantedTo", "grantedToV2", "grantedToIdentities", "grantedToIdentitiesV2", "inheritedFrom", "invitation",
			"expirationDateTime", "hasPassword",
		}, name)
	}
	if err := selectable(g, "permission", known); err != nil {
		return answer{}, err
	}
	grants := slices.Clone(d.grants)
	if !d.unlisted {
		grants = append([]grant{{roles: []string{"owner"}, users: []*user{d.owner}}}, grants...)
	}
	places := make([]int, len(grants))
	for i := range places {
		places[i] = i
	}
	return collection(g, "drives('"+d.id+"')/items('root')/permissions", places, usersPerPage, usersPerPage, func(i int) map[string]any {
		row := grants[i].row(d)
		row["id"] = identifiers{seed: t.options.Seed}.token("permission", d.id, itoa(i))
		return pick(row, g.query.selected)
	})
}

// row leaves out what the service leaves out: a link has no grantedToV2, and what never expires no date.
func (p *grant) row(d *drive) map[string]any {
	row := map[string]any{"roles": p.roles, "shareId": "u!" + d.id[2:18]}
	if !p.expires.IsZero() {
		row["expirationDateTime"] = stamp(p.expires)
	}
	if p.inherited {
		row["inheritedFrom"] = map[string]any{"driveId": d.id, "id": "01SIMROOT", "path": "/drives/" + d.id + "/root:"}
	}
	var old, sets []any
	for _, u := range p.users {
		sets = append(sets, map[string]any{"user": identity(u.id, u.displayName), "siteUser": siteIdentity("i:0#.f|membership|"+strings.ToLower(u.upn), u.displayName)})
		old = append(old, map[string]any{"user": identity(u.id, u.displayName)})
	}
	switch {
	case p.group != nil:
		sets = append(sets, map[string]any{
			"group": identity(p.group.id, p.group.name), "siteUser": siteIdentity("c:0o.c|federateddirectoryclaimprovider|"+p.group.id, p.group.name),
		})
		old = append(old, map[string]any{"user": map[string]any{"displayName": p.group.name}}) // the old twin has no groups
	case p.siteUser != "":
		name := p.siteUser[strings.LastIndex(p.siteUser, "|")+1:]
		sets = append(sets, map[string]any{"siteUser": siteIdentity(p.siteUser, name)})
		old = append(old, map[string]any{"user": map[string]any{"displayName": name}})
	case p.siteGroup != "":
		sets = append(sets, map[string]any{"siteGroup": siteIdentity(p.siteGroup, p.siteGroup)})
		old = append(old, map[string]any{"user": map[string]any{"displayName": p.siteGroup}})
	}
	if p.link == "" {
		row["grantedToV2"], row["grantedTo"] = sets[0], old[0]
		return row
	}
	if sets == nil {
		sets, old = []any{}, []any{}
	}
	kind := "view"
	if slices.Contains(p.roles, "write") {
		kind = "edit"
	}
	row["grantedToIdentitiesV2"], row["grantedToIdentities"], row["hasPassword"] = sets, old, p.password
	row["link"] = map[string]any{"scope": p.link, "type": kind, "webUrl": "https://" + myHost + "/:f:/g/" + d.id[2:18], "preventsDownload": false}
	return row
}

func identity(id, name string) map[string]any {
	return map[string]any{"id": id, "displayName": name}
}

func siteIdentity(login, name string) map[string]any {
	return map[string]any{"id": itoa(3 + len(login)%40), "displayName": name, "loginName": login}
}
