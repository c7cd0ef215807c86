// Package exchange reads the facts that only Exchange Online knows: mailboxes and
// their holds, forwarding, protocols, mobile devices, delegates and hidden rules. It
// runs the documented Get- cmdlets over Exchange's admin REST interface, or reads what
// somebody else's cmdlets wrote into files (Export).
//
// # Guarantees
//
// What is asked about one mailbox is never asked without an identity that names it:
// several cmdlets answer an empty or unknown identity with everybody's objects. Rows that
// are not the mailbox's own make the fact unknown. Only cmdlets that begin with Get- can
// be run.
//
// Everybody's objects are listed where that is cheaper (Mailboxes). What a listing did not
// bring is absent only if it was read to its end; what it cannot place is asked for by name.
//
// In an export, a row that is not there means "there is none" only where the export
// shows that it was asked for; else it means unknown.
//
// # Non-guarantees
//
// The interface (InvokeCommand) is the one that Microsoft's own PowerShell module
// uses; Microsoft does not document it for others and may change it.
//
// An export is believed: who can write its files can say what they like.
package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Client reads one tenant's Exchange facts, from the service or from an export.
type Client struct{ source source }

// source answers cmdlets. Rows are the caller's own to change.
type source interface {
	run(ctx context.Context, cmdlet string, parameters map[string]any, properties []string) ([]row, snapshot.Provenance, error)
}

// lister is a source that can be asked for everybody's objects, page by page, without holding them all. A
// nil error means that the last page was read.
type lister interface {
	list(ctx context.Context, cmdlet string, parameters map[string]any, properties []string, keep func(json.RawMessage) error) (snapshot.Provenance, error)
}

// New makes a client for the Exchange root at base ("https://outlook.office365.com") and a tenant id.
func New(w *wire.Client, base *url.URL, tenant string) *Client {
	return &Client{source: &rest{wire: w, base: base, tenant: tenant}}
}

// FromExport makes a client that asks nobody: it answers from files that the cmdlets wrote.
func FromExport(e *Export) *Client { return &Client{source: e} }

// row is one object as the cmdlet gives it, without the serializer's companion keys.
type row = map[string]any

const (
	// needsRole is what most refusals lack.
	needsRole = "the Exchange application permission Exchange.ManageAsApp and, for the application, a role such as Global Reader or View-Only Organization Management"
	// needsRuleRole is what Get-InboxRule lacks: the read-only roles may not run it.
	needsRuleRole = "an Exchange role group for the application with Get-InboxRule; Global Reader does not have it"
)

// errAbsent means that Exchange says that the object does not exist.
var errAbsent = errors.New("no such object")

// run runs a cmdlet and yields its rows. Parameters must name what is wanted; properties are selected.
func (c *Client) run(ctx context.Context, cmdlet string, parameters map[string]any, properties []string) ([]row, snapshot.Provenance, error) {
	if err := onlyReads(cmdlet, parameters); err != nil {
		return nil, snapshot.Provenance{Endpoint: cmdlet}, err
	}
	return c.source.run(ctx, cmdlet, parameters, properties)
}

// onlyReads refuses cmdlets that are none of reading, and parameters that name nobody.
func onlyReads(cmdlet string, parameters map[string]any) error {
	if !strings.HasPrefix(cmdlet, "Get-") {
		return fmt.Errorf("refuse to run %s: this program only reads", cmdlet)
	}
	for name, value := range parameters {
		if s, ok := value.(string); ok && s == "" {
			return fmt.Errorf("refuse to run %s with an empty -%s", cmdlet, name)
		}
	}
	return nil
}

// unknown says why a cmdlet brought nothing to be trusted. Needs is the role that may run it.
func unknown(err error, needs string) snapshot.Fact {
	var unanswered *exportError
	if errors.As(err, &unanswered) {
		return snapshot.Fact{State: snapshot.Unknown, Reason: unanswered.reason, Detail: unanswered.detail, Needs: unanswered.needs}
	}
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

// Outcome is one fact and where it came from. From names neither leaver nor fact; Also are further
// requests that the fact rests on.
type Outcome struct {
	Fact snapshot.Fact
	From snapshot.Provenance
	Also []snapshot.Provenance
}

func text(r row, name string) string {
	s, _ := r[name].(string)
	return s
}
