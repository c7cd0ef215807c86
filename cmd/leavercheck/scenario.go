package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
	"leavercheck/policies"
	"leavercheck/report/clean"
)

// scenarioTests runs the scenarios of directories.
type scenarioTests struct {
	sys    system
	dirs   []string
	match  *regexp.Regexp
	update bool
	// sets are loaded once for all scenarios of the same rules and settings.
	sets map[string]*policies.Set
}

// run tests every scenario and adds it to the report. With update it shows, and writes, what each that
// differs would have to expect.
func (t *scenarioTests) run(ctx context.Context, into *policies.TestReport) error {
	scenarios, err := policies.FindScenarios(t.dirs)
	if err != nil {
		return usageError{err}
	}
	for _, s := range scenarios {
		if !t.match.MatchString("scenario." + s.Dir) {
			continue
		}
		outcome, err := t.one(ctx, s)
		if err != nil {
			return err
		}
		if t.update && outcome.Result.Outcome != policies.TestPassed {
			if err := t.write(s, outcome.Expected); err != nil {
				return err
			}
			outcome.Result.Outcome, outcome.Result.Failures = policies.TestPassed, nil
			for i := range outcome.Result.Cases {
				outcome.Result.Cases[i].Failed = false
			}
		}
		into.Add(outcome.Result)
	}
	return nil
}

func (t *scenarioTests) one(ctx context.Context, s policies.Scenario) (policies.ScenarioOutcome, error) {
	at := s.Dir + "/" + policies.ScenarioFile
	set, err := t.load(ctx, s)
	if err != nil {
		return policies.ScenarioOutcome{}, usagef("%s: %w", at, err)
	}
	if err := s.Check(set); err != nil {
		return policies.ScenarioOutcome{}, usageError{err}
	}
	temporary, err := os.MkdirTemp("", "leavercheck-scenario-")
	if err != nil {
		return policies.ScenarioOutcome{}, fmt.Errorf("a place for the snapshot: %w", err)
	}
	defer os.RemoveAll(temporary)
	dir := s.Path(s.Snapshot)
	if s.Simulated != nil {
		dir = filepath.Join(temporary, "snapshot")
		if err := collectSimulated(ctx, *s.Simulated, dir); err != nil {
			return policies.ScenarioOutcome{}, fmt.Errorf("%s: simulated: %w", at, err)
		}
	}
	snap, err := snapshot.Open(dir)
	if err != nil {
		return policies.ScenarioOutcome{}, fmt.Errorf("%s: %w", at, err)
	}
	defer snap.Close()
	opts := policies.EvaluateOptions{Tool: policies.Tool{Name: tool().Name, Version: tool().Version}}
	if s.Baseline != "" {
		baseline, err := snapshot.Open(s.Path(s.Baseline))
		if err != nil {
			return policies.ScenarioOutcome{}, fmt.Errorf("%s: baseline: %w", at, err)
		}
		defer baseline.Close()
		opts.Baseline = baseline
	}
	if opts.Attestations, err = readGiven("attestations", s.Path(s.Attestations), set.ReadAttestations); err != nil {
		return policies.ScenarioOutcome{}, fmt.Errorf("%s: %w", at, err)
	}
	if opts.Waivers, err = readGiven("waivers", s.Path(s.Waivers), set.ReadWaivers); err != nil {
		return policies.ScenarioOutcome{}, fmt.Errorf("%s: %w", at, err)
	}
	return s.Test(ctx, set, snap, opts, t.sys.now)
}

func (t *scenarioTests) load(ctx context.Context, s policies.Scenario) (*policies.Set, error) {
	dirs := s.PolicyDirs(t.dirs)
	key := fmt.Sprint(dirs, s.Path(s.Settings), s.Parameters)
	if t.sets[key] == nil {
		settings, err := s.RuleSettings()
		if err != nil {
			return nil, err
		}
		set, err := policies.Load(ctx, policies.LoadOptions{Sources: dirs, Settings: settings})
		if err != nil {
			return nil, err
		}
		t.sets[key] = set
	}
	return t.sets[key], nil
}

// write shows what will be expected from now on, then writes it.
func (t *scenarioTests) write(s policies.Scenario, expected []byte) error {
	path := filepath.Join(s.Dir, policies.ExpectedFile)
	lines := []string{path + ":"}
	for line := range strings.Lines(string(expected)) {
		lines = append(lines, clean.Text(strings.TrimRight(line, "\n")))
	}
	if err := printLines(t.sys.stdout, append(lines, "")...); err != nil {
		return err
	}
	return replaceFile(path, expected)
}

// replaceFile writes a file of a repository, or leaves it as it was.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".expected-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, bytes.NewReader(text))
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// collectSimulated takes the snapshot of a simulated tenant, by the collector and over TLS, as a scan does.
func collectSimulated(ctx context.Context, s policies.SimulatedTenant, dir string) error {
	tenant, err := simtenant.New(simtenant.Options{
		Now: s.Now, Seed: s.Seed, WithoutPremium: s.WithoutPremium, WithoutIntune: s.WithoutIntune, Withdrawn: s.Withdrawn,
	})
	if err != nil {
		return err
	}
	server, err := tenant.Start()
	if err != nil {
		return err
	}
	defer server.Close()
	flags := tenantFlags{cloud: "global", login: server.LoginURL, graph: server.GraphURL, exchange: server.ExchangeURL}
	options := collector.Options{Now: func() time.Time { return s.Now }, Limits: wire.Unhurried(), Tenant: server.TenantID, Out: dir, Tool: tool()}
	if err := flags.connect(&options, server.CA, &collector.Secret{Tenant: server.TenantID, Client: server.ClientID, Value: server.ClientSecret}); err != nil {
		return err
	}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		return err
	}
	options.Sources = []string{"simulated.csv"}
	if options.Entries, err = chosen(tenant, file.Entries, s.People); err != nil {
		return err
	}
	_, err = collector.Collect(ctx, options)
	return err
}

// chosen are the roster's entries on people of the simulated tenant, on all of them if nobody is named.
func chosen(tenant *simtenant.Tenant, entries []roster.Entry, people []string) ([]roster.Entry, error) {
	if len(people) == 0 {
		return entries, nil
	}
	names := map[string]bool{}
	for _, upn := range people {
		at := slices.IndexFunc(tenant.Truth(), func(p simtenant.Person) bool { return strings.EqualFold(p.UserPrincipalName, upn) })
		if at < 0 {
			return nil, usagef("there is nobody called %q; leavercheck simulate --people lists everybody", upn)
		}
		names[tenant.Truth()[at].DisplayName] = true
	}
	var out []roster.Entry
	for _, entry := range entries {
		if names[entry.DisplayName] {
			out = append(out, entry)
		}
	}
	if len(out) != len(names) {
		return nil, fmt.Errorf("%d people are called by %d names", len(out), len(names))
	}
	return out, nil
}
