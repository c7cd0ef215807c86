// Package exchange reads the facts that only Exchange Online knows: mailboxes and
// their holds, forwarding, protocols, mobile devices, delegates and hidden rules. It
// runs the documented Get- cmdlets over Exchange's admin REST interface.
//
// # Guarantees
//
// A cmdlet is never run without an identity that names one mailbox: several of them
// answer an empty or unknown identity with everybody's objects. Rows that are not the
// mailbox's own make the fact unknown. Only cmdlets that begin with Get- can be run.
//
// # Non-guarantees
//
// The interface (InvokeCommand) is the one that Microsoft's own PowerShell module
// uses; Microsoft does not document it for others and may change it.
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
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Client reads one tenant's Exchange facts.
type Client struct {
	wire   *wire.Client
	base   *url.URL
	tenant string
}

// New makes a client for the Exchange root at base ("https://outlook.office365.com") and a tenant id.
func New(w *wire.Client, base *url.URL, tenant string) *Client {
	return &Client{wire: w, base: base, tenant: tenant}
}

// row is one object as the cmdlet gives it, without the serializer's companion keys.
type row = map[string]any

const (
	// needsRole is what most refusals lack.
	needsRole = "the Exchange application permission Exchange.ManageAsApp and, for the application, a role such as Global Reader or View-Only Organization Management"
	// needsRuleRole is what Get-InboxRule lacks: the read-only roles may not run it.
	needsRuleRole = "an Exchange role group for the application with Get-InboxRule; Global Reader does not have it"

	// systemMailbox routes requests that belong to no mailbox; the GUID is the same in every tenant.
	systemMailbox = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"
)

// errAbsent means that Exchange says that the object does not exist.
var errAbsent = errors.New("no such object")

// run runs a cmdlet and yields its rows. Parameters must name what is wanted; properties are selected.
func (c *Client) run(ctx context.Context, cmdlet string, parameters map[string]any, properties []string) ([]row, snapshot.Provenance, error) {
	if !strings.HasPrefix(cmdlet, "Get-") {
		return nil, snapshot.Provenance{Endpoint: cmdlet}, fmt.Errorf("refuse to run %s: this program only reads", cmdlet)
	}
	for name, value := range parameters {
		if s, ok := value.(string); ok && s == "" {
			return nil, snapshot.Provenance{Endpoint: cmdlet}, fmt.Errorf("refuse to run %s with an empty -%s", cmdlet, name)
		}
	}
	body, err := json.Marshal(map[string]any{"CmdletInput": map[string]any{"CmdletName": cmdlet, "Parameters": parameters}})
	if err != nil {
		return nil, snapshot.Provenance{Endpoint: cmdlet}, fmt.Errorf("build %s: %w", cmdlet, err)
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
			"Content-Type": "application/json", "Prefer": "odata.maxpagesize=1000", "X-AnchorMailbox": systemMailbox + c.tenant,
			"X-CmdletName": cmdlet, "X-ResponseFormat": "json", "X-SerializationLevel": "Partial",
		} {
			req.Header.Set(name, value)
		}
		return req, nil
	}
	var rows []row
	list, err := c.wire.List(ctx, wire.Listing{
		Request: wire.Request{Family: wire.Exchange, Endpoint: cmdlet, Cost: 1, Build: func(ctx context.Context) (*http.Request, error) { return post(ctx, first) }},
		Follow:  post, Prefix: root,
	}, func(raw json.RawMessage) error {
		r, err := decode(raw, properties)
		if err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	from := snapshot.Provenance{Endpoint: cmdlet, At: list.At, RequestID: list.RequestID, Attempts: list.Attempts, Status: list.Status}
	var e *wire.Error
	if errors.As(err, &e) {
		from.At, from.RequestID, from.Attempts, from.Status = e.At, e.RequestID, from.Attempts+e.Attempts, e.Status
		if e.Kind == wire.Refused && e.Code == "ManagementObjectNotFoundException" {
			err = fmt.Errorf("%w: %w", errAbsent, err)
		}
	}
	return rows, from, err
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

// unknown says why a cmdlet brought nothing to be trusted. Needs is the role that may run it.
func unknown(err error, needs string) snapshot.Fact {
	reason, mend, refusal := wire.Why(err)
	f := snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Reason(reason), Detail: err.Error(), Needs: mend}
	if refusal == nil {
		return f
	}
	f.Reason = snapshot.Unsupported
	// A cmdlet outside the caller's roles does not exist for them.
	if refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusForbidden || strings.Contains(refusal.Message, "is not recognized") {
		f.Reason, f.Needs = snapshot.Forbidden, needs
	}
	return f
}

// Outcome is one fact and where it came from. From names neither leaver nor fact.
type Outcome struct {
	Fact snapshot.Fact
	From snapshot.Provenance
}

func text(r row, name string) string {
	s, _ := r[name].(string)
	return s
}
