package plan

import (
	"slices"
	"strings"

	"leavercheck/policies"
)

// handOver gives the drive to somebody.
func (d *draft) handOver() {
	if rules := d.open("ODB-003"); len(rules) > 0 {
		step := d.step(RemoveLinks, "Remove the anonymous links", rules, d.page(admin, activeUser+" > OneDrive > Create link to files"))
		for _, f := range d.findings("ODB-003") {
			drive, link := text(f, "driveId"), text(f, "id")
			if drive == "" || link == "" {
				step.note("Remove the link in the drive's sharing settings.")
				continue
			}
			step.do("a link", in(Graph, "Remove-MgDriveItemPermission").text("-DriveId", drive).with("-DriveItemId 'root'").text("-PermissionId", link).rehearse())
		}
	}
	rules := d.open("ODB-001", "ODB-002")
	if len(rules) == 0 && d.planned(Restore) && d.loses("drive") {
		rules = d.open("DEL-002")
	}
	if len(rules) == 0 {
		return
	}
	step := d.step(HandOver, "Hand the OneDrive over", rules, d.page(admin, activeUser+" > OneDrive > Create link to files")).
		note("Whoever takes over copies what is to stay, while the drive is there: access alone does not keep it.")
	site := ""
	for _, f := range slices.Concat(d.findings("ODB-001"), d.findings("ODB-002"), d.findings("DEL-002")) {
		if site == "" {
			site = siteOf(text(f, "webUrl"))
		}
	}
	if site != "" && d.successor() != "" {
		step.do("the drive", in(SharePoint, "Set-SPOUser").text("-Site", site).text("-LoginName", d.successor()).with("-IsSiteCollectionAdmin $true"))
	}
}

// siteOf is the site of somebody's drive: the drive's address without the library; empty for what is no such
// address.
func siteOf(drive string) string {
	rest, secure := strings.CutPrefix(drive, "https://")
	parts := strings.Split(rest, "/")
	if !secure || len(parts) < 3 || parts[0] == "" || parts[1] != "personal" || parts[2] == "" {
		return ""
	}
	return "https://" + strings.Join(parts[:3], "/")
}

// loses says that deleting the account loses its mailbox, or its drive.
func (d *draft) loses(what string) bool {
	return slices.ContainsFunc(d.findings("DEL-002"), func(f policies.Finding) bool { return text(f, "lost") == what })
}

// end gives back what is paid for, and deletes the account.
func (d *draft) end() {
	if rules := d.open("TEL-002"); len(rules) > 0 {
		step := d.step(LeaveQueues, "Leave the groups that serve call queues", rules, d.page(admin, "Teams & groups > Active teams & groups > (the group) > Membership"))
		for _, f := range slices.DeleteFunc(slices.Clone(d.findings("TEL-002")), d.bringsLicence) {
			d.leaveBy(step, f)
		}
		d.unreadLicences(step)
	}
	if rules := d.open("TEL-001"); len(rules) > 0 {
		step := d.step(ReleaseNumber, "Take the phone number away", rules, d.page(teams, "Voice > Phone numbers"))
		for _, f := range d.findings("TEL-001") {
			kind := numberKind(text(f, "numberType"))
			release := in(Teams, "Remove-CsPhoneNumberAssignment").id("-Identity", d.id()).text("-PhoneNumber", strings.TrimPrefix(text(f, "telephoneNumber"), "tel:"))
			if kind == "" {
				release.refuse("numberType")
			}
			step.do("a number", release.with(kind))
		}
	}
	d.removeLicence()
	d.delete()
}

func numberKind(kind string) fixed {
	switch strings.ToLower(kind) {
	case "directrouting":
		return "-PhoneNumberType DirectRouting"
	case "callingplan":
		return "-PhoneNumberType CallingPlan"
	case "operatorconnect":
		return "-PhoneNumberType OperatorConnect"
	}
	return ""
}

// bringsLicence says whether leaving a group would take a licence away: by what any verdict saw, whatever
// became of it.
func (d *draft) bringsLicence(f policies.Finding) bool {
	id := text(f, "id")
	brings := func(row map[string]any) bool {
		group, _ := row["assignedByGroup"].(string)
		return strings.EqualFold(group, id) || slices.ContainsFunc(texts(row, "assignedByGroup"), func(g string) bool { return strings.EqualFold(g, id) })
	}
	for _, licence := range d.verdicts["LIC-001"].Findings {
		if brings(licence) {
			return true
		}
	}
	for _, evidence := range d.verdicts["LIC-001"].Evidence {
		states, _ := evidence.Values["licenseAssignmentStates"].([]any)
		for _, state := range states {
			if row, ok := state.(map[string]any); ok && brings(row) {
				return true
			}
		}
	}
	return slices.ContainsFunc(d.verdicts["ACC-004"].Findings, func(g policies.Finding) bool {
		return text(g, "mend") == "licensing" && strings.EqualFold(text(g, "id"), id)
	})
}

// memberships are what a rule finds of groups that the leaver is in, as ACC-004 would say it.
func (d *draft) memberships(rule string) []policies.Finding {
	if rule != "ACC-003" {
		return slices.Clone(d.findings(rule))
	}
	var out []policies.Finding
	for _, f := range d.findings(rule) {
		if group, ok := f["group"].(map[string]any); ok {
			out = append(out, policies.Finding{"resource": group["id"], "id": group["id"], "displayName": group["displayName"]})
		}
	}
	return out
}

// unreadLicences is what a step says whose groups may bring licences that were not read.
func (d *draft) unreadLicences(step *Step) {
	if d.is("LIC-001", policies.Unknown) {
		step.note("Whether a group brings a licence is not known: make sure that the content is saved before one that does is left.")
	}
}

// removeLicence gives licences back, directly assigned ones and those that a group brings.
func (d *draft) removeLicence() {
	var memberships []policies.Finding
	rules := d.open("LIC-001")
	for _, rule := range []string{"ACC-003", "ACC-004", "TEL-002"} {
		found := slices.DeleteFunc(d.memberships(rule), func(f policies.Finding) bool { return !d.bringsLicence(f) })
		if len(found) > 0 {
			memberships, rules = append(memberships, found...), append(rules, rule)
		}
	}
	if len(rules) == 0 {
		return
	}
	page := d.page(admin, activeUser+" > Licences and apps")
	surplus := len(d.open("LIC-001")) > 0
	title := "Remove the licences"
	if !surplus {
		title = "Leave the groups that bring a licence"
	}
	if why, needing := d.licenceHeld(surplus); len(why) > 0 {
		d.step(RemoveLicence, title, union(rules, needing), page).decide(why...)
		return
	}
	step := d.step(RemoveLicence, title, rules, page)
	if d.planned(Convert) {
		step.note("Only once the mailbox is a shared one. Over 50 GB, with an archive or on hold a shared mailbox needs a licence: scan again before.")
	}
	left := map[string]bool{}
	direct := []string{}
	for _, f := range d.findings("LIC-001") {
		if given, _ := f["direct"].(bool); given {
			direct = append(direct, f.Resource())
		}
		for _, group := range texts(f, "assignedByGroup") {
			if !left[strings.ToLower(group)] {
				left[strings.ToLower(group)] = true
				step.do("the group "+group, d.leave(group))
			}
		}
	}
	for _, f := range memberships {
		if !left[strings.ToLower(text(f, "id"))] {
			left[strings.ToLower(text(f, "id"))] = true
			d.leaveBy(step, f)
		}
	}
	if len(direct) > 0 {
		step.do("the licences", in(Graph, "Set-MgUserLicense").id("-UserId", d.id()).with("-AddLicenses @()").ids("-RemoveLicenses", direct).rehearse())
	}
	if len(left) > 0 {
		step.note("A licence that comes through a group goes with the membership; a dynamic or synchronised group is changed where its members come from.")
	}
}

// licenceHeld says why the licence must not go yet, and which rules say so.
func (d *draft) licenceHeld(surplus bool) (why, rules []string) {
	hold := func(reason string, by ...string) {
		why, rules = append(why, reason), append(rules, by...)
		d.warn("Two wishes contradict each other: " + reason)
	}
	if !surplus {
		hold("A group grants access and brings a licence that is needed. Assign that licence directly before the group is left.")
	}
	if d.planned(Restore) {
		hold("The account has to be restored first, and keeps its licence until its data is saved.")
	}
	if by := d.open("FWD-002"); len(by) > 0 {
		hold("The licences are to go, and the mailbox forwards, which needs one. End the forwarding, or convert the mailbox, before the licences go.", by...)
	}
	if by := d.open("FWD-003"); len(by) > 0 {
		hold("The licences are to go, and the shared mailbox needs one for its size, its archive or its hold. Mend that before the licences go.", by...)
	}
	if by := d.open("MBX-003"); len(by) > 0 {
		hold("The licences are to go, and the hold needs one: a licence is removed only when all holds are, but then nothing keeps the content. Deleting the account makes the mailbox inactive, which needs none.", by...)
	} else if d.planned(Hold) {
		hold("The mailbox is to be put on hold, and a hold needs the licence. Deleting the account afterwards makes the mailbox inactive, which needs none, and frees the licence.", d.open("MBX-001")...)
	}
	if d.planned(Forward) && !d.planned(Convert) && !d.shared() && len(d.open("FWD-002")) == 0 {
		hold("The mail is to be forwarded, which needs a licence unless the mailbox is a shared one.", d.open("FWD-001", "FWD-005")...)
	}
	if d.planned(GiveLicence) && len(why) == 0 {
		hold("A licence is to be given so that the mailbox is not purged. Decide which licences stay until the content is saved.", d.open("MBX-002", "ORD-001")...)
	}
	if d.planned(RecoverMailbox) {
		hold("The content of a mailbox is to be recovered into one that must be licensed until it is there.", d.open("MBX-002", "FWD-008")...)
	}
	if by := d.waitFor("MBX-001", "MBX-002", "MBX-003", "FWD-001", "FWD-002", "FWD-003", "ODB-001", "ODB-002"); len(by) > 0 {
		why, rules = append(why, "It is not known whether the licence is still needed: first find out "+strings.Join(by, ", ")+"."), append(rules, by...)
	}
	return why, rules
}

// waitFor lists those of the rules that could not be told, and has somebody find them out.
func (d *draft) waitFor(rules ...string) []string {
	by := d.unknown(rules...)
	d.blocking = append(d.blocking, by...)
	return by
}

// delete deletes the account, when nothing needs it any more.
func (d *draft) delete() {
	rules := d.open("DEL-001", "DEL-003")
	if len(rules) == 0 {
		return
	}
	title, p := "Delete the account", d.page(admin, activeUser+" > Delete user")
	synced, known := d.synced()
	if synced {
		title, p = "Delete the account in Active Directory", page("", onPrem, "(the user) > Delete")
	}
	if why, needing := d.accountHeld(); len(why) > 0 {
		d.step(Delete, title, union(rules, needing), p).decide(why...)
		return
	}
	step := d.step(Delete, title, rules, p).note("It can be restored for 30 days.")
	switch {
	case synced:
		step.do("the account in Active Directory", d.inActiveDirectory(in(ActiveDirectory, "Remove-ADUser -Identity $user").rehearse())...)
	case d.deleted():
		step.note("It is deleted in the cloud already.")
	default:
		step.do("the account", in(Graph, "Remove-MgUser").id("-UserId", d.id()).rehearse())
	}
	if !known {
		step.note("An account that is synchronised is deleted in Active Directory instead (Remove-ADUser).")
	}
}

// accountHeld says why the account must not be deleted yet, and which rules say so.
func (d *draft) accountHeld() (why, rules []string) {
	contradict := func(reason string, by ...string) {
		why, rules = append(why, reason), append(rules, by...)
		d.warn("Two wishes contradict each other: " + reason)
	}
	relied := d.open("FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-007", "FWD-008")
	switch {
	case d.planned(Restore):
		contradict("The account is to be deleted, and its data is not saved: it has to be restored first.", d.open("DEL-002", "FWD-004", "MBX-002")...)
	case d.wish() == "forward" || d.wish() == "shared":
		contradict("The account is to be deleted, and the roster wants its mail to be "+map[string]string{"forward": "forwarded", "shared": "shared"}[d.wish()]+": both hang on the account.", relied...)
	case len(relied) > 0:
		contradict("The account is to be deleted, and mail relies on it.", relied...)
	}
	if (d.planned(Hold) || d.planned(GiveLicence) && len(d.open("MBX-002", "MBX-003")) > 0) && !d.planned(Restore) {
		contradict("The account is to be deleted, and its mailbox to be held or licensed. With a hold in effect, deleting the account makes the mailbox inactive and keeps its content: delete it only once Exchange shows the hold.", d.open("MBX-001", "MBX-002", "MBX-003")...)
	}
	if d.planned(Convert) && !d.planned(Restore) && len(relied) == 0 {
		contradict("The account is to be deleted, and its mailbox to become a shared one, which hangs on the account.", d.open("MBX-001")...)
	}
	for _, open := range []struct {
		rules  []string
		reason string
	}{
		{d.open("DEV-001", "DEV-003"), "A device is not wiped yet: what belongs to no account any more cannot be wiped."},
		{d.open("ODB-001", "ODB-002"), "The OneDrive is not handed over yet, and goes with the account."},
		{d.open("MBX-002", "MBX-003", "FWD-005"), "The mailbox is not settled yet."},
	} {
		if len(open.rules) > 0 {
			why, rules = append(why, open.reason), append(rules, open.rules...)
		}
	}
	if by := d.waitFor("MBX-001", "MBX-002", "FWD-001", "FWD-004", "FWD-008", "DEV-001", "DEV-003", "ODB-001", "ODB-002", "DEL-002", "ACC-005"); len(by) > 0 {
		why, rules = append(why, "It is not known whether something still needs the account: first find out "+strings.Join(by, ", ")+"."), append(rules, by...)
	}
	if len(why) > 0 {
		why = append(why, "Scanned again, the plan has the command once nothing stands against it.")
	}
	return why, rules
}

// findOut is for what a decision waits for; a warning names what else could not be told.
func (d *draft) findOut() {
	for _, verdict := range d.leaver.Verdicts {
		// Whether something must be done before the deadline is a decision, too.
		if verdict.Status == policies.Unknown && !verdict.Deadline.IsZero() {
			d.blocking = append(d.blocking, verdict.Rule)
		}
	}
	slices.Sort(d.blocking)
	blocking := slices.Compact(d.blocking)
	if len(blocking) > 0 {
		step := d.step(FindOut, "First find out what a later step hangs on", blocking, d.page(entra, entraUser))
		step.Portal = ""
		var needs []string
		for _, rule := range blocking {
			for _, missing := range d.verdicts[rule].Missing {
				need := missing.Needs
				if need == "" {
					continue
				}
				if missing.Fact != "" {
					need = missing.Fact + ": " + need
				}
				needs = append(needs, need)
			}
		}
		slices.Sort(needs)
		if needs = slices.Compact(needs); len(needs) > 0 {
			step.note("What would make it readable: " + strings.Join(needs, "; ") + ".")
		}
		step.note("Then scan again.")
	}
	var rest []string
	for _, verdict := range d.leaver.Verdicts {
		if verdict.Status == policies.Unknown && !slices.Contains(blocking, verdict.Rule) {
			rest = append(rest, verdict.Rule)
		}
	}
	if len(rest) > 0 {
		d.warn("Not everything could be checked, so steps may be missing: " + strings.Join(rest, ", ") + ".")
	}
}

// others is for every verdict that fails and that no step above is for: rules that this package does not know, or
// of a combination that it has no better answer to.
func (d *draft) others() {
	covered := map[string]bool{}
	for _, step := range d.steps {
		for _, rule := range step.Rules {
			covered[rule] = true
		}
	}
	for _, verdict := range d.leaver.Verdicts {
		if covered[verdict.Rule] || len(d.open(verdict.Rule)) == 0 {
			continue
		}
		title, remediation := d.titles[verdict.Rule], ""
		for _, rule := range d.run.Rules {
			if rule.ID == verdict.Rule {
				remediation = rule.Remediation
			}
		}
		d.step(Other, "Mend: "+title, []string{verdict.Rule}, "").note(strings.Join(strings.Fields(remediation), " "))
	}
}
