package simtenant_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

func start() time.Time { return time.Date(2026, 6, 15, 12, 34, 56, 0, time.UTC) }

// client talks to a tenant's handlers in memory.
type client struct {
	t      *testing.T
	tenant *simtenant.Tenant
	graph  string // tokens
	mail   string
}

func newClient(t *testing.T, options simtenant.Options) *client {
	t.Helper()
	if options.Now.IsZero() {
		options.Now = start()
	}
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, tenant: tenant}
	c.graph = c.signIn("https://graph.microsoft.com/.default")
	c.mail = c.signIn("https://outlook.office365.com/.default")
	return c
}

func (c *client) signIn(scope string) string {
	c.t.Helper()
	tenant, app, secret := c.tenant.Credentials()
	status, body := c.login("/"+tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {secret}, "scope": {scope},
	})
	if status != http.StatusOK {
		c.t.Fatalf("signing in for %s: %d %v", scope, status, body)
	}
	return body["access_token"].(string)
}

func (c *client) login(path string, form url.Values) (int, map[string]any) {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://login.microsoftonline.com"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, _ := c.send(c.tenant.Login(), r)
	return status, body
}

func (c *client) send(h http.Handler, r *http.Request) (int, map[string]any, http.Header) {
	c.t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	data, err := io.ReadAll(w.Result().Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var body map[string]any
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&body); err != nil {
			c.t.Fatalf("%s: %v in %s", r.URL, err, data)
		}
	} else {
		body = map[string]any{"text": string(data)}
	}
	return w.Code, body, w.Result().Header
}

const graphHost = "https://graph.microsoft.com"

// get asks Graph; headers are name, value, name, value...
func (c *client) get(target string, headers ...string) (int, map[string]any) {
	c.t.Helper()
	if !strings.HasPrefix(target, "https://") {
		target = graphHost + target
	}
	r := httptest.NewRequest(http.MethodGet, strings.ReplaceAll(target, " ", "%20"), nil)
	r.Header.Set("Authorization", "Bearer "+c.graph)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	status, body, _ := c.send(c.tenant.Graph(), r)
	return status, body
}

// all pages through a list.
func (c *client) all(target string, headers ...string) []map[string]any {
	c.t.Helper()
	var rows []map[string]any
	for target != "" {
		status, body := c.get(target, headers...)
		if status != http.StatusOK {
			c.t.Fatalf("GET %s: %d %v", target, status, body)
		}
		rows = append(rows, values(c.t, body)...)
		target, _ = body["@odata.nextLink"].(string)
	}
	return rows
}

func values(t *testing.T, body map[string]any) []map[string]any {
	t.Helper()
	list, ok := body["value"].([]any)
	if !ok {
		t.Fatalf("no value in %v", body)
	}
	var rows []map[string]any
	for _, item := range list {
		rows = append(rows, item.(map[string]any))
	}
	return rows
}

func (c *client) batch(version string, items ...map[string]any) (int, map[string]any) {
	c.t.Helper()
	data, err := json.Marshal(map[string]any{"requests": items})
	if err != nil {
		c.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, graphHost+"/"+version+"/$batch", bytes.NewReader(data))
	r.Header.Set("Authorization", "Bearer "+c.graph)
	r.Header.Set("Content-Type", "application/json")
	status, body, _ := c.send(c.tenant.Graph(), r)
	return status, body
}

const exchangeHost = "https://outlook.office365.com"

// run invokes a cmdlet; at "" it is the endpoint, else a nextLink.
func (c *client) run(at, cmdlet string, parameters map[string]any, headers ...string) (int, map[string]any) {
	c.t.Helper()
	tenant, _, _ := c.tenant.Credentials()
	if at == "" {
		at = exchangeHost + "/adminapi/beta/" + tenant + "/InvokeCommand"
	}
	if strings.HasPrefix(at, "?") {
		at = exchangeHost + "/adminapi/beta/" + tenant + "/InvokeCommand" + at
	}
	data, err := json.Marshal(map[string]any{"CmdletInput": map[string]any{"CmdletName": cmdlet, "Parameters": parameters}})
	if err != nil {
		c.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, at, bytes.NewReader(data))
	r.Header.Set("Authorization", "Bearer "+c.mail)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-AnchorMailbox", "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"+tenant)
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	status, body, _ := c.send(c.tenant.Exchange(), r)
	return status, body
}

// rows runs a cmdlet to its last page.
func (c *client) rows(cmdlet string, parameters map[string]any) []map[string]any {
	c.t.Helper()
	var rows []map[string]any
	at := ""
	for {
		status, body := c.run(at, cmdlet, parameters)
		if status != http.StatusOK {
			c.t.Fatalf("%s %v: %d %v", cmdlet, parameters, status, body)
		}
		rows = append(rows, values(c.t, body)...)
		at, _ = body["@odata.nextLink"].(string)
		if at == "" {
			return rows
		}
	}
}

// quiet fails the test when the tenant complains.
func (c *client) quiet() {
	c.t.Helper()
	if complaints := c.tenant.Complaints(); len(complaints) > 0 {
		c.t.Errorf("complaints of a client that did nothing wrong: %q", complaints)
	}
}

// complained fails the test when no complaint says so.
func (c *client) complained(about string) {
	c.t.Helper()
	if !slices.ContainsFunc(c.tenant.Complaints(), func(s string) bool { return strings.Contains(s, about) }) {
		c.t.Errorf("no complaint about %q in %q", about, c.tenant.Complaints())
	}
}

// person finds somebody of the cast by a piece of the story.
func (c *client) person(story string) simtenant.Person {
	c.t.Helper()
	for _, p := range c.tenant.Truth() {
		if strings.Contains(p.Story, story) {
			return p
		}
	}
	c.t.Fatalf("nobody's story has %q", story)
	return simtenant.Person{}
}

func code(body map[string]any) string {
	e, _ := body["error"].(map[string]any)
	s, _ := e["code"].(string)
	return s
}

func message(body map[string]any) string {
	e, _ := body["error"].(map[string]any)
	s, _ := e["message"].(string)
	return s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
