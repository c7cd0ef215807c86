// Package graph reads the facts that Microsoft Graph knows about leavers and their
// tenant. It is the only package that imports msgraph-sdk-go: the SDK builds the
// requests, package wire sends them, and the structs here decode what comes back,
// because the SDK's own pipeline loses pages, statuses and the difference between
// null and absent.
//
// # Guarantees
//
// Every function gives each leaver that it was asked about exactly one outcome. An
// outcome is "read" only if the whole listing was read; what a broken listing
// yielded stays beside the unknown fact as a part.
//
// # Non-guarantees
//
// Logs lag: sign-ins by hours, signInActivity by up to a day, and beta is Microsoft's
// word for "may change".
package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	kiotahttp "github.com/microsoft/kiota-http-go"

	"leavercheck/collector/wire"
)

// Client reads one tenant's facts.
type Client struct {
	wire    *wire.Client
	base    *url.URL
	adapter *kiotahttp.NetHttpRequestAdapter
	cloud   string
}

// New makes a client for the Graph root at base ("https://graph.microsoft.com") in a cloud ("global",
// "china", "usgov", "dod").
func New(w *wire.Client, base *url.URL, cloud string) (*Client, error) {
	// The token is wire's business: it renews it per attempt and keeps it from other hosts.
	adapter, err := kiotahttp.NewNetHttpRequestAdapter(&authentication.AnonymousAuthenticationProvider{})
	if err != nil {
		return nil, fmt.Errorf("prepare Microsoft Graph requests: %w", err)
	}
	return &Client{wire: w, base: base, adapter: adapter, cloud: cloud}, nil
}

// The versions of Graph.
const (
	v1   = "/v1.0"
	beta = "/beta"
)

// path returns the path parameters that a builder starts from.
func (c *Client) path(version string) map[string]string {
	return map[string]string{"baseurl": c.base.JoinPath(version).String()}
}

// information is what the SDK's builders end in.
type information func(ctx context.Context) (*abstractions.RequestInformation, error)

// build turns the SDK's request into one that wire can send.
func (c *Client) build(info information) func(ctx context.Context) (*http.Request, error) {
	return func(ctx context.Context) (*http.Request, error) {
		ri, err := info(ctx)
		if err != nil {
			return nil, err
		}
		// This job is the tenant's least urgent; Graph throttles it before people's own work.
		ri.Headers.Add("x-ms-throttle-priority", "low")
		native, err := c.adapter.ConvertToNativeRequest(ctx, ri)
		if err != nil {
			return nil, err
		}
		req, ok := native.(*http.Request)
		if !ok {
			return nil, fmt.Errorf("the SDK made a %T", native)
		}
		return req, nil
	}
}
