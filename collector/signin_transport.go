package collector

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	// tokenTries is how often a sign-in service that fails or throttles is asked again; azcore waits for as long
	// as it says, or ever longer.
	tokenTries = 4
	// maxTokenAnswer bounds an answer of a sign-in service.
	maxTokenAnswer = 1 << 20
)

// atLogin are the options of a credential that signs in at the cloud's own sign-in service and nowhere else.
func atLogin(c Cloud, transport http.RoundTripper) azcore.ClientOptions {
	return through(c, confined{transport, c.signsInAt})
}

func through(c Cloud, transport http.RoundTripper) azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.Login.String() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{}},
		Transport: straight(transport),
		Retry:     policy.RetryOptions{MaxRetries: tokenTries},
	}
}

// straight is a client that follows no redirect: the body of a sign-in is a secret.
func straight(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// confined sends to the hosts that are allowed and reads bounded answers.
type confined struct {
	next    http.RoundTripper
	allowed func(*url.URL) bool
}

// strayError is a sign-in that was led elsewhere, by a discovery document or whoever wrote it.
type strayError struct{ host string }

func (e strayError) Error() string {
	return fmt.Sprintf("the sign-in service leads to %.100q, which is not its own; nothing was sent there", e.host)
}

// NonRetriable tells azcore's pipeline not to try again.
func (strayError) NonRetriable() {}

// RoundTrip implements http.RoundTripper.
func (c confined) RoundTrip(r *http.Request) (*http.Response, error) {
	if !c.allowed(r.URL) {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, strayError{r.URL.Host}
	}
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxTokenAnswer), answer.Body}
	return answer, nil
}

// sameHost allows one origin.
func sameHost(origin *url.URL) func(*url.URL) bool {
	return func(u *url.URL) bool { return u.Scheme == origin.Scheme && u.Host == origin.Host && u.User == nil }
}
