package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"leavercheck/report"
)

// TestOCSFLifeCycle: what happens to the finding, where it stands, what the check came to, and how bad that is.
func TestOCSFLifeCycle(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	uids := map[string]bool{}
	for line := range strings.Lines(render(t, report.OCSF, report.Options{}, compared())) {
		var event struct {
			Activity   string `json:"activity_name"`
			StatusID   int    `json:"status_id"`
			Status     string
			Severity   string
			Metadata   struct{ UID string }
			Compliance struct {
				StatusID int `json:"status_id"`
				Status   string
			}
			Finding struct {
				Analytic  struct{ UID string }
				FirstSeen int64 `json:"first_seen_time"`
			} `json:"finding_info"`
			Resources []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if uids[event.Metadata.UID] {
			t.Errorf("two events have the id %s", event.Metadata.UID)
		}
		uids[event.Metadata.UID] = true
		got[event.Resources[0].Name+" "+event.Finding.Analytic.UID] = fmt.Sprintf("%s, %d %s, %d %s, %s", event.Activity, event.StatusID, event.Status, event.Compliance.StatusID, event.Compliance.Status, event.Severity)
	}
	want := map[string]string{
		"Adele Vance ACC-001":     "Create, 1 New, 3 Fail, Critical",
		"Adele Vance DEV-001":     "Update, 1 New, 2 Warning, Critical",
		"Adele Vance FWD-002":     "Create, 1 New, 99 Pending, High",
		"Adele Vance LIC-001":     "Update, 3 Suppressed, 3 Fail, Medium",
		"Alex Wilber ACC-001":     "Close, 4 Resolved, 1 Pass, Informational",
		"Alex Wilber DEV-001":     "Create, 3 Suppressed, 2 Warning, Critical",
		"Alex Wilber FWD-002":     "Update, 1 New, 3 Fail, High",
		"Alex Wilber LIC-001":     "Update, 99 Method Changed, 3 Fail, Medium",
		"Diego Siciliani ACC-001": "Create, 0 , 1 Pass, Informational",
		"Diego Siciliani DEV-001": "Create, 0 , 99 Not Applicable, Informational",
		"Diego Siciliani FWD-002": "Create, 0 , 1 Pass, Informational",
		"Diego Siciliani LIC-001": "Create, 1 New, 3 Fail, Medium",
		"Contoso LIC-002":         "Create, 1 New, 3 Fail, Low",
		"Contoso TEN-001":         "Create, 1 New, 2 Warning, Medium",
		"Lee Gu ACC-001":          "Close, 99 Out of Scope, 0 Unknown, Informational",
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("%s: got %q, want %q", key, got[key], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d events, want %d", len(got), len(want))
	}
}
