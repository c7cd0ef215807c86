package simtenant

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
)

func batches() []way {
	enveloped := func(name, says string, change func(responses []map[string]any) []map[string]any) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: []int{45}, Says: says, Places: []Place{AtEnvelope}, Effect: Passes},
			after: func(_ *strike, a *answer) bool {
				body, _ := a.body.(map[string]any)
				responses, _ := body["responses"].([]map[string]any)
				if len(responses) == 0 {
					return false
				}
				body["responses"] = change(responses)
				return true
			},
		}
	}
	return []way{
		enveloped("item-missing", "The batch has no answer to one of its requests.", func(responses []map[string]any) []map[string]any {
			return responses[1:]
		}),
		enveloped("item-unknown", "The batch has an answer to something that was not asked.", func(responses []map[string]any) []map[string]any {
			stranger := maps.Clone(responses[0])
			stranger["id"] = "nobody"
			return append(responses, stranger, map[string]any{"id": "10001", "status": http.StatusOK, "body": map[string]any{"value": []any{}}})
		}),
		enveloped("item-twice", "The batch answers one of its requests twice, differently.", func(responses []map[string]any) []map[string]any {
			return append(responses, map[string]any{"id": responses[0]["id"], "status": http.StatusOK, "body": map[string]any{"value": []any{}}})
		}),
		enveloped("item-case", "The ids of the batch come back in capitals and in another order.", func(responses []map[string]any) []map[string]any {
			var out []map[string]any
			for i := range responses {
				r := maps.Clone(responses[len(responses)-1-i])
				id, _ := r["id"].(string)
				r["id"] = strings.ToUpper(id)
				out = append(out, r)
			}
			return out
		}),
		{
			FaultKind: FaultKind{Name: "failed-dependency", Rows: []int{46}, Says: "424 for an item of a batch.", Places: []Place{AtItem}, Effect: Passes},
			instead: func(s *strike) *answer {
				return s.refuse(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on failed.")
			},
		},
		{
			FaultKind: FaultKind{Name: "text-item", Rows: []int{46}, Says: "An item of a batch whose body is text.", Places: []Place{AtItem}, Effect: Passes},
			instead: func(*strike) *answer {
				return &answer{status: http.StatusOK, text: "Report Refresh Date,User\r\n"}
			},
		},
		{
			FaultKind: FaultKind{Name: "numbers-in-item", Rows: []int{46}, Says: "Headers of an item that are numbers, and a number at the top of its body.", Places: []Place{AtItem}, Effect: Passes},
			after: func(_ *strike, a *answer) bool {
				body, ok := a.body.(map[string]any)
				if !ok || a.status != http.StatusOK {
					return false
				}
				if rows, listing := body["value"].([]map[string]any); listing && body[nextLink] == nil {
					body["@odata.count"] = len(rows)
				} else {
					body["consumedUnits"] = 9007199254740993
				}
				a.set("Rate-Limit-Remaining", "42")
				a.numbers = true
				return true
			},
		},
		{
			FaultKind: FaultKind{
				Name: "batch-too-large", Rows: []int{47}, Places: []Place{AtEnvelope}, Effect: Passes,
				Says: "413, or Status, for a batch of more items than Value, or 4.",
			},
			instead: func(s *strike) *answer {
				most, err := strconv.Atoi(s.fault.Value)
				if err != nil {
					most = 4
				}
				if s.c.items <= most {
					return nil
				}
				return s.refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The batch is too large.")
			},
		},
		{
			FaultKind: FaultKind{Name: "gzip-refused", Rows: []int{47}, Says: "415 for a body that came compressed.", Places: []Place{AtEnvelope}, Effect: Passes},
			takes:     func(c *call) bool { return c.gzip },
			instead: func(s *strike) *answer {
				return s.refuse(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "Content-Encoding 'gzip' is not supported.")
			},
		},
	}
}

// numbered writes headers that are numbers as numbers, as Graph does in some batches.
func numbered(headers map[string]string) map[string]any {
	out := map[string]any{}
	for name, value := range headers {
		out[name] = value
		if n, err := strconv.Atoi(value); err == nil {
			out[name] = n
		}
	}
	return out
}
