package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"testing"

	"leavercheck/collector/wire"
)

// large is a tenant of that many users, each with a mailbox and a device.
type large int

func (l large) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct {
		CmdletInput struct {
			CmdletName string
			Parameters map[string]any
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	users := int(l)
	if len(body.CmdletInput.Parameters) > 1 { // a view of deleted mailboxes
		users = 0
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	var page bytes.Buffer
	page.WriteString(`{"value":[`)
	to := min(from+pageRows, users)
	for i := from; i < to; i++ {
		if i > from {
			page.WriteByte(',')
		}
		if body.CmdletInput.CmdletName == getMobileDevice {
			page.WriteString(deviceOf(fmt.Sprintf("alias%d", i), fmt.Sprintf("device%d", i)))
			continue
		}
		page.WriteString(box(accountOf(i), i, fmt.Sprintf(`,"EmailAddresses":["SMTP:somebody.of.that.name.%d@b.example","smtp:an.older.name.%d@b.example"],
			"UserPrincipalName":"somebody.of.that.name.%d@b.example","PrimarySmtpAddress":"somebody.of.that.name.%d@b.example","InPlaceHolds":[],"GrantSendOnBehalfTo":[],
			"LitigationHoldEnabled":false,"DeliverToMailboxAndForward":false,"ProhibitSendReceiveQuota":"50 GB (53,687,091,200 bytes)"`, i, i, i, i)))
	}
	page.WriteString(`]`)
	if to < users {
		fmt.Fprintf(&page, `,"@odata.nextLink":"https://exchange.example/adminapi/beta/tenant/InvokeCommand?from=%d"`, to)
	}
	page.WriteString(`}`)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(&page), Request: r}, nil
}

func accountOf(i int) string { return fmt.Sprintf("6f1c2b7e-0d4a-4c52-9b1e-%012d", i) }

// BenchmarkListMailboxes lists a tenant of half a million users of whom a hundred thousand left, and says what
// is held for each of these until it becomes a fact.
func BenchmarkListMailboxes(b *testing.B) {
	const users, each = 500_000, 5
	base := &url.URL{Scheme: "https", Host: "exchange.example", Path: "/"}
	wanted := map[string]bool{}
	for i := 0; i < users; i += each {
		wanted[accountOf(i)] = true
	}
	for b.Loop() {
		c := New(wire.New(wire.Options{Base: base, Transport: large(users), Tokens: noToken{}, Limits: wire.Unhurried()}), base, "tenant")
		before := heap()
		m := c.ListMailboxes(b.Context(), wanted, func(int) {})
		held := heap() - before
		m.ListDevices(b.Context())
		b.ReportMetric(float64(held)/float64(len(wanted)), "heap-B/leaver")
		b.ReportMetric(float64(heap()-before)/float64(len(wanted)), "heap-B/leaver-with-devices")
		mailbox, _ := m.Mailbox(b.Context(), accountOf(each)).Fact.Value.(row)
		if mailbox == nil || len(m.devices.rows) != len(wanted) {
			b.Fatalf("%d devices, mailbox %v", len(m.devices.rows), mailbox)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
