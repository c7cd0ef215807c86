package custom.contoso.example_test

# What the tests of our rules share: a leaver of whom only the facts of a case were read.
leaver_with(facts) := {
	"leaver": {
		"id": "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11",
		"leftBy": "2026-06-01T12:00:00Z",
		"source": "roster.csv:2",
		"state": "live",
	},
	"facts": facts,
}

read(value) := {"state": "read", "value": value}

unread := {"state": "unknown", "reason": "forbidden"}
