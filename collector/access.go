package collector

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/snapshot"
)

// live gives those of the records whose account may be live. Of the others the fact is unknown, because
// Graph lists it for live accounts only.
func (r *run) live(fact string, records []*record) []*record {
	var out []*record
	for _, rec := range records {
		if rec.leaver.State != snapshot.Deleted {
			out = append(out, rec)
			continue
		}
		rec.set(fact, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Unsupported, Detail: "Microsoft lists it for live accounts only"})
	}
	return out
}

func idsOf(records []*record) []string {
	out := make([]string, len(records))
	for i, rec := range records {
		out[i] = rec.leaver.ID
	}
	return out
}

// people at once: what is read of them is in memory until it is kept, so that memory does not grow with
// their number.
const peopleAtOnce = 1000

// portion is some of the leavers, and how far the phases have come before them.
type portion struct {
	*run
	records     []*record
	done, total int
}

// portions are the records, some at a time.
func (r *run) portions(records []*record) []portion {
	var out []portion
	for part := range slices.Chunk(records, peopleAtOnce) {
		out = append(out, portion{r, part, len(out) * peopleAtOnce, len(records)})
	}
	return out
}

// perPerson reads a fact that the directory has per live user.
func (p portion) perPerson(fact, phase string, read func(ids []string, done func(n int)) map[string]graph.Outcome) map[string]graph.Outcome {
	records := p.live(fact, p.records)
	if len(records) == 0 {
		return nil
	}
	done := p.done
	outcomes := read(idsOf(records), func(n int) { done += n; p.progress(phase, done, p.total) })
	for _, rec := range records {
		o := outcomes[rec.leaver.ID]
		rec.set(fact, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
	return outcomes
}

// access reads what the leavers still hold in the directory.
func (r *run) access(ctx context.Context) {
	present := r.present()
	left, assignments := wanted(present), r.assignments(ctx, present)
	for _, p := range r.portions(present) {
		p.access(ctx, left, assignments)
	}
	var placed []*record
	for _, rec := range r.live(snapshot.PhoneNumbers, present) {
		if rec.leaver.State == snapshot.Live {
			placed = append(placed, rec)
			continue
		}
		// A list of the live says nothing of somebody who may be deleted.
		account, from := rec.get(snapshot.Account)
		rec.set(snapshot.PhoneNumbers, withoutValue(account), from)
	}
	r.tenantWide(snapshot.PhoneNumbers, "phone numbers", placed, func(wanted map[string]bool) map[string]graph.Outcome {
		return r.graph.PhoneNumbers(ctx, wanted)
	})
}

func (p portion) access(ctx context.Context, left map[string]bool, assignments graph.RoleAssignments) {
	g := p.graph
	p.perPerson(snapshot.RegisteredDevices, "registered devices", func(ids []string, done func(int)) map[string]graph.Outcome {
		return g.RegisteredDevices(ctx, ids, done)
	})
	groups := p.perPerson(snapshot.Groups, "groups", func(ids []string, done func(int)) map[string]graph.Outcome { return g.Groups(ctx, ids, done) })
	for _, rec := range p.live(snapshot.Roles, p.records) {
		o := assignments.Of(rec.leaver.ID, groups[rec.leaver.ID].Fact)
		rec.set(snapshot.Roles, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
	owned := p.perPerson(snapshot.OwnedObjects, "ownership", func(ids []string, done func(int)) map[string]graph.Outcome {
		return g.OwnedObjects(ctx, ids, left, p.unplaced, done)
	})
	p.perPerson(snapshot.OwnedApplications, "applications", func([]string, func(int)) map[string]graph.Outcome { return g.OwnedApplications(ctx, owned) })
	p.perPerson(snapshot.AppGrants, "consents", func(ids []string, done func(int)) map[string]graph.Outcome { return g.AppGrants(ctx, ids, done) })
	p.perPerson(snapshot.AuthenticationMethods, "authentication methods", func(ids []string, done func(int)) map[string]graph.Outcome {
		return g.AuthenticationMethods(ctx, ids, done)
	})
	p.perPerson(snapshot.DirectReports, "direct reports", func(ids []string, done func(int)) map[string]graph.Outcome { return g.DirectReports(ctx, ids, done) })
}

// assignments lists the tenant's directory roles, if there is anybody to look for in them.
func (r *run) assignments(ctx context.Context, present []*record) graph.RoleAssignments {
	if !slices.ContainsFunc(present, func(rec *record) bool { return rec.leaver.State != snapshot.Deleted }) {
		return graph.RoleAssignments{}
	}
	r.progress("roles", 0, 0)
	licensed := r.tenant[snapshot.SubscribedSKUs].State != snapshot.Read || subscribed(r.tenant[snapshot.SubscribedSKUs], managesPrivileges)
	assignments := r.graph.RoleAssignments(ctx, r.started, licensed)
	r.sourced(assignments.Sources()...)
	return assignments
}

// managesPrivileges reports whether a service plan brings Privileged Identity Management
// (learn.microsoft.com/entra/id-governance/licensing-fundamentals).
func managesPrivileges(plan string) bool {
	return plan == "AAD_PREMIUM_P2" || strings.Contains(strings.ToUpper(plan), "GOVERNANCE")
}

// sourced adds listings to the provenance.
func (r *run) sourced(from ...snapshot.Provenance) {
	r.sourcesMu.Lock()
	defer r.sourcesMu.Unlock()
	r.sources = append(r.sources, from...)
}

// archivedAfter is when a drive without a licence is archived
// (learn.microsoft.com/sharepoint/unlicensed-onedrive-accounts).
const archivedAfter = 93 * 24 * time.Hour

// drives reads the leavers' OneDrives and who may open them. A deleted account's drive can be asked for
// only by its own id, which an earlier snapshot may know.
func (r *run) drives(ctx context.Context) error {
	present := r.present()
	if len(present) == 0 {
		return nil
	}
	if r.identity.delegated() {
		// Asked for by a person, a drive that is missing is made (facts/graph-api 6).
		for _, rec := range present {
			for _, fact := range []string{snapshot.OneDrive, snapshot.DrivePermissions} {
				rec.set(fact, snapshot.Fact{
					State: snapshot.Unknown, Reason: snapshot.NotCollected, Detail: "a person who asks for a missing OneDrive provisions it: not asked",
					Needs: "an application's sign-in, with the Graph application permission Files.Read.All",
				})
			}
		}
		return nil
	}
	before, err := r.drivesBefore()
	if err != nil {
		return err
	}
	var live []*record
	byDrive := map[string][]*record{}
	for _, rec := range present {
		switch {
		case rec.leaver.State != snapshot.Deleted:
			live = append(live, rec)
		case before[rec.leaver.ID] != "":
			byDrive[before[rec.leaver.ID]] = append(byDrive[before[rec.leaver.ID]], rec)
		default:
			rec.set(snapshot.OneDrive, snapshot.Fact{
				State: snapshot.Unknown, Reason: snapshot.NotCollected, Detail: "a deleted account's drive can be found only by its own id",
				Needs: "--baseline with a snapshot from before the account was deleted",
			})
		}
	}
	for _, p := range r.portions(live) {
		done := p.done
		outcomes := r.graph.Drives(ctx, idsOf(p.records), func(n int) { done += n; r.progress("drives", done, p.total) })
		for _, rec := range p.records {
			o := outcomes[rec.leaver.ID]
			if o.Fact.State == snapshot.Absent {
				o.Fact = r.noDrive(rec, before[rec.leaver.ID])
			}
			rec.set(snapshot.OneDrive, o.Fact, o.From)
		}
	}
	for id, o := range r.graph.DrivesByID(ctx, slices.Sorted(maps.Keys(byDrive))) {
		for _, rec := range byDrive[id] {
			rec.set(snapshot.OneDrive, o.Fact, o.From)
		}
	}
	left := wanted(present)
	for _, p := range r.portions(present) {
		p.drivePermissions(ctx, left)
	}
	return nil
}

// noDrive judges Graph's word that there is no drive. It is the same for a drive that never was and for
// one that went: only a leaver who cannot have lost it by now never had one.
func (r *run) noDrive(rec *record, before string) snapshot.Fact {
	switch {
	case before != "":
		return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Integrity, Detail: "Graph sees no drive, although the baseline has one: it was archived or deleted"}
	case r.started.Sub(rec.leaver.LeftAt) < archivedAfter, r.mayStoreFiles(rec):
		return snapshot.Fact{State: snapshot.Absent}
	}
	f := snapshot.Fact{
		State: snapshot.Unknown, Reason: snapshot.OutsideRetention, Detail: "Graph sees no drive: it never was, or it was archived or deleted since the licence went",
		Needs: "--baseline with a snapshot from the time of leaving",
	}
	if rec.leaver.LeftAt.IsZero() {
		f.Needs += ", or the leave date in a CSV roster"
	}
	return f
}

// mayStoreFiles reports whether the account has a licence that brings OneDrive, switched on.
func (r *run) mayStoreFiles(rec *record) bool {
	skus, _ := r.tenant[snapshot.SubscribedSKUs].Value.(map[string]any)
	licences, _ := rec.object(snapshot.Licences)["assignedLicenses"].([]any)
	for _, value := range licences {
		licence, _ := value.(map[string]any)
		id, _ := licence["skuId"].(string)
		disabled, known := licence["disabledPlans"].([]any)
		sku, _ := skus[strings.ToLower(id)].(map[string]any)
		status, _ := sku["capabilityStatus"].(string)
		plans, _ := sku["servicePlans"].([]any)
		for _, p := range plans {
			plan, _ := p.(map[string]any)
			name, _ := plan["servicePlanName"].(string)
			if known && (status == "Enabled" || status == "Warning") && bringsDrive(name) && !slices.Contains(disabled, plan["servicePlanId"]) {
				return true
			}
		}
	}
	return false
}

// bringsDrive reports whether a service plan is one of OneDrive; Office for the web is called after
// SharePoint and brings none.
func bringsDrive(plan string) bool {
	return strings.HasPrefix(plan, "ONEDRIVE") || strings.HasPrefix(plan, "SHAREPOINT") && !strings.HasPrefix(plan, "SHAREPOINTWAC")
}

// drivesBefore are the drives that the baseline knows, by the leaver's id.
func (r *run) drivesBefore() (map[string]string, error) {
	out := map[string]string{}
	if r.options.Baseline == nil {
		return out, nil
	}
	err := r.options.Baseline.Leavers(func(old snapshot.Record) error {
		drive, _ := old.Facts[snapshot.OneDrive].Value.(map[string]any)
		if id, _ := drive["id"].(string); id != "" && r.records[old.Leaver.ID] != nil {
			out[old.Leaver.ID] = id
		}
		return nil
	})
	return out, err
}

func (p portion) drivePermissions(ctx context.Context, left map[string]bool) {
	drives := map[string]*record{}
	for _, rec := range p.records {
		drive, from := rec.get(snapshot.OneDrive)
		id, _ := rec.object(snapshot.OneDrive)["id"].(string)
		if drive.State != snapshot.Read || id == "" {
			rec.set(snapshot.DrivePermissions, withoutValue(drive), from)
			continue
		}
		drives[id] = rec
	}
	done, doubt := p.done, p.users
	if doubt.State == snapshot.Read {
		doubt = p.unplaced
	}
	outcomes := p.graph.DrivePermissions(ctx, slices.Sorted(maps.Keys(drives)), p.enabled, p.persons.guests, left, doubt, func(n int) {
		done += n
		p.progress("drive permissions", done, p.total)
	})
	for id, o := range outcomes {
		drives[id].set(snapshot.DrivePermissions, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
}
