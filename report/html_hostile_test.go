package report_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// breakouts are what would leave the place where a page puts it.
func breakouts() []string {
	return append(hostileTexts(),
		`</title><script>alert(1)</script>`, `</script><script>alert(1)</script>`, `</style><style>*{display:none}</style>`,
		`"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `x onfocus=alert(1) autofocus`, "`onclick=alert(1)", `javascript:alert(1)`,
		"java\tscript:alert(1)", `data:text/html,<script>alert(1)</script>`, `//evil.example/x.js`, `https://evil.example/pixel.gif`,
		`<svg onload=alert(1)>`, `</details></main><base href=//evil.example>`, `<!--`, `-->`, `]]>`, `&lt;script&gt;`, `{{.}}`, `<meta http-equiv=refresh content=0>`,
		`https://evil.example/"><script>alert(1)</script>`, `#"><b>`, "a\u2028b\u2029c", "ev\u202eil", "\xff\xfe\"><b>",
	)
}

// fill sets every text that a value holds, at any depth, but for the words that decide what is shown.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		switch v.Interface().(type) {
		case policies.Status, policies.Severity, policies.Grade, policies.Standing, policies.Scope, snapshot.State, snapshot.LeaverState:
		default:
			v.SetString(text)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		if _, ok := v.Interface().(time.Time); ok {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			fresh := reflect.New(v.Type().Elem()).Elem()
			fresh.Set(v.MapIndex(key))
			fill(fresh, text)
			v.SetMapIndex(key, reflect.Value{})
			into := reflect.New(key.Type()).Elem()
			into.Set(key)
			fill(into, text+key.String()) // keys stay apart
			v.SetMapIndex(into, fresh)
		}
	case reflect.Interface:
		switch value := v.Interface().(type) {
		case string:
			v.Set(reflect.ValueOf(text))
		case map[string]any, []any:
			fill(reflect.ValueOf(value), text)
		}
	default:
	}
}

// poisoned is a result like changed in which every text is the same one. Rules and steps keep their names apart
// from each other, as a page has a place for each.
func poisoned(text string) (stream, report.Options) {
	s, opts := fullPage()
	a := attested()
	s.attestations = a.attestations
	s.run.Snapshot.Population = named().run.Snapshot.Population
	s.tenant.Verdicts = append(s.tenant.Verdicts, s.leavers[1].Verdicts[0])
	ids := map[string]string{}
	for i, r := range s.run.Rules {
		ids[r.ID] = text + r.ID
		fill(reflect.ValueOf(&s.run.Rules[i]).Elem(), text)
		s.run.Rules[i].ID, s.run.Rules[i].Package = ids[r.ID], "custom."+strings.ReplaceAll(text, ".", "")+r.ID
	}
	rules := s.run.Rules
	s.run.Rules = nil
	fill(reflect.ValueOf(&s.run).Elem(), text)
	s.run.Rules = rules
	for i := range s.leavers {
		fill(reflect.ValueOf(&s.leavers[i].Leaver).Elem(), text)
		s.leavers[i].Leaver.ID = fmt.Sprintf("%s%d", text, i)
		for k := range s.leavers[i].Verdicts {
			v := &s.leavers[i].Verdicts[k]
			rule := v.Rule
			fill(reflect.ValueOf(v).Elem(), text)
			v.Rule = ids[rule]
		}
	}
	for k := range s.tenant.Verdicts {
		v := &s.tenant.Verdicts[k]
		fill(reflect.ValueOf(v).Elem(), text)
		v.Rule = rules[0].ID
	}
	for _, list := range []any{&s.attestations, &s.waivers, &s.gone} {
		fill(reflect.ValueOf(list).Elem(), text)
	}
	opts.Details = text
	return s, opts
}

// TestNoElementComesFromAResult: whatever the texts of a result are, a page of it has the same elements with the
// same attributes, and none of those that lead somewhere leads where a text says.
func TestNoElementComesFromAResult(t *testing.T) {
	t.Parallel()
	shape := func(text string) string {
		s, opts := poisoned(text)
		var out strings.Builder
		for _, node := range elements(t, render(t, report.HTML, opts, s)) {
			fmt.Fprintf(&out, "%d %s", node.Type, node.Data)
			for _, a := range node.Attr {
				fmt.Fprintf(&out, " %s", a.Key)
				if a.Key == "href" && !strings.HasPrefix(a.Val, "#") && a.Val != "data:," {
					t.Errorf("%q became an address: %s", text, a.Val)
				}
			}
			out.WriteByte('\n')
		}
		return out.String()
	}
	want := shape("harmless")
	if strings.Count(want, "\n") < 300 {
		t.Fatalf("the page has too few elements to show anything:\n%s", want)
	}
	for _, text := range breakouts() {
		if strings.HasPrefix(text, "https://") {
			continue // see TestOnlyRulesLinkElsewhere
		}
		if got := shape(text); got != want {
			t.Errorf("%q: %s", text, firstDifference(got, want))
		}
	}
}

// TestOnlyRulesLinkElsewhere: what a rule says to read is a link where it is an https address, and nothing else is one.
func TestOnlyRulesLinkElsewhere(t *testing.T) {
	t.Parallel()
	s, opts := poisoned("https://evil.example/")
	for i := range s.run.Rules {
		s.run.Rules[i].RelatedResources = []policies.Resource{
			{Ref: "https://learn.microsoft.com/", Description: "Read this"}, {Ref: "http://plain.example/"}, {Ref: "javascript:alert(1)", Description: "Click"},
		}
	}
	for _, node := range elements(t, render(t, report.HTML, opts, s)) {
		for _, a := range node.Attr {
			if a.Key == "href" && node.Data == "a" && !strings.HasPrefix(a.Val, "#") && a.Val != "https://learn.microsoft.com/" {
				t.Errorf("a link leads to %s", a.Val)
			}
		}
	}
}
