// Package kept keeps results by date in a directory, for the next one to be compared with and for the trend.
//
// A result is a file <collectedAt>.ndjson, such as 20261122T063000Z.ndjson, of mode 0600, that appears when it
// is whole and is never overwritten: a second one of the same time is <collectedAt>-2.ndjson. Results of several
// tenants may lie in one directory. They name people: whoever may read the directory may read who left.
//
// Only the first and the last line of a file are read to list it, so that a year of nightly results costs
// nothing; a file that is broken between them is found when it is compared with. What cannot be read is an error
// beside the list, one for each file, and never a reason to fail.
package kept

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"leavercheck/policies"
	"leavercheck/report"
)

const (
	suffix = ".ndjson"
	layout = "20060102T150405Z"
)

// Result is a kept result, as far as its first and last line tell.
type Result struct {
	Path    string
	Run     policies.Run
	Summary policies.Summary
}

// List gives the kept results of a directory, the oldest first, with an error for each file that is not one.
// A directory that is not there holds none.
func List(dir string) ([]Result, []error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, []error{fmt.Errorf("kept results: %w", err)}
	}
	var out []Result
	var problems []error
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), suffix) || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		one, err := read(filepath.Join(dir, entry.Name()))
		if err != nil {
			problems = append(problems, fmt.Errorf("kept result %s: %w", entry.Name(), err))
			continue
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Result) int { // of one time, the one judged last comes last
		return cmp.Or(a.Run.CollectedAt.Compare(b.Run.CollectedAt), cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	return out, problems
}

func read(path string) (Result, error) {
	out := Result{Path: path}
	// What is no regular file could keep a program waiting for ever.
	if info, err := os.Lstat(path); err != nil {
		return out, err
	} else if !info.Mode().IsRegular() {
		return out, errors.New("is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	if out.Run, out.Summary, err = report.ReadEnds(f); err != nil {
		return out, err
	}
	if out.Run.Redacted {
		return out, errors.New("is redacted: nothing can be compared with it")
	}
	return out, nil
}

// Before gives those of the run's tenant that were collected before it, the oldest first.
func Before(all []Result, run policies.Run) []Result {
	var out []Result
	for _, r := range all {
		if r.Run.Tenant.ID == run.Tenant.ID && r.Run.CollectedAt.Before(run.CollectedAt) {
			out = append(out, r)
		}
	}
	return out
}

// Newest reads the last of the results whole. One that cannot be read is skipped for the one before it, with an
// error for each; nil means that there is none.
func Newest(results []Result) (*report.Earlier, []error) {
	var problems []error
	for _, r := range slices.Backward(results) {
		earlier, err := readWhole(r.Path)
		if err == nil {
			return earlier, problems
		}
		problems = append(problems, fmt.Errorf("kept result %s: %w", filepath.Base(r.Path), err))
	}
	return nil, problems
}

func readWhole(path string) (*report.Earlier, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return report.ReadEarlier(f)
}

// mostPoints bounds a trend: a month of nights.
const mostPoints = 30

// Trend makes the points of the last results.
func Trend(results []Result) []report.TrendPoint {
	results = results[max(0, len(results)-mostPoints-1):]
	var out []report.TrendPoint
	for i, r := range results {
		out = append(out, report.TrendPoint{
			CollectedAt: r.Run.CollectedAt, Leavers: r.Summary.Leavers, Statuses: r.Summary.Statuses,
			Method: i > 0 && methodDiffers(results[i-1].Run, r.Run),
		})
	}
	return out[max(0, len(out)-mostPoints):]
}

// methodDiffers says whether two runs judged by other rules, or could read other facts.
func methodDiffers(a, b policies.Run) bool {
	severities := func(run policies.Run) map[string]policies.Severity {
		out := map[string]policies.Severity{}
		for _, rule := range run.Rules {
			out[rule.ID] = rule.Severity
		}
		return out
	}
	return a.PolicyDigest != b.PolicyDigest ||
		!maps.Equal(severities(a), severities(b)) ||
		!report.SameParameters(a.Parameters, b.Parameters) ||
		!slices.Equal(unread(a), unread(b))
}

// unread lists the facts that could not be read of somebody.
func unread(run policies.Run) []string {
	var out []string
	for fact, outcomes := range run.Outcomes {
		for outcome, n := range outcomes {
			if n > 0 && strings.HasPrefix(outcome, "unknown.") {
				out = append(out, fact)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Keeper writes one result into a directory. It is a handler of the result; Commit puts the file into its place.
type Keeper struct {
	report.Renderer
	dir         string
	temp        *os.File
	buf         *bufio.Writer
	collectedAt time.Time
}

// Create makes the directory if need be, and the file, under a name of its own until Commit. The caller calls
// Discard in any case.
func Create(dir string) (*Keeper, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(dir, ".leavercheck-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("cannot write into %s: %w", dir, cause(err))
	}
	k := &Keeper{dir: dir, temp: temp, buf: bufio.NewWriter(temp)}
	if k.Renderer, err = report.New(report.NDJSON, k.buf, report.Options{}); err != nil {
		k.Discard()
		return nil, err
	}
	return k, nil
}

// cause leaves out the temporary name, which means nothing to anybody.
func cause(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Run notes the time that the file is named after.
func (k *Keeper) Run(run policies.Run) error {
	k.collectedAt = run.CollectedAt
	return k.Renderer.Run(run)
}

// mostOfATime is how many results of one time are kept: as many as somebody judges one snapshot again.
const mostOfATime = 1000

// Commit puts the file into its place, and never over another.
func (k *Keeper) Commit() (string, error) {
	if err := k.Close(); err != nil {
		return "", err
	}
	if err := errors.Join(k.buf.Flush(), k.temp.Sync(), k.temp.Close()); err != nil {
		return "", fmt.Errorf("keep the result: %w", err)
	}
	for n := 1; n <= mostOfATime; n++ {
		name := k.collectedAt.UTC().Format(layout)
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		path := filepath.Join(k.dir, name+suffix)
		// The name is taken first, for a rename would replace what has it.
		taken, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			err = errors.Join(taken.Close(), os.Rename(k.temp.Name(), path))
		}
		if err != nil {
			return "", fmt.Errorf("keep the result as %s: %w", path, cause(err))
		}
		return path, nil
	}
	return "", fmt.Errorf("keep the result: there are %d of %s already in %s", mostOfATime, k.collectedAt.UTC().Format(layout), k.dir)
}

// Discard removes the temporary file.
func (k *Keeper) Discard() {
	if k == nil {
		return
	}
	k.temp.Close()
	os.Remove(k.temp.Name())
}
