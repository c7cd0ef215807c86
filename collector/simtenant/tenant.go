package simtenant

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options shape a tenant. Zero values, but for Now, give the default one.
type Options struct {
	// Now is the tenant's clock when it starts: every date in it is relative to Now. Required.
	Now time.Time
	// Clock is the tenant's clock while it runs; by default it stands still at AsOf.
	Clock func() time.Time
	// Earlier shows the same tenant, with the same people under the same ids, as it was four weeks before Now: at AsOf.
	// Accounts that were deleted since are live, and those deleted for good are among the deleted ones; phones,
	// applications and mailboxes that are gone now are there; who was hired since is not; the logs end. Everything else
	// is as it is at Now, also for people who had not left yet: of them an earlier snapshot holds nothing. The roster
	// and Truth are those of Now.
	Earlier bool
	// Seed changes every id, name and noise; the stories stay.
	Seed uint64
	// Leavers adds generated, properly offboarded leavers to the named cast.
	Leavers int
	// Bystanders is the number of other people; 300 when zero.
	Bystanders int
	// WithoutPremium is a tenant without Entra ID P1 or P2: no sign-in log, no signInActivity, logs of 7 days.
	WithoutPremium bool
	// WithoutPIM is a tenant without Entra ID P2: Privileged Identity Management refuses every question.
	// WithoutPremium implies it.
	WithoutPIM bool
	// Withdrawn lists application permissions that the tokens lack. Every endpoint lets in by one permission of those
	// granted, the least that Microsoft lists for it: taking that one away is a 403 there, although the real service
	// takes Directory.Read.All for many of them. An object that a list may show, but whose kind the token may not
	// read, shows its id and nothing else.
	Withdrawn []string
	// WithoutExchangeRole leaves the application without any Exchange role: a good token, and 403.
	WithoutExchangeRole bool
	// WithoutIntune is a tenant where Intune was never set up.
	WithoutIntune bool
	// WithInboxRuleRole gives the application a role group with Get-InboxRule, which read-only roles lack.
	WithInboxRuleRole bool
	// SMTPAuthAllowed lets mailboxes that do not say otherwise send by SMTP AUTH.
	SMTPAuthAllowed bool
	// EWSForbidden switches Exchange Web Services off for the organisation.
	EWSForbidden bool
	// DriveRetentionDays is how long the drive of a deleted account is kept; 30 when zero.
	DriveRetentionDays int
	// ConcealedNames hides names in usage reports.
	ConcealedNames bool
	// PageSize caps every page, to force paging; 0 keeps the services' own sizes.
	PageSize int
	// EarlierBy is how long before Now the moment of Earlier is; four weeks when zero.
	EarlierBy time.Duration
	// Churn is the number of random changes to accounts in the six days before Now: renamed, disabled, deleted,
	// restored, deleted for good, hired, other licences. With it nothing is promised of Truth.
	Churn int
	// DeltaLag is how far delta queries are behind the directory itself.
	DeltaLag time.Duration
	// DeltaReset is a directory that was moved: no delta token from before is known there.
	DeltaReset bool
	// Faults disturb what they name; of several that strike one call, the first does.
	Faults []Fault
	// Chaos disturbs at random, where none of Faults strikes.
	Chaos Chaos
	// Quotas, if not nil, enforces the documented limits. It needs a Clock that runs.
	Quotas *Quotas
	// Latency is how long a request takes, by its template; nil means no time. A batch takes that of its envelope.
	Latency func(template string) time.Duration
}

// ErrOptions tells that a tenant cannot be built as asked.
var ErrOptions = errors.New("simulated tenant: bad options")

// Tenant is a simulated tenant. It is safe for concurrent use.
type Tenant struct {
	options Options
	clock   func() time.Time
	key     []byte // signs tokens and seals skip tokens
	id      string
	client  string
	secret  string

	directory
	graphRoutes []route

	mu         sync.Mutex
	requests   map[string]int
	calls      map[string]int // per template, which makes the nth call addressable
	complaints []string
	complained map[string]bool
	resources  map[string]resource // this tenant's own URLs, once it is started
	views      map[time.Time]*directory
	registered appKeys
	codes      map[string]*deviceCode
	disturbances
	meters
}

// New builds a tenant.
func New(options Options) (*Tenant, error) {
	switch {
	case options.Now.IsZero():
		return nil, fmt.Errorf("%w: Now is not set", ErrOptions)
	case options.Leavers < 0, options.Bystanders < 0, options.PageSize < 0, options.DriveRetentionDays < 0,
		options.EarlierBy < 0, options.Churn < 0, options.DeltaLag < 0:
		return nil, fmt.Errorf("%w: a negative number", ErrOptions)
	case options.Quotas != nil && options.Clock == nil:
		return nil, fmt.Errorf("%w: Quotas without a Clock that runs", ErrOptions)
	}
	if options.Bystanders == 0 {
		options.Bystanders = defaultBystanders
	}
	options.Now = options.Now.UTC().Truncate(time.Second)
	ids := identifiers{seed: options.Seed}
	t := &Tenant{
		options:    options,
		clock:      options.Clock,
		key:        ids.bytes("key"),
		id:         ids.guid("tenant"),
		client:     ids.guid("client"),
		secret:     "sim~" + ids.token("secret"),
		requests:   map[string]int{},
		calls:      map[string]int{},
		complained: map[string]bool{},
		resources:  map[string]resource{},
		views:      map[time.Time]*directory{},
		codes:      map[string]*deviceCode{},
	}
	if t.clock == nil {
		t.clock = options.asOf
	}
	var err error
	if t.disturbances, err = newDisturbances(options); err != nil {
		return nil, err
	}
	t.directory = populate(options, ids)
	t.meters = newMeters(options.Quotas, len(t.users))
	t.graphRoutes = t.routes()
	return t, nil
}

// Credentials returns what a client signs in with.
func (t *Tenant) Credentials() (tenantID, clientID, clientSecret string) {
	return t.id, t.client, t.secret
}

// Login answers as Entra's sign-in endpoints do.
func (t *Tenant) Login() http.Handler { return http.HandlerFunc(t.serveLogin) }

// Graph answers as Microsoft Graph does.
func (t *Tenant) Graph() http.Handler { return http.HandlerFunc(t.serveGraph) }

// Exchange answers as the Exchange Online admin REST interface does.
func (t *Tenant) Exchange() http.Handler { return http.HandlerFunc(t.serveExchange) }

// Requests returns the number of requests by family: identity, logs, intune, outlook, sharepoint, teams, admin, exchange and login, the
// items of a batch counted one by one. Under "http" are the HTTP requests that carried them, all hosts together.
func (t *Tenant) Requests() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.requests)
}

// Complaints returns, once each and in the order of their first occurrence, the things that clients did although
// Microsoft's documentation forbids them or this tenant does not know them.
func (t *Tenant) Complaints() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.complaints)
}

func (t *Tenant) complain(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.complained[text] {
		t.complained[text] = true
		t.complaints = append(t.complaints, text)
	}
}

// now is the tenant's clock, UTC.
func (t *Tenant) now() time.Time { return t.clock().UTC() }
