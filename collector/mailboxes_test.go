package collector_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// cmdlets reads what is asked of Exchange: "Get-Mailbox" for a listing, "Get-Mailbox softDeleted" for one of a
// view, "Get-Mailbox -Identity X" for a question about somebody. Spoil may replace the answer to the nth
// request of that kind.
type cmdlets struct {
	*memory
	spoil func(asked string, nth int) *http.Response

	mu    sync.Mutex
	asked map[string]int
	users int
}

func (c *cmdlets) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "outlook.office365.com" {
		return c.memory.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	asked, err := c.name(body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.asked[asked]++
	nth := c.asked[asked]
	c.mu.Unlock()
	if c.spoil != nil {
		if answer := c.spoil(asked, nth); answer != nil {
			answer.Request = r
			return answer, nil
		}
	}
	return c.memory.RoundTrip(r)
}

func (c *cmdlets) name(body []byte) (string, error) {
	var input struct {
		CmdletInput struct {
			CmdletName string
			Parameters map[string]any
		}
	}
	if err := json.Unmarshal(body, &input); err != nil {
		return "", err
	}
	asked := []string{input.CmdletInput.CmdletName}
	for _, name := range slices.Sorted(maps.Keys(input.CmdletInput.Parameters)) {
		if name != "ResultSize" {
			asked = append(asked, fmt.Sprintf("-%s %v", name, input.CmdletInput.Parameters[name]))
		}
	}
	return strings.Join(asked, " "), nil
}

// about counts the requests by cmdlet: those that name somebody, and those that list.
func (c *cmdlets) about() (named, listed map[string]int) {
	named, listed = map[string]int{}, map[string]int{}
	for asked, n := range c.asked {
		cmdlet, parameters, _ := strings.Cut(asked, " ")
		if strings.Contains(parameters, "-Identity") || strings.Contains(parameters, "-Mailbox") || strings.Contains(parameters, "-Trustee") {
			named[cmdlet] += n
		} else {
			listed[cmdlet] += n
		}
	}
	return named, listed
}

// collectMail takes a snapshot of a fresh tenant, and says what was asked of Exchange. Way changes the options.
func collectMail(t *testing.T, options simtenant.Options, way func(collector.Options) collector.Options, spoil func(string, int) *http.Response) (facts, *cmdlets) {
	t.Helper()
	options.Now, options.Clock = later(), later
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory(tenant)
	c := &cmdlets{memory: m, spoil: spoil, asked: map[string]int{}}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	o := collector.Options{
		Entries: file.Entries, Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: m, Transport: c, Limits: wire.Unhurried(),
		Out: dir, Now: later, Tool: snapshot.Tool{Name: "test"},
		Progress: func(p collector.Progress) {
			if p.Phase == "users" {
				c.users = max(c.users, p.Done)
			}
		},
	}
	if _, err := collector.Collect(t.Context(), way(o)); err != nil {
		t.Fatal(err)
	}
	for _, complaint := range tenant.Complaints() {
		t.Errorf("the tenant complains: %s", complaint)
	}
	r, err := snapshot.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := facts{"": r.Tenant().Facts}
	if err := r.Leavers(func(rec snapshot.Record) error { out[rec.Leaver.Source] = rec.Facts; return nil }); err != nil {
		t.Fatal(err)
	}
	return out, c
}

// listed and byName read mailboxes one way, of one leaver in n.
func listed(n int) func(collector.Options) collector.Options {
	return func(o collector.Options) collector.Options { return collector.WithListing(thinned(o, n), true) }
}

func byName(n int) func(collector.Options) collector.Options {
	return func(o collector.Options) collector.Options { return collector.WithListing(thinned(o, n), false) }
}

func thinned(o collector.Options, n int) collector.Options {
	all := o.Entries
	o.Entries = nil
	for i := 0; i < len(all); i += n {
		o.Entries = append(o.Entries, all[i])
	}
	return o
}

// Listing the mailboxes leads to the same facts as asking about each, and the same run asks the same.
func TestMailboxesListedAndByName(t *testing.T) {
	t.Parallel()
	options := simtenant.Options{PageSize: 40, WithInboxRuleRole: true}
	var want, got facts
	var first, second *cmdlets
	synctest.Test(t, func(t *testing.T) { want, _ = collectMail(t, options, byName(everyNth), nil) })
	synctest.Test(t, func(t *testing.T) { got, first = collectMail(t, options, listed(everyNth), nil) })
	synctest.Test(t, func(t *testing.T) { _, second = collectMail(t, options, listed(everyNth), nil) })
	for fact, n := range law(t, want, got) {
		t.Errorf("%s is unknown of %d", fact, n)
	}
	if !maps.Equal(first.asked, second.asked) {
		t.Errorf("two runs ask Exchange differently:\n%v\n%v", first.asked, second.asked)
	}
	named, _ := first.about()
	if named["Get-CASMailbox"] != 0 || named["Get-MobileDevice"] != 0 {
		t.Errorf("what was listed was asked by name, too: %v", named)
	}
}

// some thins the people of tests with many runs, and leaves those whose mailboxes are gone.
const some = 4

// A listing that breaks makes unknown what it was to tell, and nothing else; nobody loses a mailbox.
func TestMailboxListingsThatBreak(t *testing.T) {
	t.Parallel()
	options := simtenant.Options{PageSize: 40, Bystanders: 30}
	var want facts
	synctest.Test(t, func(t *testing.T) { want, _ = collectMail(t, options, byName(some), nil) })
	ofMailbox := []string{
		snapshot.Mailbox, snapshot.MailProtocols, snapshot.MobileDevices, snapshot.MailboxSize, snapshot.Permissions, snapshot.HiddenInboxRules,
		snapshot.InboxRules, snapshot.Recipients, snapshot.Delegations,
	}
	for name, tc := range map[string]struct {
		listing string
		from    int // the first request that breaks
		answer  func() *http.Response
		unknown []string
		reason  snapshot.Reason
	}{
		"live mailboxes refused":      {"Get-Mailbox", 1, func() *http.Response { return replaced(403, `{}`) }, ofMailbox, snapshot.Forbidden},
		"live mailboxes break off":    {"Get-Mailbox", 3, func() *http.Response { return replaced(400, `{}`) }, ofMailbox, snapshot.Unsupported},
		"live mailboxes fail":         {"Get-Mailbox", 4, func() *http.Response { return replaced(500, ``) }, ofMailbox, snapshot.Timeout},
		"live mailboxes are cut":      {"Get-Mailbox", 2, func() *http.Response { return replaced(200, `{"value":[],"@adminapi.warnings":["-ResultSize"]}`) }, ofMailbox, snapshot.Integrity},
		"live mailboxes as a page":    {"Get-Mailbox", 2, func() *http.Response { return replaced(200, `<html>`, "Content-Type", "text/html") }, ofMailbox, snapshot.Malformed},
		"deleted mailboxes break off": {"Get-Mailbox -SoftDeletedMailbox true", 1, func() *http.Response { return replaced(400, `{}`) }, ofMailbox, snapshot.Unsupported},
		"inactive ones break off":     {"Get-Mailbox -InactiveMailboxOnly true", 1, func() *http.Response { return replaced(400, `{}`) }, ofMailbox, snapshot.Unsupported},
		"protocols break off":         {"Get-CASMailbox", 3, func() *http.Response { return replaced(400, `{}`) }, []string{snapshot.MailProtocols}, snapshot.Unsupported},
		"devices break off":           {"Get-MobileDevice", 3, func() *http.Response { return replaced(400, `{}`) }, []string{snapshot.MobileDevices}, snapshot.Unsupported},
		"devices refused":             {"Get-MobileDevice", 1, func() *http.Response { return replaced(403, `{}`) }, []string{snapshot.MobileDevices}, snapshot.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _ := collectMail(t, options, listed(some), func(asked string, nth int) *http.Response {
					if asked == tc.listing && nth >= tc.from {
						return tc.answer()
					}
					return nil
				})
				unknown := law(t, want, got)
				for fact := range unknown {
					if !slices.Contains(tc.unknown, fact) {
						t.Errorf("%s is unknown of %d, too", fact, unknown[fact])
					}
				}
				broken := tc.unknown[0]
				if unknown[broken] == 0 {
					t.Errorf("%s is unknown of nobody", broken)
				}
				for source := range got {
					if f := got[source][broken]; f.State == snapshot.Unknown && want[source][broken].State != snapshot.Unknown && f.Reason != tc.reason {
						t.Errorf("%s of %s is unknown because of %q: %s", broken, source, f.Reason, f.Detail)
					}
				}
			})
		})
	}
}

// Whatever happens to Exchange's answers, asked either way: a fact is as it is without faults, or unknown.
func TestTheLawOfMailboxes(t *testing.T) {
	t.Parallel()
	options := simtenant.Options{PageSize: 40, Bystanders: 30}
	var want facts
	synctest.Test(t, func(t *testing.T) { want, _ = collectMail(t, options, byName(some), nil) })
	answers := []func() *http.Response{
		func() *http.Response { return replaced(400, `{}`) },
		func() *http.Response { return replaced(404, ``) },
		func() *http.Response { return replaced(429, ``, "Retry-After", "3") },
		func() *http.Response { return replaced(503, ``) },
		func() *http.Response { return replaced(200, `{"value":null}`) },
		func() *http.Response {
			return replaced(400, `{"error":{"code":"BadRequest","message":"The skip token has expired."}}`)
		},
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			way := listed(some)
			if seed%4 == 0 {
				way = byName(some)
			}
			synctest.Test(t, func(t *testing.T) {
				chance, mu := rand.New(rand.NewPCG(seed, 11)), sync.Mutex{}
				rate := 2 + chance.IntN(20)
				got, _ := collectMail(t, options, way, func(asked string, _ int) *http.Response {
					mu.Lock()
					defer mu.Unlock()
					// Listings are few: they are hit more often.
					if odds := map[bool]int{true: rate * 10, false: rate}[strings.Contains(asked, "-Identity")]; chance.IntN(odds) != 0 {
						return nil
					}
					return answers[chance.IntN(len(answers))]()
				})
				law(t, want, got)
			})
		})
	}
}

// A request is a page of a thousand mailboxes, or about somebody that only it can tell about.
func TestMailboxesCostAsLittleAsTheyCan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options simtenant.Options
		few     bool
	}{
		"many leavers":                {simtenant.Options{Leavers: 150, Bystanders: 1500}, false},
		"a few, in the same tenant":   {simtenant.Options{Leavers: 150, Bystanders: 1500}, true},
		"many, and a page is small":   {simtenant.Options{PageSize: 50}, false},
		"many, with the role to read": {simtenant.Options{WithInboxRuleRole: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				whole, c := collectMail(t, tc.options, func(o collector.Options) collector.Options {
					if tc.few {
						o.Entries = o.Entries[:4]
						return o
					}
					return thinned(o, everyNth)
				}, nil)
				named, listed := c.about()
				got := tally(whole)
				pageSize := 1000
				if tc.options.PageSize > 0 {
					pageSize = tc.options.PageSize
				}
				pages := (c.users + pageSize - 1) / pageSize
				t.Logf("%d leavers, %d users (%d pages), %v: by name %v, listed %v", len(whole)-1, c.users, pages, got, named, listed)
				for _, cmdlet := range []string{"Get-CASMailbox", "Get-MobileDevice"} {
					if want := map[bool]int{true: got["live"]}[tc.few]; named[cmdlet] != want || tc.few != (c.asked[cmdlet] == 0) || c.asked[cmdlet] > pages {
						t.Errorf("%s was asked %d times by name, want %d, and %d times for pages, of which there are %d", cmdlet, named[cmdlet], want, c.asked[cmdlet], pages)
					}
				}
				if tc.few != (c.asked["Get-Mailbox"] == 0) || c.asked["Get-Mailbox"] > pages {
					t.Errorf("Get-Mailbox was asked %d times for pages, of which there are %d", c.asked["Get-Mailbox"], pages)
				}
				// Views: soft-deleted mailboxes, inactive ones, and shared ones, whose rights are read.
				if views := listed["Get-Mailbox"] - c.asked["Get-Mailbox"]; views > 3*max(1, pages/2) || tc.few && views > 1 {
					t.Errorf("%d pages of views", views)
				}
				for asked, n := range c.asked {
					if n > 1 && (strings.HasPrefix(asked, "Get-MailboxPermission") || strings.HasPrefix(asked, "Get-Recipient ")) {
						t.Errorf("%s was asked %d times", asked, n)
					}
				}
				for cmdlet, most := range map[string]int{
					"Get-MailboxStatistics":      got["mailbox"],
					"Get-MobileDeviceStatistics": got["with devices"],
					"Get-RecipientPermission":    got["not deleted"],
					"Get-InboxRule":              map[bool]int{true: got["live"], false: 1}[tc.options.WithInboxRuleRole],
				} {
					if named[cmdlet] > most {
						t.Errorf("%s was asked %d times, want at most %d", cmdlet, named[cmdlet], most)
					}
				}
			})
		})
	}
}

// tally counts who has what.
func tally(whole facts) map[string]int {
	out := map[string]int{}
	for source, all := range whole {
		if source == "" || len(all) == 0 {
			continue
		}
		value, _ := all[snapshot.Mailbox].Value.(map[string]any)
		devices, _ := all[snapshot.MobileDevices].Value.([]any)
		for name, so := range map[string]bool{
			"mailbox": value != nil, "live": value["mailboxState"] == "live", "with devices": len(devices) > 0,
			"not deleted": all[snapshot.Delegations].State == snapshot.Read,
		} {
			if so {
				out[name]++
			}
		}
	}
	return out
}
