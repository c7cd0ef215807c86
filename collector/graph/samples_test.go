package graph

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// schemas is where Microsoft's descriptions and sample bodies are. They are not part of the repository.
func schemas(t *testing.T) string {
	t.Helper()
	if dir, ok := os.LookupEnv("LEAVERCHECK_SCHEMAS"); ok {
		return dir
	}
	dir := filepath.Join("..", "..", "..", "shared", "schemas")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("Microsoft's sample bodies are not here; set LEAVERCHECK_SCHEMAS to run this test")
	}
	return dir
}

type sample struct {
	Examples []struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	} `json:"examples"`
}

// service answers every request with one body.
type service string

func (s service) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(s))), Request: r}, nil
}

type noToken struct{}

func (noToken) Token(context.Context, string) (string, error) { return "x", nil }

func clientOf(t *testing.T, transport http.RoundTripper) *Client {
	t.Helper()
	base := &url.URL{Scheme: "https", Host: "graph.microsoft.com", Path: "/"}
	c, err := New(wire.New(wire.Options{Base: base, Transport: transport, Tokens: noToken{}, Limits: wire.Unhurried()}), base, "global")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const someone = "87d349ed-44d7-43e1-9a83-5f2406dee5bd"

// Microsoft's own sample bodies are read: shortened, with placeholders, offsets and capitals as they are.
func TestMicrosoftsSamplesAreRead(t *testing.T) {
	t.Parallel()
	nobody := map[string]bool{someone: true}
	for file, read := range map[string]func(c *Client) snapshot.Fact{
		"user-list.v10.json": func(c *Client) snapshot.Fact { return c.Users(t.Context(), func(User) error { return nil }).Fact },
		"directoryaudit-list.v10.json": func(c *Client) snapshot.Fact {
			outcomes, _ := c.Audits(t.Context(), time.Now(), time.Now(), 1, nobody)
			return outcomes[someone].Fact
		},
		"signin-list.v10.json":                       func(c *Client) snapshot.Fact { return c.signIns(t.Context(), someone, time.Now()).Fact },
		"signin-list.beta.json":                      func(c *Client) snapshot.Fact { return c.signIns(t.Context(), someone, time.Now()).Fact },
		"subscribedsku-list.v10.json":                func(c *Client) snapshot.Fact { return c.SubscribedSKUs(t.Context()).Fact },
		"intune-devices-manageddevice-list.v10.json": func(c *Client) snapshot.Fact { return c.ManagedDevices(t.Context(), nobody)[someone].Fact },
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(schemas(t), "graph", "examples", file))
			if err != nil {
				t.Fatal(err)
			}
			var s sample
			if err := json.Unmarshal(data, &s); err != nil {
				t.Fatal(err)
			}
			count := 0
			for _, example := range s.Examples {
				body := whole(t, example.Body)
				if body == nil {
					continue
				}
				if f := read(clientOf(t, service(body))); f.State != snapshot.Read {
					t.Errorf("%+v\n%.300s", f, body)
				}
				count++
			}
			if count == 0 {
				t.Error("no example was read")
			}
		})
	}
}

// whole makes a listing of an example that Microsoft cut short: without the link to a page that the
// sample does not have, and with ids where the documentation left them out. Nil for a bare number.
func whole(t *testing.T, body json.RawMessage) []byte {
	t.Helper()
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil {
		return nil
	}
	delete(doc, "@odata.nextLink")
	delete(doc, "@odata.count")
	rows, ok := doc["value"].([]any)
	if !ok {
		return nil
	}
	for _, r := range rows {
		row, ok := r.(map[string]any)
		if ok && row["id"] == nil {
			row["id"] = someone
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestInboxRuleSamplesAreRead(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(schemas(t), "graph", "examples", "mailfolder-list-messagerules.v10.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	body := `{"responses":[{"id":"0","status":200,"headers":{},"body":` + string(s.Examples[0].Body) + `}]}`
	o := clientOf(t, service(body)).InboxRules(t.Context(), []string{someone}, func(int) {})[someone]
	rows, _ := o.Fact.Value.([]any)
	if o.Fact.State != snapshot.Read || len(rows) != 2 {
		t.Errorf("got %+v", o.Fact)
	}
}
