package main

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// collectNamed takes a snapshot of whom the roster arguments name.
func collectNamed(t testing.TB, tenant *simtenant.Tenant, change func(*collector.Options)) (*snapshot.Reader, collector.Collected, error) {
	t.Helper()
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "snapshot")
	options := simulatedOptions(t, tenant, server, dir)
	change(&options)
	collected, err := collector.Collect(t.Context(), options)
	if err != nil {
		return nil, collected, err
	}
	reader, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return reader, collected, nil
}

// from makes the rosters those in Entra alone.
func from(t testing.TB, sources ...string) func(*collector.Options) {
	return func(o *collector.Options) {
		o.Entries, o.Sources = nil, nil
		for _, text := range sources {
			if err := addSource(o, text); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func excluding(t testing.TB, o *collector.Options, patterns ...string) {
	t.Helper()
	if err := (&tenantFlags{exclude: patterns}).readExclusions(o); err != nil {
		t.Fatal(err)
	}
}

func leaversOf(t testing.TB, reader *snapshot.Reader) map[string]snapshot.Leaver {
	t.Helper()
	out := map[string]snapshot.Leaver{}
	if err := reader.Leavers(func(r snapshot.Record) error { out[r.Leaver.Key()] = r.Leaver; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// byKey keeps the verdicts by leaver's key.
type byKey map[string]map[string]policies.Verdict

func (s byKey) Run(policies.Run) error             { return nil }
func (s byKey) Tenant(policies.TenantResult) error { return nil }
func (s byKey) Summary(policies.Summary) error     { return nil }
func (s byKey) Leaver(l policies.LeaverResult) error {
	s[l.Leaver.Key()] = map[string]policies.Verdict{}
	for _, v := range l.Verdicts {
		s[l.Leaver.Key()][v.Rule] = v
	}
	return nil
}

// retimed is a snapshot as if its people had left when others say, where they know it. Bare takes away what only a
// file says: agreements about the mail and a successor.
type retimed struct {
	*snapshot.Reader
	times map[string]snapshot.Leaver
	bare  bool
}

func (s retimed) Leavers(yield func(snapshot.Record) error) error {
	return s.Reader.Leavers(func(r snapshot.Record) error {
		l := &r.Leaver
		if at := s.times[l.Key()].LeftAt; !at.IsZero() {
			l.LeftAt, l.LeftBy = at, at
		}
		if s.bare {
			l.Successor, l.MailHandling = "", ""
		}
		return yield(r)
	})
}

// Everybody who is found through Entra gets the verdicts that are really so: those of the file with the same leave
// time, but for what the file alone says; where the leave time is not known, unknown with its name.
func TestEntraNamesLeavers(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{Bystanders: 20})
	set, err := policies.Load(t.Context(), policies.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	evaluate := func(snap policies.Snapshot) byKey {
		out := byKey{}
		if _, err := set.Evaluate(t.Context(), snap, policies.EvaluateOptions{}, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	file, _, err := collectNamed(t, tenant, func(*collector.Options) {})
	if err != nil {
		t.Fatal(err)
	}
	inFile := leaversOf(t, file)
	for name, tc := range map[string]struct {
		sources []string
		ways    []snapshot.LeaveTime
		least   int
	}{
		"by leave date":  {[]string{"entra:leave-date"}, []snapshot.LeaveTime{snapshot.ByLeaveDate}, len(inFile) - 10},
		"by their state": {[]string{"entra:deleted", "entra:disabled=all"}, []snapshot.LeaveTime{snapshot.ByAudits, snapshot.ByDeletion, snapshot.ByNobody}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader, _, err := collectNamed(t, tenant, func(o *collector.Options) {
				entries := o.Entries
				from(t, tc.sources...)(o)
				// Who is a leaver matters to others, whose mail or files they got: the file names those who may still
				// sign in.
				o.Entries = notClosed(t, file, entries)
			})
			if err != nil {
				t.Fatal(err)
			}
			found := leaversOf(t, reader)
			got := evaluate(reader)
			full, bare := evaluate(retimed{file, found, false}), evaluate(retimed{file, found, true})
			ways, people := map[snapshot.LeaveTime]int{}, 0
			for key, l := range found {
				was, isLeaver := inFile[key]
				if !roster.IsSource(l.Source) || !isLeaver {
					continue
				}
				people++
				ways[l.LeftKnownBy]++
				untimed := l.LeftKnownBy == snapshot.ByNobody || l.LeftKnownBy == snapshot.ByDeletion
				if l.LeftBy.Before(was.LeftAt) || l.LeftAt.IsZero() != untimed {
					t.Errorf("%s left at %s, by %s (%s); the file says %s", l.UserPrincipalName, l.LeftAt, l.LeftBy, l.LeftKnownBy, was.LeftAt)
				}
				for rule, v := range got[key] {
					names := slices.ContainsFunc(v.Missing, func(m policies.Missing) bool { return strings.Contains(m.Needs, "the leave date in a CSV roster") })
					wrong := func(s policies.Status) bool { return s == policies.Fail || s == policies.Pending }
					truth, less := full[key][rule].Status, bare[key][rule].Status
					switch {
					case v.Status == truth, v.Status == less:
					case wrong(v.Status) && (wrong(truth) || wrong(less)):
					case v.Status == policies.Unknown && names && untimed:
					case rule == "ACC-010" && len(was.Aliases) > 0: // the file alone knows the other account
					default:
						t.Errorf("%s (%s): %s is %s, and %s by the file: %s %v", l.UserPrincipalName, l.LeftKnownBy, rule, v.Status, truth, v.Message, v.Missing)
					}
				}
			}
			for _, way := range tc.ways {
				if ways[way] == 0 {
					t.Errorf("nobody's leave time is known by: %s", way)
				}
			}
			if people < tc.least {
				t.Errorf("%d leavers of the file are found, want %d", people, tc.least)
			}
			for _, complaint := range tenant.Complaints() {
				t.Errorf("the tenant complains: %s", complaint)
			}
		})
	}
}

// notClosed keeps the rows of people whose account is live and may sign in.
func notClosed(t testing.TB, file *snapshot.Reader, entries []roster.Entry) []roster.Entry {
	t.Helper()
	open := map[string]bool{}
	err := file.Leavers(func(r snapshot.Record) error {
		account, _ := r.Facts[snapshot.Account].Value.(map[string]any)
		open[r.Leaver.Source] = r.Leaver.State == snapshot.Live && account["accountEnabled"] == true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e roster.Entry) bool { return !open[e.Source] })
}

// A group gives its people, nested ones too; the log tells when somebody was put into that very group.
func TestAGroupNamesLeavers(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{Bystanders: 20})
	inner, outer := "entra:group="+tenant.GroupID("Canteen News"), "entra:group="+tenant.GroupID("Building Services")
	by := map[string]map[string]snapshot.Leaver{}
	for _, source := range []string{inner, outer} {
		reader, collected, err := collectNamed(t, tenant, from(t, source))
		if err != nil {
			t.Fatal(err)
		}
		by[source] = leaversOf(t, reader)
		if n := reader.Manifest().Population.Untimed; n == 0 || !strings.Contains(strings.Join(collected.Warnings, "\n"), "when they left is not known of ") {
			t.Errorf("%s: %d are untimed, warnings %v", source, n, collected.Warnings)
		}
	}
	if len(by[inner]) < 3 || len(by[outer]) <= len(by[inner]) {
		t.Errorf("the group has %d people, and the one around it %d", len(by[inner]), len(by[outer]))
	}
	timed := 0
	for id, l := range by[inner] {
		around := by[outer][id]
		switch {
		case l.Source != inner || around.Source != outer:
			t.Errorf("got %+v and %+v", l, around)
		case l.LeftKnownBy == snapshot.ByAudits:
			timed++
			// The log has the day on which they joined the inner group, and none on which they joined the outer.
			if l.LeftAt.IsZero() || !around.LeftAt.IsZero() || around.LeftKnownBy != snapshot.ByNobody || !around.LeftBy.Equal(today()) {
				t.Errorf("got %+v and %+v", l, around)
			}
		case !l.LeftAt.IsZero() || !l.LeftBy.Equal(today()):
			t.Errorf("got %+v", l)
		}
	}
	if timed != 1 {
		t.Errorf("the log has the day of %d", timed)
	}
}

// The file's row wins, and the other sources stand beside it; whoever is excluded is listed, row or not.
func TestSourcesTogether(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{Bystanders: 20})
	var row roster.Entry
	reader, collected, err := collectNamed(t, tenant, func(o *collector.Options) {
		entries := o.Entries
		from(t, "entra:deleted", "entra:leave-date")(o)
		at := slices.IndexFunc(entries, func(e roster.Entry) bool { return e.ID != "" && e.Successor != "" })
		row = entries[at]
		gone := slices.IndexFunc(entries, func(e roster.Entry) bool { return e.UserPrincipalName != "" && e.ID == "" })
		o.Entries = []roster.Entry{row, entries[gone]}
		o.Sources = append([]string{"simulated.csv"}, o.Sources...)
		excluding(t, o, strings.ToUpper(entries[gone].UserPrincipalName), "nobody-*@fabrikam-sim.example")
		row.Note = entries[gone].Source
	})
	if err != nil {
		t.Fatal(err)
	}
	leavers := leaversOf(t, reader)
	if l := leavers[row.ID]; l.Source != row.Source || l.Successor != row.Successor || !slices.Equal(l.AlsoIn, []string{"entra:leave-date"}) || l.LeftKnownBy != "" {
		t.Errorf("got %+v", l)
	}
	both, untimed := 0, 0
	for key, l := range leavers {
		if l.LeftAt.IsZero() {
			untimed++
		}
		if l.Source == "entra:deleted" && slices.Equal(l.AlsoIn, []string{"entra:leave-date"}) && l.LeftKnownBy == snapshot.ByLeaveDate {
			both++
		}
		if key != l.ID {
			t.Errorf("%+v", l)
		}
	}
	p := reader.Manifest().Population
	if both == 0 || p.Untimed != untimed {
		t.Errorf("%d deleted people have a leave date; of %d it is not known, want %d", both, p.Untimed, untimed)
	}
	if len(p.Excluded) != 1 || p.Excluded[0].Source != row.Note || p.Excluded[0].ID == "" || leavers[p.Excluded[0].ID].ID != "" {
		t.Errorf("excluded are %+v", p.Excluded)
	}
	warnings := strings.Join(collected.Warnings, "\n")
	for _, want := range []string{"--exclude nobody-*@fabrikam-sim.example matches nobody", row.Note + " is not looked at: --exclude"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning %q in\n%s", want, warnings)
		}
	}
}

// What cannot tell who left ends the run, and leaves nothing behind: a scan of fewer people looks clean.
func TestASourceThatCannotBeReadEndsTheRun(t *testing.T) {
	t.Parallel()
	group := "entra:group=6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"
	for name, tc := range map[string]struct {
		withdrawn []string
		sources   []string
		exclude   []string
		want      string
	}{
		"no right to leave dates":      {[]string{"User-LifeCycleInfo.Read.All"}, []string{"entra:leave-date"}, nil, "needs the Graph application permission User-LifeCycleInfo.Read.All"},
		"no right to leave dates, two": {[]string{"User-LifeCycleInfo.Read.All"}, []string{"entra:disabled", "entra:leave-date"}, nil, "User-LifeCycleInfo.Read.All"},
		"no right to users":            {[]string{"User.Read.All"}, []string{"entra:disabled"}, nil, "entra:disabled cannot be read"},
		"no right to deleted users":    {[]string{"User.Read.All"}, []string{"entra:deleted"}, nil, "needs the Graph application permission User.Read.All"},
		"no right to groups":           {[]string{"GroupMember.Read.All"}, []string{group}, nil, "needs the Graph application permission GroupMember.Read.All"},
		"no such group":                {nil, []string{group}, nil, "there is no such group in the tenant"},
		"everybody excluded":           {nil, []string{"entra:deleted"}, []string{"*"}, "--exclude takes out all of them; a scan of no people proves nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := newTenant(t, simtenant.Options{Withdrawn: tc.withdrawn, Bystanders: 20})
			_, _, err := collectNamed(t, tenant, func(o *collector.Options) {
				from(t, tc.sources...)(o)
				excluding(t, o, tc.exclude...)
			})
			if !errors.Is(err, collector.ErrPopulation) || !strings.Contains(err.Error(), tc.want) || exitCode(err) != codeUsage {
				t.Errorf("got %v", err)
			}
		})
	}
}

// An empty group beside others is said; alone it is nobody.
func TestAnEmptySource(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{Bystanders: 20})
	empty := "entra:group=" + tenant.GroupID("Break Glass Reserve")
	if _, _, err := collectNamed(t, tenant, from(t, empty)); !errors.Is(err, collector.ErrPopulation) || !strings.Contains(err.Error(), "name nobody") {
		t.Errorf("got %v", err)
	}
	reader, collected, err := collectNamed(t, tenant, from(t, empty, "entra:deleted"))
	if err != nil || !slices.Contains(collected.Warnings, empty+" names nobody") {
		t.Fatalf("got %v, warnings %v", err, collected.Warnings)
	}
	again, _, err := collectNamed(t, tenant, from(t, empty, "entra:deleted"))
	if err != nil || again.Manifest().Population.Digest != reader.Manifest().Population.Digest {
		t.Errorf("the same people have two digests, or %v", err)
	}
	if !maps.EqualFunc(leaversOf(t, reader), leaversOf(t, again), func(a, b snapshot.Leaver) bool { return a.Source == b.Source && a.LeftBy.Equal(b.LeftBy) }) {
		t.Error("the same tenant gives other leavers")
	}
}
