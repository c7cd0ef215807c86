package simtenant_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

const tracked = "/v1.0/users/delta?$select=id,userPrincipalName,displayName,employeeId,accountEnabled,otherMails,proxyAddresses,assignedLicenses,deletedDateTime"

// churning is a tenant in which much changed since five days ago, and what it was like then.
func churning(t *testing.T, options simtenant.Options) (earlier, later *client) {
	t.Helper()
	options.Churn, options.EarlierBy = 60, 5*24*time.Hour
	later = newClient(t, options)
	options.Earlier = true
	return newClient(t, options), later
}

// latest asks for a token of now.
func (c *client) latest(query string) string {
	c.t.Helper()
	status, body := c.get(query + "&$deltatoken=latest")
	link, _ := body["@odata.deltaLink"].(string)
	if status != http.StatusOK || len(values(c.t, body)) != 0 || link == "" || strings.Contains(link, "select") {
		c.t.Fatalf("%d %v", status, body)
	}
	return link
}

// round follows a link to the end of its round.
func (c *client) round(link string, headers ...string) (rows []map[string]any, next string) {
	c.t.Helper()
	for link != "" {
		status, body := c.get(link, headers...)
		if status != http.StatusOK {
			c.t.Fatalf("GET %s: %d %v", link, status, body)
		}
		rows = append(rows, values(c.t, body)...)
		next, _ = body["@odata.deltaLink"].(string)
		link, _ = body["@odata.nextLink"].(string)
	}
	return rows, next
}

// Who applies every row to what was listed before, the last state winning, has what is listed now.
func TestDeltaRowsLeadFromThenToNow(t *testing.T) {
	t.Parallel()
	for _, headers := range [][]string{nil, {"Prefer", "return=minimal"}} {
		t.Run(fmt.Sprint(headers), func(t *testing.T) {
			t.Parallel()
			earlier, later := churning(t, simtenant.Options{PageSize: 15})
			listing := strings.Replace(tracked, "/delta", "", 1)
			have := map[string]map[string]any{}
			for _, row := range earlier.all(listing) {
				have[row["id"].(string)] = row
			}
			rows, next := later.round(earlier.latest(tracked), headers...)
			reasons, twice := map[string]int{}, map[string]int{}
			for _, row := range rows {
				id := row["id"].(string)
				twice[id]++
				if removed, ok := row["@removed"].(map[string]any); ok {
					reasons[removed["reason"].(string)]++
					delete(have, id)
					continue
				}
				if have[id] == nil {
					have[id] = map[string]any{}
				}
				for name, value := range row {
					have[id][name] = value
				}
			}
			if reasons["changed"] == 0 || reasons["deleted"] == 0 || len(twice) == len(rows) {
				t.Errorf("removed: %v; %d rows of %d accounts", reasons, len(rows), len(twice))
			}
			want := later.all(listing)
			if len(want) != len(have) {
				t.Errorf("%d accounts, want %d", len(have), len(want))
			}
			for _, row := range want {
				for name, value := range row {
					if got := have[row["id"].(string)][name]; fmt.Sprint(got) != fmt.Sprint(value) {
						t.Errorf("%s of %s is %v, want %v", name, row["id"], got, value)
					}
				}
			}
			if rows, _ := later.round(next); len(rows) != 0 {
				t.Errorf("after the round there are %d rows", len(rows))
			}
		})
	}
}

func TestTheFirstDeltaRoundIsAListing(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{PageSize: 90})
	rows, next := c.round("/v1.0/users/microsoft.graph.delta()?$select=id,employeeId")
	accounts := map[any]bool{}
	for _, row := range rows {
		accounts[row["id"]] = true
	}
	if want := len(c.all("/v1.0/users?$select=id")); len(accounts) != want || next == "" {
		t.Errorf("%d accounts, want %d", len(accounts), want)
	}
	if slices.ContainsFunc(rows, func(r map[string]any) bool { id, ok := r["employeeId"]; return ok && id == nil }) {
		t.Error("a value that was never set is given")
	}
	rows, _ = c.round("/v1.0/users/delta?$select=id&$filter=id eq '" + rows[0]["id"].(string) + "'")
	if len(rows) != 1 {
		t.Errorf("%d rows of one account", len(rows))
	}
}

func TestWhatDeltaQueriesRefuse(t *testing.T) {
	t.Parallel()
	_, later := churning(t, simtenant.Options{})
	for query, want := range map[string]string{
		"$select=id,signInActivity":          "signInActivity",
		"$select=id&$top=5":                  "$top",
		"$select=id&$orderby=displayName":    "$orderby",
		"$select=id&$filter=mail eq 'x'":     "by id",
		"$deltatoken=nonsense":               "badly formed",
		"$select=id&$deltatoken=nonsense":    "beside it",
		"$skiptoken=nonsense":                "badly formed",
		"$deltatoken=latest&$select=mystery": "mystery",
	} {
		status, body := later.get("/v1.0/users/delta?" + query)
		if status != http.StatusBadRequest || !strings.Contains(fmt.Sprint(body), want) {
			t.Errorf("%s: %d %v", query, status, body)
		}
	}
}

func TestDeltaTokensEnd(t *testing.T) {
	t.Parallel()
	now := start()
	old := newClient(t, simtenant.Options{Clock: func() time.Time { return now.Add(-7*24*time.Hour - time.Second) }})
	status, body := newClient(t, simtenant.Options{}).get(old.latest(tracked))
	if status != http.StatusBadRequest || !strings.Contains(fmt.Sprint(body), "syncStateNotFound") {
		t.Errorf("a token that is too old: %d %v", status, body)
	}
	earlier, moved := churning(t, simtenant.Options{DeltaReset: true})
	if status, body = moved.get(earlier.latest(tracked)); status != http.StatusGone {
		t.Errorf("a directory that was moved: %d %v", status, body)
	}
	if status, _ = newClient(t, simtenant.Options{Seed: 9}).get(earlier.latest(tracked)); status != http.StatusBadRequest {
		t.Errorf("a token of another tenant: %d", status)
	}
}

// A restored account is not told of when nothing that is selected changed; a lagging directory tells later.
func TestWhatDeltaQueriesDoNotTell(t *testing.T) {
	t.Parallel()
	earlier, later := churning(t, simtenant.Options{})
	_, behind := churning(t, simtenant.Options{DeltaLag: 5 * 24 * time.Hour})
	link := earlier.latest("/v1.0/users/delta?$select=id,createdDateTime")
	rows, _ := later.round(link)
	live := map[string]bool{}
	for _, row := range earlier.all("/v1.0/users?$select=id") {
		live[row["id"].(string)] = true
	}
	gone := map[string]bool{}
	for _, row := range earlier.all("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id") {
		gone[row["id"].(string)] = true
	}
	restored := 0
	for _, row := range later.all("/v1.0/users?$select=id") {
		if id := row["id"].(string); gone[id] {
			restored++
			if slices.ContainsFunc(rows, func(r map[string]any) bool { return r["id"] == id }) {
				t.Errorf("%s is told of", id)
			}
		}
	}
	if restored == 0 {
		t.Error("nobody was restored")
	}
	if rows, _ := behind.round(link); len(rows) != 0 {
		t.Errorf("a directory that lags by all of it tells of %d accounts", len(rows))
	}
}
