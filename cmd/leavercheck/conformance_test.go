package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
)

// recorder keeps what is sent to Graph, items of batches one by one.
type recorder struct {
	http.RoundTripper
	graph string

	mu   sync.Mutex
	sent []string // "METHOD /v1.0/path?query"
	full map[string]http.Header
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.String(), r.graph) {
		var body []byte
		if req.Body != nil {
			var err error
			if body, err = io.ReadAll(req.Body); err != nil {
				return nil, err
			}
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
		r.keep(req, body)
	}
	return r.RoundTripper.RoundTrip(req)
}

func (r *recorder) keep(req *http.Request, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !strings.HasSuffix(req.URL.Path, "/$batch") {
		r.sent = append(r.sent, req.Method+" "+req.URL.RequestURI())
		r.full[req.URL.RequestURI()] = req.Header
		return
	}
	var doc struct {
		Requests []struct{ Method, URL string } `json:"requests"`
	}
	if json.Unmarshal(body, &doc) == nil {
		for _, item := range doc.Requests {
			r.sent = append(r.sent, item.Method+" "+strings.TrimSuffix(req.URL.Path, "/$batch")+item.URL)
		}
	}
}

type openAPI struct {
	Paths map[string]struct {
		Get *struct {
			Parameters []struct{ Name, In string } `json:"parameters"`
			EntityType string                      `json:"x-entity-type"`
		} `json:"get"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schemaNode `json:"schemas"`
	} `json:"components"`
}

type schemaNode struct {
	Ref        string                     `json:"$ref"`
	AllOf      []schemaNode               `json:"allOf"`
	Properties map[string]json.RawMessage `json:"properties"`
}

func (o openAPI) has(n schemaNode, property string) bool {
	if n.Ref != "" {
		return o.has(o.Components.Schemas[n.Ref[strings.LastIndex(n.Ref, "/")+1:]], property)
	}
	if _, ok := n.Properties[property]; ok {
		return true
	}
	return slices.ContainsFunc(n.AllOf, func(part schemaNode) bool { return o.has(part, property) })
}

// template finds the documented path of a request: "{...}" stands for one segment, "microsoft.graph."
// before a cast may be left out.
func (o openAPI) template(path string) (string, bool) {
	segments := strings.Split(strings.ReplaceAll(path, "/microsoft.graph.", "/graph."), "/")
	for _, candidate := range slices.Sorted(maps.Keys(o.Paths)) {
		parts := strings.Split(candidate, "/")
		if len(parts) == len(segments) && matches(parts, segments) {
			return candidate, true
		}
	}
	return "", false
}

func matches(parts, segments []string) bool {
	for i := range parts {
		if !strings.HasPrefix(parts[i], "{") && parts[i] != segments[i] {
			return false
		}
	}
	return true
}

// Every request to Graph is one that Microsoft's own description of it knows: path, parameters, properties.
func TestRequestsAreAsDocumented(t *testing.T) {
	t.Parallel()
	dir, ok := os.LookupEnv("LEAVERCHECK_SCHEMAS")
	if !ok {
		dir = filepath.Join("..", "..", "..", "shared", "schemas")
		if _, err := os.Stat(dir); err != nil {
			t.Skip("Microsoft's description of Graph is not here; set LEAVERCHECK_SCHEMAS to run this test")
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "graph", "graph-openapi-subset.json"))
	if err != nil {
		t.Fatal(err)
	}
	var o openAPI
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	tenant := newTenant(t, simtenant.Options{PageSize: 20})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	options := simulatedOptions(t, tenant, server, filepath.Join(t.TempDir(), "snapshot"))
	rec := &recorder{RoundTripper: options.Transport, graph: server.GraphURL, full: map[string]http.Header{}}
	options.Transport = rec
	if _, err := collector.Collect(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if len(rec.sent) < 50 {
		t.Fatalf("only %d requests", len(rec.sent))
	}
	for _, sent := range rec.sent {
		o.check(t, sent)
	}
	for uri, header := range rec.full {
		if header.Get("x-ms-throttle-priority") != "low" && !strings.Contains(uri, "mailFolders") {
			t.Errorf("%s does not give way to people's own work", uri)
		}
	}
}

func (o openAPI) check(t *testing.T, sent string) {
	t.Helper()
	method, uri, _ := strings.Cut(sent, " ")
	u, err := url.Parse(uri)
	if err != nil || method != http.MethodGet {
		t.Errorf("%s: %v", sent, err)
		return
	}
	if path, isBeta := strings.CutPrefix(u.Path, "/beta"); isBeta {
		if path != "/auditLogs/signIns" {
			t.Errorf("%s: only the non-interactive sign-ins are asked of beta", sent)
		}
		return
	}
	path := strings.TrimPrefix(u.Path, "/v1.0")
	name, ok := o.template(path)
	if !ok || o.Paths[name].Get == nil {
		t.Errorf("%s is not documented", sent)
		return
	}
	get := o.Paths[name].Get
	for parameter := range u.Query() {
		known := slices.ContainsFunc(get.Parameters, func(p struct{ Name, In string }) bool { return p.In == "query" && p.Name == parameter })
		// Microsoft's OpenAPI leaves state tokens out; learn.microsoft.com/graph/api/user-delta has this one, and
		// learn.microsoft.com/graph/delta-query-overview its value "latest".
		latest := parameter == "$deltatoken" && name == "/users/delta()" && u.Query().Get(parameter) == "latest"
		if !known && !latest && !strings.EqualFold(parameter, "$skiptoken") {
			t.Errorf("%s: %s does not take %s", sent, name, parameter)
		}
	}
	for property := range strings.SplitSeq(u.Query().Get("$select"), ",") {
		if property != "" && !o.has(o.Components.Schemas[get.EntityType], property) && get.EntityType != "microsoft.graph.directoryObject" {
			t.Errorf("%s: %s has no property %s", sent, get.EntityType, property)
		}
	}
}
