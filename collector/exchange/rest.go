package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// systemMailbox routes requests that belong to no mailbox; the GUID is the same in every tenant.
const systemMailbox = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"

// pageRows is how many rows a page may have; the service gives no more.
const pageRows = 1000

// rest asks Exchange's admin REST interface.
type rest struct {
	wire   *wire.Client
	base   *url.URL
	tenant string
}

func (c *rest) run(ctx context.Context, cmdlet string, parameters map[string]any, properties []string) ([]row, snapshot.Provenance, error) {
	var rows []row
	from, err := c.pages(ctx, cmdlet, parameters, properties, "", func(raw json.RawMessage) error {
		r, err := decode(raw, properties)
		if err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	from.List = nil // one mailbox's rows are a fact, not a listing to account for
	return rows, from, err
}

// list lists all objects of a kind. A page that comes again brings nothing twice; a link that has expired,
// as they do within minutes, begins the listing anew.
func (c *rest) list(ctx context.Context, cmdlet string, parameters map[string]any, properties []string, keep func(json.RawMessage) error) (snapshot.Provenance, error) {
	return c.pages(ctx, cmdlet, parameters, properties, "Guid", keep)
}

// pages runs a cmdlet and yields its rows page by page. Key tells rows apart; empty for those that have none.
func (c *rest) pages(ctx context.Context, cmdlet string, parameters map[string]any, properties []string, key string, yield func(json.RawMessage) error) (snapshot.Provenance, error) {
	body, err := json.Marshal(map[string]any{"CmdletInput": map[string]any{"CmdletName": cmdlet, "Parameters": parameters}})
	if err != nil {
		return snapshot.Provenance{Endpoint: cmdlet}, fmt.Errorf("build %s: %w", cmdlet, err)
	}
	root := "/adminapi/beta/" + c.tenant + "/"
	first := c.base.JoinPath(root, "InvokeCommand")
	first.RawQuery = url.Values{"$select": {strings.Join(properties, ",")}}.Encode()
	// A nextLink is asked with the same POST again, never with a GET.
	post := func(ctx context.Context, u *url.URL) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "Prefer": "odata.maxpagesize=" + strconv.Itoa(pageRows), "X-AnchorMailbox": systemMailbox + c.tenant,
			"X-CmdletName": cmdlet, "X-ResponseFormat": "json", "X-SerializationLevel": "Partial",
		} {
			req.Header.Set(name, value)
		}
		return req, nil
	}
	check := notCut
	if _, some := parameters["ResultSize"].(int); some {
		check = nil // so few were asked for
	}
	list, err := c.wire.List(ctx, wire.Listing{
		Request: wire.Request{Family: wire.Exchange, Endpoint: cmdlet, Cost: 1, Build: func(ctx context.Context) (*http.Request, error) { return post(ctx, first) }},
		Follow:  post, Key: key, Prefix: root, Check: check, Fresh: key != "",
	}, yield)
	from := snapshot.Provenance{Endpoint: cmdlet, At: list.At, RequestID: list.RequestID, Attempts: list.Attempts, Status: list.Status}
	from.List = &snapshot.List{Pages: list.Pages, Rows: list.Rows, Distinct: list.Distinct, Count: list.Count, Restarts: list.Restarts, Complete: err == nil}
	var e *wire.Error
	if errors.As(err, &e) {
		from.At, from.RequestID, from.Attempts, from.Status = e.At, e.RequestID, from.Attempts+e.Attempts, e.Status
		if e.Kind == wire.Refused && e.Code == "ManagementObjectNotFoundException" {
			err = fmt.Errorf("%w: %w", errAbsent, err)
		}
	}
	return from, err
}

// notCut reads the warnings of a page. One that speaks of -ResultSize says, in whatever language, that
// there are more rows than were given.
func notCut(page []byte) error {
	if !bytes.Contains(page, []byte("ResultSize")) {
		return nil // which spares most pages a second reading
	}
	var p struct {
		Warnings []string `json:"@adminapi.warnings"`
	}
	if err := json.Unmarshal(page, &p); err != nil {
		return fmt.Errorf("warnings that cannot be read: %w", err)
	}
	for _, warning := range p.Warnings {
		if strings.Contains(warning, "ResultSize") {
			return fmt.Errorf("the rows are a part: %.200s", warning)
		}
	}
	return nil
}

var zoneless = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`)

// decode keeps the wanted properties, without the companions that tell their types ("X@data.type",
// "X(DateTime)"), with date-times in UTC.
func decode(raw json.RawMessage, properties []string) (row, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var in row
	if err := dec.Decode(&in); err != nil {
		return nil, fmt.Errorf("a row that is no object: %w", err)
	}
	out := make(row, len(properties))
	for _, name := range properties {
		value, ok := in[name]
		if !ok {
			continue
		}
		if s, ok := value.(string); ok && zoneless.MatchString(s) {
			at, err := snapshot.UTC(s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			value = at
		}
		out[name] = value
	}
	return out, nil
}
