package collector

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

var (
	// ErrTenant means that the credential belongs to another tenant than the one that was asked for.
	ErrTenant = errors.New("signed in to another tenant")
	// ErrSignIn means that no credential brought a token for Microsoft Graph.
	ErrSignIn = errors.New("cannot sign in")
)

// Secret is an application's identity in plain values, for a tenant that is made up on the spot.
type Secret struct{ Tenant, Client, Value string }

// Credential finds an application's credential where azidentity finds it: a secret or certificate
// (AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH), a federated
// token (AZURE_FEDERATED_TOKEN_FILE), or the managed identity of an Azure host. The tools of developers
// (az, azd, PowerShell) are left out: their tokens stand for a person and see only what that person sees.
func Credential(c Cloud, transport http.RoundTripper, secret *Secret) (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.Login.String() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{}},
		Transport: &http.Client{Transport: transport},
	}
	if secret != nil {
		return azidentity.NewClientSecretCredential(secret.Tenant, secret.Client, secret.Value, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: c.OwnLogin,
		})
	}
	// What the environment spells out is meant: the next is tried only where it spells out nothing.
	spelt, errSpelt := azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: c.OwnLogin})
	if errSpelt == nil {
		return spelt, nil
	}
	federated, errFederated := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: c.OwnLogin})
	if errFederated == nil {
		return federated, nil
	}
	managed, errManaged := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options})
	if errManaged != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignIn, errors.Join(errSpelt, errFederated, errManaged))
	}
	return managed, nil
}

// tokens gives wire the tokens of one service.
type tokens struct {
	credential azcore.TokenCredential
	scope      string
}

// Token implements wire.Tokens. azidentity keeps tokens until shortly before they end.
func (t tokens) Token(ctx context.Context, claims string) (string, error) {
	token, err := t.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.scope}, Claims: claims, EnableCAE: true})
	if err != nil {
		return "", errors.New(oneLine(err))
	}
	return token.Token, nil
}

// identity is what a token says of itself.
type identity struct {
	TenantID string   `json:"tid"`
	Roles    []string `json:"roles"`
	Scopes   string   `json:"scp"`
}

// identify reads the claims of a token. They are not verified: the service does that with every
// request. They only tell early what it will say.
func identify(token string) (identity, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return identity{}, errors.New("the token is no JWT")
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return identity{}, fmt.Errorf("the token's claims: %w", err)
	}
	var id identity
	if err := json.Unmarshal(claims, &id); err != nil {
		return identity{}, fmt.Errorf("the token's claims: %w", err)
	}
	id.TenantID = strings.ToLower(id.TenantID)
	slices.Sort(id.Roles)
	return id, nil
}

// signIn proves, before anything is read, that the credential works and is the right tenant's.
func signIn(ctx context.Context, t tokens, tenant string, isID func(string) bool) (identity, error) {
	token, err := t.Token(ctx, "")
	if err != nil {
		return identity{}, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	id, err := identify(token)
	if err != nil {
		return identity{}, fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	if !isID(id.TenantID) {
		return identity{}, fmt.Errorf("%w: the token names no tenant", ErrSignIn)
	}
	if tenant = strings.ToLower(tenant); isID(tenant) && tenant != id.TenantID {
		return identity{}, fmt.Errorf("%w: the token is for %s, AZURE_TENANT_ID is %s; nothing was read", ErrTenant, id.TenantID, tenant)
	}
	return id, nil
}

// oneLine makes azidentity's pages of explanation a line: the AADSTS sentence if there is one.
func oneLine(err error) string {
	text := err.Error()
	if at := strings.Index(text, "AADSTS"); at >= 0 {
		text = text[at:]
		for _, end := range []string{" Trace ID:", "\\r\\n", "\r", "\n", `"`} {
			text, _, _ = strings.Cut(text, end)
		}
		return text
	}
	text, _, _ = strings.Cut(strings.Join(strings.Fields(text), " "), " To troubleshoot")
	const long = 300
	if len(text) > long {
		text = strings.ToValidUTF8(text[:long], "") + "…"
	}
	return text
}
