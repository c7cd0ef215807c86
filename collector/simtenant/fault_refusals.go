package simtenant

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refuse words a refusal as the service that was asked does.
func (s *strike) refuse(status int, code, message string) *answer {
	t, c := s.t, s.c
	if s.fault.Status != 0 {
		status = s.fault.Status
	}
	a := answer{}
	switch c.family {
	case familyLogin:
		a = answer{status: status, body: map[string]any{
			"error": code, "error_description": message + " Trace ID: " + c.id + " Correlation ID: " + c.id, "trace_id": c.id, "correlation_id": c.id,
		}}
	case familyExchange:
		a = (&cmdletCall{t: t, name: c.template}).failure(status, code, "", message)
	default:
		a = t.graphError(status, code, message, c.id, c.id)
	}
	if s.fault.Body != "" {
		a.body, a.text = nil, s.fault.Body
		a.header = map[string]string{"Content-Type": "application/json"}
	}
	return &a
}

// throttle is a 429. The window is what the client can learn from it; zero when it says nothing.
func (s *strike) throttle(window time.Duration, header string) *answer {
	a := s.refuse(http.StatusTooManyRequests, "TooManyRequests", "Too many requests. Please wait before you try again.")
	if header != "" {
		if a.header == nil {
			a.header = map[string]string{}
		}
		a.header["Retry-After"] = header
	}
	s.window = window
	return a
}

func seconds(text string) time.Duration {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n * float64(time.Second))
}

// after gives the fault's own Retry-After, or the kind's.
func (s *strike) after(standard string) string {
	if s.fault.RetryAfter != "" {
		return s.fault.RetryAfter
	}
	return standard
}

func throttlings() []way {
	forSeconds := func(standard string, strict bool) func(*strike) *answer {
		return func(s *strike) *answer {
			wait := s.after(standard)
			s.strict = strict
			return s.throttle(seconds(wait), wait)
		}
	}
	forDate := func(ahead, skew time.Duration) func(*strike) *answer {
		return func(s *strike) *answer {
			date := s.t.now().Add(skew)
			a := s.throttle(max(0, ahead), date.Add(ahead).Format(http.TimeFormat))
			a.header["Date"] = date.Format(http.TimeFormat)
			return a
		}
	}
	throttled := func(name string, rows []int, says string, instead func(*strike) *answer) way {
		return way{FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: anywhere(), Effect: Passes}, instead: instead}
	}
	twice := throttled("throttled-twice", []int{6}, "429 with two Retry-After, of which the longer counts.", func(s *strike) *answer {
		wait := s.after("20")
		a := s.throttle(seconds(wait), "5")
		a.again = map[string]string{"Retry-After": wait}
		return a
	})
	twice.Places = []Place{AtRequest, AtEnvelope, AtSignIn, AtExchange}
	day := throttled("throttled-day", []int{5}, "429 with Retry-After of a day.", forSeconds("86400", false))
	day.Effect = Unknown
	return []way{
		throttled("throttled", []int{1, 7, 9, 10}, "429 with Retry-After in seconds.", forSeconds("10", false)),
		throttled("throttled-fraction", []int{2}, "429 with a Retry-After that is no whole number.", forSeconds("2.128", false)),
		throttled("throttled-date", []int{3}, "429 with a date for Retry-After.", forDate(30*time.Second, 0)),
		throttled("throttled-date-past", []int{3}, "429 with a Retry-After that is over.", forDate(-time.Minute, 0)),
		throttled("throttled-date-skewed", []int{3}, "429 with a date for Retry-After, by a clock that is an hour ahead.", forDate(30*time.Second, time.Hour)),
		throttled("throttled-silent", []int{4}, "429 without Retry-After.", func(s *strike) *answer { return s.throttle(0, "") }),
		day,
		throttled("throttled-garbage", []int{6}, "429 with a Retry-After that means nothing.", func(s *strike) *answer { return s.throttle(0, s.after("soon")) }),
		throttled("throttled-negative", []int{6}, "429 with a negative Retry-After.", func(s *strike) *answer { return s.throttle(0, s.after("-5")) }),
		twice,
		throttled("throttled-strict", []int{8}, "429 with Retry-After; whoever calls before it is over is refused again and waits anew.", forSeconds("10", true)),
	}
}

func failures() []way {
	failing := func(name string, rows []int, says string, places []Place, instead func(*strike) *answer) way {
		return way{FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: places, Effect: Passes}, instead: instead}
	}
	return []way{
		failing("failing", []int{11, 12, 26}, "A 5xx, or whatever Status says.", anywhere(), func(s *strike) *answer {
			return s.refuse(http.StatusInternalServerError, "InternalServerError", "An internal error has occurred.")
		}),
		failing("unavailable", []int{11}, "503 with Retry-After.", anywhere(), func(s *strike) *answer {
			a := s.refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is temporarily unavailable.")
			wait := s.after("5")
			if a.header == nil {
				a.header = map[string]string{}
			}
			a.header["Retry-After"], s.window = wait, seconds(wait)
			return a
		}),
		failing("gateway-page", []int{13}, "502 with a page of HTML.", anywhere(), func(*strike) *answer {
			return page(http.StatusBadGateway, "<html><body><h1>502 Bad Gateway</h1></body></html>")
		}),
		failing("proxy-page", []int{14}, "200 with the HTML of somebody's sign-in page.", services(), func(*strike) *answer {
			return page(http.StatusOK, "<!DOCTYPE html><html><body><form>Sign in to the network</form></body></html>")
		}),
		failing("expired-token", []int{24, 26}, "401 for a token that was good.", services(), func(s *strike) *answer {
			a := s.refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", string(errTokenStale))
			a.header = map[string]string{"WWW-Authenticate": `Bearer realm="", error="invalid_token"`}
			return a
		}),
		failing("claims-challenge", []int{25}, "401 until somebody signs in with the claims that it names (continuous access evaluation).", lines(), challenge(`", claims="%s"`)),
		{
			FaultKind: FaultKind{Name: "claims-unquoted", Rows: []int{25}, Says: "401 with claims that are not in quotes.", Places: lines(), Effect: Passes},
			instead:   challengeOnce(`", claims=abc`),
		},
		{
			FaultKind: FaultKind{Name: "claims-garbled", Rows: []int{25}, Says: "401 with claims that are no base64.", Places: lines(), Effect: Passes},
			instead:   challengeOnce(`", claims="%%%not base64%%%"`),
		},
	}
}

func page(status int, html string) *answer {
	return &answer{status: status, text: html, header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}
}

func refusals() []way {
	refused := func(name string, rows []int, effect Effect, says string, status int, code, message string) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: services(), Effect: effect},
			instead:   func(s *strike) *answer { return s.refuse(status, code, message) },
		}
	}
	bare := func(name string, rows []int, effect Effect, says string, status int, body string) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: services(), Effect: effect},
			instead: func(s *strike) *answer {
				if body == "" {
					return &answer{status: status}
				}
				return &answer{status: status, text: body, header: map[string]string{"Content-Type": "application/json"}}
			},
		}
	}
	exchangeOnly := func(name, says, exception, message string, status int) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: []int{51}, Says: says, Places: []Place{AtExchange}, Effect: Unknown},
			instead: func(s *strike) *answer {
				a := (&cmdletCall{t: s.t, name: s.c.template}).failure(status, "BadRequest", exception, message)
				a.header = map[string]string{"X-ExceptionType": exception}
				return &a
			},
		}
	}
	const notThere = http.StatusNotFound
	list := []way{
		refused("forbidden", []int{27}, Unknown, "403 for want of a permission.", http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
		bare("forbidden-silent", []int{28}, Unknown, "403 with an empty object.", http.StatusForbidden, "{}"),
		bare("forbidden-no-message", []int{28}, Unknown, "403 with a code and no message.", http.StatusForbidden, `{"error":{"code":"Authorization_RequestDenied"}}`),
		refused("no-premium", []int{29}, Unknown, "403 for want of Entra ID P1.", http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", notPremium().message),
		refused("no-intune", []int{29}, Unknown, "400 where Intune was never set up.", http.StatusBadRequest, "BadRequest", noIntune().message),
		refused("no-sharepoint", []int{29}, Unknown, "400 where there is no SharePoint.", http.StatusBadRequest, "BadRequest", "Tenant does not have a SPO license."),
		refused("not-found", []int{30}, Says, "404: the object was deleted for good.", notThere, "Request_ResourceNotFound", "Resource '00000000-0000-0000-0000-000000000000' does not exist or one of its queried reference-property objects are not present."),
		refused("no-mailbox", []int{31}, Says, "404: no mailbox that Graph can open.", notThere, noMailbox().code, noMailbox().message),
		refused("no-drive", []int{31}, Says, "404: no drive.", notThere, "itemNotFound", "User's mysite not found."),
		bare("not-found-empty", []int{32}, Passes, "404 without a body.", notThere, ""),
		refused("unsupported", []int{33}, Unknown, "400: the query or the endpoint is not there.", http.StatusBadRequest, "Request_UnsupportedQuery", "Unsupported Query."),
		refused("delta-gone", []int{44}, Unknown, "410: the state of a delta query is gone; a new one passes.", http.StatusGone, "syncStateNotFound", "The sync state generation is not found; continue with a full synchronization."),
		exchangeOnly("cmdlet-error", "500 with the error of a cmdlet.", "System.Exception", "An unexpected error happened while the cmdlet ran.", http.StatusInternalServerError),
		exchangeOnly("ambiguous", "400: the name means several mailboxes.", "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException", "The operation couldn't be performed because 'x' matches multiple entries.", http.StatusBadRequest),
	}
	return append(list, way{
		FaultKind: FaultKind{
			Name: "redirect", Rows: []int{48, 51}, Effect: Unknown, Places: []Place{AtRequest, AtItem, AtExchange},
			Says: "302 to another host: Value, or the region's own backend.",
		},
		instead: func(s *strike) *answer {
			to := s.fault.Value
			if to == "" {
				to = "https://am0pr01mb0001.outlook.office365.com/adminapi/beta/elsewhere"
			}
			return &answer{status: http.StatusFound, header: map[string]string{"Location": to}}
		},
	}, way{
		FaultKind: FaultKind{
			Name: "clock-skew", Rows: []int{53}, Effect: Passes, Places: lines(),
			Says: "The Date of an answer is ten minutes ahead.",
		},
		after: func(s *strike, a *answer) bool {
			a.set("Date", s.t.now().Add(10*time.Minute).Format(http.TimeFormat))
			return true
		},
	}, way{
		FaultKind: FaultKind{
			Name: "near-limit", Rows: []int{62}, Effect: Passes, Places: services(),
			Says: "A good answer that says how near the quota is: 120 %, nothing remaining.",
		},
		after: func(s *strike, a *answer) bool {
			a.set("x-ms-throttle-limit-percentage", "1.2")
			a.set("RateLimit-Limit", "1200")
			a.set("RateLimit-Remaining", "0")
			a.set("RateLimit-Reset", "5")
			return true
		},
	})
}

// set gives an answer a header, and leaves the headers of other answers alone.
func (a *answer) set(name, value string) {
	header := map[string]string{name: value}
	for other, v := range a.header {
		if !strings.EqualFold(other, name) {
			header[other] = v
		}
	}
	a.header = header
}
