package wire

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong, in the words in which a fact says why it is unknown.
type Kind string

// The kinds of errors.
const (
	Refused     Kind = "refused"     // the service answered 4xx: Status, Code and Message tell why
	Throttled   Kind = "throttled"   // still 429 or 503 when the time was over
	Timeout     Kind = "timeout"     // no answer, or a failing service, until the time was over
	Malformed   Kind = "malformed"   // an answer that is not what the documentation promises
	Integrity   Kind = "integrity"   // a link to a foreign origin, or answers that contradict each other
	Unreachable Kind = "unreachable" // no connection: name, address, TLS or proxy
	SignIn      Kind = "sign-in"     // no token
)

// Error is a request that brought no trustworthy answer.
type Error struct {
	Kind Kind
	// Endpoint is the request as documented, without identifiers.
	Endpoint string
	// Status, Code and Message are the service's, zero when it did not answer.
	Status  int
	Code    string
	Message string
	// RequestID is the service's name for the last attempt.
	RequestID string
	Attempts  int
	At        time.Time
	Err       error
}

// Error says what was asked and what came back, in one line.
func (e *Error) Error() string {
	s := e.Endpoint + ": "
	switch {
	case e.Status != 0 && e.Code != "":
		s += fmt.Sprintf("%d %s", e.Status, e.Code)
	case e.Status != 0:
		s += fmt.Sprintf("status %d", e.Status)
	default:
		s += string(e.Kind)
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Why says, in the words in which a fact is unknown, why err brought no answer, and what would mend it. If
// the service refused, it returns the refusal, which only whoever knows the endpoint can read.
func Why(err error) (reason, mend string, refusal *Error) {
	var e *Error
	if !errors.As(err, &e) {
		return string(Malformed), "", nil
	}
	switch e.Kind {
	case Throttled:
		return "throttled", "another run, or a longer --max-duration", nil
	case Timeout, Unreachable:
		return "timeout", "another run", nil
	case Integrity:
		return "integrity", "another run", nil
	case SignIn:
		return "forbidden", "a credential that Entra accepts for this service", nil
	case Refused:
		return "", "", e
	case Malformed:
	}
	return "malformed", "", nil
}
