package collector

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"leavercheck/collector/roster"
)

var (
	// ErrTenant means that the credential belongs to another tenant than the one that was asked for.
	ErrTenant = errors.New("signed in to another tenant")
	// ErrAudience means that a token is for another service than the one that it would be sent to.
	ErrAudience = errors.New("signed in to another service")
	// ErrSignIn means that no credential brought a token for Microsoft Graph.
	ErrSignIn = errors.New("cannot sign in")
	// ErrCredential means that nothing says with what to sign in.
	ErrCredential = errors.New("nothing to sign in with")
)

// The ways to sign in.
const (
	Auto            = "auto"
	Certificate     = "certificate"
	Federated       = "federated"
	ManagedIdentity = "managed-identity"
	DeviceCode      = "device-code"
	ClientSecret    = "secret"
)

// SignInMethods lists the ways to sign in.
func SignInMethods() []string {
	return []string{Auto, Certificate, Federated, ManagedIdentity, DeviceCode, ClientSecret}
}

// The variables of the environment; the names are azidentity's, GitHub's and Azure Pipelines'.
const (
	envTenant      = "AZURE_TENANT_ID"
	envClient      = "AZURE_CLIENT_ID"
	envSecret      = "AZURE_CLIENT_SECRET"
	envCertificate = "AZURE_CLIENT_CERTIFICATE_PATH"
	envPassword    = "AZURE_CLIENT_CERTIFICATE_PASSWORD"
	envChain       = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"
)

// Secret is an application's identity in plain values, for a tenant that is made up on the spot.
type Secret struct{ Tenant, Client, Value string }

// SignIn says how to come by tokens. The tools of developers (az, azd, PowerShell) are left out: their
// tokens stand for a person and see only what that person sees.
type SignIn struct {
	// Method is one of SignInMethods; "" is Auto, which does what the environment spells out: a certificate,
	// else a secret, else a federated token, else the managed identity of an Azure host.
	Method string
	// Tenant and Client are ids, Tenant also a domain; "" leaves them to the environment.
	Tenant, Client string
	// Env is the environment.
	Env func(name string) (string, bool)
	// Now is the clock by which certificates end.
	Now func() time.Time
	// Prompt shows a person the line that says where to sign in.
	Prompt func(line string)
}

// TenantAsked is the tenant that the sign-in should be for, by id or domain; "" when nothing names one.
func (s SignIn) TenantAsked() string {
	return cmp.Or(s.Tenant, s.env(envTenant), s.env(envConnectionTenant))
}

// Credential makes the credential, without a request. The warnings are sentences for people. Errors are one
// line that names the flag, variable or file at fault; none quotes a secret.
func (s SignIn) Credential(c Cloud, transport http.RoundTripper) (azcore.TokenCredential, []string, error) {
	if !slices.Contains(SignInMethods(), s.method()) {
		return nil, nil, fmt.Errorf("--auth %q is none of %s", s.Method, strings.Join(SignInMethods(), ", "))
	}
	if err := s.check(); err != nil {
		return nil, nil, err
	}
	switch method := s.method(); method {
	case Certificate:
		return s.certificate(c, transport)
	case ClientSecret:
		return s.secret(c, transport)
	case Federated:
		credential, err := s.federated(c, transport)
		return credential, nil, err
	case DeviceCode:
		credential, err := s.person(c, transport)
		return credential, nil, err
	default:
		credential, err := s.managed(transport, method == Auto)
		return credential, nil, err
	}
}

// Credential is the secret's. Nothing is read from the environment.
func (s Secret) Credential(c Cloud, transport http.RoundTripper) (azcore.TokenCredential, error) {
	return azidentity.NewClientSecretCredential(s.Tenant, s.Client, s.Value, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: atLogin(c, transport), DisableInstanceDiscovery: c.OwnLogin,
	})
}

func (s SignIn) env(name string) string {
	if s.Env == nil {
		return ""
	}
	value, _ := s.Env(name)
	return value
}

// method is what Auto comes to.
func (s SignIn) method() string {
	switch {
	case s.Method != "" && s.Method != Auto:
		return s.Method
	case s.env(envCertificate) != "":
		return Certificate
	case s.env(envSecret) != "":
		return ClientSecret
	case s.issuer() != nobody:
		return Federated
	}
	return Auto
}

func (s SignIn) client() string {
	return cmp.Or(s.Client, s.env(envClient), s.env(envConnectionClient))
}

// check refuses ids that are none before they become parts of URLs.
func (s SignIn) check() error {
	tenant, client := s.TenantAsked(), s.client()
	switch {
	case tenant != "" && !roster.IsObjectID(tenant) && !isDomain(tenant):
		return fmt.Errorf("%s %.64q is neither a tenant's id nor a domain", origin("--tenant", s.Tenant, envTenant), tenant)
	case client != "" && !roster.IsObjectID(client):
		return fmt.Errorf("%s %.64q is no application (client) id", origin("--client-id", s.Client, envClient), client)
	}
	return nil
}

func origin(flag, given, variable string) string {
	if given != "" {
		return flag
	}
	return variable
}

// domains of tenants are names of the DNS with a dot in them; "common" and "organizations" are none.
func isDomain(s string) bool {
	return len(s) < 254 && regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,62}$`).MatchString(s)
}

// application are the ids that an application signs in with, and an error that names those that are missing.
func (s SignIn) application(method string, more ...string) (tenant, client string, err error) {
	tenant, client = s.TenantAsked(), s.client()
	var missing []string
	if tenant == "" {
		missing = append(missing, envTenant+" (or --tenant)")
	}
	if client == "" {
		missing = append(missing, envClient+" (or --client-id)")
	}
	for _, name := range more {
		if s.env(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return "", "", fmt.Errorf("to sign in with %s, set %s", method, strings.Join(missing, " and "))
	}
	return tenant, client, nil
}
