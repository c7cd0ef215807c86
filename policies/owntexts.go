package policies

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// OwnTexts gives what can be in a result without being of a tenant: the code of the built-in rules without its
// comments, the names and words of the facts' schemas, and the sentences of the engine. A word that is in none of
// them came from somewhere else.
func OwnTexts() ([]string, error) {
	out := slices.Concat(snapshot.LeaverFacts(), snapshot.TenantFacts(), engineTexts())
	err := fs.WalkDir(builtin, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, regoSuffix) || strings.HasSuffix(name, testSuffix) {
			return err
		}
		text, err := builtin.ReadFile(name)
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(strings.TrimSpace(line), "#") {
				out = append(out, line)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, read := range []func() ([]byte, error){snapshot.LeaverSchema, snapshot.TenantSchema} {
		text, err := read()
		if err != nil {
			return nil, err
		}
		var schema any
		if err := json.Unmarshal(text, &schema); err != nil {
			return nil, err
		}
		out = append(out, schemaWords(schema)...)
	}
	return out, nil
}

// schemaWords gives the names of properties, and the words of enumerations.
func schemaWords(schema any) []string {
	var out []string
	switch schema := schema.(type) {
	case map[string]any:
		for key, value := range schema {
			if properties, ok := value.(map[string]any); ok && key == "properties" {
				for name := range properties {
					out = append(out, name)
				}
			}
			if words, ok := value.([]any); ok && key == "enum" {
				for _, word := range words {
					if text, ok := word.(string); ok {
						out = append(out, text)
					}
				}
			}
			out = append(out, schemaWords(value)...)
		}
	case []any:
		for _, value := range schema {
			out = append(out, schemaWords(value)...)
		}
	}
	return out
}

// engineTexts are the sentences that the engine itself makes.
func engineTexts() []string {
	out := []string{
		unknownMessage(nil), "cannot be told without", "not judged for a leaver who is", "what was read does not settle it",
		"the snapshot does not hold it", "policy error", "created after the leaver left",
	}
	for _, reason := range []snapshot.Reason{
		snapshot.Forbidden, snapshot.Unlicensed, snapshot.Throttled, snapshot.Timeout, snapshot.Unsupported, snapshot.Concealed,
		snapshot.Malformed, snapshot.Integrity, snapshot.OutsideRetention, snapshot.NotCollected, ReasonPolicyError, ReasonUndecided,
	} {
		out = append(out, string(reason), strings.ReplaceAll(string(reason), "_", " "))
	}
	for _, state := range append(judgedStates(), snapshot.NotYet) {
		out = append(out, strings.ReplaceAll(string(state), "_", " "))
	}
	return out
}
