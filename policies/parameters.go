package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Parameter is a number, list or word that a rule lets its user choose.
type Parameter struct {
	// Schema is the parameter's JSON Schema, with its default.
	Schema map[string]any `json:"schema"`
	// Value is in effect: the user's, or else the default.
	Value any `json:"value"`
}

// readParameter reads a JSON Schema that has a type and a default which fits.
func readParameter(schema json.RawMessage) (Parameter, error) {
	var parameter Parameter
	if err := strictJSON(schema, &parameter.Schema); err != nil {
		return parameter, err
	}
	if parameter.Schema["type"] == nil {
		return parameter, errors.New("has no type")
	}
	value, ok := parameter.Schema["default"]
	if !ok {
		return parameter, errors.New("has no default")
	}
	if err := parameter.check(value); err != nil {
		return parameter, fmt.Errorf("its default does not fit: %w", err)
	}
	parameter.Value = value
	return parameter, nil
}

// check says whether a decoded JSON value fits the schema.
func (p Parameter) check(value any) error {
	const name = "parameter.json"
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(name, p.Schema); err != nil {
		return err
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		// The library's text opens with a line that names our made-up resource, and names the value itself
		// as a place.
		_, text, _ := strings.Cut(err.Error(), "\n")
		return errors.New(strings.TrimPrefix(strings.TrimSpace(text), "- at '': "))
	}
	return nil
}

// noLoader keeps a schema from reaching for files or hosts.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: a parameter's schema may not refer to other documents", url)
}

// set puts the user's value of a parameter into the rule.
func (r *Rule) set(name string, value any) error {
	parameter, ok := r.Parameters[name]
	if !ok {
		names := slices.Sorted(maps.Keys(r.Parameters))
		return fmt.Errorf("the rule has no such parameter: it has %s%s", listed(names), didYouMean(name, names))
	}
	// Through JSON, so that a value from YAML or from Go is the same as one from JSON.
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if parameter.Value, err = jsonschema.UnmarshalJSON(bytes.NewReader(text)); err != nil {
		return err
	}
	if err := parameter.check(parameter.Value); err != nil {
		return err
	}
	if name == graceHours {
		if err := checkGrace(parameter.Value); err != nil {
			return err
		}
	}
	r.Parameters[name] = parameter
	return nil
}

// effective gives the values that rules see as data.parameters.
func effective(rules []Rule) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, rule := range rules {
		out[rule.ID] = map[string]any{}
		for name, parameter := range rule.Parameters {
			out[rule.ID][name] = parameter.Value
		}
	}
	return out
}

// maxGraceHours is a century: far beyond any use, and far from overflow.
const maxGraceHours = 24 * 365 * 100

func checkGrace(value any) error {
	_, err := graceOf(value)
	return err
}

func graceOf(value any) (time.Duration, error) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, fmt.Errorf("%v is not a number of hours", value)
	}
	hours, err := number.Float64()
	if err != nil || math.IsNaN(hours) || hours < 0 || hours > maxGraceHours {
		return 0, fmt.Errorf("%v hours are not between 0 and %d", value, maxGraceHours)
	}
	return time.Duration(hours * float64(time.Hour)), nil
}

// grace is how long after leaving a failure of the rule is only pending.
func (r Rule) grace() time.Duration {
	parameter, ok := r.Parameters[graceHours]
	if !ok {
		return 0
	}
	// Loading has checked the value.
	grace, _ := graceOf(parameter.Value)
	return grace
}
