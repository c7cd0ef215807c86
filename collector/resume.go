package collector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/journal"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// ErrInterrupted means that the run ended before its end, and that the same run goes on from there.
var ErrInterrupted = errors.New("interrupted")

const (
	// workSuffix names the directory of a run that is under way, beside its target.
	workSuffix = ".part"
	// workName is the snapshot being written, and spoolName what it is written from, in that directory.
	workName, spoolName = "snapshot", "facts"
	// longestPause is how old a run may be that is gone on with. A snapshot judges everything as of its
	// beginning; facts that are many days apart are not the state of a tenant at any time.
	longestPause = 72 * time.Hour
)

// head is what two runs must have in common for one to go on with the answers of the other.
type head struct {
	Version    string `json:"version"`
	TenantID   string `json:"tenantId"`
	Cloud      string `json:"cloud"`
	Population string `json:"population"`
	Baseline   string `json:"baseline"`
	Since      string `json:"since"`
	// Person and Permissions are the sign-in's: what one may not see, another may.
	Person      bool   `json:"person"`
	Permissions string `json:"permissions"`
	// Started is the first run's beginning, and the "now" of the snapshot.
	Started time.Time `json:"started"`
	// Sealed is the digest of the snapshot that a time limit left at the target, to be replaced.
	Sealed string `json:"sealed"`
}

// Unfinished is the digest of the snapshot that a time limit left of the run to that directory; empty for
// none. The run that goes on replaces it.
func Unfinished(out string) string {
	var h head
	if !journal.Peek(out+workSuffix, &h) {
		return ""
	}
	return h.Sealed
}

// unkept is the error of a disk that does not take what was read. What it took stays, for the next run.
func unkept(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: what was read cannot be kept; make room and run the same command again: %w", ErrInterrupted, err)
}

// takeUp opens the journal beside the target, and with it the answers of an interrupted run.
func takeUp(out string) (*journal.Journal, head, error) {
	j, err := journal.Open(out + workSuffix)
	if err != nil {
		return nil, head{}, fmt.Errorf("%w: %w", snapshot.ErrUnusable, err)
	}
	var h head
	if !j.Head(&h) {
		h = head{}
	}
	return j, h, nil
}

// goOn decides whether the answers of the run before are this run's: it sets the time of the beginning, or
// begins anew and says why.
func (r *run) goOn(before head) error {
	var asked []string
	for _, s := range r.options.Entra {
		asked = append(asked, s.String())
	}
	for _, x := range r.options.Exclude {
		asked = append(asked, "excluded "+x.String())
	}
	digest, err := populationDigest(r.options.Entries, asked)
	if err != nil {
		return err
	}
	now := head{
		Version: r.options.Tool.Version, TenantID: r.identity.TenantID, Cloud: r.options.Cloud.Name,
		Population: digest, Person: r.identity.delegated(), Permissions: strings.Join(slices.Sorted(slices.Values(r.identity.permissions())), " "),
		Started: r.started, Sealed: before.Sealed,
	}
	if r.options.Baseline != nil {
		now.Baseline = r.options.Baseline.Seal().Digest
	}
	if r.options.Since != nil {
		now.Since = r.options.Since.Seal().Digest
	}
	if before == (head{}) {
		r.head = now
		return r.journal.Begin(now)
	}
	same, when := before, before.Started.Format(time.RFC3339)
	same.Started = now.Started
	var why string
	switch age := r.started.Sub(before.Started); {
	case same != now:
		why = "was of another roster, tenant, sign-in, baseline or version"
	case age < 0 || age > longestPause:
		why = fmt.Sprintf("is more than %s ago", longestPause)
	default:
		r.started, r.head, r.resumed = before.Started, before, true
		r.notes = append(r.notes, fmt.Sprintf("going on with the run of %s: %d answers are there already", when, r.journal.Kept()))
		return nil
	}
	if before.Sealed != "" {
		return fmt.Errorf("%s holds what a run of %s could read in its time, and that run %s: %w", r.options.Out, when, why, snapshot.ErrOccupied)
	}
	r.notes = append(r.notes, fmt.Sprintf("the interrupted run of %s %s; this one begins anew", when, why))
	r.head = now
	return r.journal.Begin(now)
}

// end closes the journal of a run, or removes it when nothing will go on with it. Taken up means that there
// was one to go on with; begun, that there is one now.
func (r *run) end(takenUp, begun bool, err error) error {
	interrupted := err == nil && r.cut || errors.Is(err, ErrInterrupted)
	// An answer that leads elsewhere spoils those that came with it; a mistake in a flag does not.
	mended := err != nil && !errors.Is(err, wire.ErrForeign)
	if begun && interrupted || takenUp && mended {
		return r.journal.Close()
	}
	return r.journal.Remove()
}
