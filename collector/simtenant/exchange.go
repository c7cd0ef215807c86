package simtenant

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	exchangePage   = 1000 // rows per page, and rows without ResultSize
	linkLife       = 10 * time.Minute
	exchangeJSON   = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false"
	exchangeAnchor = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"
)

// cmdletCall is one InvokeCommand.
type cmdletCall struct {
	call
	t          *Tenant
	name       string
	parameters map[string]any // names in lower case
	selected   []string
	pageSize   int
	base       string
	resumeFrom int
	listing    string
	requestID  string
}

// row is one object as a cmdlet returns it: properties with their order gone, companions to be added.
type row map[string]any

// serveExchange answers InvokeCommand, which stands in for the cmdlets.
func (t *Tenant) serveExchange(w http.ResponseWriter, r *http.Request) {
	nth := t.arrive()
	requestID := t.commonHeaders(w, r, nth)
	w.Header().Set("Content-Type", exchangeJSON)
	w.Header().Set("Rate-Limit-Remaining", "10000")
	w.Header().Set("Rate-Limit-Reset", t.now().Add(time.Minute).Format("2006-01-02T15:04:05Z"))
	c := &cmdletCall{call: call{family: familyExchange, template: unauthorised, item: -1, id: requestID}, t: t, requestID: requestID}
	caller, err := t.authenticate(r.Header.Get("Authorization"), exchangeResource)
	if err != nil {
		t.admit(&c.call)
		w.Header().Set("WWW-Authenticate", `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", error="invalid_token"`)
		write(w, r, c.failure(http.StatusUnauthorized, "Unauthorized", "", err.Error()))
		return
	}
	if a := t.challenge(); a != nil {
		write(w, r, *a)
		return
	}
	err = c.read(r)
	if a := t.admit(&c.call); a != nil {
		t.send(w, r, &c.call, *a)
		return
	}
	var a answer
	switch {
	case err != nil:
	case t.options.WithoutExchangeRole || !slices.Contains([]string{"Exchange.ManageAsApp", "Exchange.Manage"}, strings.Join(caller.permissions(), " ")):
		t.send(w, r, &c.call, c.failure(http.StatusForbidden, "Unauthorized", "", "The role assigned to application "+caller.App+
			" isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles to Azure AD "+
			"Application for EXO App-Only Authentication."))
		return
	default:
		a, err = c.run()
	}
	var no *cmdletError
	if errors.As(err, &no) {
		if !no.quiet {
			t.complain("exchange: %s: %d %s", c.template, no.status, no.message)
		}
		if no.exception != "" {
			w.Header().Set("X-ExceptionType", no.exception)
		}
		a = c.failure(no.status, no.code, no.exception, no.message)
	}
	t.send(w, r, &c.call, t.disturb(&c.call, a))
}

// read takes the call from the request and refuses what Exchange could not make sense of.
func (c *cmdletCall) read(r *http.Request) error {
	t := c.t
	c.template = r.Method + " " + r.URL.Path
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[0] != "adminapi" || parts[1] != "beta" || parts[3] != "InvokeCommand" {
		return &cmdletError{status: http.StatusNotFound, code: "NotFound", message: "only /adminapi/beta/{tenant}/InvokeCommand is simulated"}
	}
	c.template = r.Method + " InvokeCommand"
	if parts[2] != t.id && !strings.EqualFold(parts[2], t.organisation.initialDomain) {
		return badCmdlet("The tenant in the path is not the one of the token.")
	}
	if r.Method != http.MethodPost {
		return &cmdletError{status: http.StatusMethodNotAllowed, code: "MethodNotAllowed", message: "The requested resource does not support http method '" + r.Method + "'."}
	}
	data, err := readBody(r)
	if err != nil {
		return badCmdlet("The body cannot be read.")
	}
	var body struct {
		CmdletInput struct {
			CmdletName string         `json:"CmdletName"`
			Parameters map[string]any `json:"Parameters"`
		} `json:"CmdletInput"`
	}
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(strings.ToLower(kind), "application/json") || json.Unmarshal(data, &body) != nil {
		return badCmdlet("The input is not valid JSON of type application/json.")
	}
	c.name = body.CmdletInput.CmdletName
	if c.name == "" {
		return badCmdlet("CmdletInput has no CmdletName.")
	}
	c.template = c.name
	c.asked, c.query = r.URL.RequestURI()+" "+string(data), r.URL.RawQuery
	c.parameters = map[string]any{}
	for name, value := range body.CmdletInput.Parameters {
		c.parameters[strings.ToLower(name)] = value
	}
	if err := c.readHeaders(r); err != nil {
		return err
	}
	return c.readQuery(r, data)
}

func (c *cmdletCall) readHeaders(r *http.Request) error {
	anchor := r.Header.Get("X-AnchorMailbox")
	kind, target, _ := strings.Cut(anchor, ":")
	switch {
	case kind == "APP" && (strings.EqualFold(target, exchangeAnchor+c.t.id) || strings.EqualFold(target, exchangeAnchor+c.t.organisation.initialDomain)):
	case kind == "UPN" && strings.Contains(target, "@"):
	default:
		return badCmdlet("The X-AnchorMailbox header is missing or names no mailbox: %q.", anchor)
	}
	if name := r.Header.Get("X-CmdletName"); name != "" && !strings.EqualFold(name, c.name) {
		c.t.complain("exchange: X-CmdletName is %q, the body says %q", name, c.name)
	}
	c.pageSize = exchangePage
	for _, preference := range r.Header.Values("Prefer") {
		for p := range strings.SplitSeq(preference, ",") {
			if size, ok := strings.CutPrefix(strings.TrimSpace(p), "odata.maxpagesize="); ok {
				n, err := strconv.Atoi(strings.Trim(size, `"`))
				if err != nil || n < 1 {
					return badCmdlet("odata.maxpagesize=%s is no page size.", size)
				}
				c.pageSize = min(n, exchangePage)
			}
		}
	}
	c.pageSize = c.t.pageSize(0, c.pageSize, exchangePage)
	return nil
}

func (c *cmdletCall) readQuery(r *http.Request, body []byte) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return badCmdlet("%v", err)
	}
	c.selected = q.selected
	link := q.with("")
	c.base = "https://" + r.Host + r.URL.Path + "?" + link
	// Continuing means to post the same body again.
	var input any
	_ = json.Unmarshal(body, &input) // it was read as JSON before
	c.listing = "exchange " + r.URL.Path + "?" + q.fingerprint() + " " + string(encode(input))
	if q.skipToken == "" {
		return nil
	}
	state, ok := c.t.openSkip(q.skipToken, c.listing)
	if !ok {
		return badCmdlet("The skip token is invalid, or the body is not the one that it was made for.")
	}
	if c.t.now().Sub(state.issued) > linkLife {
		return &cmdletError{status: http.StatusBadRequest, code: "BadRequest", message: "The skip token has expired.", quiet: true}
	}
	c.resumeFrom = state.offset
	return nil
}

// respond cuts the rows into pages and adds what Exchange adds.
func (c *cmdletCall) respond(rows []row, known []string) (answer, error) {
	return c.respondWith(len(rows), func(i int) row { return rows[i] }, known)
}

// respondWith does so for rows that are made when their page is asked for: of half a million mailboxes, a page
// needs a thousand.
func (c *cmdletCall) respondWith(total int, at func(i int) row, known []string) (answer, error) {
	for _, name := range c.selected {
		if !slices.Contains(known, name) {
			c.t.complain("exchange: %s: $select names %q, which the cmdlet does not have", c.name, name)
		}
	}
	warnings := []string{}
	limit, err := c.resultSize()
	if err != nil {
		return answer{}, err
	}
	if limit < total {
		total = limit
		warnings = append(warnings, fmt.Sprintf("By default, only the first %d items are returned. Use the ResultSize parameter to specify the "+
			"number of items returned. To return all items, specify \"-ResultSize Unlimited\".", limit))
	}
	from := min(c.resumeFrom, total)
	to := min(from+c.pageSize, total)
	value := make([]map[string]any, 0, to-from)
	wanted := map[string]bool{}
	for _, name := range c.selected {
		wanted[strings.ToLower(name)] = true
	}
	for i := from; i < to; i++ {
		value = append(value, dress(at(i), wanted))
	}
	body := map[string]any{
		"@odata.context":     strings.SplitN(c.base, "/InvokeCommand", 2)[0] + "/$metadata#Collection(Exchange.GenericHashTable)",
		"@adminapi.warnings": warnings,
		"value":              value,
	}
	c.page = &pageOf{from: from, to: to, total: total, link: func(offset, salt int) string {
		return c.base + c.t.sealSkip(skipState{offset: offset, issued: c.t.now().Add(time.Duration(salt) * time.Second), listing: c.listing})
	}}
	if to < total {
		body["@odata.nextLink"] = c.page.link(to, 0)
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// resultSize is how many rows the caller lets the cmdlet return.
func (c *cmdletCall) resultSize() (int, error) {
	switch v := c.parameters["resultsize"].(type) {
	case nil:
		return exchangePage, nil
	case float64:
		if v >= 1 {
			return int(v), nil
		}
	case string:
		if strings.EqualFold(v, "Unlimited") {
			return 1 << 30, nil
		}
		if n, err := strconv.Atoi(v); err == nil && n >= 1 {
			return n, nil
		}
	}
	return 0, c.transformation("ResultSize")
}

// dress adds the companions that tell types, and trims to the wanted properties, in lower case; none are all.
func dress(r row, wanted map[string]bool) map[string]any {
	out := make(map[string]any, 2*len(r))
	for name, value := range r {
		if len(wanted) > 0 && !wanted[strings.ToLower(name)] {
			continue
		}
		switch v := value.(type) {
		case time.Time:
			out[name+"@data.type"] = "System.DateTime"
			out[name] = fine(v)
			if !v.IsZero() && strings.HasPrefix(name, "When") {
				out[name+"(DateTime)"] = fine(v)
			}
		case []string:
			out[name+"@odata.type"] = "#Collection(String)"
			out[name] = list(v)
		case guid:
			out[name+"@data.type"] = "System.Guid"
			out[name] = string(v)
		default:
			out[name] = v
		}
	}
	return out
}

// guid is a value that Exchange marks as System.Guid.
type guid string
