# METADATA
# title: The logs reach back to every leaver
# description: |
#   Sign-in and audit logs are kept for 7 days without a premium licence and for 30 days with Entra ID P1 or P2. What
#   happened before that, the rules that read a log cannot say: they are unknown for whoever left before it begins.
#   Somebody of whom nobody knows when they left may have left before.
#   Microsoft's checklist does not ask for it. Fails for each log that begins after somebody left; scanning sooner
#   after people leave, or keeping the logs, mends it for the next ones. By the roster's days of leaving, so the
#   number of leavers is a lower bound for the day on which the log begins.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention
#     description: Microsoft Entra data retention
#   - ref: https://learn.microsoft.com/entra/identity/monitoring-health/overview-monitoring-health
#     description: Microsoft Entra monitoring and health, and where its logs can be kept
# schemas:
#   - input: schema.population
#   - data.tenant: schema.tenant
# custom:
#   id: TEN-001
#   scope: tenant
#   severity: medium
#   requires: []
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4", confidence: medium}
#       - {id: "AU-2", confidence: medium}
#       - {id: "AU-11", confidence: medium}
#     iso-27001-2022: [{id: "A.6.5", confidence: medium}, {id: "A.5.36", confidence: medium}]
#     cis-controls-8.1: [{id: "6.2", confidence: medium}]
#     cis-m365-7.0: [{id: "3.1.1", confidence: high}, {id: "6.1.2", confidence: medium}]
#     soc2: [{id: "CC6.2", confidence: medium}, {id: "CC7.2", confidence: medium}]
#     pci-dss-4.0: [{id: "10.5.1", confidence: medium}]
#     hipaa: [{id: "164.308(a)(8)", confidence: low}]
#     scuba: [{id: "MS.AAD.4.1v1", confidence: medium}, {id: "MS.EXO.13.1v1", confidence: medium}]
#   remediation: |
#     Scan within the days that the logs are kept, or send the logs elsewhere under Diagnostic settings in the
#     Microsoft Entra admin centre (New-AzDiagnosticSetting).
package checklist.tenant.evidence_window_covers_leavers

import data.lib.names
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	input.population.leavers == 0
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.population.leavers > 0
	input.population.untimed == 0
	every window in windows { times.at_or_after(input.population.earliestLeftAt, window.from) }
}

findings contains finding if {
	some log, window in windows
	too_short(window.from)
	finding := object.union(
		{"resource": log, "from": window.from, "leavers": max({1, left_before(window.from)})},
		object.filter(input.population, ["earliestLeftAt"]),
	)
}

# METADATA
# description: the span of each log
windows := {"signIns": data.tenant.windows.signIns, "audits": data.tenant.windows.audits}

# METADATA
# description: somebody left before the log begins
# scope: document
too_short(from) if times.after(from, input.population.earliestLeftAt)

too_short(from) if left_before(from) > 0

# METADATA
# description: how many left on the days before the one on which the log begins
left_before(from) := sum([leavers | some day, leavers in input.population.leftOn; day < substring(from, 0, 10)]) if {
	is_number(times.ns(from))
}

evidence := {
	"windows": windows,
	"population": object.filter(input.population, ["leavers", "earliestLeftAt"]),
}

missing contains "leftAt" if {
	status == "unknown"
	input.population.untimed > 0
}

message := $"{names.counted(most, "leaver")} or more left before the logs begin, of {input.population.leavers}." if {
	most := max({finding.leavers | some finding in findings})
} else := $"When they left is not known of {names.counted(input.population.untimed, "leaver")}." if {
	"leftAt" in missing
}
