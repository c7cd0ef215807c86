package simtenant

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const nextLink = "@odata.nextLink"

// pageOfListing returns the body and rows of an answer that is a page of a listing.
func pageOfListing(c *call, a *answer) (body map[string]any, rows []map[string]any, ok bool) {
	body, isObject := a.body.(map[string]any)
	rows, isListing := body["value"].([]map[string]any)
	return body, rows, isObject && isListing && c.page != nil
}

func listings() []way {
	places := services()
	paged := func(name string, row int, effect Effect, says string, change func(s *strike, body map[string]any, rows []map[string]any) bool) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: []int{row}, Says: says, Places: places, Listing: true, Effect: effect},
			after: func(s *strike, a *answer) bool {
				body, rows, ok := pageOfListing(s.c, a)
				return ok && change(s, body, rows)
			},
		}
	}
	// With more to come: the link of the next page changes.
	relinked := func(name string, row int, effect Effect, says string, to func(s *strike) string) way {
		return paged(name, row, effect, says, func(s *strike, body map[string]any, _ []map[string]any) bool {
			next := to(s)
			if body[nextLink] == nil || next == "" {
				return false
			}
			body[nextLink] = next
			return true
		})
	}
	// Whether more was to come or not.
	astray := func(name, says string, to func(good *url.URL, value string) string) way {
		return paged(name, 37, Aborts, says, func(s *strike, body map[string]any, _ []map[string]any) bool {
			good, err := url.Parse(s.c.page.link(s.c.page.to, 0))
			if err != nil {
				panic(err) // its own link
			}
			body[nextLink] = to(good, s.fault.Value)
			return true
		})
	}
	lost := func(name string, row int, status int, code, message, says string) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: []int{row}, Says: says, Places: places, Listing: true, Effect: Passes},
			takes:     func(c *call) bool { return strings.Contains(strings.ToLower(c.query), "skiptoken=") },
			instead:   func(s *strike) *answer { return s.refuse(status, code, message) },
		}
	}
	const bad = http.StatusBadRequest
	return []way{
		lost("expired-page", 34, bad, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.", "400 for a later page: its link has expired."),
		lost("page-not-found", 34, bad, "DirectoryPageTokenNotFoundException", "The page token was not found.", "400 for a later page: its link is not known."),
		lost("bad-skip-token", 34, bad, "BadRequest", "Skip token is invalid, or the query is not the one that it was made for.", "400 for a later page: its link is no good."),
		relinked("poisoned-link", 35, Passes, "The link of the next page is one that the service has dropped: asking for it is a 400.", func(s *strike) string {
			return s.c.page.link(s.c.page.to, 0) + droppedToken
		}),
		paged("link-loop", 36, Passes, "The link of the next page leads to this one, always by the same link.", func(s *strike, body map[string]any, rows []map[string]any) bool {
			if len(rows) == 0 {
				return false
			}
			body[nextLink] = s.c.page.link(s.c.page.from, 0)
			return true
		}),
		paged("page-repeats", 36, Passes, "The link of the next page leads to this one, by a link that is new every time.", func(s *strike, body map[string]any, rows []map[string]any) bool {
			if len(rows) == 0 {
				return false
			}
			body[nextLink] = s.c.page.link(s.c.page.from, s.c.nth)
			return true
		}),
		astray("foreign-link", "The link of the next page leads to another host: Value, or one that is nobody's.", func(good *url.URL, value string) string {
			if value == "" {
				value = "https://graph.microsoft.com.collector.example"
			}
			return value + good.RequestURI()
		}),
		astray("port-link", "The link of the next page leads to another port of the host.", func(good *url.URL, _ string) string {
			return "https://" + good.Hostname() + ":8443" + good.RequestURI()
		}),
		astray("plain-link", "The link of the next page is http.", func(good *url.URL, _ string) string { return "http://" + good.Host + good.RequestURI() }),
		astray("userinfo-link", "The link of the next page has the host for a user name.", func(good *url.URL, _ string) string {
			return "https://" + good.Host + "@collector.example" + good.RequestURI()
		}),
		astray("other-path-link", "The link of the next page leads to another tenant's, or another version's, path.", func(good *url.URL, _ string) string {
			return "https://" + good.Host + "/adminapi/beta/another/InvokeCommand?" + good.RawQuery
		}),
		paged("empty-page", 38, Passes, "A page without rows, whose link leads to the rows.", func(s *strike, body map[string]any, rows []map[string]any) bool {
			if len(rows) == 0 {
				return false
			}
			body["value"] = []map[string]any{}
			body[nextLink] = s.c.page.link(s.c.page.from, s.c.nth)
			return true
		}),
		paged("empty-last", 38, Passes, "The last page has a link, to a page without rows.", func(s *strike, body map[string]any, rows []map[string]any) bool {
			if body[nextLink] != nil || len(rows) == 0 {
				return false
			}
			body[nextLink] = s.c.page.link(s.c.page.total, 1)
			return true
		}),
		paged("missing-link", 39, Unknown, "The link of the next page is missing, although @odata.count says that there is more.", func(s *strike, body map[string]any, _ []map[string]any) bool {
			if body[nextLink] == nil {
				return false
			}
			delete(body, nextLink)
			body["@odata.count"] = s.c.page.total
			return true
		}),
		relinked("overlap", 40, Passes, "The next page begins with the last row of this one.", func(s *strike) string {
			if s.c.page.to-1 <= s.c.page.from {
				return ""
			}
			return s.c.page.link(s.c.page.to-1, 0)
		}),
		paged("small-page", 41, Passes, "A page has half of the rows that were asked for, and a link to the rest.", func(s *strike, body map[string]any, rows []map[string]any) bool {
			if len(rows) < 2 {
				return false
			}
			body["value"] = rows[:len(rows)/2]
			body[nextLink] = s.c.page.link(s.c.page.from+len(rows)/2, 0)
			return true
		}),
		{
			FaultKind: FaultKind{Name: "top-refused", Rows: []int{41}, Says: "400 for a $top above Value, or 120.", Places: []Place{AtRequest, AtItem}, Listing: true, Effect: Passes},
			takes:     func(c *call) bool { return topOf(c.query) > 0 },
			instead: func(s *strike) *answer {
				most, err := strconv.Atoi(s.fault.Value)
				if err != nil {
					most = 120
				}
				if topOf(s.c.query) <= most {
					return nil
				}
				return s.refuse(bad, "Request_UnsupportedQuery", "Invalid page size specified: '"+strconv.Itoa(topOf(s.c.query))+"'. Must be between 1 and "+strconv.Itoa(most)+" inclusive.")
			},
		},
		{
			FaultKind: FaultKind{
				Name: "lost-consistency", Rows: []int{43}, Places: []Place{AtRequest}, Listing: true, Effect: Unknown,
				Says: "400 for a later page that lacks the ConsistencyLevel with which its listing began.",
			},
			instead: func(s *strike) *answer {
				t, listing := s.t, withoutToken(s.c.asked)
				t.mu.Lock()
				defer t.mu.Unlock()
				if s.c.eventual {
					t.fresh[listing] = true
					return nil
				}
				if !t.fresh[listing] || !strings.Contains(strings.ToLower(s.c.query), "skiptoken=") {
					return nil
				}
				return s.refuse(bad, "Request_UnsupportedQuery", "ConsistencyLevel header set to 'eventual' is required.")
			},
		},
	}
}

// droppedToken marks the links that the service has dropped.
const droppedToken = "~dropped"

// dropped refuses a link that the service has dropped.
func dropped(t *Tenant, c *call) *answer {
	if !strings.HasSuffix(c.query, droppedToken) {
		return nil
	}
	return (&strike{t: t, c: c}).refuse(http.StatusBadRequest, "DirectoryPageTokenNotFoundException", "The page token was not found.")
}

// topOf is the $top of a query, 0 when there is none.
func topOf(query string) int {
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(values.Get("$top"))
	if err != nil {
		return 0
	}
	return n
}

// withoutToken is a request without the token of its page.
func withoutToken(target string) string {
	path, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return path
	}
	values = maps.Clone(values)
	values.Del("$skiptoken")
	return path + "?" + values.Encode()
}
