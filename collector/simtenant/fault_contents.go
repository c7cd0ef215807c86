package simtenant

import (
	"encoding/json"
	"maps"
)

// contents are answers that are well made and say something else.
func contents() []way {
	altered := func(name string, rows []int, says string, change func(s *strike, row map[string]any)) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: services(), Effect: Says},
			after: func(s *strike, a *answer) bool {
				body, _ := a.body.(map[string]any)
				if s.fault.Property == "" || body == nil {
					return false
				}
				listed, isListing := body["value"].([]map[string]any)
				if !isListing {
					body = maps.Clone(body)
					change(s, body)
					a.body = body
					return true
				}
				rows := make([]map[string]any, len(listed))
				for i, row := range listed {
					rows[i] = maps.Clone(row)
					change(s, rows[i])
				}
				body["value"] = rows
				return len(rows) > 0
			},
		}
	}
	valueless := func(name, says string, change func(body map[string]any)) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: []int{17}, Says: says, Places: services(), Listing: true, Effect: Unknown},
			after: func(s *strike, a *answer) bool {
				body, _, ok := pageOfListing(s.c, a)
				if ok {
					change(body)
				}
				return ok
			},
		}
	}
	return []way{
		altered("property-absent", []int{49, 50}, "Property is left out of every row.", func(s *strike, row map[string]any) { delete(row, s.fault.Property) }),
		altered("property-null", []int{49, 50}, "Property is null in every row.", func(s *strike, row map[string]any) { row[s.fault.Property] = nil }),
		altered("property-new", []int{49, 50, 52}, "Property is Value, as JSON, in every row that has it.", func(s *strike, row map[string]any) {
			if _, ok := row[s.fault.Property]; !ok {
				return
			}
			var value any
			if json.Unmarshal([]byte(s.fault.Value), &value) != nil {
				value = s.fault.Value
			}
			row[s.fault.Property] = value
		}),
		valueless("value-null", `A page of a listing with "value": null.`, func(body map[string]any) { body["value"] = nil }),
		valueless("value-missing", "A page of a listing without value.", func(body map[string]any) { delete(body, "value") }),
		{
			FaultKind: FaultKind{
				Name: "orphan", Rows: []int{52}, Places: services(), Listing: true, Effect: Says,
				Says: "The last page of a listing has one row more, like its first, with an id of its own and a Property that names nobody.",
			},
			after: func(s *strike, a *answer) bool {
				body, rows, ok := pageOfListing(s.c, a)
				if !ok || len(rows) == 0 || body[nextLink] != nil {
					return false
				}
				ids := identifiers{seed: s.t.options.Seed}
				stranger := maps.Clone(rows[0])
				stranger["id"] = ids.guid("orphan", s.c.asked)
				stranger[s.fault.Property] = ids.guid("nobody", s.c.asked)
				body["value"] = append(rows, stranger)
				return true
			},
		},
		{
			FaultKind: FaultKind{
				Name: "warnings", Rows: []int{51}, Places: []Place{AtExchange}, Effect: Passes,
				Says: "The cmdlet warns, beside its answer.",
			},
			after: func(_ *strike, a *answer) bool {
				body, ok := a.body.(map[string]any)
				if !ok || body["value"] == nil {
					return false
				}
				body["@adminapi.warnings"] = []string{"The object has been corrupted, and it's in an inconsistent state.", "There may be more."}
				return true
			},
		},
		{
			FaultKind: FaultKind{
				Name: "byte-order-mark", Rows: []int{42}, Places: []Place{AtRequest, AtItem}, Effect: Says,
				Says: "A count as text begins with a byte order mark and has no type.",
			},
			after: func(_ *strike, a *answer) bool {
				if a.text == "" {
					return false
				}
				a.text = "\ufeff" + a.text
				a.set("Content-Type", "application/octet-stream")
				return true
			},
		},
	}
}
