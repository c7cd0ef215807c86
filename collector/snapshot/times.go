package snapshot

import (
	"fmt"
	"strings"
	"time"
)

// UTC rewrites a service's date-time as snapshots have them: RFC 3339, UTC, ending in Z, the fraction
// as the service gave it but without trailing zeros. Graph writes offsets and seven digits; Exchange
// leaves the zone out, meaning UTC. The year 1, with which both mean "never", stays as it is.
func UTC(s string) (string, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, s); err == nil {
			if at.UTC().Year() < 1 {
				return "0001-01-01T00:00:00Z", nil
			}
			return at.UTC().Format(time.RFC3339Nano), nil
		}
	}
	return "", fmt.Errorf("%.40q is no date-time", s)
}

// Never reports whether a date-time, as UTC writes it, means that the thing never happened.
func Never(s string) bool { return strings.HasPrefix(s, "0001-") }
