package policies

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// schemaSet holds what METADATA calls schema.leaver, schema.tenant and schema.population.
func schemaSet() (*ast.SchemaSet, error) {
	set := ast.NewSchemaSet()
	for name, read := range map[string]func() (any, error){
		"leaver":     leaverSchema,
		"tenant":     func() (any, error) { return decodeSchema(snapshot.TenantSchema()) },
		"population": func() (any, error) { return decodeSchema([]byte(populationSchema), nil) },
	} {
		schema, err := read()
		if err != nil {
			return nil, fmt.Errorf("policies: reading the schema of a %s: %w", name, err)
		}
		set.Put(ast.MustParseRef("schema."+name), schema)
	}
	return set, nil
}

// leaverSchema is the schema of a record with what the engine adds to it: what an earlier snapshot had of
// the same leaver, in the same shapes, and what people attest.
func leaverSchema() (any, error) {
	schema, err := decodeSchema(snapshot.LeaverSchema())
	if err != nil {
		return nil, err
	}
	attested, err := decodeSchema([]byte(attestedSchema), nil)
	if err != nil {
		return nil, err
	}
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		return nil, errors.New("it has no properties")
	}
	properties["baseline"] = map[string]any{"type": "object", "properties": map[string]any{
		"collectedAt": map[string]any{"type": "string"}, "leaver": properties["leaver"], "facts": properties["facts"],
	}}
	properties["attested"] = attested
	return schema, nil
}

func decodeSchema(text []byte, err error) (map[string]any, error) {
	if err != nil {
		return nil, err
	}
	var schema map[string]any
	err = json.Unmarshal(text, &schema)
	return schema, err
}

// attestedSchema describes input.attested: by rule.
const attestedSchema = `{"type": "object", "additionalProperties": {"type": "object", "properties": {
	"statement": {"type": "string"}, "by": {"type": "string"}, "at": {"type": "string"}, "link": {"type": "string"}, "expires": {"type": "string"}}}}`

// populationSchema describes the input of a rule on the tenant.
const populationSchema = `{"type": "object", "additionalProperties": false, "properties": {"population": {"type": "object", "properties": {
	"leavers": {"type": "integer"},
	"earliestLeftAt": {"type": ["string", "null"]},
	"leftOn": {"type": "object", "additionalProperties": {"type": "integer"}},
	"untimed": {"type": "integer"},
	"licencesUnread": {"type": "integer"},
	"skus": {"type": "object", "additionalProperties": {"type": "object", "properties": {"held": {"type": "integer"}, "released": {"type": "integer"}}}}}}}}`
