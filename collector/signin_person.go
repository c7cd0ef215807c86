package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// delegatedGraph are the rights that a person is asked to lend, each of which only reads
// (learn.microsoft.com/graph/permissions-reference). Everything that the application was granted besides
// stays where it is: the scope .default, which would bring it, is never asked for. The rights on mailboxes
// and files are missing: lent by a person they reach that person's own only, and asking for somebody's
// OneDrive with them provisions it.
func delegatedGraph(cloud string) []string {
	scopes := []string{
		"Application.Read.All", "AuditLog.Read.All", "Device.Read.All", "DeviceManagementManagedDevices.Read.All", "Directory.Read.All",
		"Domain.Read.All", "GroupMember.Read.All", "LicenseAssignment.Read.All", "Organization.Read.All",
		"PrivilegedAssignmentSchedule.Read.AzureADGroup", "PrivilegedEligibilitySchedule.Read.AzureADGroup",
		"RoleManagement.Read.Directory", "SharePointTenantSettings.Read.All", "User-LifeCycleInfo.Read.All", "User.Read.All",
		"UserAuthenticationMethod.Read.All",
	}
	if cloud == "global" { // where else would refuse them by name
		scopes = append(scopes, "ReportSettings.Read.All", "TeamsTelephoneNumber.Read.All")
	}
	return scopes
}

// delegatedExchange is the only right that lets a person's cmdlets through
// (learn.microsoft.com/exchange/reference/admin-api-authentication). There is none that only reads: what it
// may do is what the person's Exchange roles may, and only Get- cmdlets are sent.
func delegatedExchange() []string { return []string{"Exchange.Manage"} }

// person signs in with a device code, for what a person may see.
func (s SignIn) person(c Cloud, transport http.RoundTripper) (azcore.TokenCredential, error) {
	client := s.client()
	if client == "" {
		return nil, fmt.Errorf("to sign in with a device code, set %s (or --client-id) to an application of your tenant that allows public client flows", envClient)
	}
	p := &lender{asked: map[string]bool{}, services: map[string]service{
		c.GraphScope:    {"Microsoft Graph", qualified(c.GraphScope, delegatedGraph(c.Name))},
		c.ExchangeScope: {"Exchange Online", qualified(c.ExchangeScope, delegatedExchange())},
	}}
	var err error
	p.credential, err = azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: through(c, overheard{confined{transport, c.signsInAt}, p}), DisableInstanceDiscovery: c.OwnLogin,
		TenantID: s.TenantAsked(), ClientID: client,
		// A prompt in the middle of a run at night would hang it.
		DisableAutomaticAuthentication: true,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			s.Prompt(fmt.Sprintf("to sign in to %s, open %s and enter the code %s", p.asking, m.VerificationURL, m.UserCode))
			return nil
		},
	})
	return p, err
}

// qualified are the full names of scopes, beside the one that stands for all.
func qualified(all string, scopes []string) []string {
	resource := resourceOf(all)
	out := make([]string, len(scopes))
	for i, scope := range scopes {
		out[i] = resource + "/" + scope
	}
	return out
}

type service struct {
	name   string
	scopes []string
}

// lender is a person who signs in once for each service, at most, and not again.
type lender struct {
	credential *azidentity.DeviceCodeCredential
	services   map[string]service

	mu     sync.Mutex
	asked  map[string]bool
	asking string
	// refusal is Entra's last, which the library loses.
	refusal atomic.Pointer[string]
}

// overheard notes what Entra refuses with.
type overheard struct {
	next http.RoundTripper
	by   *lender
}

// RoundTrip implements http.RoundTripper.
func (o overheard) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := o.next.RoundTrip(r)
	if err != nil || answer.StatusCode < http.StatusBadRequest {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	if closing := answer.Body.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	var refusal struct {
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &refusal) == nil && refusal.Description != "" {
		o.by.refusal.Store(&refusal.Description)
	}
	return answer, nil
}

// GetToken implements azcore.TokenCredential.
func (p *lender) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(options.Scopes) != 1 || p.services[options.Scopes[0]].name == "" {
		return azcore.AccessToken{}, fmt.Errorf("no right to lend for %q", options.Scopes)
	}
	of := p.services[options.Scopes[0]]
	options.Scopes = of.scopes
	token, err := p.credential.GetToken(ctx, options)
	if !errors.As(err, new(*azidentity.AuthenticationRequiredError)) {
		return token, err
	}
	if p.asked[of.name] {
		return azcore.AccessToken{}, fmt.Errorf("the sign-in of a person to %s did not come about, or has ended; an application's does not end", of.name)
	}
	p.asked[of.name], p.asking = true, of.name
	if _, err := p.credential.Authenticate(ctx, &options); err != nil {
		if refusal := p.refusal.Load(); refusal != nil && ctx.Err() == nil {
			err = errors.New(*refusal)
		}
		return azcore.AccessToken{}, err
	}
	options.Claims = ""
	return p.credential.GetToken(ctx, options)
}
