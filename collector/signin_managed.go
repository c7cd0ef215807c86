package collector

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"leavercheck/collector/wire"
)

const (
	// instanceMetadata is where virtual machines find their identity
	// (learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).
	instanceMetadata = "http://169.254.169.254/metadata/identity/oauth2/token"
	// probeTimeout is ample for a service on the same machine.
	probeTimeout = 3 * time.Second
)

// managed is the identity of the Azure host that this runs on. Where nothing said so (guess), a quick
// question finds out whether there is one at all.
func (s SignIn) managed(transport http.RoundTripper, guess bool) (azcore.TokenCredential, error) {
	direct := wire.Direct(transport) // a proxy has another identity
	options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: azcore.ClientOptions{
		Transport: straight(confined{direct, func(*url.URL) bool { return true }}), // the platform's variables name it
		Retry:     policy.RetryOptions{MaxRetries: tokenTries},
	}}
	if client := s.client(); client != "" {
		options.ID = azidentity.ClientID(client)
	}
	credential, err := azidentity.NewManagedIdentityCredential(options)
	if err != nil {
		return nil, fmt.Errorf("managed identity: %s", oneLine(err))
	}
	for _, name := range []string{"IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"} {
		guess = guess && s.env(name) == ""
	}
	if _, err := os.Stat("/opt/azcmagent/bin/himds"); err == nil {
		guess = false // Azure Arc
	}
	if !guess {
		return credential, nil
	}
	return &guessed{credential: credential, transport: direct}, nil
}

// guessed is a managed identity that may not exist.
type guessed struct {
	credential azcore.TokenCredential
	transport  http.RoundTripper

	mu    sync.Mutex
	found bool
}

// GetToken implements azcore.TokenCredential.
func (g *guessed) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if err := g.probe(ctx); err != nil {
		return azcore.AccessToken{}, err
	}
	return g.credential.GetToken(ctx, options)
}

// probe asks in a way that is refused at once, where there is somebody to refuse it.
func (g *guessed) probe(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.found {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, instanceMetadata, http.NoBody)
	if err != nil {
		return fmt.Errorf("look for a managed identity: %w", err)
	}
	answer, err := g.transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("%w: set %s, %s and %s, or run where there is a federated token or a managed identity; --auth says which", ErrCredential, envTenant, envClient, envCertificate)
	}
	g.found = true
	return answer.Body.Close()
}
