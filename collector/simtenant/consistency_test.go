package simtenant_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

func TestPeopleAreWhereTruthSays(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Leavers: 40})
	live, deleted := map[any]string{}, map[any]string{}
	for _, row := range c.all("/v1.0/users?$select=id,userPrincipalName&$top=999") {
		live[row["id"]] = row["userPrincipalName"].(string)
	}
	for _, row := range c.all("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName&$top=999") {
		deleted[row["id"]] = row["userPrincipalName"].(string)
	}
	if len(deleted) < 25 {
		t.Errorf("%d deleted accounts: too few to look for somebody in", len(deleted))
	}
	for _, p := range c.tenant.Truth() {
		want := map[string][2]bool{"live": {true, false}, "deleted": {false, true}, "not_found": {false, false}, "not_yet": {true, false}}[p.State]
		name, isLive := live[p.ID]
		mangled, isDeleted := deleted[p.ID]
		if [2]bool{isLive, isDeleted} != want || p.State != "not_found" && p.UserPrincipalName != name+mangled {
			t.Errorf("%q (%s): live %v, deleted %v", p.Story, p.State, isLive, isDeleted)
		}
	}
}

// A collector may leave out the log of somebody whose signInActivity shows no attempt since leaving. That is fair only
// if the activity knows every attempt that is older than a day.
func TestSignInActivityAgreesWithTheLog(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Leavers: 300})
	const filter = "$filter=signInEventTypes/any(t:t eq 'interactiveUser') or signInEventTypes/any(t:t eq 'nonInteractiveUser')"
	type last struct{ interactive, silent, success string }
	seen := map[any]*last{}
	yesterday := start().Add(-24 * time.Hour).Format("2006-01-02T15:04:05")
	for _, row := range c.all("/beta/auditLogs/signIns?" + filter) {
		at := row["createdDateTime"].(string)[:19]
		if at > start().Add(-6*time.Hour).Format("2006-01-02T15:04:05") {
			t.Errorf("a row of %s, which the log cannot have yet", at)
		}
		if at > yesterday {
			continue
		}
		l := seen[row["userId"]]
		if l == nil {
			l = &last{}
			seen[row["userId"]] = l
		}
		if row["isInteractive"] == true {
			l.interactive = max(l.interactive, at)
		} else {
			l.silent = max(l.silent, at)
		}
		if fmt.Sprint(row["status"].(map[string]any)["errorCode"]) == "0" {
			l.success = max(l.success, at)
		}
	}
	null := 0
	for _, row := range c.all("/v1.0/users?$select=id,signInActivity&$top=500") {
		activity, _ := row["signInActivity"].(map[string]any)
		l := seen[row["id"]]
		switch {
		case activity == nil:
			null++
			if l != nil {
				t.Errorf("%v: the log has %+v, the property nothing", row["id"], *l)
			}
		case l != nil:
			for name, want := range map[string]string{
				"lastSignInDateTime": l.interactive, "lastNonInteractiveSignInDateTime": l.silent, "lastSuccessfulSignInDateTime": l.success,
			} {
				got, _ := activity[name].(string)
				if want != "" && !strings.HasPrefix(got, want) {
					t.Errorf("%v: %s is %q, the log has %s", row["id"], name, got, want)
				}
			}
		}
	}
	if null == 0 {
		t.Error("nobody has null for signInActivity")
	}
}

func TestLeaveTimesOfTheRosterAreThoseOfTheDirectory(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	rows, err := csv.NewReader(bytes.NewReader(c.tenant.Roster())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, row := range rows[1:] {
		if row[0] == "" || row[6] != "" {
			continue
		}
		status, body := c.get("/v1.0/users/" + row[0] + "?$select=employeeLeaveDateTime")
		if status != http.StatusOK {
			continue
		}
		compared++
		roster, err := time.Parse(time.RFC3339, row[5])
		if err != nil {
			t.Fatal(err)
		}
		if directory, err := time.Parse(time.RFC3339, body["employeeLeaveDateTime"].(string)); err != nil || !directory.Equal(roster) {
			t.Errorf("%s: %v, %v", row[5], body, err)
		}
	}
	if compared < 10 {
		t.Errorf("only %d compared", compared)
	}
	blind := newClient(t, simtenant.Options{Withdrawn: []string{"User-LifeCycleInfo.Read.All"}})
	for _, row := range blind.all("/v1.0/users?$select=id,employeeLeaveDateTime&$top=999") {
		if row["employeeLeaveDateTime"] != nil {
			t.Fatalf("the leave date shows without its permission: %v", row)
		}
	}
}

func TestIntuneWritesDatesInItsOwnWay(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	offsets, nevers := 0, 0
	for _, row := range c.all("/v1.0/deviceManagement/managedDevices") {
		at := row["lastSyncDateTime"].(string)
		switch {
		case at == "0001-01-01T00:00:00Z":
			nevers++
		case !strings.HasSuffix(at, "Z"):
			offsets++
		}
		if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
			t.Error(err)
		}
	}
	if offsets == 0 || nevers == 0 {
		t.Errorf("%d with an offset, %d never", offsets, nevers)
	}
	p := c.person("retirement is pending")
	one := c.all("/v1.0/deviceManagement/managedDevices?$filter=userId eq '" + p.ID + "'&$select=id,deviceActionResults")
	other := c.all("/v1.0/users/" + p.ID + "/managedDevices?$select=id")
	if len(one) != 1 || len(other) != 1 || one[0]["id"] != other[0]["id"] {
		t.Errorf("devices of one person: %v, %v", one, other)
	}
	status, single := c.get("/v1.0/deviceManagement/managedDevices/" + one[0]["id"].(string) + "?$select=id,managementState")
	if status != http.StatusOK || single["managementState"] != "retirePending" {
		t.Errorf("%d %v", status, single)
	}
	c.quiet()
}

func TestFoldersByNameAndID(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("moves everything to Deleted Items")
	rule := c.all("/v1.0/users/" + p.ID + "/mailFolders/inbox/messageRules")[0]
	target := rule["actions"].(map[string]any)["moveToFolder"].(string)
	_, byID := c.get("/v1.0/users/" + p.ID + "/mailFolders/" + target + "?$select=id,displayName")
	_, byName := c.get("/v1.0/users/" + p.ID + "/mailFolders/deletedItems?$select=id,displayName")
	if byID["displayName"] != "Deleted Items" || byID["id"] != byName["id"] {
		t.Errorf("%v, %v", byID, byName)
	}
	if _, ok := rule["conditions"]; ok {
		t.Errorf("a rule for everything has conditions: %v", rule)
	}
	if status, body := c.get("/v1.0/users/" + p.ID + "/mailFolders/AAAA"); status != http.StatusNotFound || code(body) != "ErrorItemNotFound" {
		t.Errorf("a folder that is not there: %d %v", status, body)
	}
	c.quiet()
}

func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	tenant, server, transport := serve(t, simtenant.Options{Now: start(), PageSize: 20})
	c := &client{t: t, tenant: tenant}
	token := c.signIn(server.GraphURL + "/.default")
	before := tenant.Requests()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 10 {
				r, err := http.NewRequest(http.MethodGet, server.GraphURL+"/v1.0/users?$select=id", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+token)
				response, err := transport.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(server.GraphURL+"/v1.0/users?")) {
					t.Errorf("%s %v", response.Status, err)
				}
			}
		})
	}
	group.Wait()
	after := tenant.Requests()
	if after["identity"]-before["identity"] != 80 || after["http"]-before["http"] != 80 {
		t.Errorf("80 requests were counted as %v after %v", after, before)
	}
}

func BenchmarkNew(b *testing.B) {
	for range b.N {
		if _, err := simtenant.New(simtenant.Options{Now: start(), Leavers: 1000, Bystanders: 10000}); err != nil {
			b.Fatal(err)
		}
	}
}
