package simtenant_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"leavercheck/collector/simtenant"
)

const firstUsers = "/v1.0/users?$select=id,userPrincipalName&$top=8"

// check looks at what came of the request that was struck, and of whatever it asks next.
type check func(v *visitor, s seen) bool

// answered holds for an answer of that status with those headers.
func answered(status int, headers ...string) check {
	return func(_ *visitor, s seen) bool {
		for i := 0; i < len(headers); i += 2 {
			if s.header.Get(headers[i]) != headers[i+1] {
				return false
			}
		}
		return s.err == nil && s.status == status
	}
}

func failed(want func(error) bool) check {
	return func(_ *visitor, s seen) bool { return s.err != nil && want(s.err) }
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

func says(text string) func(error) bool {
	return func(err error) bool { return strings.Contains(err.Error(), text) }
}

// text holds for an answer of that status that says so.
func text(status int, part string) check {
	return func(_ *visitor, s seen) bool {
		return s.err == nil && s.status == status && strings.Contains(string(s.body), part)
	}
}

// scene is how a kind is shown: where, with what parameters, and what has to come of it.
type scene struct {
	at    string // "users", "users 2", "login", "batch", "item", "cmdlet"
	fault simtenant.Fault
	want  check
}

// dated holds for a 429 whose date is that far from its own.
func dated(ahead time.Duration) check {
	return func(_ *visitor, s seen) bool {
		at, err1 := http.ParseTime(s.header.Get("Retry-After"))
		date, err2 := http.ParseTime(s.header.Get("Date"))
		return s.status == 429 && err1 == nil && err2 == nil && at.Sub(date) == ahead
	}
}

// leads holds for a page whose next link goes there.
func leads(part string) check {
	return func(_ *visitor, s seen) bool { return s.status == 200 && strings.Contains(s.next(), part) }
}

func row(s seen) map[string]any {
	r, _ := s.rows()[0].(map[string]any)
	return r
}

func scenes() map[string]scene {
	at := func(where string, want check) scene { return scene{at: where, want: want} }
	return map[string]scene{
		"throttled":           at("users", answered(429, "Retry-After", "10")),
		"throttled-fraction":  at("users", answered(429, "Retry-After", "2.128")),
		"throttled-date":      at("users", dated(30*time.Second)),
		"throttled-date-past": at("users", dated(-time.Minute)),
		"throttled-date-skewed": at("users", func(v *visitor, s seen) bool {
			date, _ := http.ParseTime(s.header.Get("Date"))
			return dated(30*time.Second)(v, s) && time.Until(date) > 50*time.Minute
		}),
		"throttled-silent":   at("login", answered(429, "Retry-After", "")),
		"throttled-day":      at("cmdlet", answered(429, "Retry-After", "86400")),
		"throttled-garbage":  at("users", answered(429, "Retry-After", "soon")),
		"throttled-negative": at("users", answered(429, "Retry-After", "-5")),
		"throttled-twice": at("users", func(_ *visitor, s seen) bool {
			return slices.Equal(s.header.Values("Retry-After"), []string{"5", "20"})
		}),
		"throttled-strict": at("users", func(v *visitor, s seen) bool {
			<-time.After(4 * time.Second)
			again := v.get(firstUsers) // early: ten seconds from here
			<-time.After(7 * time.Second)
			last := v.get(firstUsers) // 11 s after the first refusal, and still early
			return s.status == 429 && again.status == 429 && last.status == 429 && v.tenant.Early()["identity"] == 2
		}),
		"failing":       {"users", simtenant.Fault{Status: 507}, answered(507)},
		"unavailable":   at("batch", answered(503, "Retry-After", "5")),
		"gateway-page":  at("users", answered(502, "Content-Type", "text/html; charset=utf-8")),
		"proxy-page":    at("users", answered(200, "Content-Type", "text/html; charset=utf-8")),
		"expired-token": at("cmdlet", answered(401)),
		"claims-unquoted": at("users", func(_ *visitor, s seen) bool {
			return s.status == 401 && strings.HasSuffix(s.header.Get("WWW-Authenticate"), "claims=abc")
		}),
		"claims-garbled": at("users", func(_ *visitor, s seen) bool {
			return s.status == 401 && strings.Contains(s.header.Get("WWW-Authenticate"), `claims="%%%`)
		}),
		"claims-challenge": at("users", meetsChallenge),
		"empty-answer":     at("users", func(_ *visitor, s seen) bool { return s.status == 200 && s.err == nil && len(s.body) == 0 }),
		"no-content-type":  at("users", func(_ *visitor, s seen) bool { return len(s.rows()) == 8 && s.header.Get("Content-Type") == "" }),
		"wrong-charset": at("users", func(_ *visitor, s seen) bool {
			return s.status == 200 && bytes.HasPrefix(s.body, []byte{0xff, 0xfe, '{', 0})
		}),
		"error-in-200": at("item", func(_ *visitor, s seen) bool {
			return s.item("q1")["status"] == 200.0 && strings.Contains(fmt.Sprint(s.item("q1")["body"]), "UnknownError")
		}),
		"value-null":    at("users", text(200, `"value":null`)),
		"value-missing": at("users", func(_ *visitor, s seen) bool { _, ok := s.object()["value"]; return s.object() != nil && !ok }),
		"truncated": at("users", func(_ *visitor, s seen) bool {
			return s.err == nil && s.status == 200 && len(s.body) > 0 && !json.Valid(s.body)
		}),
		"short-body": at("users", failed(is(io.ErrUnexpectedEOF))),
		"gzip-cut":   at("users", failed(is(io.ErrUnexpectedEOF))),
		"reset":      at("users", failed(is(syscall.ECONNRESET))),
		"reset-in-body": at("users", func(_ *visitor, s seen) bool {
			return s.status == 200 && len(s.body) > 0 && errors.Is(s.err, syscall.ECONNRESET)
		}),
		"goaway":       at("users", failed(says("GOAWAY"))),
		"stream-reset": at("users", failed(says("INTERNAL_ERROR"))),
		"silence": at("patience", func(_ *visitor, s seen) bool {
			return errors.Is(s.err, context.DeadlineExceeded) && s.status == 0 && s.took == time.Minute
		}),
		"slow-drip": at("patience", func(_ *visitor, s seen) bool {
			return errors.Is(s.err, context.DeadlineExceeded) && s.status == 200 && s.took == time.Minute && (len(s.body) == 6 || len(s.body) == 7) // the seventh comes with the end
		}),
		"huge-body":      at("users", func(_ *visitor, s seen) bool { return len(s.body) == 2<<20 && s.err == nil }),
		"deep-nesting":   at("users", text(200, strings.Repeat("[", 100_000))),
		"duplicate-keys": at("users", text(200, `"value":[],"value":[]`)),
		"invalid-utf8":   at("users", func(_ *visitor, s seen) bool { return s.status == 200 && !utf8.Valid(s.body) }),
		"tls-failure":    at("connection", failed(says("handshake failure"))),
		"dns-failure":    at("connection", failed(func(err error) bool { return errors.As(err, new(*net.DNSError)) })),
		"no-connection":  at("connection", failed(is(syscall.ECONNREFUSED))),
		"proxy-refused":  at("connection", failed(says("Proxy Authentication Required"))),
		"strange-certificate": at("connection", failed(func(err error) bool {
			return errors.As(err, new(*tls.CertificateVerificationError))
		})),
		"forbidden":            at("users", text(403, "Authorization_RequestDenied")),
		"forbidden-silent":     at("users", func(_ *visitor, s seen) bool { return s.status == 403 && string(s.body) == "{}" }),
		"forbidden-no-message": at("users", func(_ *visitor, s seen) bool { return s.status == 403 && !strings.Contains(string(s.body), "message") }),
		"no-premium":           at("users", text(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")),
		"no-intune":            at("users", text(400, "Request not applicable to target tenant")),
		"no-sharepoint":        at("users", text(400, "Tenant does not have a SPO license")),
		"not-found":            at("users", text(404, "Request_ResourceNotFound")),
		"no-mailbox":           at("users", text(404, "MailboxNotEnabledForRESTAPI")),
		"no-drive":             at("users", text(404, "mysite not found")),
		"not-found-empty":      at("users", func(_ *visitor, s seen) bool { return s.status == 404 && len(s.body) == 0 }),
		"unsupported":          at("users", text(400, "Request_UnsupportedQuery")),
		"delta-gone":           at("users", text(410, "syncStateNotFound")),
		"redirect":             at("cmdlet", answered(302, "Location", "https://am0pr01mb0001.outlook.office365.com/adminapi/beta/elsewhere")),
		"clock-skew": at("users", func(_ *visitor, s seen) bool {
			date, _ := http.ParseTime(s.header.Get("Date"))
			return len(s.rows()) == 8 && time.Until(date) > 9*time.Minute
		}),
		"near-limit":   at("users", answered(200, "x-ms-throttle-limit-percentage", "1.2", "RateLimit-Remaining", "0")),
		"cmdlet-error": at("cmdlet", text(500, "System.Exception")),
		"ambiguous":    at("cmdlet", text(400, "ManagementObjectAmbiguousException")),
		"warnings": at("cmdlet", func(_ *visitor, s seen) bool {
			w, _ := s.object()["@adminapi.warnings"].([]any)
			return len(w) == 2 && len(s.rows()) > 0
		}),
		"expired-page":   at("users 2", text(400, "Directory_ExpiredPageToken")),
		"page-not-found": at("users 2", text(400, "DirectoryPageTokenNotFoundException")),
		"bad-skip-token": at("users 2", text(400, "Skip token is invalid")),
		"poisoned-link": at("users", func(v *visitor, s seen) bool {
			return len(s.rows()) == 8 && text(400, "DirectoryPageTokenNotFoundException")(v, v.get(s.next()))
		}),
		"link-loop":    at("users", func(v *visitor, s seen) bool { return reflect.DeepEqual(s.rows(), v.get(s.next()).rows()) }),
		"page-repeats": at("users", func(v *visitor, s seen) bool { return reflect.DeepEqual(s.rows(), v.get(s.next()).rows()) }),
		"foreign-link": at("users", func(v *visitor, s seen) bool {
			to := s.next()
			return leads("https://graph.microsoft.com.collector.example/v1.0/users?")(v, s) && v.get(to).err != nil &&
				slices.Equal(v.tenant.Away(), []string{"https://graph.microsoft.com.collector.example"})
		}),
		"port-link":       at("users", leads("https://graph.microsoft.com:8443/v1.0/")),
		"plain-link":      at("users", leads("http://graph.microsoft.com/v1.0/")),
		"userinfo-link":   at("users", leads("https://graph.microsoft.com@collector.example/")),
		"other-path-link": at("users", leads("/adminapi/beta/another/")),
		"empty-page": at("users", func(v *visitor, s seen) bool {
			return s.rows() != nil && len(s.rows()) == 0 && reflect.DeepEqual(v.get(s.next()).rows(), v.get(firstUsers).rows())
		}),
		"empty-last": at("domains", func(v *visitor, s seen) bool {
			last := v.get(s.next())
			return len(s.rows()) > 0 && last.status == 200 && last.rows() != nil && len(last.rows()) == 0 && last.next() == ""
		}),
		"missing-link": at("users", func(_ *visitor, s seen) bool {
			count, _ := s.object()["@odata.count"].(float64)
			return s.next() == "" && len(s.rows()) == 8 && count > 30
		}),
		"overlap": at("users", func(v *visitor, s seen) bool { return reflect.DeepEqual(s.rows()[7], v.get(s.next()).rows()[0]) }),
		"small-page": at("users", func(v *visitor, s seen) bool {
			whole := v.get(firstUsers).rows()
			return len(s.rows()) == 4 && reflect.DeepEqual(v.get(s.next()).rows()[0], whole[4])
		}),
		"top-refused": {"users", simtenant.Fault{Value: "5"}, func(v *visitor, s seen) bool {
			return s.status == 400 && len(v.get("/v1.0/users?$top=5").rows()) == 5
		}},
		"lost-consistency": at("consistency", text(400, "ConsistencyLevel")),
		"item-missing":     at("batch", func(_ *visitor, s seen) bool { r, _ := s.object()["responses"].([]any); return len(r) == 4 }),
		"item-unknown": at("batch", func(_ *visitor, s seen) bool {
			r, _ := s.object()["responses"].([]any)
			return len(r) == 7 && s.item("nobody") != nil
		}),
		"item-twice": at("batch", func(_ *visitor, s seen) bool { r, _ := s.object()["responses"].([]any); return len(r) == 6 }),
		"item-case":  at("batch", func(_ *visitor, s seen) bool { return s.item("q1") == nil && s.item("Q1") != nil }),
		"failed-dependency": at("item", func(_ *visitor, s seen) bool {
			return s.item("q0")["status"] == 200.0 && s.item("q1")["status"] == 424.0 && s.item("q2")["status"] == 200.0
		}),
		"text-item": at("item", func(_ *visitor, s seen) bool { _, isText := s.item("q1")["body"].(string); return isText }),
		"numbers-in-item": at("item", func(_ *visitor, s seen) bool {
			headers, _ := s.item("q1")["headers"].(map[string]any)
			body, _ := s.item("q1")["body"].(map[string]any)
			_, number := body["consumedUnits"].(float64)
			return headers["Rate-Limit-Remaining"] == 42.0 && number
		}),
		"batch-too-large": at("batch", func(v *visitor, s seen) bool { return s.status == 413 && v.batch(4).status == 200 }),
		"gzip-refused":    at("gzip", answered(415)),
		"property-absent": {"users", simtenant.Fault{Property: "userPrincipalName"}, func(_ *visitor, s seen) bool {
			_, ok := row(s)["userPrincipalName"]
			return !ok && row(s)["id"] != nil
		}},
		"property-null": {"users", simtenant.Fault{Property: "userPrincipalName"}, func(_ *visitor, s seen) bool { value, ok := row(s)["userPrincipalName"]; return ok && value == nil }},
		"property-new":  {"users", simtenant.Fault{Property: "userPrincipalName", Value: `["new"]`}, func(_ *visitor, s seen) bool { return reflect.DeepEqual(row(s)["userPrincipalName"], []any{"new"}) }},
		"orphan": {"domains", simtenant.Fault{Property: "id"}, func(v *visitor, s seen) bool {
			return len(s.rows()) == len(v.get("/v1.0/domains").rows())+1
		}},
		"byte-order-mark": at("count", func(_ *visitor, s seen) bool { return strings.HasPrefix(string(s.body), "\ufeff") }),
		"sign-in-refused": at("login", text(401, "AADSTS7000222")),
		"other-tenant": at("login", func(v *visitor, s seen) bool {
			mine, _, _ := v.tenant.Credentials()
			token, _ := s.object()["access_token"].(string)
			id := tenantOf(v.t, token)
			return len(id) == len(mine) && id != mine
		}),
	}
}

// meetsChallenge: 401 to whoever asks, until somebody signs in with the claims.
func meetsChallenge(v *visitor, s seen) bool {
	_, claims, ok := strings.Cut(s.header.Get("WWW-Authenticate"), `claims="`)
	still := v.get(firstUsers)
	v.signIn()
	alsoWithNewToken := v.get(firstUsers)
	named := decode64(v.t, strings.TrimSuffix(claims, `"`))
	v.login("https://graph.microsoft.com/.default", named)
	return ok && s.status == 401 && still.status == 401 && alsoWithNewToken.status == 401 && v.get(firstUsers).status == 200
}
