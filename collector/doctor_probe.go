package collector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"leavercheck/collector/exchange"
	"leavercheck/collector/graph"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// The probes: what is asked to learn whether a family of requests is answered. Each is a read of one row, or
// of the few that the tenant has.
const (
	probeOrganization  = "GET /v1.0/organization"
	probeLicences      = "GET /v1.0/subscribedSkus"
	probeDomains       = "GET /v1.0/domains"
	probeUsers         = "GET /v1.0/users?$top=1"
	probeActivity      = "GET /v1.0/users?$top=1&$select=signInActivity"
	probeSignIns       = "GET /v1.0/auditLogs/signIns?$top=1"
	probeAudits        = "GET /v1.0/auditLogs/directoryAudits?$top=1"
	probeRoles         = "GET /v1.0/roleManagement/directory/roleAssignments?$top=1"
	probeEligible      = "GET /v1.0/roleManagement/directory/roleEligibilitySchedules?$top=1"
	probeDevices       = "GET /v1.0/deviceManagement/managedDevices?$top=1"
	probeSharePoint    = "GET /v1.0/admin/sharepoint/settings"
	probeReports       = "GET /v1.0/admin/reportSettings"
	probeNumbers       = "GET /v1.0/admin/teams/telephoneNumberManagement/numberAssignments?$top=1"
	probeConfiguration = "Get-OrganizationConfig"
	probeMailbox       = "Get-Mailbox -ResultSize 1"
	probeRules         = "Get-InboxRule"
)

// probePatience is how long a probe may be refused for being one too many, or fail, before its answer is not
// known.
const probePatience = 45 * time.Second

// Probe is one thing that was asked, and what came of it.
type Probe struct {
	Asked   string  `json:"asked"`
	Ability Ability `json:"ability"`
	Reason  string  `json:"reason,omitempty"`
	Detail  string  `json:"detail,omitempty"`
	mend    string
}

// ask is how a probe is made. Permissions are those that an answer proves.
type ask struct {
	endpoint    string
	permissions []string
	absent      []string // clouds
	read        func(ctx context.Context, e *examiner) graph.Outcome
}

func peek(endpoint string, family wire.Family, path, properties string, permissions ...string) ask {
	query := map[string]string{"top": "1"}
	if properties != "" {
		query["select"] = properties
	}
	return ask{endpoint, permissions, nil, func(ctx context.Context, e *examiner) graph.Outcome {
		return e.graph.Peek(ctx, family, endpoint, path, query)
	}}
}

// probes are all of them, in the order in which they are told of; those of Exchange are last.
func probes() []ask {
	numbers := peek(probeNumbers, wire.Teams, "/admin/teams/telephoneNumberManagement/numberAssignments", "", "TeamsTelephoneNumber.Read.All")
	numbers.absent = []string{china, usgov, dod}
	return []ask{
		{probeOrganization, []string{"Organization.Read.All"}, nil, func(ctx context.Context, e *examiner) graph.Outcome { return e.readOrganization(ctx) }},
		{probeLicences, []string{"LicenseAssignment.Read.All"}, nil, func(ctx context.Context, e *examiner) graph.Outcome { return e.readLicences(ctx) }},
		{probeDomains, []string{"Domain.Read.All"}, nil, func(ctx context.Context, e *examiner) graph.Outcome { return e.graph.Domains(ctx) }},
		peek(probeUsers, wire.Identity, "/users", "id", "User.Read.All"),
		peek(probeActivity, wire.Logs, "/users", "id,signInActivity", "AuditLog.Read.All", "User.Read.All"),
		peek(probeSignIns, wire.Logs, "/auditLogs/signIns", "", "AuditLog.Read.All"),
		peek(probeAudits, wire.Logs, "/auditLogs/directoryAudits", "", "AuditLog.Read.All"),
		peek(probeRoles, wire.Identity, "/roleManagement/directory/roleAssignments", "", "RoleManagement.Read.Directory"),
		peek(probeEligible, wire.Identity, "/roleManagement/directory/roleEligibilitySchedules", "", "RoleManagement.Read.Directory"),
		peek(probeDevices, wire.Intune, "/deviceManagement/managedDevices", "id", "DeviceManagementManagedDevices.Read.All"),
		{probeSharePoint, []string{"SharePointTenantSettings.Read.All"}, nil, func(ctx context.Context, e *examiner) graph.Outcome { return e.graph.SharePointSettings(ctx) }},
		{probeReports, []string{"ReportSettings.Read.All"}, []string{china, usgov, dod}, func(ctx context.Context, e *examiner) graph.Outcome { return e.graph.ReportSettings(ctx) }},
		numbers,
		{endpoint: probeConfiguration, permissions: []string{exchangeManageAsApp}},
		{endpoint: probeMailbox, permissions: []string{exchangeManageAsApp}},
		{endpoint: probeRules, permissions: []string{exchangeManageAsApp}},
	}
}

// proves says whether an answer to a probe proves a permission.
func proves(endpoint, permission string) bool {
	for _, p := range probes() {
		if p.endpoint == endpoint {
			for _, proved := range p.permissions {
				if proved == permission {
					return true
				}
			}
		}
	}
	return false
}

// examiner is one examination under way.
type examiner struct {
	options                   Options
	started                   time.Time
	graphToken, exchangeToken bearer
	// noExchange is why there is no token for Exchange.
	noExchange error
	graph      *graph.Client
	exchange   *exchange.Client

	mu         sync.Mutex
	answers    map[string]Probe
	skus       snapshot.Fact
	tenantName string
}

func (e *examiner) answered(endpoint string, f snapshot.Fact) {
	p := Probe{Asked: endpoint, Ability: Readable}
	if f.State == snapshot.Unknown {
		p.Ability, p.Reason, p.Detail, p.mend = NotKnown, string(f.Reason), f.Detail, f.Needs
		if f.Reason == snapshot.Forbidden || f.Reason == snapshot.Unlicensed {
			p.Ability = Unreadable
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answers[endpoint] = p
}

// probe asks everything. A Graph that cannot be reached at all is an error: then nothing is known.
func (e *examiner) probe(ctx context.Context) error {
	e.answers = map[string]Probe{}
	first := probes()[0]
	patient, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	organization := first.read(patient, e)
	if unreachable := new(wire.Error); errors.As(organization.Err, &unreachable) && unreachable.Kind == wire.Unreachable {
		return fmt.Errorf("%w %s; check --graph-endpoint, the proxy and --ca-file: %w", ErrUnreachable, e.options.Cloud.Graph, unreachable.Err)
	}
	e.answered(first.endpoint, organization.Fact)
	var group sync.WaitGroup
	for _, p := range probes()[1:] {
		if p.read == nil || !(Request{Unsupported: p.absent}).supported(e.options.Cloud.Name) {
			continue
		}
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, probePatience)
			defer cancel()
			e.answered(p.endpoint, p.read(ctx, e).Fact)
		})
	}
	if e.options.ExchangeExport == nil {
		group.Go(func() { e.probeExchange(ctx) })
	}
	group.Wait()
	return nil
}

// probeExchange asks Exchange. Without a token there is nobody to ask.
func (e *examiner) probeExchange(ctx context.Context) {
	if e.noExchange != nil {
		lack := snapshot.Fact{
			State: snapshot.Unknown, Reason: snapshot.Forbidden, Detail: "no token for Exchange Online: " + e.noExchange.Error(),
			Needs: "a credential that Entra accepts for Exchange Online",
		}
		for _, endpoint := range []string{probeConfiguration, probeMailbox, probeRules} {
			e.answered(endpoint, lack)
		}
		return
	}
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	e.answered(probeConfiguration, e.exchange.PeekConfiguration(ctx).Fact)
	mailbox, guid := e.exchange.PeekMailbox(ctx)
	e.answered(probeMailbox, mailbox.Fact)
	switch {
	case mailbox.Fact.State == snapshot.Unknown:
		e.answered(probeRules, mailbox.Fact)
	case guid == "":
		e.answered(probeRules, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected, Detail: "there is no mailbox to try it on"})
	default:
		e.answered(probeRules, e.exchange.PeekRules(ctx, guid).Fact)
	}
}

func (e *examiner) readOrganization(ctx context.Context) graph.Outcome {
	o := e.graph.Organization(ctx)
	entry, _ := o.Fact.Value.(map[string]any)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tenantName, _ = entry["displayName"].(string)
	return o
}

func (e *examiner) readLicences(ctx context.Context) graph.Outcome {
	o := e.graph.SubscribedSKUs(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.skus = o.Fact
	return o
}

// Licence is whether the tenant has a licence that reading takes. Seen is false also where the licences could
// not be read; Known tells.
type Licence struct {
	Name  string `json:"name"`
	Seen  bool   `json:"seen"`
	Known bool   `json:"known"`
	For   string `json:"for"`
}

// licences looks for the service plans behind what is read
// (learn.microsoft.com/entra/identity/users/licensing-service-plan-reference).
func (e *examiner) licences() []Licence {
	known := e.skus.State == snapshot.Read
	var out []Licence
	for _, l := range []struct {
		name, purpose string
		plan          func(string) bool
	}{
		{licencePremium, "sign-in log, signInActivity, logs of 30 days", func(p string) bool { return p == "AAD_PREMIUM" || p == "AAD_PREMIUM_P2" }},
		{"Microsoft Entra ID P2 or Governance", "eligible roles; without it there are none", managesPrivileges},
		{licenceIntune, "managed devices", func(p string) bool { return strings.HasPrefix(p, "INTUNE_") && p != "INTUNE_O365" }},
		{licenceMail, "mailboxes", func(p string) bool { return strings.HasPrefix(p, "EXCHANGE_S_") && p != "EXCHANGE_S_FOUNDATION" }},
		{licenceDrive, "drives", bringsDrive},
		{"Microsoft Teams", "telephone numbers", func(p string) bool { return p == "TEAMS1" || strings.HasPrefix(p, "TEAMS_") }},
	} {
		out = append(out, Licence{l.name, known && subscribed(e.skus, l.plan), known, l.purpose})
	}
	return out
}
