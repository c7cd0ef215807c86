package simtenant_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	with, without := c.person("redirects everything outside"), c.person("never had a mailbox")
	items := []map[string]any{
		{"id": "rules", "method": "GET", "url": "/users/" + with.ID + "/mailFolders/inbox/messageRules"},
		{"id": "none", "method": "GET", "url": "/users/" + without.ID + "/mailFolders/inbox/messageRules"},
		{"id": "nobody", "method": "GET", "url": "/users/00000000-0000-4000-8000-000000000000/mailFolders/inbox/messageRules"},
		{"id": "count", "method": "GET", "url": "/users/$count", "headers": map[string]string{"ConsistencyLevel": "eventual"}},
	}
	for i := range 16 {
		items = append(items, map[string]any{"id": strconv.Itoa(i), "method": "GET", "url": "users/" + with.ID + "?$select=id"})
	}
	status, body := c.batch("v1.0", items...)
	responses, _ := body["responses"].([]any)
	if status != http.StatusOK || len(responses) != 20 {
		t.Fatalf("%d %v", status, body)
	}
	byID := map[string]map[string]any{}
	inOrder := true
	for i, r := range responses {
		response := r.(map[string]any)
		byID[response["id"].(string)] = response
		inOrder = inOrder && response["id"] == items[i]["id"]
	}
	if inOrder {
		t.Error("a batch of twenty came back in order")
	}
	for id, want := range map[string]string{"rules": "200", "none": "404", "nobody": "404", "count": "200", "3": "200"} {
		if got := fmt.Sprint(byID[id]["status"]); got != want {
			t.Errorf("item %s: %s", id, got)
		}
		if _, ok := byID[id]["headers"].(map[string]any); !ok {
			t.Errorf("item %s has no headers", id)
		}
	}
	if got := code(byID["none"]["body"].(map[string]any)); got != "MailboxNotEnabledForRESTAPI" {
		t.Errorf("no mailbox: %s", got)
	}
	requests := c.tenant.Requests()
	if requests["outlook"] != 3 || requests["identity"] != 17 {
		t.Errorf("items are counted one by one: %v", requests)
	}
	c.quiet()
	tooMany := slices.Concat(items, []map[string]any{{"id": "21", "method": "GET", "url": "/users/$count"}})
	for name, bad := range map[string][]map[string]any{
		"twenty-one":   tooMany,
		"nothing":      nil,
		"one id twice": {{"id": "a", "method": "GET", "url": "/domains"}, {"id": "A", "method": "GET", "url": "/domains"}},
		"no id":        {{"method": "GET", "url": "/domains"}},
	} {
		if status, body := c.batch("v1.0", bad...); status != http.StatusBadRequest || code(body) != "BadRequest" {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	_, body = c.batch("v1.0",
		map[string]any{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/domains"},
		map[string]any{"id": "2", "method": "DELETE", "url": "/users/" + with.ID},
		map[string]any{"id": "3", "method": "GET", "url": "/domains", "dependsOn": []string{"1"}})
	got := map[string]string{}
	for _, r := range body["responses"].([]any) {
		response := r.(map[string]any)
		got[response["id"].(string)] = fmt.Sprint(response["status"])
	}
	if got["1"] != "400" || got["2"] != "405" || got["3"] != "424" {
		t.Errorf("items: %v", got)
	}
}

func TestHeadersAndCompressedBodies(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(`{"requests":[{"id":"1","method":"GET","url":"/domains"}]}`))
	_ = z.Close()
	r := httptest.NewRequest(http.MethodPost, graphHost+"/v1.0/$batch", &packed)
	r.Header.Set("Authorization", "Bearer "+c.graph)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", "gzip")
	r.Header.Set("client-request-id", "mine")
	status, body, header := c.send(c.tenant.Graph(), r)
	if status != http.StatusOK || len(body["responses"].([]any)) != 1 {
		t.Errorf("%d %v", status, body)
	}
	if header.Get("client-request-id") != "mine" || header.Get("request-id") == "" || header.Get("Date") != "Mon, 15 Jun 2026 12:34:56 GMT" {
		t.Errorf("headers: %v", header)
	}
	r = httptest.NewRequest(http.MethodGet, graphHost+"/v1.0/users?$select=id", nil)
	r.Header.Set("Authorization", "Bearer "+c.graph)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	c.tenant.Graph().ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("x-ms-resource-unit") != "1" {
		t.Errorf("headers: %v", w.Header())
	}
	c.quiet()
}

func TestGroupsShowTheirPeopleOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	desk := c.rows("Get-Recipient", map[string]any{"Identity": "Sales Desk"})
	id := desk[0]["ExternalDirectoryObjectId"].(string)
	people := c.all("/v1.0/groups/" + id + "/transitiveMembers/microsoft.graph.user?$select=id,accountEnabled")
	mixed := c.all("/v1.0/groups/" + id + "/transitiveMembers?$select=id,displayName")
	if len(people) != 3 || len(mixed) != 4 {
		t.Errorf("%d people, %d members", len(people), len(mixed))
	}
	c.quiet()
	blind := newClient(t, simtenant.Options{Withdrawn: []string{"User.Read.All"}})
	for _, p := range blind.all("/v1.0/groups/" + id + "/transitiveMembers/graph.user?$select=id,accountEnabled") {
		if p["id"] == nil || p["accountEnabled"] != nil {
			t.Errorf("without the right to read people: %v", p)
		}
	}
}
