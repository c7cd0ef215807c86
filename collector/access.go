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

// live gives the records whose account may be live. Of the others the fact is unknown, because Graph lists
// it for live accounts only.
func (r *run) live(fact string) []*record {
	var out []*record
	for _, rec := range r.present() {
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

// perPerson reads a fact that the directory has per live user.
func (r *run) perPerson(fact, phase string, read func(ids []string, done func(n int)) map[string]graph.Outcome) map[string]graph.Outcome {
	records := r.live(fact)
	if len(records) == 0 {
		return nil
	}
	done := 0
	outcomes := read(idsOf(records), func(n int) { done += n; r.progress(phase, done, len(records)) })
	for _, rec := range records {
		o := outcomes[rec.leaver.ID]
		rec.set(fact, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
	return outcomes
}

// access reads what the leavers still hold in the directory.
func (r *run) access(ctx context.Context) {
	g, left := r.graph, wanted(r.present())
	r.perPerson(snapshot.RegisteredDevices, "registered devices", func(ids []string, done func(int)) map[string]graph.Outcome {
		return g.RegisteredDevices(ctx, ids, done)
	})
	groups := r.perPerson(snapshot.Groups, "groups", func(ids []string, done func(int)) map[string]graph.Outcome { return g.Groups(ctx, ids, done) })
	r.roles(ctx, groups)
	owned := r.perPerson(snapshot.OwnedObjects, "ownership", func(ids []string, done func(int)) map[string]graph.Outcome {
		return g.OwnedObjects(ctx, ids, left, r.unplaced, done)
	})
	r.perPerson(snapshot.OwnedApplications, "applications", func([]string, func(int)) map[string]graph.Outcome { return g.OwnedApplications(ctx, owned) })
	r.perPerson(snapshot.AppGrants, "consents", func(ids []string, done func(int)) map[string]graph.Outcome { return g.AppGrants(ctx, ids, done) })
	r.perPerson(snapshot.AuthenticationMethods, "authentication methods", func(ids []string, done func(int)) map[string]graph.Outcome {
		return g.AuthenticationMethods(ctx, ids, done)
	})
	r.perPerson(snapshot.DirectReports, "direct reports", func(ids []string, done func(int)) map[string]graph.Outcome { return g.DirectReports(ctx, ids, done) })
	r.phoneNumbers(ctx)
}

// roles lists the tenant's directory roles once and gives each leaver theirs.
func (r *run) roles(ctx context.Context, groups map[string]graph.Outcome) {
	records := r.live(snapshot.Roles)
	if len(records) == 0 {
		return
	}
	r.progress("roles", 0, len(records))
	licensed := r.tenant[snapshot.SubscribedSKUs].State != snapshot.Read || subscribed(r.tenant[snapshot.SubscribedSKUs], managesPrivileges)
	assignments := r.graph.RoleAssignments(ctx, r.started, licensed)
	r.sourced(assignments.Sources()...)
	for _, rec := range records {
		o := assignments.Of(rec.leaver.ID, groups[rec.leaver.ID].Fact)
		rec.set(snapshot.Roles, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
}

// managesPrivileges reports whether a service plan brings Privileged Identity Management
// (learn.microsoft.com/entra/id-governance/licensing-fundamentals).
func managesPrivileges(plan string) bool {
	return plan == "AAD_PREMIUM_P2" || strings.Contains(strings.ToUpper(plan), "GOVERNANCE")
}

func (r *run) phoneNumbers(ctx context.Context) {
	records := r.live(snapshot.PhoneNumbers)
	if len(records) == 0 {
		return
	}
	r.progress("phone numbers", 0, len(records))
	outcomes := r.graph.PhoneNumbers(ctx, wanted(records))
	r.account(records, outcomes)
	for _, rec := range records {
		o := outcomes[rec.leaver.ID]
		rec.set(snapshot.PhoneNumbers, o.Fact, o.From)
	}
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
	done := 0
	outcomes := r.graph.Drives(ctx, idsOf(live), func(n int) { done += n; r.progress("drives", done, len(present)) })
	for _, rec := range live {
		o := outcomes[rec.leaver.ID]
		if o.Fact.State == snapshot.Absent {
			o.Fact = r.noDrive(rec, before[rec.leaver.ID])
		}
		rec.set(snapshot.OneDrive, o.Fact, o.From)
	}
	for id, o := range r.graph.DrivesByID(ctx, slices.Sorted(maps.Keys(byDrive))) {
		for _, rec := range byDrive[id] {
			rec.set(snapshot.OneDrive, o.Fact, o.From)
		}
	}
	r.drivePermissions(ctx, present)
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

func (r *run) drivePermissions(ctx context.Context, present []*record) {
	drives := map[string]*record{}
	for _, rec := range present {
		drive, from := rec.get(snapshot.OneDrive)
		id, _ := rec.object(snapshot.OneDrive)["id"].(string)
		if drive.State != snapshot.Read || id == "" {
			rec.set(snapshot.DrivePermissions, withoutValue(drive), from)
			continue
		}
		drives[id] = rec
	}
	done := 0
	doubt := r.users
	if doubt.State == snapshot.Read {
		doubt = r.unplaced
	}
	outcomes := r.graph.DrivePermissions(ctx, slices.Sorted(maps.Keys(drives)), r.enabled, r.persons.guests, wanted(present), doubt, func(n int) {
		done += n
		r.progress("drive permissions", done, len(drives))
	})
	for id, o := range outcomes {
		drives[id].set(snapshot.DrivePermissions, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
}
