package report

import (
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// The objects of SARIF that a result needs, and no more.
type (
	sarifHead struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string              `json:"id"`
		Name          string              `json:"name"`
		Short         sarifMessage        `json:"shortDescription"`
		Full          sarifMessage        `json:"fullDescription"`
		Help          sarifMessage        `json:"help"`
		HelpURI       string              `json:"helpUri,omitempty"`
		Configuration sarifConfiguration  `json:"defaultConfiguration"`
		Properties    sarifRuleProperties `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifRuleProperties struct {
		Tags             []string                      `json:"tags"`
		Precision        string                        `json:"precision"`
		SecuritySeverity string                        `json:"security-severity,omitempty"`
		Severity         policies.Severity             `json:"severity"`
		Scope            policies.Scope                `json:"scope"`
		Controls         map[string][]policies.Control `json:"controls"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifCounts struct {
		Tenant       string                      `json:"tenant"`
		Snapshot     string                      `json:"snapshot"`
		CollectedAt  string                      `json:"collectedAt"`
		PolicyDigest string                      `json:"policyDigest"`
		Complete     bool                        `json:"complete"`
		Statuses     map[policies.Status]int     `json:"statuses"`
		Severities   map[policies.Severity]int   `json:"severities"`
		Leavers      policies.LeaverCounts       `json:"leavers"`
		Changes      map[policies.ChangeKind]int `json:"changes,omitempty"`
		Results      int                         `json:"results"`
		LeftOut      int                         `json:"leftOut"`
	}
	sarifResult struct {
		RuleID       string                 `json:"ruleId"`
		RuleIndex    int                    `json:"ruleIndex"`
		Kind         string                 `json:"kind"`
		Level        string                 `json:"level"`
		Message      sarifMessage           `json:"message"`
		Locations    []sarifLocation        `json:"locations"`
		Fingerprints map[string]string      `json:"partialFingerprints"`
		Suppressions []sarifSuppression     `json:"suppressions,omitempty"`
		Baseline     string                 `json:"baselineState,omitempty"`
		Properties   sarifVerdictProperties `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifLogical struct {
		Name     string `json:"name"`
		FullName string `json:"fullyQualifiedName"`
		Kind     string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
	sarifVerdictProperties struct {
		Status   policies.Status    `json:"status"`
		Severity policies.Severity  `json:"severity"`
		Grade    policies.Grade     `json:"grade"`
		Leaver   string             `json:"leaver,omitempty"`
		Due      string             `json:"due,omitempty"`
		Deadline string             `json:"deadline,omitempty"`
		Missing  []policies.Missing `json:"missing,omitempty"`
		Change   *policies.Change   `json:"change,omitempty"`
	}
)

func (s *sarif) rule(rule policies.Rule) sarifRule {
	out := sarifRule{
		ID: text(rule.ID), Name: text(rule.Package), Short: sarifMessage{text(rule.Title)}, Full: sarifMessage{text(rule.Description)},
		Help:          sarifMessage{text(rule.Description + " " + rule.Remediation)},
		Configuration: sarifConfiguration{levelOf(rule.Severity)},
		Properties: sarifRuleProperties{
			Tags: ruleTags(rule), Precision: "high", SecuritySeverity: securitySeverity(rule.Severity), Severity: rule.Severity, Scope: rule.Scope, Controls: rule.Controls,
		},
	}
	for _, page := range rule.RelatedResources {
		if at, err := url.Parse(page.Ref); err == nil && at.Scheme == "https" && at.Host != "" {
			out.HelpURI = at.String()
			break
		}
	}
	return out
}

// securitySeverity is GitHub's: 9 and more is critical, 7 high, 4 medium. 0 would mean none.
func securitySeverity(severity policies.Severity) string {
	return map[policies.Severity]string{policies.Critical: "9.5", policies.High: "8.0", policies.Medium: "5.5", policies.Low: "2.0"}[severity]
}

// ruleTags are the step and the controls, as many as GitHub takes; all of them are in the rule's properties.
func ruleTags(rule policies.Rule) []string {
	tags := []string{"leavercheck"}
	if parts := strings.Split(rule.Package, "."); len(parts) > 2 {
		tags = append(tags, "step/"+clean.Text(parts[1]))
	}
	for _, framework := range slices.Sorted(maps.Keys(rule.Controls)) {
		for _, control := range rule.Controls[framework] {
			if tag := clean.Text(framework + "/" + control.ID); !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
	}
	return tags[:min(len(tags), sarifTags)]
}

// policyURI is the policy's file as a reference relative to the repository's root, or as it is called elsewhere.
func policyURI(file string) string {
	file = strings.ReplaceAll(clean.Text(file), `\`, "/")
	if file == "" {
		return "policies"
	}
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: path.Clean(file)}).String()
	}
	return (&url.URL{Path: path.Clean(file)}).String()
}

// lineRegion is one whole line.
func lineRegion(line int) sarifRegion {
	line = max(line, 1)
	return sarifRegion{StartLine: line, StartColumn: 1, EndLine: line + 1, EndColumn: 1}
}
