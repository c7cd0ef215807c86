package simtenant

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	numbersPerPage = 500
	maxNumbers     = 1000
)

// number is a telephone number of the tenant's.
type number struct {
	telephone, kind, status string
	target                  *user
	capabilities            []string
}

// addNumber gives the tenant a number, assigned to somebody or to nobody.
func (b *builder) addNumber(to *user) *number {
	n := &number{
		telephone: fmt.Sprintf("+1205555%04d", 100+len(b.numbers)), kind: []string{"callingPlan", "directRouting", "operatorConnect"}[len(b.numbers)%3],
		status: "unassigned", target: to, capabilities: []string{"userAssignment"},
	}
	if to != nil {
		n.status = "userAssigned"
	}
	b.numbers = append(b.numbers, n)
	return n
}

// listNumberAssignments answers for the telephone numbers. The documentation pages them by $top and $skip, which the
// client counts itself: without $top it gets the first 500, and no link says that there are more. Only the cap of
// Options makes links, for a page that is smaller than the client asked for.
func (t *Tenant) listNumberAssignments(g *graphCall) (answer, error) {
	if err := only(g, "$filter", "$top", "$skip"); err != nil {
		return answer{}, err
	}
	q := &g.query
	wanted := numbersPerPage
	if q.top > 0 {
		wanted = q.top
	}
	if wanted > maxNumbers {
		return answer{}, badRequest("The limit of '%d' for Top query has been exceeded. The value from the incoming request is '%d'.", maxNumbers, wanted)
	}
	skip, err := q.skip()
	if err != nil {
		return answer{}, err
	}
	if err := checkNumberFilter(q.filter); err != nil {
		return answer{}, err
	}
	var found []*number
	for _, n := range t.numbers {
		if q.filter == nil || q.filter.match(func(path string) []any { return t.numberValues(n, path) }) {
			found = append(found, n)
		}
	}
	found = found[min(skip, len(found)):]
	found = found[:min(wanted, len(found))]
	q.top = 0 // the page is cut already; what is left to cut is the cap's business
	return collection(g, "admin/teams/telephoneNumberManagement/numberAssignments", found, maxNumbers, maxNumbers, t.numberRow)
}

// skip reads $skip.
func (q *query) skip() (int, error) {
	for name, value := range q.others {
		if strings.EqualFold(name, "$skip") {
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return 0, badRequest("Invalid value '%s' for $skip query option found.", value)
			}
			return n, nil
		}
	}
	return 0, nil
}

// checkNumberFilter allows every property but id and city.
func checkNumberFilter(f *filter) error {
	if f == nil {
		return nil
	}
	var err error
	row := (&Tenant{}).numberRow(&number{})
	f.leaves(func(leaf *filter, _ string) {
		name, _, _ := strings.Cut(leaf.path, "/any")
		if _, ok := row[name]; !ok || name == "id" || name == "city" {
			err = &refusal{status: http.StatusBadRequest, code: "BadRequest", message: "Filtering by '" + leaf.path + "' is not supported."}
		}
	})
	return err
}

func (t *Tenant) numberValues(n *number, path string) []any {
	name, _, _ := strings.Cut(path, "/any")
	if many, ok := t.numberRow(n)[name].([]string); ok {
		return anyOf(many)
	}
	return []any{t.numberRow(n)[name]}
}

func (t *Tenant) numberRow(n *number) map[string]any {
	target, category := any(nil), any(nil)
	if n.target != nil {
		target, category = n.target.id, "primary"
	}
	ids := identifiers{seed: t.options.Seed}
	return map[string]any{
		"@odata.type": "#microsoft.graph.teamsAdministration.numberAssignment",
		"id":          ids.token("number", n.telephone), "telephoneNumber": n.telephone, "operatorId": ids.guid("operator", n.kind), "numberType": n.kind,
		"activationState": "activated", "capabilities": list(n.capabilities), "locationId": nil, "civicAddressId": nil, "networkSiteId": nil,
		"assignmentTargetId": target, "assignmentCategory": category, "portInStatus": nil, "assignmentStatus": n.status, "isoCountryCode": "US",
		"city": "Clanton", "numberSource": "online", "supportedCustomerActions": []string{"locationUpdate", "release"}, "reverseNumberLookupOptions": []string{},
	}
}
