package simtenant_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector/simtenant"
)

func withQuotas(t *testing.T, q simtenant.Quotas) *visitor {
	t.Helper()
	v := visit(t, simtenant.Options{Quotas: &q})
	v.signIn()
	return v
}

// until asks for something until it is refused, and returns how often it was not.
func (v *visitor) until(target string) (times int, refusal seen) {
	v.t.Helper()
	for range 100 {
		s := v.get(target)
		if s.status == http.StatusTooManyRequests {
			return times, s
		}
		times++
	}
	v.t.Fatalf("%s was never refused", target)
	return 0, seen{}
}

// inBatches asks for something, twenty at a time, until it is refused, and returns how often it was not.
func (v *visitor) inBatches(target string) (times int) {
	v.t.Helper()
	var requests []string
	for i := range 20 {
		requests = append(requests, fmt.Sprintf(`{"id":"%d","method":"GET","url":"%s"}`, i, target))
	}
	for range 500 {
		s := v.send(v.t.Context(), http.MethodPost, graphHost+"/v1.0/$batch", v.graph, `{"requests":[`+strings.Join(requests, ",")+`]}`)
		for i := range requests {
			if s.item(strconv.Itoa(i))["status"] != 429.0 {
				times++
			}
		}
		if len(v.tenant.Throttled()) > 0 {
			return times
		}
	}
	v.t.Fatalf("%s was never refused", target)
	return 0
}

// What is asked more often than documented is refused, and only that.
func TestQuotasRefuseWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		target string
		quotas simtenant.Quotas
		want   int
		family string
	}{
		"logs":                                 {"/v1.0/auditLogs/directoryAudits?$top=1", simtenant.Quotas{}, 5, "logs"},
		"sign-in activity is held to the logs": {"/v1.0/users?$select=id,signInActivity&$top=1", simtenant.Quotas{}, 5, "logs"},
		"a small tenant: users cost two":       {"/v1.0/users", simtenant.Quotas{Limits: map[string]int{"identity": 70}}, 35, "identity"},
		"one less with $select":                {"/v1.0/users?$select=id", simtenant.Quotas{Limits: map[string]int{"identity": 70}}, 70, "identity"},
		"one less with a small $top":           {"/v1.0/users?$top=5", simtenant.Quotas{Limits: map[string]int{"identity": 70}}, 70, "identity"},
		"licences cost three":                  {"/v1.0/subscribedSkus", simtenant.Quotas{Limits: map[string]int{"identity": 30}}, 10, "identity"},
		"assumed: Exchange":                    {"Get-OrganizationConfig", simtenant.Quotas{ExchangePerMinute: 7}, 7, "exchange"},
		"Teams":                                {"/v1.0/admin/teams/telephoneNumberManagement/numberAssignments", simtenant.Quotas{}, 30, "teams"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := withQuotas(t, tc.quotas)
				times := 0
				for ; times < 1000; times++ {
					s := v.get(tc.target)
					if !strings.HasPrefix(tc.target, "/") {
						s = v.cmdlet(tc.target)
					}
					if s.status == http.StatusTooManyRequests {
						break
					}
				}
				if times != tc.want {
					t.Errorf("%d calls before the first refusal, want %d", times, tc.want)
				}
				if got := v.tenant.Throttled(); !maps.Equal(got, map[string]int{tc.family: 1}) {
					t.Errorf("throttled %v", got)
				}
				if s := v.get("/v1.0/deviceManagement/managedDevices?$top=1"); s.status != http.StatusOK {
					t.Errorf("another family gets %d", s.status)
				}
				if early := v.tenant.Early(); len(early) != 0 {
					t.Errorf("early calls: %v", early)
				}
			})
		})
	}
}

// Tenants have limits by their size.
func TestQuotasGrowWithTheTenant(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		quotas simtenant.Quotas
		target string
		want   int
	}{
		// Members of groups cost five.
		"fewer than fifty users":     {simtenant.Quotas{Users: 49}, "/groups/x/transitiveMembers", 700},
		"up to five hundred":         {simtenant.Quotas{Users: 500}, "/groups/x/transitiveMembers", 1000},
		"more":                       {simtenant.Quotas{Users: 501}, "/groups/x/transitiveMembers", 1600},
		"a thousand licences":        {simtenant.Quotas{Licences: 1000}, "/drives/x", 1200},
		"more than a thousand":       {simtenant.Quotas{Licences: 1001}, "/drives/x", 2400},
		"fifteen thousand":           {simtenant.Quotas{Licences: 15_000}, "/drives/x/items/root/permissions", 720},
		"permissions cost five each": {simtenant.Quotas{Licences: 1000}, "/drives/x/items/root/permissions", 240},
		"Intune":                     {simtenant.Quotas{}, "/deviceManagement/managedDevices/x", 2000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := withQuotas(t, tc.quotas)
				if times := v.inBatches(tc.target); times != tc.want {
					t.Errorf("%d calls before the first refusal, want %d", times, tc.want)
				}
			})
		})
	}
}

// Who waits as told is served; who does not waits anew, and is counted.
func TestQuotasPunishWhoComesEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := withQuotas(t, simtenant.Quotas{})
		const logs = "/v1.0/auditLogs/directoryAudits?$top=1"
		_, refusal := v.until(logs)
		wait, err := strconv.Atoi(refusal.header.Get("Retry-After"))
		if err != nil || wait != 10 || refusal.header.Get("x-ms-throttle-scope") == "" {
			t.Fatalf("Retry-After is %q, want 10", refusal.header.Get("Retry-After"))
		}
		<-time.After(9 * time.Second)
		early := v.get(logs)
		if early.status != http.StatusTooManyRequests || early.header.Get("Retry-After") != "10" {
			t.Errorf("an early call gets %d, Retry-After %q", early.status, early.header.Get("Retry-After"))
		}
		<-time.After(9 * time.Second)
		if again := v.get(logs); again.status != http.StatusTooManyRequests {
			t.Errorf("the window was not extended: %d", again.status)
		}
		if n := v.tenant.Early()["logs"]; n != 2 {
			t.Errorf("%d early calls, want 2", n)
		}
		<-time.After(10 * time.Second)
		if s := v.get(logs); s.status != http.StatusOK {
			t.Errorf("who waited gets %d", s.status)
		}
	})
}

// A call that was under way when the first refusal came back is refused, too, but was not early.
func TestQuotasForgiveWhatWasUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, simtenant.Options{Quotas: &simtenant.Quotas{}, Latency: func(string) time.Duration { return time.Second }})
		v.signIn()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				<-time.After(time.Duration(i) * 100 * time.Millisecond)
				v.get("/v1.0/auditLogs/directoryAudits?$top=1")
			})
		}
		all.Wait()
		if early := v.tenant.Early(); len(early) != 0 {
			t.Errorf("early calls: %v", early)
		}
		v.get("/v1.0/auditLogs/directoryAudits?$top=1")
		if early := v.tenant.Early()["logs"]; early != 1 {
			t.Errorf("%d early calls after the refusal was read, want 1", early)
		}
	})
}

// The items of a batch are judged one by one, and the envelope is 200 all the same.
func TestQuotasJudgeItemsOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := withQuotas(t, simtenant.Quotas{Limits: map[string]int{"identity": 3}})
		s := v.batch(5) // a unit each
		good, refused := 0, 0
		for i := range 5 {
			item := s.item(fmt.Sprintf("q%d", i))
			switch item["status"] {
			case 200.0:
				good++
			case 429.0:
				refused++
				headers, _ := item["headers"].(map[string]any)
				if headers["Retry-After"] != "10" {
					t.Errorf("an item's headers are %v", headers)
				}
			}
		}
		if s.status != http.StatusOK || good != 3 || refused != 2 {
			t.Errorf("status %d, %d items good, %d refused", s.status, good, refused)
		}
	})
}

// From 80 % on, answers say how near the limit is.
func TestQuotasWarn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := withQuotas(t, simtenant.Quotas{Limits: map[string]int{"identity": 10, "sharepoint": 10}})
		var said []string
		for range 10 {
			said = append(said, v.get("/v1.0/domains").header.Get("x-ms-throttle-limit-percentage"))
		}
		if got := strings.Join(said, ","); got != ",,,,,,,0.8,0.9,1" {
			t.Errorf("percentages are %q", got)
		}
		said = nil
		for range 10 {
			said = append(said, v.get("/v1.0/drives/x").header.Get("RateLimit-Remaining"))
		}
		if got := strings.Join(said, ","); got != ",,,,,,,2,1,0" {
			t.Errorf("remaining are %q", got)
		}
		if unit := v.get("/v1.0/organization"); unit.status != http.StatusTooManyRequests {
			t.Errorf("beyond the limit: %d", unit.status)
		}
	})
}

// A mailbox takes four calls at a time, another mailbox others.
func TestOutlookTakesFourAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, simtenant.Options{Quotas: &simtenant.Quotas{}, Latency: func(string) time.Duration { return time.Second }})
		v.signIn()
		asked := func(mailboxes ...string) (refused int) {
			var mu sync.Mutex
			var all sync.WaitGroup
			for _, mailbox := range mailboxes {
				all.Go(func() {
					s := v.get("/v1.0/users/" + mailbox + "/mailFolders/inbox/messageRules")
					mu.Lock()
					defer mu.Unlock()
					if s.status == http.StatusTooManyRequests {
						refused++
					}
				})
			}
			all.Wait()
			return refused
		}
		if n := asked("a", "a", "a", "a", "b", "b", "b", "b"); n != 0 {
			t.Errorf("%d refused of four each", n)
		}
		if n := asked("a", "a", "a", "a", "a", "b"); n != 1 {
			t.Errorf("%d refused of five and one, want 1", n)
		}
	})
}

// A request ends with its context, wherever it is.
func TestTransportEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, simtenant.Options{Latency: func(template string) time.Duration {
			if strings.HasPrefix(template, "GET") {
				return time.Hour
			}
			return 0
		}})
		v.signIn()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if s := v.send(ctx, http.MethodGet, graphHost+firstUsers, v.graph, ""); s.err == nil || s.took != time.Second {
			t.Errorf("got %v after %s", s.err, s.took)
		}
	})
}
