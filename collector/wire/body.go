package wire

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDepth bounds the nesting of an answer; Graph's deepest stays below 20.
const maxDepth = 100

// checkBody says why a 2xx answer is not to be trusted.
func checkBody(h http.Header, body []byte) error {
	switch {
	case len(body) == 0:
		return errors.New("the answer is empty")
	case !jsonType(h):
		return fmt.Errorf("the answer is %q, not JSON: a proxy or sign-in page may stand between", strings.ToValidUTF8(h.Get("Content-Type"), "?"))
	case !utf8.Valid(body):
		return errors.New("the answer is not UTF-8")
	}
	return CheckJSON(body)
}

// CheckJSON accepts one whole JSON object that is not nested too deeply, has no key twice and no
// "error" member at its top.
func CheckJSON(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	type level struct {
		keys map[string]bool // nil for an array
		want bool            // an object's next token is a key
	}
	var stack []level
	for {
		token, err := dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("the answer is not whole JSON: %w", err)
		}
		if len(stack) == 0 && token != json.Delim('{') {
			return errors.New("the answer is not a JSON object")
		}
		if n := len(stack); n > 0 && stack[n-1].want {
			if key, ok := token.(string); ok {
				if n == 1 {
					key = strings.ToLower(key) // as encoding/json takes them
				}
				if stack[n-1].keys[key] {
					return fmt.Errorf("the answer has the key %q twice", key)
				}
				if n == 1 && key == "error" {
					return errors.New(`the answer has status 2xx and an "error" member`)
				}
				stack[n-1].keys[key] = true
				stack[n-1].want = false
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{keys: map[string]bool{}, want: true})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		if len(stack) > maxDepth {
			return fmt.Errorf("the answer is nested deeper than %d", maxDepth)
		}
		if len(stack) == 0 {
			break
		}
		if top := &stack[len(stack)-1]; top.keys != nil && token != json.Delim('{') {
			top.want = true
		}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the answer goes on after its end")
	}
	return nil
}

// jsonType reports whether the media type is JSON, whatever its parameters.
func jsonType(h http.Header) bool {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return slices.Contains([]string{"application/json", "text/json"}, strings.ToLower(strings.TrimSpace(media)))
}

// errorBody reads the error object of Graph and Exchange; an empty code is the service's own.
func errorBody(body []byte) (code, message string) {
	var doc struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Details []struct {
				Message string `json:"message"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return "", ""
	}
	message = doc.Error.Message
	for _, d := range doc.Error.Details {
		// Exchange: "Ex6F9304|Namespace.ManagementObjectNotFoundException|text"
		if parts := strings.SplitN(d.Message, "|", 3); len(parts) == 3 {
			exception := parts[1][strings.LastIndex(parts[1], ".")+1:]
			return exception, brief(parts[2])
		}
	}
	return doc.Error.Code, brief(message)
}

var (
	pageToken = regexp.MustCompile(`(?i)(skip-?token|delta-?token)(?:=|%3D)[^&\s"']+`)
	// webToken is a JSON web token: its header is an object, in base64.
	webToken = regexp.MustCompile(`\beyJ[\w-]+\.[\w.-]+`)
)

// brief is a service's message as it may be kept: one line, not long, without the tokens of pages and of
// sign-ins.
func brief(message string) string {
	message = pageToken.ReplaceAllString(strings.Join(strings.Fields(message), " "), "$1=…")
	message = webToken.ReplaceAllString(message, "…")
	const long = 300
	if len(message) > long {
		message = strings.ToValidUTF8(message[:long], "") + "…"
	}
	return message
}

// retryAfter reads every Retry-After, in seconds or as a date by the service's own clock, and returns
// the longest; 0 when there is none to be understood. Microsoft also sends fractions ("2.128").
func retryAfter(h http.Header, now time.Time) time.Duration {
	var longest time.Duration
	for _, value := range h.Values("Retry-After") {
		value = strings.TrimSpace(value)
		var wait time.Duration
		if seconds, err := strconv.ParseFloat(value, 64); err == nil {
			if !(seconds > 0) || seconds > math.MaxInt32 {
				continue
			}
			wait = time.Duration(seconds * float64(time.Second))
		} else if at, err := http.ParseTime(value); err == nil {
			if date, err := http.ParseTime(h.Get("Date")); err == nil {
				now = date
			}
			wait = at.Sub(now)
		}
		longest = max(longest, wait)
	}
	return longest
}

var claimsParameter = regexp.MustCompile(`(?i)\bclaims="([^"]*)"`)

// challengeClaims reads the claims that a 401 asks for (continuous access evaluation); empty when there
// are none or they cannot be read.
func challengeClaims(h http.Header) string {
	for _, challenge := range h.Values("WWW-Authenticate") {
		match := claimsParameter.FindStringSubmatch(challenge)
		if match == nil {
			continue
		}
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if claims, err := encoding.DecodeString(match[1]); err == nil && json.Valid(claims) {
				return string(claims)
			}
		}
	}
	return ""
}

func isTLS(err error) bool {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
	)
	var alert tls.AlertError
	return errors.As(err, &alert) || errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &verify) || errors.As(err, &record)
}
