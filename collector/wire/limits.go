package wire

import "math"

// Family names endpoints that share a quota.
type Family string

// The families of endpoints.
const (
	Identity Family = "identity" // users, groups, domains, licences
	Logs     Family = "logs"     // auditLogs, and users with signInActivity
	Intune   Family = "intune"   // deviceManagement
	Outlook  Family = "outlook"  // mailFolders, messageRules
	Exchange Family = "exchange" // Exchange Online admin REST

	SharePoint Family = "sharepoint" // drives and their permissions
	Teams      Family = "teams"      // admin/teams
)

// Limit is how fast one family may be asked.
type Limit struct {
	// PerSecond and Burst count units; a request costs one or more.
	PerSecond float64
	Burst     int
	// Concurrent bounds the requests in flight; the client starts with two and finds its way up.
	Concurrent int
	// Larger are the rates of tenants with more users than the smallest have, in ascending order.
	Larger []Tier
}

// Tier is the rate for tenants with at least so many users.
type Tier struct {
	Users     int
	PerSecond float64
}

// Limits holds a limit for every family.
type Limits map[Family]Limit

// share is the part of a documented quota that is used: the tenant's own applications need the rest.
const share = 0.8

// DocumentedLimits are Microsoft's quotas for one application in one tenant, at 80 %. A quota counts over a
// window, so burst and what trickles in during the window must stay below it together. Where the quota
// depends on the tenant's size, the smallest holds until Client.Fit is told better.
//
//   - Identity: 3,500 resource units per 10 s below 50 users, 5,000 up to 500, 8,000 beyond. Logs: 5 requests
//     per 10 s. Intune: 2,000 requests per 20 s. Teams: 30 requests per second
//     (learn.microsoft.com/graph/throttling-limits).
//   - Outlook: 10,000 requests per 10 min and 4 at a time, for each mailbox (same page). A mailbox is asked
//     once or twice, so what bounds the family is how many batches the service answers at once.
//   - SharePoint: 1,200 resource units per minute below 1,000 licences, then 2,400, 3,600, 4,800 and 6,000
//     (learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online).
//   - Exchange publishes no number; 5 per second, 3 at a time, is what its own PowerShell module stays under.
func DocumentedLimits() Limits {
	const minute = 60
	return Limits{
		Identity: {PerSecond: 350 * share, Burst: 500, Concurrent: 8, Larger: []Tier{{50, 500 * share}, {500, 800 * share}}},
		Logs:     {PerSecond: 0.5 * share, Burst: 1, Concurrent: 2},
		Intune:   {PerSecond: 100 * share, Burst: 100, Concurrent: 4},
		Outlook:  {PerSecond: 200, Burst: 200, Concurrent: 8},
		Exchange: ExchangeLimit(5),

		SharePoint: {PerSecond: 1200.0 / minute * share, Burst: 100, Concurrent: 4, Larger: []Tier{
			{1_000, 2400.0 / minute * share}, {5_000, 3600.0 / minute * share}, {15_000, 4800.0 / minute * share}, {50_000, 6000.0 / minute * share},
		}},
		Teams: {PerSecond: 30 * share, Burst: 5, Concurrent: 2},
	}
}

// ExchangeLimit is the limit for so many requests per second, with as many in flight as that takes.
func ExchangeLimit(perSecond float64) Limit {
	return Limit{PerSecond: perSecond, Burst: max(1, int(perSecond)), Concurrent: max(1, int(math.Ceil(perSecond*3/5)))}
}

// rate is the limit's rate in a tenant with so many users.
func (l Limit) rate(users int) float64 {
	rate := l.PerSecond
	for _, tier := range l.Larger {
		if users >= tier.Users {
			rate = tier.PerSecond
		}
	}
	return rate
}

// Unhurried are the limits for a service without quotas, such as the simulated tenant.
func Unhurried() Limits {
	limits := Limits{}
	for family, limit := range DocumentedLimits() {
		limits[family] = Limit{PerSecond: 1e6, Burst: 1e6, Concurrent: limit.Concurrent}
	}
	return limits
}
