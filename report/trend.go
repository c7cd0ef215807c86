package report

import (
	"time"

	"leavercheck/policies"
)

// TrendPoint is one kept result among several: what it counted, and when it was collected.
type TrendPoint struct {
	CollectedAt time.Time
	Leavers     policies.LeaverCounts
	Statuses    map[policies.Status]int
	// Method says that rules, parameters, or what could be read differ from the point before: the step between the
	// two is not progress, nor the lack of it.
	Method bool
}
