package policies

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// The files of a scenario.
const (
	ScenarioFile = "scenario.yaml"
	ExpectedFile = "expected.yaml"
)

// scenarioKey is the first key of a scenario. A file of that name without it is somebody else's data.
const scenarioKey = "scenario"

// Scenario is a test of rules on a whole snapshot, one that was kept or one that is collected from the
// simulated tenant: a directory with scenario.yaml, and with expected.yaml, which holds the verdicts.
// Paths in it are relative to the directory.
type Scenario struct {
	// Title is one line, under the key "scenario".
	Title string `yaml:"scenario"`
	// Snapshot is the directory of a snapshot. Either that, or Simulated.
	Snapshot  string           `yaml:"snapshot"`
	Simulated *SimulatedTenant `yaml:"simulated"`
	// Baseline is the directory of an earlier snapshot; Attestations, Waivers and Settings are files, of the
	// last of which the section "rules" holds. Empty for none.
	Baseline     string `yaml:"baseline"`
	Attestations string `yaml:"attestations"`
	Waivers      string `yaml:"waivers"`
	Settings     string `yaml:"settings"`
	// Policies are directories with rules; empty for those that are being tested.
	Policies []string `yaml:"policies"`
	// Rules are the ids that the scenario is about; empty for the rules that are not built in, or for all
	// rules where there are none.
	Rules []string `yaml:"rules"`
	// Parameters are by rule and name, on top of Settings.
	Parameters map[string]map[string]any `yaml:"parameters"`

	// Dir is the scenario's directory, as found.
	Dir string `yaml:"-"`
	// expected is nil where there is no expected.yaml yet.
	expected *expectation
}

// SimulatedTenant describes a simulated tenant whose snapshot is collected for the scenario.
type SimulatedTenant struct {
	// Now is the tenant's clock. Everything in it is relative to Now.
	Now time.Time `yaml:"now"`
	// People are the user principal names of those who are on the roster; empty for everybody.
	People []string `yaml:"people"`
	Seed   uint64   `yaml:"seed"`
	// WithoutPremium is a tenant without Entra ID P1 or P2, WithoutIntune one where Intune was never set up.
	WithoutPremium bool `yaml:"withoutPremium"`
	WithoutIntune  bool `yaml:"withoutIntune"`
	// Withdrawn are application permissions that were not granted.
	Withdrawn []string `yaml:"withdrawn"`
}

// FindScenarios finds and reads the scenarios in directories, sorted by path. The error names every
// problem with its file and line.
func FindScenarios(dirs []string) ([]Scenario, error) {
	var out []Scenario
	var problems []error
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || entry.Name() != ScenarioFile {
				return err
			}
			text, err := readYAMLFile(path)
			if err != nil || !isScenario(text) {
				return err
			}
			one, err := readScenario(path, text)
			problems = append(problems, err)
			out = append(out, one)
			return nil
		})
		if err != nil {
			problems = append(problems, fmt.Errorf("policies: looking for scenarios: %w", err))
		}
	}
	slices.SortFunc(out, func(a, b Scenario) int { return strings.Compare(a.Dir, b.Dir) })
	out = slices.CompactFunc(out, func(a, b Scenario) bool { return a.Dir == b.Dir })
	return out, errors.Join(problems...)
}

// notInScenarios keeps the loader of tests away from scenarios: their files are no data of policies.
func notInScenarios(path string, info fs.FileInfo, _ int) bool {
	if !info.IsDir() {
		return false
	}
	text, err := readYAMLFile(filepath.Join(path, ScenarioFile))
	return err == nil && isScenario(text)
}

// isScenario looks for the key at the left margin, so that a scenario with a mistake in it is one still.
func isScenario(text []byte) bool {
	return bytes.HasPrefix(text, []byte(scenarioKey+":")) || bytes.Contains(text, []byte("\n"+scenarioKey+":"))
}

// maxScenarioBytes bounds a file that people write by hand.
const maxScenarioBytes = 1 << 20

func readYAMLFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxScenarioBytes+1))
	if err == nil && len(text) > maxScenarioBytes {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxScenarioBytes)
	}
	return text, err
}

func readScenario(path string, text []byte) (Scenario, error) {
	s := Scenario{Dir: filepath.ToSlash(filepath.Dir(path))}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		return s, yamlError(path, err)
	}
	complain := func(format string, args ...any) error {
		return fmt.Errorf("%s:1: %w", path, fmt.Errorf(format, args...))
	}
	switch {
	case s.Title == "":
		return s, complain("the scenario has no title: write scenario: WHAT IT IS ABOUT")
	case (s.Snapshot == "") == (s.Simulated == nil):
		return s, complain("a scenario has either a snapshot: DIR or a simulated: tenant")
	case s.Simulated != nil && s.Simulated.Now.IsZero():
		return s, complain("simulated.now is missing: without a time the verdicts would change from day to day")
	}
	expected := filepath.Join(s.Dir, ExpectedFile)
	text, err := readYAMLFile(expected)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	} else if err != nil {
		return s, err
	}
	s.expected, err = readExpectation(filepath.ToSlash(expected), text)
	return s, err
}

// yamlError puts file and line in front of what a decoder says, every problem on a line of its own.
func yamlError(path string, err error) error {
	var kinds *yaml.TypeError
	if !errors.As(err, &kinds) {
		line, what := yamlProblem(err)
		return fmt.Errorf("%s:%d: %s", path, line, what)
	}
	var problems []error
	for _, problem := range kinds.Errors {
		line, what := yamlProblem(errors.New("yaml: " + problem))
		problems = append(problems, fmt.Errorf("%s:%d: %s", path, line, strings.ReplaceAll(what, " in type policies.", " in ")))
	}
	return errors.Join(problems...)
}

// Path makes a path of the scenario's one that can be opened.
func (s Scenario) Path(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Dir, path)
}

// RuleSettings reads Settings and puts Parameters on top.
func (s Scenario) RuleSettings() (Settings, error) {
	out := Settings{}
	if s.Settings != "" {
		path := s.Path(s.Settings)
		text, err := readYAMLFile(path)
		if err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		if out, err = ReadSettings(filepath.ToSlash(path), bytes.NewReader(text)); err != nil {
			return nil, err
		}
	}
	for rule, parameters := range s.Parameters {
		set := out[rule]
		if set.Parameters == nil {
			set.Parameters = map[string]any{}
		}
		for name, value := range parameters {
			set.Parameters[name] = value
			delete(set.places, setParameter(name)) // it stands elsewhere
		}
		out[rule] = set
	}
	return out, nil
}

// PolicyDirs are the directories with the scenario's rules: its own, or those of the tested directories
// that hold rules.
func (s Scenario) PolicyDirs(tested []string) []string {
	var out []string
	if len(s.Policies) > 0 {
		for _, dir := range s.Policies {
			out = append(out, s.Path(dir))
		}
		return out
	}
	for _, dir := range tested {
		if holdsPolicies(dir) {
			out = append(out, dir)
		}
	}
	return out
}

func holdsPolicies(dir string) bool {
	found := false
	// A directory that cannot be read is reported by whoever reads all of it.
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, regoSuffix) && !strings.HasSuffix(path, testSuffix) {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}
