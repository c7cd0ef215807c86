package policies

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// population is what rules on the tenant see of its leavers: counts, so that it does not grow with them.
type population struct {
	leavers        int
	earliest       time.Time
	leftOn         map[string]int // by UTC date
	untimed        int            // whose leave time is not known
	licencesUnread int
	held, released map[string]int // by skuId
}

// share is what one leaver adds to it.
type share struct {
	judged         bool
	leftAt         time.Time
	licencesUnread bool
	held, released []string
}

func newPopulation() *population {
	return &population{leftOn: map[string]int{}, held: map[string]int{}, released: map[string]int{}}
}

func (p *population) add(s share) {
	if !s.judged {
		return
	}
	p.leavers++
	if s.leftAt.IsZero() {
		p.untimed++
	} else {
		if p.earliest.IsZero() || s.leftAt.Before(p.earliest) {
			p.earliest = s.leftAt
		}
		p.leftOn[s.leftAt.UTC().Format(time.DateOnly)]++
	}
	if s.licencesUnread {
		p.licencesUnread++
	}
	for _, sku := range s.held {
		p.held[sku]++
	}
	for _, sku := range s.released {
		p.released[sku]++
	}
}

// value is the input of a rule on the tenant.
func (p *population) value() ast.Value {
	earliest := ast.NullValue
	if !p.earliest.IsZero() {
		earliest = timeValue(p.earliest)
	}
	leftOn := ast.NewObjectWithCapacity(len(p.leftOn))
	for day, n := range p.leftOn {
		leftOn.Insert(ast.StringTerm(day), ast.InternedTerm(n))
	}
	skus := ast.NewObject()
	for _, counts := range []map[string]int{p.held, p.released} {
		for sku := range counts {
			skus.Insert(ast.StringTerm(sku), ast.NewTerm(object("held", number(p.held[sku]), "released", number(p.released[sku]))))
		}
	}
	return object("population", object(
		"leavers", number(p.leavers),
		"earliestLeftAt", earliest,
		"leftOn", leftOn,
		"untimed", number(p.untimed),
		"licencesUnread", number(p.licencesUnread),
		"skus", skus,
	))
}

func number(n int) ast.Value { return ast.InternedTerm(n).Value }

// shareOf counts one leaver. Where it is not known what somebody holds now, nothing of theirs counts as
// released: nobody can say that they have it no more.
func shareOf(record snapshot.Record, before *snapshot.Record, subscribed map[string]bool) share {
	leaver := record.Leaver
	out := share{leftAt: leaver.LeftAt}
	switch leaver.State {
	case snapshot.Live, snapshot.Deleted, snapshot.Unread:
		out.judged = true
	default:
		return out
	}
	if leaver.State != snapshot.Deleted {
		licences := record.Facts[snapshot.Licences]
		held, ok := assigned(licences)
		if licences.State != snapshot.Read || !ok {
			out.licencesUnread = true
			return out
		}
		out.held = held
	}
	// Without the log nobody can say what was taken away.
	out.licencesUnread = record.Facts[snapshot.Audits].State != snapshot.Read
	had := takenAway(record.Facts[snapshot.Audits], leaver.ID, leaver.LeftAt, subscribed)
	if leaver.LeftAt.IsZero() {
		// Some changes may have been before leaving: then nobody can say what was taken away since.
		every := had
		had = takenAway(record.Facts[snapshot.Audits], leaver.ID, leaver.LeftBy, subscribed)
		out.licencesUnread = out.licencesUnread || len(had) != len(every)
	}
	if leaver.State == snapshot.Deleted {
		// The licences of a deleted account are those that it had when it was deleted.
		last, _ := assigned(record.Facts[snapshot.Licences])
		had = append(had, last...)
	}
	if before != nil {
		old, _ := assigned(before.Facts[snapshot.Licences])
		had = append(had, old...)
	}
	slices.Sort(had)
	out.released = slices.DeleteFunc(slices.Compact(had), func(sku string) bool { return slices.Contains(out.held, sku) })
	return out
}

// assigned lists the subscriptions of a leaver's licences, each once; false where the fact has another form.
func assigned(licences snapshot.Fact) ([]string, bool) {
	value, _ := licences.Value.(map[string]any)
	rows, ok := value["assignedLicenses"].([]any)
	var out []string
	for _, row := range rows {
		fields, _ := row.(map[string]any)
		id, given := fields["skuId"].(string)
		ok = ok && given
		if id = lower(id); id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, ok
}

// takenAway lists the subscriptions that changes of the licence since leaving show as there before and not
// after. A part of the log proves as much as it shows.
func takenAway(audits snapshot.Fact, who string, left time.Time, subscribed map[string]bool) []string {
	rows, _ := audits.Value.([]any)
	var out []string
	for _, row := range rows {
		event, _ := row.(map[string]any)
		if !licenceChange(event, left) {
			continue
		}
		targets, _ := event["targetResources"].([]any)
		for _, target := range targets {
			fields, _ := target.(map[string]any)
			if id, _ := fields["id"].(string); lower(id) != who {
				continue
			}
			changes, _ := fields["modifiedProperties"].([]any)
			for _, change := range changes {
				property, _ := change.(map[string]any)
				if name, _ := property["displayName"].(string); !strings.EqualFold(name, "AssignedLicense") {
					continue
				}
				after := subscriptions(property["newValue"], subscribed)
				for _, sku := range subscriptions(property["oldValue"], subscribed) {
					if !slices.Contains(after, sku) {
						out = append(out, sku)
					}
				}
			}
		}
	}
	return out
}

// licenceChange says whether an event changed licences at or after leaving.
func licenceChange(event map[string]any, leftAt time.Time) bool {
	activity, _ := event["activityDisplayName"].(string)
	result, _ := event["result"].(string)
	when, _ := event["activityDateTime"].(string)
	at, err := time.Parse(time.RFC3339Nano, when)
	return err == nil && !at.Before(leftAt) &&
		strings.EqualFold(strings.Trim(activity, ". "), "Change user license") && strings.EqualFold(result, "success")
}

// subscriptions finds the subscriptions that a property's text names, whatever its form: JSON in JSON with
// SkuId=... in it, or ids alone. Other ids in it, such as the tenant's, are no subscriptions.
func subscriptions(value any, subscribed map[string]bool) []string {
	text, _ := value.(string)
	var out []string
	for _, id := range regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).FindAllString(lower(text), -1) {
		if subscribed[id] && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// subscribedSKUs are the keys of the tenant's fact, of a part of it too.
func subscribedSKUs(tenant snapshot.Tenant) map[string]bool {
	out := map[string]bool{}
	rows, _ := tenant.Facts[snapshot.SubscribedSKUs].Value.(map[string]any)
	for sku := range rows {
		out[lower(sku)] = true
	}
	return out
}
