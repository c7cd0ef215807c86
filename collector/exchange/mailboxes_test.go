package exchange

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// pages answers listings and questions by name: "Get-Mailbox softDeleted" has pages, "Get-Mailbox of X" one.
// A page is a list of rows, or the status of a refusal. A listing without pages is empty; nobody is called X
// of whom nothing is said.
type pages struct {
	answers map[string][]string

	mu    sync.Mutex
	asked []string
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct {
		CmdletInput struct {
			CmdletName string
			Parameters map[string]any
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	key, parameters := body.CmdletInput.CmdletName, body.CmdletInput.Parameters
	if parameters["SoftDeletedMailbox"] == true {
		key += " " + stateSoftDeleted
	}
	if parameters["InactiveMailboxOnly"] == true {
		key += " " + stateInactive
	}
	named := false
	for _, parameter := range []string{"Identity", "Mailbox"} {
		if name, ok := parameters[parameter].(string); ok {
			key, named = key+" of "+name, true
		}
	}
	p.mu.Lock()
	p.asked = append(p.asked, key)
	p.mu.Unlock()
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	status, rows, next := http.StatusOK, "", ""
	if n < len(p.answers[key]) {
		rows = p.answers[key][n]
	}
	if n+1 < len(p.answers[key]) {
		next = fmt.Sprintf(`,"@odata.nextLink":"https://exchange.example/adminapi/beta/tenant/InvokeCommand?page=%d"`, n+1)
	}
	answer := `{"value":[` + rows + `]` + next + `}`
	switch refusal, err := strconv.Atoi(rows); {
	case err == nil:
		status, answer = refusal, `{"error":{"code":"","message":"no"}}`
	case named && rows == "":
		status, answer = http.StatusNotFound, `{"error":{"code":"NotFound","message":"x","details":[{"message":"Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|no such object"}]}}`
	case rows == "cut":
		answer = `{"value":[],"@adminapi.warnings":["By default, only the first 1000 items are returned. Use the ResultSize parameter."]}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func (p *pages) client() *Client {
	base := &url.URL{Scheme: "https", Host: "exchange.example", Path: "/"}
	return New(wire.New(wire.Options{Base: base, Transport: p, Tokens: noToken{}, Limits: wire.Unhurried()}), base, "tenant")
}

// box is a row of Get-Mailbox: its account, and a number that makes everything else of it.
func box(account string, n int, more string) string {
	return fmt.Sprintf(`{"ExternalDirectoryObjectId":%q,"Guid":"g%d","ExchangeGuid":"x%d","Name":"name%d","Alias":"alias%d","RecipientTypeDetails":"UserMailbox"%s}`, account, n, n, n, n, more)
}

func deviceOf(owner, device string) string {
	return fmt.Sprintf(`{"Identity":%q,"Guid":%q,"DeviceId":%q,"DeviceID":%q}`, owner+`\ExchangeActiveSyncDevices\`+device, device, device, device)
}

// What a listing says of a leaver, and what it does not.
func TestListedMailboxes(t *testing.T) {
	t.Parallel()
	const live, soft, inactive = "Get-Mailbox", "Get-Mailbox softDeleted", "Get-Mailbox inactive"
	cas := fmt.Sprintf(`{"ExternalDirectoryObjectId":%q,"Guid":"c"}`, id)
	for name, tc := range map[string]struct {
		answers map[string][]string
		want    string // of the fact
		asked   []string
	}{
		"live, on a later page": {map[string][]string{live: {box(otherID, 1, ""), "", box(strings.ToUpper(id), 2, "")}, "Get-CASMailbox": {cas}}, `"ExchangeGuid":"x2"`, nil},
		"none":                  {map[string][]string{live: {box(otherID, 1, "")}}, `{"state":"absent"}`, nil},
		"a page came twice":     {map[string][]string{live: {box(id, 1, ""), box(id, 1, "")}}, `"mailboxState":"live"`, nil},
		"two are live":          {map[string][]string{live: {box(id, 1, ""), box(id, 2, "")}}, `"detail":"Get-Mailbox: 2 live mailboxes with one identity"`, nil},
		"soft-deleted":          {map[string][]string{soft: {box(id, 1, "")}}, `"mailboxState":"softDeleted"`, nil},
		"inactive":              {map[string][]string{inactive: {box(id, 1, "")}}, `"IsInactiveMailbox":true`, nil},
		"in both views":         {map[string][]string{soft: {box(id, 1, "")}, inactive: {box(id, 1, "")}}, `"mailboxState":"inactive"}}`, nil},
		"several old ones": {
			map[string][]string{soft: {box(id, 1, `,"WhenSoftDeleted":"2026-05-01T00:00:00Z"`), box(id, 2, `,"WhenSoftDeleted":"2026-05-02T00:00:00Z"`)}},
			`"olderMailboxes":[{"Alias":"alias1"`, nil,
		},
		"live, and one that is deleted":     {map[string][]string{live: {box(id, 1, "")}, soft: {box(id, 2, "")}}, `"mailboxState":"live"`, nil},
		"the live ones are refused":         {map[string][]string{live: {"403"}}, `"reason":"forbidden"`, nil},
		"the live ones break off":           {map[string][]string{live: {box(otherID, 1, ""), "400"}}, `{"state":"unknown","reason":"unsupported"`, nil},
		"the live ones break off after it":  {map[string][]string{live: {box(id, 1, ""), "400"}}, `"mailboxState":"live"`, nil},
		"the live ones are cut":             {map[string][]string{live: {box(otherID, 1, ""), "cut"}}, `"reason":"integrity"`, nil},
		"a mailbox that nobody can read":    {map[string][]string{live: {`{"Guid":"1","ExternalDirectoryObjectId":{}}`}}, `"state":"unknown"`, nil},
		"the soft-deleted ones break off":   {map[string][]string{soft: {box(otherID, 1, ""), "400"}, inactive: {box(id, 1, "")}}, `{"state":"unknown","reason":"unsupported"`, nil},
		"the inactive ones break off":       {map[string][]string{soft: {box(id, 1, "")}, inactive: {"400"}}, `{"state":"unknown","reason":"unsupported"`, nil},
		"broken off where it does not tell": {map[string][]string{live: {box(id, 1, "")}, soft: {"400"}, inactive: {"400"}}, `{"state":"read"`, nil},
		"without ExchangeGuid":              {map[string][]string{live: {strings.Replace(box(id, 1, ""), `"ExchangeGuid":"x1"`, `"ExchangeGuid":null`, 1)}}, `a mailbox without ExchangeGuid`, nil},
		"Get-CASMailbox has it":             {map[string][]string{"Get-CASMailbox": {cas}}, `Get-CASMailbox lists a mailbox of this account, Get-Mailbox does not`, nil},
		"Get-CASMailbox has the deleted":    {map[string][]string{"Get-CASMailbox": {cas}, soft: {box(id, 1, "")}}, `"reason":"integrity"`, nil},
		"one is nobody's, so they are asked": {
			map[string][]string{live: {box("", 1, "")}, live + " of " + id: {box(id, 2, "")}}, `"ExchangeGuid":"x2"`, []string{live + " of " + id},
		},
		"one is nobody's, and they have none": {
			map[string][]string{inactive: {box("", 1, "")}}, `{"state":"absent"}`, []string{inactive + " of " + id},
		},
		"one is nobody's, but the system's": {
			map[string][]string{live: {strings.Replace(box("", 1, ""), "UserMailbox", "DiscoveryMailbox", 1)}}, `{"state":"absent"}`, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pages{answers: tc.answers}
			m := p.client().ListMailboxes(t.Context(), map[string]bool{id: true}, func(int) {})
			listings := len(p.asked)
			o := m.Mailbox(t.Context(), id)
			got, err := json.Marshal(o.Fact)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got), tc.want) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if o.Fact.State == snapshot.Read && strings.Contains(tc.want, "unknown") || strings.Contains(name, "break off") && o.Fact.State != snapshot.Unknown {
				t.Errorf("got %s of a listing that was not read to its end", got)
			}
			if asked := p.asked[listings:]; !slices.Equal(asked, tc.asked) {
				t.Errorf("asked %q, want %q", asked, tc.asked)
			}
		})
	}
}

// A row is given out once, and only to whom it was listed for: an empty shelf is not an empty mailbox.
func TestListedRowsAreGivenOutOnce(t *testing.T) {
	t.Parallel()
	p := &pages{answers: map[string][]string{"Get-Mailbox": {box(id, 1, "")}}}
	m := p.client().ListMailboxes(t.Context(), map[string]bool{id: true}, func(int) {})
	for i, tc := range []struct {
		account string
		state   snapshot.State
	}{{otherID, snapshot.Unknown}, {id, snapshot.Read}, {id, snapshot.Unknown}} {
		if o := m.Mailbox(t.Context(), tc.account); o.Fact.State != tc.state || tc.state == snapshot.Unknown && o.Fact.Reason != snapshot.Integrity {
			t.Errorf("%d: %+v", i, o.Fact)
		}
	}
}

func TestListedProtocols(t *testing.T) {
	t.Parallel()
	mine := func(more string) string {
		return fmt.Sprintf(`{"ExternalDirectoryObjectId":%q,"Guid":"c1","MAPIEnabled":true%s}`, strings.ToUpper(id), more)
	}
	for name, tc := range map[string]struct {
		rows  []string
		state snapshot.State
		value bool
	}{
		"theirs":                 {[]string{`{"ExternalDirectoryObjectId":"` + otherID + `","Guid":"c2"}`, mine("")}, snapshot.Read, true},
		"none":                   {nil, snapshot.Unknown, false},
		"two":                    {[]string{mine(""), strings.Replace(mine(""), "c1", "c2", 1)}, snapshot.Unknown, false},
		"broken off before them": {[]string{"", "400"}, snapshot.Unknown, false},
		"broken off after them":  {[]string{mine(""), "400"}, snapshot.Unknown, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pages{answers: map[string][]string{"Get-Mailbox": {box(id, 1, "")}, "Get-CASMailbox": tc.rows}}
			f := p.client().ListMailboxes(t.Context(), map[string]bool{id: true}, func(int) {}).Protocols(t.Context(), id).Fact
			if value, _ := f.Value.(row); f.State != tc.state || (value["MAPIEnabled"] == true) != tc.value {
				t.Errorf("got %+v", f)
			}
		})
	}
}

// A device is theirs whose mailbox it names. Where that is not certain, the mailbox is asked for its devices.
func TestListedDevices(t *testing.T) {
	t.Parallel()
	const byName = "Get-MobileDevice of x1"
	others := box(otherID, 2, "")
	statistics := func(devices ...string) string {
		var rows []string
		for _, device := range devices {
			rows = append(rows, deviceOf("alias1", device))
		}
		return strings.Join(rows, ",")
	}
	for name, tc := range map[string]struct {
		mailboxes, deleted string
		devices, named     []string
		state              snapshot.State
		has                int
		asked              bool
	}{
		"theirs, by alias":       {mailboxes: others, devices: []string{deviceOf("ALIAS1", "p"), deviceOf("alias2", "q")}, state: snapshot.Read, has: 1},
		"theirs, by name":        {mailboxes: others, devices: []string{deviceOf("tenant.example/Hosted/name1", "p")}, state: snapshot.Read, has: 1},
		"none":                   {mailboxes: others, devices: []string{deviceOf("name2", "q")}, state: snapshot.Read},
		"of a deleted mailbox":   {mailboxes: others, deleted: box(guid, 3, ""), devices: []string{deviceOf("alias3", "q")}, state: snapshot.Read},
		"of no mailbox":          {mailboxes: others, devices: []string{deviceOf("somebody", "q")}, named: []string{statistics("p")}, state: snapshot.Read, has: 1, asked: true},
		"of nobody":              {mailboxes: others, devices: []string{`{"Guid":"q"}`}, named: []string{statistics("p")}, state: snapshot.Read, has: 1, asked: true},
		"after one of theirs":    {mailboxes: others, devices: []string{deviceOf("alias1", "p") + "," + deviceOf("somebody", "q")}, named: []string{statistics("p")}, state: snapshot.Read, has: 1, asked: true},
		"a name of two":          {mailboxes: box(otherID, 2, `,"Identity":"alias1"`), devices: []string{deviceOf("alias1", "p")}, named: []string{statistics("p")}, state: snapshot.Read, has: 1, asked: true},
		"a name of two, no such": {mailboxes: box(otherID, 2, `,"Identity":"alias1"`), devices: []string{deviceOf("name2", "p")}, state: snapshot.Read},
		"an older mailbox's":     {mailboxes: others, deleted: box(id, 3, `,"Identity":"alias1"`), devices: []string{deviceOf("alias1", "p")}, named: []string{statistics("p")}, state: snapshot.Read, has: 1, asked: true},
		"broken off":             {mailboxes: others, devices: []string{deviceOf("alias2", "q"), "400"}, state: snapshot.Unknown},
		"broken off after them":  {mailboxes: others, devices: []string{deviceOf("alias1", "p"), "400"}, state: snapshot.Unknown, has: 1},
		"cut":                    {mailboxes: others, devices: []string{"cut"}, state: snapshot.Unknown},
		"without statistics":     {mailboxes: others, devices: []string{deviceOf("alias1", "p"), deviceOf("alias1", "r")}, state: snapshot.Unknown, has: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pages{answers: map[string][]string{
				"Get-Mailbox": {others, box(id, 1, "")}, "Get-Mailbox softDeleted": {tc.deleted}, "Get-MobileDevice": tc.devices,
				byName: tc.named, "Get-MobileDeviceStatistics of x1": {statistics("p")},
			}}
			p.answers["Get-Mailbox"][0] = tc.mailboxes
			m := p.client().ListMailboxes(t.Context(), map[string]bool{id: true}, func(int) {})
			mailbox, _ := m.Mailbox(t.Context(), id).Fact.Value.(row)
			m.ListDevices(t.Context())
			f := m.Devices(t.Context(), mailbox).Fact
			if rows, _ := f.Value.([]any); f.State != tc.state || len(rows) != tc.has {
				t.Errorf("got %+v", f)
			}
			if slices.Contains(p.asked, byName) != tc.asked {
				t.Errorf("asked %q", p.asked)
			}
		})
	}
}

// Two leavers who share a name are both asked for their devices.
func TestListedDevicesOfTwoLeaversWithOneName(t *testing.T) {
	t.Parallel()
	p := &pages{answers: map[string][]string{
		"Get-Mailbox": {box(id, 1, "") + "," + box(otherID, 2, `,"Identity":"alias1"`)}, "Get-MobileDevice": {deviceOf("alias1", "p")},
		"Get-MobileDevice of x1": {deviceOf("alias1", "p")}, "Get-MobileDeviceStatistics of x1": {deviceOf("alias1", "p")}, "Get-MobileDevice of x2": {" "},
	}}
	m := p.client().ListMailboxes(t.Context(), map[string]bool{id: true, otherID: true}, func(int) {})
	m.ListDevices(t.Context())
	for account, has := range map[string]int{id: 1, otherID: 0} {
		mailbox, _ := m.Mailbox(t.Context(), account).Fact.Value.(row)
		if rows, _ := m.Devices(t.Context(), mailbox).Fact.Value.([]any); len(rows) != has {
			t.Errorf("%s has %d devices, want %d; asked %q", account, len(rows), has, p.asked)
		}
	}
}

// Not every listing is worth it.
func TestListingPays(t *testing.T) {
	t.Parallel()
	service := (&pages{}).client()
	for _, tc := range []struct {
		accounts, users int
		want            bool
	}{
		{1, 0, false},
		{4, 300, false},
		{100, 1000, true},
		{1000, 10_000, true},
		{100_000, 500_000, true},
		{20, 100_000, false},
		{300, 100_000, false},
		{600, 100_000, true},
	} {
		if got := service.ListingPays(tc.accounts, tc.users); got != tc.want {
			t.Errorf("%d of %d: %v", tc.accounts, tc.users, got)
		}
	}
	export := opened(t, byHand(t))
	if export.ListingPays(100_000, 100) {
		t.Error("an export is listed")
	}
	if o := export.ListMailboxes(t.Context(), map[string]bool{id: true}, func(int) {}).Mailbox(t.Context(), id); o.Fact.State != snapshot.Unknown {
		t.Errorf("got %+v", o.Fact)
	}
}

// For everybody of the simulated tenant, listings lead to what questions by name lead to.
func TestListingsSayWhatQuestionsSay(t *testing.T) {
	t.Parallel()
	for _, options := range []simtenant.Options{{Bystanders: 30}, {Seed: 7, Bystanders: 60, PageSize: 7}} {
		t.Run(fmt.Sprintf("pages of %d", options.PageSize), func(t *testing.T) {
			t.Parallel()
			options.Now, options.Clock = collected, func() time.Time { return collected }
			tenant, err := simtenant.New(options)
			if err != nil {
				t.Fatal(err)
			}
			base := &url.URL{Scheme: "https", Host: "outlook.office365.com", Path: "/"}
			tenantID, _, _ := tenant.Credentials()
			memory := inMemory{tenant}
			service := New(wire.New(wire.Options{Base: base, Transport: memory, Tokens: memory, Limits: wire.Unhurried()}), base, tenantID)
			wanted := map[string]bool{"00000000-0000-4000-8000-000000000000": true}
			for _, person := range tenant.Truth() {
				if person.ID != "" {
					wanted[person.ID] = true
				}
			}
			m := service.ListMailboxes(t.Context(), wanted, func(int) {})
			m.ListDevices(t.Context())
			compared := map[string]int{}
			for _, account := range slices.Sorted(maps.Keys(wanted)) {
				same := func(what string, want, got snapshot.Fact) {
					if compared[what+" "+string(want.State)]++; !reflect.DeepEqual(want, got) {
						t.Errorf("%s of %s:\nasked  %+v\nlisted %+v", what, account, want, got)
					}
				}
				mailbox := service.Mailbox(t.Context(), account).Fact
				same("mailbox", mailbox, m.Mailbox(t.Context(), account).Fact)
				value, _ := mailbox.Value.(row)
				if value["mailboxState"] != stateLive {
					continue
				}
				same("protocols", service.Protocols(t.Context(), account).Fact, m.Protocols(t.Context(), account).Fact)
				same("devices", service.Devices(t.Context(), value).Fact, m.Devices(t.Context(), value).Fact)
			}
			for _, needed := range []string{"mailbox read", "mailbox absent", "protocols read", "devices read"} {
				if compared[needed] == 0 {
					t.Errorf("nothing was compared: %s (%v)", needed, compared)
				}
			}
			for _, complaint := range tenant.Complaints() {
				t.Error(complaint)
			}
			for _, from := range m.Sources() {
				if from.List == nil || !from.List.Complete || options.PageSize > 0 && from.Endpoint == getCASMailbox && from.List.Pages < 10 {
					t.Errorf("a listing that is not accounted for: %+v", from)
				}
			}
		})
	}
}

func TestPackedRows(t *testing.T) {
	t.Parallel()
	properties := []string{"A", "B", "C", "D"}
	want := row{"A": nil, "B": json.Number("12"), "D": []any{"<é>", true}}
	p, err := pack(want, properties)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.row(properties)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v from %s", got, err, p)
	}
}
