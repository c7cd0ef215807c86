package simtenant

import (
	"maps"
	"math"
	"strconv"
	"strings"
	"time"
)

// Quotas are the limits that a tenant enforces: those that Microsoft documents for one application in one tenant, by the
// tenant's size. The items of a batch are judged one by one. What is refused is refused with 429 and a Retry-After; who
// comes back before that is over is refused again, and the time starts anew. Whoever uses 80 % of the directory's or of
// SharePoint's units is warned.
type Quotas struct {
	// Users is the size of the tenant; by default, those that it has.
	Users int
	// Licences decides SharePoint's limit; by default, Users.
	Licences int
	// ExchangePerMinute is the limit for cmdlets, which is assumed: Microsoft publishes none. 600 by default.
	ExchangePerMinute int
	// MethodsAreLogs holds authentication methods to the limit of the logs, five in ten seconds, as the documentation's
	// list of resources has it; clients report that they are not.
	MethodsAreLogs bool
	// ActivityIsNotLogs lets signInActivity be listed at the directory's limit alone. By default it is held to the limit
	// of the logs, too, as clients report.
	ActivityIsNotLogs bool
	// Limits replaces the units of a family's limit.
	Limits map[string]int
}

// Throttled returns how many calls were refused for want of quota, by family; faults are not counted.
func (t *Tenant) Throttled() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.throttled)
}

// Early returns how many calls came before a Retry-After was over that a client had read, whether a quota or a fault had
// set it, by family. Calls that were under way already are not early.
func (t *Tenant) Early() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.early)
}

// warnFrom is the share of a quota from which answers warn.
const warnFrom = 0.8

// meters count what was used.
type meters struct {
	limits    map[string]quotaLimit // nil without quotas
	quotas    Quotas
	buckets   map[string]*bucket
	windows   map[string]*fence
	throttled map[string]int
	early     map[string]int
}

// bucket is what one quota was used for, in order of time.
type bucket struct {
	spent  []expense
	sum    int
	flying int
}

type expense struct {
	at    time.Time
	units int
}

// fence is a time in which a scope was asked to be left alone.
type fence struct {
	known, until time.Time // known: when the client could have read it
	length       time.Duration
	strict       bool
	by           string // the request-id of the answer that said so
}

func newMeters(q *Quotas, users int) meters {
	m := meters{buckets: map[string]*bucket{}, windows: map[string]*fence{}, throttled: map[string]int{}, early: map[string]int{}}
	if q == nil {
		return m
	}
	m.quotas = *q
	if m.quotas.Users == 0 {
		m.quotas.Users = users
	}
	if m.quotas.Licences == 0 {
		m.quotas.Licences = m.quotas.Users
	}
	if m.quotas.ExchangePerMinute == 0 {
		m.quotas.ExchangePerMinute = defaultExchangePerMinute
	}
	m.limits = quotaLimits(m.quotas)
	for family, units := range m.quotas.Limits {
		limit := m.limits[family]
		limit.units = units
		m.limits[family] = limit
	}
	return m
}

// charged fills in what a call to Graph costs.
func (g *graphCall) charged(rawQuery string) {
	if q, err := parseQuery(rawQuery); err == nil {
		g.query = q
	}
	g.call.units = 1
	switch g.family {
	case familyIdentity:
		g.call.units = g.units()
	case familyDrives:
		g.call.units = max(1, g.route.cost)
	}
}

// scopes are the quotas that a call uses, most of them one: family, and for Outlook the mailbox.
func (t *Tenant) scopes(c *call) []string {
	main := c.family
	switch c.family {
	case familyOutlook:
		main += " " + mailboxOf(c.asked)
	case familyAdmin, familyLogin:
		main += " " + c.template
	case familyIdentity:
		if !t.quotas.ActivityIsNotLogs && strings.HasSuffix(c.template, "/users") && strings.Contains(c.query, "signInActivity") {
			return []string{familyLogs, familyIdentity}
		}
		if t.quotas.MethodsAreLogs && strings.HasSuffix(c.template, "/authentication/methods") {
			return []string{familyLogs, familyIdentity}
		}
	}
	return []string{main}
}

// mailboxOf is the mailbox in the path of a call to Outlook.
func mailboxOf(target string) string {
	_, rest, _ := strings.Cut(target, "/users/")
	mailbox, _, _ := strings.Cut(rest, "/")
	return strings.ToLower(mailbox)
}

func familyOfScope(scope string) string {
	family, _, _ := strings.Cut(scope, " ")
	return family
}

// fenced refuses a call that comes while its scope is to be left alone, if the service insists, and lengthens the time.
func (t *Tenant) fenced(c *call, now time.Time) *answer {
	if c.template == unauthorised {
		return nil
	}
	known := now.Add(t.readIn(c))
	t.mu.Lock()
	defer t.mu.Unlock()
	// A client that knows the families tells calls apart by the first of their quotas.
	scope := t.scopes(c)[0]
	f := t.windows[scope]
	if f == nil || !now.Before(f.until) {
		return nil
	}
	early := now.After(f.known)
	if early {
		t.early[familyOfScope(scope)]++
	}
	if !f.strict {
		return nil
	}
	if early {
		f.until, f.known = now.Add(f.length), known
	}
	return t.tooMany(c, f.until.Sub(now), "Window")
}

// readIn is how long it takes until a client has read the answer to a call.
func (t *Tenant) readIn(c *call) time.Duration {
	if t.options.Latency == nil {
		return 0
	}
	if c.item >= 0 {
		return t.options.Latency("POST /v1.0/$batch")
	}
	return t.options.Latency(c.template)
}

// shut asks for the scopes of a call to be left alone.
func (t *Tenant) shut(c *call, now time.Time, length time.Duration, strict bool) {
	known := now.Add(t.readIn(c))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close(c, t.scopes(c)[0], now, known, length, strict)
}

func (t *Tenant) close(c *call, scope string, now, known time.Time, length time.Duration, strict bool) {
	f := t.windows[scope]
	if f == nil || !now.Before(f.until) {
		f = &fence{known: known, by: c.id}
		t.windows[scope] = f
	}
	if until := now.Add(length); until.After(f.until) {
		f.until, f.length = until, length
	}
	f.strict = f.strict || strict
}

// unread notes that an answer did not arrive as it was: nobody could have read a Retry-After in it.
func (t *Tenant) unread(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.windows {
		if f.by == id {
			f.known = f.until
		}
	}
}

// tooMany is the refusal for want of quota.
func (t *Tenant) tooMany(c *call, wait time.Duration, information string) *answer {
	whole := int(math.Ceil(wait.Seconds()))
	s := &strike{t: t, c: c}
	a := s.throttle(0, strconv.Itoa(max(1, whole)))
	a.header["x-ms-throttle-scope"] = "Tenant_Application/Read/" + t.client + "/" + t.id
	a.header["x-ms-throttle-information"] = information
	if c.family == familyDrives {
		a.header["RateLimit-Remaining"] = "0"
		a.header["RateLimit-Reset"] = a.header["Retry-After"]
	}
	return a
}

// charge takes a call's units from its quotas, or refuses it.
func (t *Tenant) charge(c *call, now time.Time) *answer {
	if t.limits == nil || c.template == unauthorised {
		return nil
	}
	known := now.Add(t.readIn(c))
	t.mu.Lock()
	defer t.mu.Unlock()
	wait, exhausted := time.Duration(0), ""
	for _, scope := range t.scopes(c) {
		limit, ok := t.limits[familyOfScope(scope)]
		if !ok {
			continue
		}
		b, units := t.bucketOf(scope), c.costs(scope)
		b.forget(now.Add(-limit.window))
		if b.sum+units > limit.units {
			wait, exhausted = max(wait, b.until(now, limit, units)), scope
		}
		if limit.concurrent > 0 && c.item < 0 && b.flying >= limit.concurrent {
			wait, exhausted = max(wait, time.Second), scope
		}
	}
	if exhausted == "" {
		for _, scope := range t.scopes(c) {
			limit := t.limits[familyOfScope(scope)]
			b := t.bucketOf(scope)
			b.spend(now, c.costs(scope))
			if limit.concurrent > 0 && c.item < 0 {
				b.flying++
				c.flying = b
			}
		}
		return nil
	}
	family := familyOfScope(exhausted)
	if t.limits[family].refusedCount {
		t.bucketOf(exhausted).spend(now, c.costs(exhausted))
	}
	t.throttled[family]++
	whole := time.Duration(math.Ceil(wait.Seconds())) * time.Second
	t.close(c, exhausted, now, known, whole, true)
	return t.tooMany(c, whole, "ResourceUnitLimitExceeded")
}

// costs are the units that a call takes from one of its quotas: resource units, where the quota counts these.
func (c *call) costs(scope string) int {
	switch familyOfScope(scope) {
	case familyIdentity, familyDrives:
		return max(1, c.units)
	}
	return 1
}

// leave ends a call that counted as being answered.
func (t *Tenant) leave(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.flying != nil {
		c.flying.flying--
		c.flying = nil
	}
}

// warn adds what an answer says of its quota.
func (t *Tenant) warn(c *call, header map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limits == nil {
		return
	}
	scope := t.scopes(c)[0]
	family := familyOfScope(scope)
	limit, b := t.limits[family], t.bucketOf(scope)
	used := float64(b.sum) / float64(max(1, limit.units))
	if used < warnFrom {
		return
	}
	if family == familyDrives {
		header["RateLimit-Limit"] = strconv.Itoa(limit.units)
		header["RateLimit-Remaining"] = strconv.Itoa(max(0, limit.units-b.sum))
		header["RateLimit-Reset"] = strconv.Itoa(int(limit.window.Seconds()))
		return
	}
	header["x-ms-throttle-limit-percentage"] = strconv.FormatFloat(math.Round(used*100)/100, 'f', -1, 64)
}

func (t *Tenant) bucketOf(scope string) *bucket {
	b := t.buckets[scope]
	if b == nil {
		b = &bucket{}
		t.buckets[scope] = b
	}
	return b
}

func (b *bucket) spend(now time.Time, units int) {
	b.spent = append(b.spent, expense{now, units})
	b.sum += units
}

// forget drops what was spent up to then.
func (b *bucket) forget(then time.Time) {
	n := 0
	for n < len(b.spent) && !b.spent[n].at.After(then) {
		b.sum -= b.spent[n].units
		n++
	}
	b.spent = b.spent[n:]
}

// until is how long it takes until so many units are there.
func (b *bucket) until(now time.Time, limit quotaLimit, units int) time.Duration {
	free := limit.units - b.sum
	for _, e := range b.spent {
		if free += e.units; free >= units {
			return e.at.Add(limit.window).Sub(now)
		}
	}
	return limit.window
}
