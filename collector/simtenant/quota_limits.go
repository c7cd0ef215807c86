package simtenant

import "time"

// quotaLimit is what a family of calls may cost in a span of time.
type quotaLimit struct {
	units  int
	window time.Duration
	// concurrent is how many may be answered at a time; 0 is any number. Graph itself keeps the items of a batch to it.
	concurrent int
	// refusedCount means that refused calls cost as much as answered ones.
	refusedCount bool
	// source is where the numbers are from.
	source string
}

const (
	throttlingLimits = "learn.microsoft.com/graph/throttling-limits"
	sharePointLimits = "learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online"
)

// familyReports is the quota of usage reports, a report each. No report is simulated.
const familyReports = "reports"

// quotaLimits are the documented limits of one application in one tenant.
func quotaLimits(q Quotas) map[string]quotaLimit {
	return map[string]quotaLimit{
		// Resource units, by the size of the tenant.
		familyIdentity: {units: identityUnits(q.Users), window: 10 * time.Second, source: throttlingLimits + "#identity-and-access-service-limits"},
		familyLogs:     {units: 5, window: 10 * time.Second, source: throttlingLimits + "#identity-and-access-reports-service-limits"},
		familyIntune:   {units: 2000, window: 20 * time.Second, source: throttlingLimits + "#intune-devices-service-limits"},
		// For every mailbox of its own.
		familyOutlook: {units: 10_000, window: 10 * time.Minute, concurrent: 4, source: throttlingLimits + "#outlook-service-limits"},
		// Resource units, by the number of licences.
		familyDrives:  {units: sharePointUnits(q.Licences), window: time.Minute, refusedCount: true, source: sharePointLimits},
		familyReports: {units: 14, window: 10 * time.Minute, source: throttlingLimits + "#microsoft-365-reports-service-limits"},
		// 30 requests per second and application in a tenant.
		familyTeams: {units: 30, window: time.Second, source: throttlingLimits + "#microsoft-teams-service-limits"},
		// Settings of the tenant have no limit of their own; this is the one for everything.
		familyAdmin: {units: 130_000, window: 10 * time.Second, source: throttlingLimits + "#global-limits"},
		// Nothing is published. Assumed.
		familyExchange: {units: q.ExchangePerMinute, window: time.Minute, source: "assumed: Exchange Online publishes no limit of its admin REST interface"},
	}
}

// identityUnits are the resource units per 10 s of a tenant of that many users: small, medium or large.
func identityUnits(users int) int {
	switch {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	}
	return 8000
}

// sharePointUnits are the resource units per minute of a tenant with that many licences.
func sharePointUnits(licences int) int {
	for _, step := range []struct{ licences, units int }{{1000, 1200}, {5000, 2400}, {15_000, 3600}, {50_000, 4800}} {
		if licences <= step.licences {
			return step.units
		}
	}
	return 6000
}

// defaultExchangePerMinute is an assumption: twice of what Microsoft's own PowerShell module can send, three at a time.
const defaultExchangePerMinute = 600
