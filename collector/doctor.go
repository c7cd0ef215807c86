package collector

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"leavercheck/collector/exchange"
	"leavercheck/collector/graph"
	"leavercheck/collector/wire"
)

// ErrPrivilege means that the sign-in may do more than read although it was required that it may not.
var ErrPrivilege = errors.New("the sign-in may do more than read")

// Ability says whether something can be read.
type Ability string

// The abilities. NotKnown is never taken for Readable.
const (
	Readable   Ability = "readable"
	Unreadable Ability = "unreadable"
	NotKnown   Ability = "not known"
)

// Examination is what a sign-in may read, found out before anything is collected.
type Examination struct {
	SignIn      SignedIn     `json:"signIn"`
	Permissions []Granted    `json:"permissions"`
	Writes      []Excess     `json:"writes"`
	Licences    []Licence    `json:"licences"`
	Exchange    Exchange     `json:"exchange"`
	Probes      []Probe      `json:"probes"`
	Facts       []FactAccess `json:"facts"`
}

// SignedIn is who signed in, where.
type SignedIn struct {
	TenantID        string `json:"tenantId"`
	TenantName      string `json:"tenantName,omitempty"`
	Cloud           string `json:"cloud"`
	ApplicationID   string `json:"applicationId,omitempty"`
	ApplicationName string `json:"applicationName,omitempty"`
	// Person is who signed in, empty for an application's own sign-in.
	Person string `json:"person,omitempty"`
	// Method is how the application proved who it is, empty where neither the token nor the credential tells.
	Method string `json:"method,omitempty"`
}

// Granted is a permission that is needed, or that is there without being needed.
type Granted struct {
	Resource string `json:"resource"`
	Name     string `json:"name"`
	State    string `json:"state"` // present, missing, superfluous
	// By is the wider permission that stands in for a missing one.
	By string `json:"by,omitempty"`
}

// The states of a permission.
const (
	Present     = "present"
	Missing     = "missing"
	Superfluous = "superfluous"
)

// Excess is a permission or role that may do more than read.
type Excess struct {
	Resource string `json:"resource"`
	Name     string `json:"name"`
}

// Exchange is what is known of the way to Exchange Online.
type Exchange struct {
	Ability Ability `json:"ability"`
	Detail  string  `json:"detail,omitempty"`
	// Roles are the directory roles in the token, by name or else by id. The role groups of Exchange do not
	// show in a token.
	Roles []string `json:"roles,omitempty"`
}

// FactAccess says whether a fact can be read, and if not, what it lacks.
type FactAccess struct {
	Fact    string  `json:"fact"`
	Ability Ability `json:"ability"`
	Lacks   []Lack  `json:"lacks,omitempty"`
	// Without says what happens then, where no verdict becomes unknown by it.
	Without string `json:"without,omitempty"`
}

// Lack is why a request brings nothing. Reason is one of the snapshot's, empty where it is not known.
type Lack struct {
	Endpoint string `json:"endpoint"`
	Reason   string `json:"reason,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Mend     string `json:"mend,omitempty"`
}

// Examine signs in, reads the tokens and asks for as little as shows what the sign-in may read. It sends
// nothing but reads and looks for no leaver. Errors wrap ErrSignIn, ErrTenant, ErrUnreachable, ErrPrivilege,
// wire.ErrForeign or the context's own.
func Examine(ctx context.Context, o Options) (Examination, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e := &examiner{options: o, started: o.Now().UTC()}
	session, err := signIn(ctx, o, stop)
	if err != nil {
		return Examination{}, err
	}
	if e.graphToken, err = readBearer(ctx, session.graph); err != nil {
		return Examination{}, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	if o.ExchangeExport == nil {
		e.exchangeToken, e.noExchange = readBearer(ctx, session.exchange)
	}
	if o.LeastPrivilege {
		if err := refuseExcess(e.excess()); err != nil {
			return Examination{}, err
		}
	}
	client := func(t wire.Tokens, base *url.URL) *wire.Client {
		return wire.New(wire.Options{
			Base: base, Transport: o.Transport, Tokens: t, Limits: o.Limits, Foreign: stop,
			UserAgent: "NONISV|leavercheck|leavercheck/" + o.Tool.Version,
		})
	}
	if e.graph, err = graph.New(client(session.graph, o.Cloud.Graph), o.Cloud.Graph, o.Cloud.Name); err != nil {
		return Examination{}, err
	}
	e.exchange = exchange.New(client(session.exchange, o.Cloud.Exchange), o.Cloud.Exchange, session.identity.TenantID)
	if err := e.probe(ctx); err != nil {
		return Examination{}, err
	}
	if ctx.Err() != nil {
		return Examination{}, fmt.Errorf("doctor: %w", context.Cause(ctx))
	}
	out := Examination{
		SignIn: e.signedIn(session.identity.TenantID), Permissions: e.permissions(), Writes: e.excess(), Licences: e.licences(),
		Exchange: e.exchangeAccess(), Facts: e.facts(),
	}
	for _, p := range probes() {
		if answer, asked := e.answers[p.endpoint]; asked {
			answer.Asked = p.endpoint
			out.Probes = append(out.Probes, answer)
		}
	}
	return out, nil
}

// bearer is what a token says of its bearer. Names are those of version 1 tokens and their version 2 twins
// (learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
type bearer struct {
	Application     string   `json:"appid"`
	Authorised      string   `json:"azp"`
	ApplicationName string   `json:"app_displayname"`
	Proof           string   `json:"appidacr"`
	AuthorisedProof string   `json:"azpacr"`
	Name            string   `json:"upn"`
	Preferred       string   `json:"preferred_username"`
	Roles           []string `json:"roles"`
	Scopes          string   `json:"scp"`
	Directory       []string `json:"wids"`
}

func readBearer(ctx context.Context, t wire.Tokens) (bearer, error) {
	token, err := t.Token(ctx, "")
	if err != nil {
		return bearer{}, err
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return bearer{}, errors.New("the token is no JWT")
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return bearer{}, fmt.Errorf("the token's claims: %w", err)
	}
	var b bearer
	if err := json.Unmarshal(claims, &b); err != nil {
		return bearer{}, fmt.Errorf("the token's claims: %w", err)
	}
	slices.Sort(b.Roles)
	return b, nil
}

// person says whether the token stands for a person.
func (b bearer) person() bool { return b.Scopes != "" }

// granted are the roles of an application, or the scopes of a person.
func (b bearer) granted() []string {
	if !b.person() {
		return b.Roles
	}
	scopes := strings.Fields(b.Scopes)
	slices.Sort(scopes)
	return scopes
}

// excess are the permissions and directory roles that may do more than read. A role that this program does
// not know counts: nobody can say that it only reads.
func (b bearer) excess(resource string) []Excess {
	var out []Excess
	for _, name := range writes(b.granted()) {
		out = append(out, Excess{resource, name})
	}
	for _, id := range b.Directory {
		if slices.Contains(everybody(), id) {
			continue
		}
		if role, known := directoryRoles()[id]; !known {
			out = append(out, Excess{"directory role", id + " (unknown here)"})
		} else if !role.reads {
			out = append(out, Excess{"directory role", role.name})
		}
	}
	return out
}

// excess joins what both tokens say; a directory role is in both.
func (e *examiner) excess() []Excess {
	out := append(e.graphToken.excess(graphName), e.exchangeToken.excess(exchangeName)...)
	slices.SortFunc(out, func(a, b Excess) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(out)
}

func refuseExcess(excess []Excess) error {
	if len(excess) == 0 {
		return nil
	}
	names := make([]string, len(excess))
	for i, x := range excess {
		names[i] = x.Name + " (" + x.Resource + ")"
	}
	return fmt.Errorf("%w: %s; nothing was read; take them away, or leave out --require-least-privilege", ErrPrivilege, strings.Join(names, ", "))
}

// leastPrivilege refuses a sign-in whose tokens may do more than read. Where Exchange gives no token there is
// nothing to do harm with.
func leastPrivilege(ctx context.Context, o Options, toGraph, toExchange wire.Tokens) error {
	e := examiner{options: o}
	var err error
	if e.graphToken, err = readBearer(ctx, toGraph); err != nil {
		return fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	if o.ExchangeExport == nil {
		e.exchangeToken, _ = readBearer(ctx, toExchange)
	}
	return refuseExcess(e.excess())
}

func (e *examiner) signedIn(tenant string) SignedIn {
	t := e.graphToken
	s := SignedIn{
		TenantID: tenant, TenantName: e.tenantName, Cloud: e.options.Cloud.Name, ApplicationID: cmp.Or(t.Application, t.Authorised),
		ApplicationName: t.ApplicationName, Method: e.method(),
	}
	if t.person() {
		s.Person = cmp.Or(t.Name, t.Preferred, "a person whom the token does not name")
	}
	return s
}

// method says how the application proved who it is: the credential knows best, then the token.
func (e *examiner) method() string {
	switch e.options.Credential.(type) {
	case *azidentity.ManagedIdentityCredential:
		return "managed identity"
	case *azidentity.WorkloadIdentityCredential, *azidentity.ClientAssertionCredential:
		return "federated token"
	case *azidentity.ClientCertificateCredential:
		return "client certificate"
	case *azidentity.ClientSecretCredential:
		return "client secret"
	case *azidentity.DeviceCodeCredential:
		return "device code"
	}
	switch cmp.Or(e.graphToken.Proof, e.graphToken.AuthorisedProof) {
	case "0":
		return "public client"
	case "1":
		return "client secret"
	case "2":
		return "client certificate or federated token"
	}
	return ""
}
