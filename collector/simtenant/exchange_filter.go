package simtenant

import (
	"path"
	"slices"
	"strings"
)

// opathFilter reads the Filter parameter: comparisons with -eq, -ne and -like, joined by -and or -or, not both.
func (c *cmdletCall) opathFilter() (func(row) bool, error) {
	value, sent := c.parameters["filter"]
	if !sent {
		return nil, nil
	}
	expression, _ := value.(string)
	words := filterWords(strings.NewReplacer("{", "", "}", "").Replace(expression))
	words = slices.DeleteFunc(words, func(w string) bool { return w == "(" || w == ")" })
	var tests []func(row) bool
	joint := ""
	for i := 0; i < len(words); i += 4 {
		if i > 0 {
			if words[i-1] != joint && joint != "" {
				return nil, badCmdlet("Filter %q is not simulated.", expression)
			}
			joint = strings.ToLower(words[i-1])
		}
		if i+2 >= len(words) || joint != "" && joint != "-and" && joint != "-or" {
			return nil, badCmdlet("Filter %q cannot be parsed.", expression)
		}
		property, operator, want := words[i], strings.ToLower(words[i+1]), words[i+2]
		test, ok := opathTest(property, operator, want)
		if !ok {
			return nil, badCmdlet("Filter %q is not simulated.", expression)
		}
		tests = append(tests, test)
	}
	if len(tests) == 0 {
		return nil, badCmdlet("Filter is empty.")
	}
	return func(r row) bool {
		if joint == "-or" {
			return slices.ContainsFunc(tests, func(test func(row) bool) bool { return test(r) })
		}
		return !slices.ContainsFunc(tests, func(test func(row) bool) bool { return !test(r) })
	}, nil
}

func opathTest(property, operator, want string) (func(row) bool, bool) {
	want = strings.ToLower(strings.Trim(want, "'\""))
	same := func(have string) bool { return strings.ToLower(have) == want }
	switch operator {
	case "-eq", "-ne":
	case "-like":
		same = func(have string) bool {
			ok, err := path.Match(want, strings.ToLower(have))
			return err == nil && ok
		}
	default:
		return nil, false
	}
	return func(r row) bool {
		hit := false
		switch v := r[property].(type) {
		case nil:
			hit = want == "$null"
		case bool:
			hit = want == map[bool]string{true: "$true", false: "$false"}[v] || want == map[bool]string{true: "true", false: "false"}[v]
		case string:
			hit = same(v)
		case guid:
			hit = same(string(v))
		case []string:
			hit = slices.ContainsFunc(v, same)
		}
		return hit != (operator == "-ne")
	}, true
}
