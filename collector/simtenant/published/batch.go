package published

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// batchSize is the most that a batch may hold: learn.microsoft.com/graph/json-batching.
const batchSize = 20

// Batch holds a batch and its answer against the description, item by item; learn.microsoft.com/graph/json-batching
// describes the envelopes. The version is that of the batch's own path. It returns the targets of the items, too.
func (d *Description) Batch(version string, request []byte, status int, answer []byte) (targets, problems []string) {
	tell := func(format string, args ...any) {
		problems = append(problems, "POST /"+version+"/$batch: "+fmt.Sprintf(format, args...))
	}
	var asked struct {
		Requests []struct {
			ID, Method, URL string
			Headers         map[string]string
		} `json:"requests"`
	}
	if err := json.Unmarshal(request, &asked); err != nil {
		tell("%v", err)
		return nil, problems
	}
	if len(asked.Requests) == 0 || len(asked.Requests) > batchSize {
		tell("%d items", len(asked.Requests))
	}
	open := map[string]string{}
	for _, item := range asked.Requests {
		if _, twice := open[item.ID]; twice || item.ID == "" || !strings.HasPrefix(item.URL, "/") {
			tell("item %q: id or url", item.ID)
		}
		header := http.Header{}
		for name, value := range item.Headers {
			header.Set(name, value)
		}
		target := "/" + version + item.URL
		open[item.ID], targets = target, append(targets, target)
		problems = append(problems, d.Request(item.Method, target, header)...)
	}
	if status != http.StatusOK {
		return targets, append(problems, d.Answer("/"+version+"/$batch", status, answer)...)
	}
	var said struct {
		Responses []struct {
			ID      string            `json:"id"`
			Status  int               `json:"status"`
			Headers map[string]string `json:"headers"`
			Body    json.RawMessage   `json:"body"`
		} `json:"responses"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		tell("%v", err)
		return targets, problems
	}
	for _, item := range said.Responses {
		target, ok := open[item.ID]
		if !ok {
			tell("an answer to nothing, %q", item.ID)
			continue
		}
		delete(open, item.ID)
		if strings.HasPrefix(item.Headers["Content-Type"], "application/json") {
			problems = append(problems, d.Answer(target, item.Status, item.Body)...)
		}
	}
	for id, target := range open {
		tell("no answer to %q, %s", id, target)
	}
	return targets, problems
}
