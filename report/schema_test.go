package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"leavercheck/policies"
	"leavercheck/report"
)

// schemas is the folder of the official schemas, which are no part of this repository.
func schemas(t *testing.T) string {
	t.Helper()
	dir, ok := os.LookupEnv("LEAVERCHECK_SCHEMAS")
	if !ok {
		t.Skip("the official schemas are not here; set LEAVERCHECK_SCHEMAS to run this test")
	}
	return dir
}

func compiled(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("%v in\n%s", err, text[:min(len(text), 2000)])
	}
}

// samples are results of every kind: clean, failing, incomplete, waived, hostile, large, and of nobody.
func samples() map[string]stream {
	return map[string]stream{
		"clean": clean(), "failing": mixed(), "incomplete": named(), "waived": compared(), "attested": attested(),
		"hostile": hostileEverywhere(), "large": many(2000), "nobody": {run: header()},
	}
}

func TestSARIFFollowsItsSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t, filepath.Join(schemas(t), "sarif-schema-2.1.0.json"))
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			validate(t, schema, render(t, report.SARIF, report.Options{}, s))
		})
	}
}

func TestOSCALFollowsItsSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t, filepath.Join(schemas(t), "oscal_complete_schema-1-2-2.json"))
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			validate(t, schema, render(t, report.OSCAL, report.Options{}, s))
		})
	}
}

// TestOCSFFollowsItsSchema: by the official schema of 1.2.0, and by what 1.8.0 has beside it. No official schema
// of 1.8.0 can be had as a file.
func TestOCSFFollowsItsSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t, filepath.Join(schemas(t), "ocsf", "compliance_finding-1.2.0.official.schema.json"))
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for line := range strings.Lines(render(t, report.OCSF, report.Options{}, s)) {
				validate(t, schema, line)
				var event struct {
					ActivityID int   `json:"activity_id"`
					TypeUID    int   `json:"type_uid"`
					Time       int64 `json:"time"`
					Metadata   struct{ Version, UID string }
					Finding    struct{ UID string } `json:"finding_info"`
					Compliance map[string]any
					Resources  []struct {
						RoleID int `json:"role_id"`
					}
				}
				if err := json.Unmarshal([]byte(line), &event); err != nil {
					t.Fatal(err)
				}
				_, deprecated := event.Compliance["status_detail"]
				if event.TypeUID != 200300+event.ActivityID || event.Time != s.run.JudgedAsOf().UnixMilli() || event.Metadata.Version != "1.8.0" ||
					event.Metadata.UID == "" || event.Finding.UID == "" || deprecated || len(event.Resources) != 1 || event.Resources[0].RoleID == 0 {
					t.Errorf("not as 1.8.0 has it: %s", line)
				}
			}
		})
	}
}

// TestJUnitFollowsBothSchemas in use: the format was never specified.
func TestJUnitFollowsBothSchemas(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(schemas(t), "junit")
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not here; install libxml2-utils to run this test")
	}
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "TEST-"+name+".xml")
			if err := os.WriteFile(path, []byte(render(t, report.JUnit, report.Options{}, s)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, xsd := range []string{"jenkins-xunit-junit-10.xsd", "windyroad-ant-JUnit.xsd"} {
				out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", filepath.Join(dir, xsd), path).CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v\n%s", xsd, err, out)
				}
			}
		})
	}
}

// TestGitHubTakesTheSARIF: what GitHub asks beyond the schema.
func TestGitHubTakesTheSARIF(t *testing.T) {
	t.Parallel()
	for name, s := range samples() {
		var log sarifLog
		if err := json.Unmarshal([]byte(render(t, report.SARIF, report.Options{}, s)), &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		for _, rule := range run.Tool.Driver.Rules {
			for _, text := range []string{rule.ID, rule.Short.Text, rule.Full.Text, rule.Help.Text} {
				if text == "" || len([]rune(text)) > 1024 {
					t.Errorf("%s: %s: a text has %d characters", name, rule.ID, len([]rune(text)))
				}
			}
			if len(rule.Properties.Tags) > 20 || rule.Properties.Severity == "0.0" {
				t.Errorf("%s: %+v", name, rule)
			}
		}
		for _, result := range run.Results {
			physical := result.Locations[0].Physical
			region := physical.Region
			if physical.Artifact.URI == "" || strings.HasPrefix(physical.Artifact.URI, "/") || region.StartLine < 1 || region.StartColumn < 1 || region.EndLine < region.StartLine || region.EndColumn < 1 {
				t.Errorf("%s: %+v", name, result.Locations)
			}
			if result.Message.Text == "" || result.Fingerprints["primaryLocationLineHash"] == "" || run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
				t.Errorf("%s: %+v", name, result)
			}
			if (result.Kind == "fail") != (result.Level != "none") {
				t.Errorf("%s: the kind %s has the level %s", name, result.Kind, result.Level)
			}
		}
	}
}

// sarifLog is what tests look at of a SARIF file.
type sarifLog struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID         string
					Short      struct{ Text string } `json:"shortDescription"`
					Full       struct{ Text string } `json:"fullDescription"`
					Help       struct{ Text string }
					Properties struct {
						Tags     []string
						Severity string `json:"security-severity"`
					}
				}
			}
		}
		Invocations []struct {
			Notifications []struct {
				Level   string
				Message struct{ Text string }
			} `json:"toolExecutionNotifications"`
		}
		Properties struct {
			Statuses         map[policies.Status]int
			Results, LeftOut int
		}
		Results []struct {
			RuleID, Kind, Level string
			RuleIndex           int
			Message             struct{ Text string }
			Locations           []struct {
				Physical struct {
					Artifact struct{ URI string } `json:"artifactLocation"`
					Region   struct{ StartLine, StartColumn, EndLine, EndColumn int }
				} `json:"physicalLocation"`
				Logical []struct{ Name, FullyQualifiedName string } `json:"logicalLocations"`
			}
			Fingerprints  map[string]string `json:"partialFingerprints"`
			Suppressions  []struct{ Status, Justification string }
			BaselineState string
			Properties    struct {
				Status policies.Status
				Leaver string
			}
		}
	}
}
