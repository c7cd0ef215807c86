package collector

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"leavercheck/collector/roster"
	"leavercheck/collector/wire"
)

// The services' ids, by which tokens may call them; they are the same in every cloud.
const (
	graphApp    = "00000003-0000-0000-c000-000000000000"
	exchangeApp = "00000002-0000-0ff1-ce00-000000000000"
)

// session is a sign-in: who it is, and the tokens of both services.
type session struct {
	identity        identity
	graph, exchange *tokens
}

// signIn proves, before anything is read, that the credential works and is the right tenant's. Stop is told
// when a later token is somebody else's; it may be nil. Errors wrap ErrSignIn, ErrTenant or ErrAudience.
func signIn(ctx context.Context, o Options, stop func(error)) (session, error) {
	tenant, err := tenantID(ctx, o.Cloud, o.Transport, o.Tenant)
	if err != nil {
		return session{}, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	s := session{graph: &tokens{credential: o.Credential, scope: o.Cloud.GraphScope, app: graphApp, tenant: tenant, asked: o.Tenant}}
	token, err := s.graph.Token(ctx, "")
	switch {
	case errors.Is(err, ErrTenant), errors.Is(err, ErrAudience), errors.Is(err, ErrCredential):
		return session{}, err
	case err != nil:
		return session{}, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	if s.identity, err = identify(token); err != nil {
		return session{}, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	s.graph.tenant, s.graph.stop = s.identity.TenantID, stop
	s.exchange = &tokens{credential: o.Credential, scope: o.Cloud.ExchangeScope, app: exchangeApp, tenant: s.identity.TenantID, stop: stop}
	if s.identity.delegated() && o.ExchangeExport == nil {
		// While the person is there. Whether it came about, every request of Exchange will say.
		_, _ = s.exchange.Token(ctx, "")
	}
	return s, nil
}

// tokens gives wire the tokens of one service, each one checked before it is used.
type tokens struct {
	credential azcore.TokenCredential
	scope, app string
	// tenant is the id of the tenant that tokens must be for, "" for any; asked is how a person named it.
	tenant, asked string
	stop          func(error)

	checked atomic.Pointer[string] // the last token that was found good
	renewal sync.Mutex
	renewed atomic.Int64 // how often
	claims  string       // of the last renewal, under its lock
}

// Token implements wire.Tokens. azidentity keeps tokens until shortly before they end; with claims, it asks
// for a new one. Requests that are refused side by side share one renewal.
func (t *tokens) Token(ctx context.Context, claims string) (string, error) {
	if claims != "" {
		before := t.renewed.Load()
		t.renewal.Lock()
		defer t.renewal.Unlock()
		if t.renewed.Load() != before && (claims == wire.Renew || claims == t.claims) {
			claims = ""
		}
	}
	token, err := t.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.scope}, Claims: claims, EnableCAE: true})
	switch {
	case errors.Is(err, ErrCredential):
		return "", err
	case err != nil:
		return "", errors.New(oneLine(err))
	}
	if claims != "" {
		t.claims = claims
		t.renewed.Add(1)
	}
	if last := t.checked.Load(); last != nil && *last == token.Token {
		return token.Token, nil
	}
	if err := t.check(token.Token); err != nil {
		if t.stop != nil && (errors.Is(err, ErrTenant) || errors.Is(err, ErrAudience)) {
			t.stop(err)
		}
		return "", err
	}
	t.checked.Store(&token.Token)
	return token.Token, nil
}

// check refuses a token of another tenant or for another service.
func (t *tokens) check(token string) error {
	id, err := identify(token)
	switch resource := resourceOf(t.scope); {
	case err != nil:
		return err
	case !roster.IsObjectID(id.TenantID):
		return errors.New("the token names no tenant")
	case t.tenant != "" && id.TenantID != t.tenant && t.asked != "":
		return fmt.Errorf("%w: the token is for %s, asked for was %s (%s or --tenant); nothing was read", ErrTenant, id.TenantID, t.asked, envTenant)
	case t.tenant != "" && id.TenantID != t.tenant:
		return fmt.Errorf("%w: the token for %s is for %s, the first was for %s", ErrTenant, resource, id.TenantID, t.tenant)
	case !strings.EqualFold(strings.TrimRight(id.Audience, "/"), resource) && id.Audience != t.app:
		return fmt.Errorf("%w: the token is for %.100q, asked for was %s; check --cloud and the endpoints", ErrAudience, id.Audience, resource)
	}
	return nil
}

// resourceOf is the resource of a scope that stands for all of it.
func resourceOf(scope string) string {
	return strings.TrimRight(strings.TrimSuffix(scope, ".default"), "/")
}

// identity is what a token says of itself.
type identity struct {
	TenantID string   `json:"tid"`
	Audience string   `json:"aud"`
	Roles    []string `json:"roles"`
	Scopes   string   `json:"scp"`
}

// delegated reports whether the token stands for a person: only theirs have scopes.
func (i identity) delegated() bool { return i.Scopes != "" }

// permissions are what the application was granted or a person lends.
func (i identity) permissions() []string {
	if i.delegated() {
		return slices.Sorted(slices.Values(strings.Fields(i.Scopes)))
	}
	return i.Roles
}

// identify reads the claims of a token. They are not verified: the service does that with every
// request. They only tell early what it will say.
func identify(token string) (identity, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return identity{}, errors.New("the token is no JWT")
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return identity{}, fmt.Errorf("the token's claims: %w", err)
	}
	var id identity
	if err := json.Unmarshal(claims, &id); err != nil {
		return identity{}, errors.New("the token's claims are not JSON of the right form")
	}
	id.TenantID = strings.ToLower(id.TenantID)
	slices.Sort(id.Roles)
	return id, nil
}

// tenantID is the id of a tenant that a person named by id or domain, in lower case; "" of "". A domain's is
// in the tenant's discovery document (learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
func tenantID(ctx context.Context, c Cloud, transport http.RoundTripper, tenant string) (string, error) {
	if tenant == "" || roster.IsObjectID(tenant) {
		return strings.ToLower(tenant), nil
	}
	options := atLogin(c, transport)
	pipeline := runtime.NewPipeline("leavercheck", "", runtime.PipelineOptions{}, &options)
	r, err := runtime.NewRequest(ctx, http.MethodGet, c.Login.JoinPath(url.PathEscape(tenant), "v2.0/.well-known/openid-configuration").String())
	if err != nil {
		return "", fmt.Errorf("look up the tenant %s: %w", tenant, err)
	}
	answer, err := pipeline.Do(r)
	if err != nil {
		return "", fmt.Errorf("look up the tenant %s: %s", tenant, oneLine(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	var document struct {
		Issuer      string `json:"issuer"`
		Description string `json:"error_description"`
	}
	if err != nil || json.Unmarshal(body, &document) != nil {
		return "", fmt.Errorf("look up the tenant %s: the sign-in service answers with status %d and something else than JSON", tenant, answer.StatusCode)
	}
	issuer, err := url.Parse(document.Issuer)
	if err != nil || answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("no tenant has the domain %s: %s", tenant, oneLine(errors.New(document.Description)))
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(issuer.Path, "/"), "/")
	if !roster.IsObjectID(id) {
		return "", fmt.Errorf("look up the tenant %s: the sign-in service names no tenant id", tenant)
	}
	return strings.ToLower(id), nil
}

// oneLine makes azidentity's pages of explanation a line: the AADSTS sentence if there is one, and what
// would mend it.
func oneLine(err error) string {
	text := err.Error()
	if at := strings.Index(text, "AADSTS"); at >= 0 {
		text = text[at:]
		for _, end := range []string{" Trace ID:", "\\r\\n", "\r", "\n", `"`} {
			text, _, _ = strings.Cut(text, end)
		}
		code, _, _ := strings.Cut(text, ":")
		if mend := mends(code); mend != "" {
			text = strings.TrimRight(text, ". ") + "; " + mend
		}
		return text
	}
	text, _, _ = strings.Cut(strings.Join(strings.Fields(text), " "), " To troubleshoot")
	// The libraries begin with "ClientSecretCredential: ..." and the request, and end with the cause.
	for _, before := range []string{`^\w+Credential: `, `^.*?\b(Get|Post) "[^"]*": `} {
		text = regexp.MustCompile(before).ReplaceAllString(text, "")
	}
	const long = 300
	if len(text) > long {
		text = strings.ToValidUTF8(text[:long], "") + "…"
	}
	return text
}

// mends says what mends an error of Entra (learn.microsoft.com/entra/identity-platform/reference-error-codes).
func mends(code string) string {
	return map[string]string{
		"AADSTS90002":   "check " + envTenant + " and --cloud",
		"AADSTS900023":  "check " + envTenant,
		"AADSTS700016":  "check " + envClient + ", " + envTenant + " and --cloud",
		"AADSTS7000215": "put the secret's value, not its id, into " + envSecret,
		"AADSTS7000222": "make a new secret, or better a certificate",
		"AADSTS700027":  "register the certificate of " + envCertificate + " with the application",
		"AADSTS700024":  "check this machine's clock",
		"AADSTS70021":   "the application needs a federated credential with this issuer, subject and audience",
		"AADSTS700211":  "the application needs a federated credential with this issuer",
		"AADSTS700212":  "the application needs a federated credential with this audience",
		"AADSTS700213":  "the application needs a federated credential with this subject",
		"AADSTS65001":   "an administrator must consent to the application's permissions",
		"AADSTS7000218": "allow public client flows in the application, or sign in as an application",
		"AADSTS70018":   "start again and enter the code that is shown",
		"AADSTS70019":   "the code was not entered in time; start again",
		"AADSTS65004":   "start again and consent, or sign in as an application",
		"AADSTS53003":   "Conditional Access forbids this sign-in; an application's is not concerned",
	}[code]
}
