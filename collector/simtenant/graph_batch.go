package simtenant

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const maxBatch = 20

type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	DependsOn []string          `json:"dependsOn"`
}

// batch answers many requests in one. The envelope's 200 says nothing about the items; their order is not kept.
func (t *Tenant) batch(g *graphCall, r *http.Request) answer {
	refuse := func(status int, message string) answer {
		t.complain("graph: $batch: %s", message)
		return t.graphError(status, "BadRequest", message, g.requestID, g.clientID)
	}
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "Specified HTTP method is not allowed for the request target.")
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return refuse(http.StatusBadRequest, "Write requests (excluding DELETE) must contain the Content-Type header declaration.")
	}
	data, err := readBody(r)
	if err != nil {
		return refuse(http.StatusBadRequest, "Unable to read the batch request payload.")
	}
	var envelope struct {
		Requests []batchItem `json:"requests"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil || len(envelope.Requests) == 0 {
		return refuse(http.StatusBadRequest, "Invalid batch payload format.")
	}
	if len(envelope.Requests) > maxBatch {
		return refuse(http.StatusBadRequest, "Number of batch request steps exceeds the maximum value of "+strconv.Itoa(maxBatch)+".")
	}
	seen := map[string]bool{}
	for _, item := range envelope.Requests {
		id := strings.ToLower(item.ID)
		if id == "" || item.Method == "" || item.URL == "" || seen[id] {
			return refuse(http.StatusBadRequest, "Invalid batch payload format: every request needs an id of its own, a method and a url.")
		}
		seen[id] = true
	}
	g.family, g.template, g.items = t.familyOf(g, envelope.Requests[0].URL), "POST /"+g.version+"/$batch", len(envelope.Requests)
	g.gzip, g.asked = r.Header.Get("Content-Encoding") != "", string(data)
	if a := t.admitEnvelope(&g.call); a != nil {
		return *a
	}
	status := map[string]int{}
	responses := make([]map[string]any, 0, len(envelope.Requests))
	for i, item := range envelope.Requests {
		a := t.batchItem(g, i, item, status)
		status[strings.ToLower(item.ID)] = a.status
		response := map[string]any{"id": item.ID, "status": a.status, "headers": itemHeaders(a)}
		switch {
		case a.text != "":
			response["body"] = a.text
		case a.body != nil:
			response["body"] = a.body
		}
		if a.numbers {
			response["headers"] = numbered(itemHeaders(a))
		}
		responses = append(responses, response)
	}
	chance := identifiers{seed: t.options.Seed}.chance("batch", g.requestID)
	chance.Shuffle(len(responses), func(i, j int) { responses[i], responses[j] = responses[j], responses[i] })
	if g.strike != nil {
		t.unread(g.requestID) // the items' answers may be lost with the envelope
	}
	return t.disturb(&g.call, answer{status: http.StatusOK, body: map[string]any{"responses": responses}})
}

// familyOf is the family of a batch: that of its first item.
func (t *Tenant) familyOf(envelope *graphCall, itemURL string) string {
	path, _, _ := strings.Cut(itemURL, "?")
	probe := &graphCall{t: t, version: envelope.version, path: "/" + strings.TrimPrefix(path, "/")}
	if !t.match(probe) {
		return familyIdentity
	}
	return probe.route.family
}

func (t *Tenant) batchItem(envelope *graphCall, place int, item batchItem, done map[string]int) answer {
	g := &graphCall{
		call: call{item: place, id: envelope.requestID}, t: t, version: envelope.version, base: envelope.base, roles: envelope.roles, lent: envelope.lent,
		requestID: envelope.requestID, clientID: envelope.clientID,
	}
	for name, value := range item.Headers {
		if strings.EqualFold(name, "ConsistencyLevel") && strings.EqualFold(value, "eventual") {
			g.eventual = true
		}
	}
	for _, id := range item.DependsOn {
		if s, ok := done[strings.ToLower(id)]; !ok || s >= http.StatusBadRequest {
			return t.graphError(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on failed.", g.requestID, g.clientID)
		}
	}
	path, query, _ := strings.Cut(item.URL, "?")
	if strings.Contains(path, "://") || strings.HasPrefix(path, "/v1.0/") || strings.HasPrefix(path, "/beta/") || strings.Contains(path, "$batch") {
		t.complain("graph: $batch: item url %q is not relative to the version", item.URL)
		return t.graphError(http.StatusBadRequest, "BadRequest", "Invalid batch request url.", g.requestID, g.clientID)
	}
	g.path = "/" + strings.TrimPrefix(path, "/")
	return g.serve(strings.ToUpper(item.Method), query)
}

func itemHeaders(a answer) map[string]string {
	headers := map[string]string{"Cache-Control": "no-cache", "OData-Version": "4.0"}
	switch {
	case a.text != "":
		headers["Content-Type"] = "text/plain"
	case a.body != nil:
		headers["Content-Type"] = graphJSON
	}
	for name, value := range a.header {
		headers[name] = value
	}
	return headers
}
