package policies

import "time"

// Waiver is what covers a verdict: somebody's signed word that it is accepted for a time.
type Waiver struct {
	ID         string    `json:"id"`
	Reason     string    `json:"reason"`
	ApprovedBy string    `json:"approvedBy"`
	Ticket     string    `json:"ticket,omitempty"`
	Expires    time.Time `json:"expires"`
	// Status is what the verdict would be without the waiver.
	Status Status `json:"status"`
}

// WaiverResult is a waiver as it was given, and what became of it.
type WaiverResult struct {
	ID   string `json:"id"`
	Rule string `json:"rule"`
	// Leaver is the object id.
	Leaver     string    `json:"leaver"`
	Reason     string    `json:"reason"`
	ApprovedBy string    `json:"approvedBy"`
	Ticket     string    `json:"ticket,omitempty"`
	Expires    time.Time `json:"expires"`
	// Source is where it stands: "waivers.yaml:12".
	Source string `json:"source"`
	// Standing is Counts where it covers a verdict, NotNeeded, Expired or NoSuchLeaver.
	Standing Standing `json:"standing"`
}
