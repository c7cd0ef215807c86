package wire

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
}

// Limits holds a limit for every family.
type Limits map[Family]Limit

// share is the part of a documented quota that is used: the tenant's own applications need the rest.
const share = 0.8

// DocumentedLimits are Microsoft's quotas for one application in one tenant, at 80 %. A quota counts over a
// window, so burst and what trickles in during the window must stay below it together.
//
// Identity: 3,500 resource units per 10 s in the smallest tenants; Logs: 5 requests per 10 s; Intune:
// 2,000 requests per 20 s; Outlook: 10,000 requests per 10 min and mailbox, 4 at a time; Teams: 30 requests
// per second (learn.microsoft.com/graph/throttling-limits). SharePoint: 1,250 resource units per minute in the
// smallest tenants (learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online). Exchange publishes no number; 5 per second, 3 at a
// time, is what its own PowerShell module stays under.
func DocumentedLimits() Limits {
	return Limits{
		Identity: {PerSecond: 350 * share, Burst: 500, Concurrent: 8},
		Logs:     {PerSecond: 0.5 * share, Burst: 1, Concurrent: 2},
		Intune:   {PerSecond: 100 * share, Burst: 100, Concurrent: 4},
		Outlook:  {PerSecond: 16.6 * share, Burst: 20, Concurrent: 4},
		Exchange: {PerSecond: 5, Burst: 5, Concurrent: 3},

		SharePoint: {PerSecond: 1250.0 / 60 * share, Burst: 100, Concurrent: 4},
		Teams:      {PerSecond: 30 * share, Burst: 5, Concurrent: 2},
	}
}

// Unhurried are the limits for a service without quotas, such as the simulated tenant.
func Unhurried() Limits {
	limits := Limits{}
	for family, limit := range DocumentedLimits() {
		limits[family] = Limit{PerSecond: 1e6, Burst: 1e6, Concurrent: limit.Concurrent}
	}
	return limits
}
