package collector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// The variables by which a platform hands out tokens of its own.
const (
	envTokenFile = "AZURE_FEDERATED_TOKEN_FILE" // Kubernetes: azure.github.io/azure-workload-identity

	// GitHub Actions: docs.github.com/actions/reference/security/oidc.
	envGitHubURL   = "ACTIONS_ID_TOKEN_REQUEST_URL"
	envGitHubToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"

	// Azure Pipelines: learn.microsoft.com/azure/devops/pipelines/build/variables; the task AzureCLI sets AZURESUBSCRIPTION_*.
	envPipelinesURL     = "SYSTEM_OIDCREQUESTURI"
	envPipelinesToken   = "SYSTEM_ACCESSTOKEN"
	envConnection       = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"
	envConnectionTenant = "AZURESUBSCRIPTION_TENANT_ID"
	envConnectionClient = "AZURESUBSCRIPTION_CLIENT_ID"
)

// issuer is whose token stands for the application.
type issuer int

const (
	nobody issuer = iota
	tokenFile
	azurePipelines
	gitHub
)

// issuer is the one that the environment speaks of.
func (s SignIn) issuer() issuer {
	switch {
	case s.env(envTokenFile) != "":
		return tokenFile
	case s.env(envConnection) != "":
		return azurePipelines
	case s.env(envGitHubURL) != "":
		return gitHub
	}
	return nobody
}

// federated signs in with a token of another identity provider, fetched anew for every token: it lives for minutes.
func (s SignIn) federated(c Cloud, transport http.RoundTripper) (azcore.TokenCredential, error) {
	var assertion func(context.Context) (string, error)
	var needs []string
	switch s.issuer() {
	case tokenFile:
		path := s.env(envTokenFile)
		assertion = func(context.Context) (string, error) { return readTokenFile(path) }
		if _, err := readTokenFile(path); err != nil {
			return nil, err
		}
	case azurePipelines:
		needs = []string{envPipelinesURL, envPipelinesToken}
		assertion = func(ctx context.Context) (string, error) { return s.fromPipelines(ctx, transport) }
	case gitHub:
		needs = []string{envGitHubToken}
		assertion = func(ctx context.Context) (string, error) { return s.fromGitHub(ctx, transport, c.FederatedAudience) }
	default:
		return nil, fmt.Errorf("no federated token here: on Kubernetes set %s, in Azure Pipelines %s, in GitHub Actions give the job the permission id-token: write, which sets %s", envTokenFile, envConnection, envGitHubURL)
	}
	tenant, client, err := s.application("a federated token", needs...)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{envPipelinesURL, envGitHubURL} {
		if raw := s.env(name); raw != "" && needs != nil {
			if u, err := url.Parse(raw); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
				return nil, fmt.Errorf("%s is no https URL", name)
			}
		}
	}
	return azidentity.NewClientAssertionCredential(tenant, client, assertion, &azidentity.ClientAssertionCredentialOptions{
		ClientOptions: atLogin(c, transport), DisableInstanceDiscovery: c.OwnLogin,
	})
}

func readTokenFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", envTokenFile, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTokenAnswer))
	if err != nil {
		return "", fmt.Errorf("%s: %w", envTokenFile, err)
	}
	token := strings.TrimSpace(string(data))
	if strings.Count(token, ".") != 2 {
		return "", fmt.Errorf("%s: %s holds no token (JWT)", envTokenFile, path)
	}
	return token, nil
}

func (s SignIn) fromGitHub(ctx context.Context, transport http.RoundTripper, audience string) (string, error) {
	u, err := url.Parse(s.env(envGitHubURL))
	if err != nil {
		return "", errors.New(envGitHubURL + " is no URL")
	}
	query := u.Query()
	query.Set("audience", audience)
	u.RawQuery = query.Encode()
	var answer struct {
		Value string `json:"value"`
	}
	err = idToken(ctx, transport, "GitHub Actions", http.MethodGet, u, s.env(envGitHubToken), &answer)
	if err == nil && answer.Value == "" {
		err = errors.New("no id token in the answer of GitHub Actions")
	}
	return answer.Value, err
}

func (s SignIn) fromPipelines(ctx context.Context, transport http.RoundTripper) (string, error) {
	u, err := url.Parse(s.env(envPipelinesURL))
	if err != nil {
		return "", errors.New(envPipelinesURL + " is no URL")
	}
	query := u.Query()
	query.Set("api-version", "7.1")
	query.Set("serviceConnectionId", s.env(envConnection))
	u.RawQuery = query.Encode()
	var answer struct {
		Token string `json:"oidcToken"`
	}
	err = idToken(ctx, transport, "Azure Pipelines", http.MethodPost, u, s.env(envPipelinesToken), &answer)
	if err == nil && answer.Token == "" {
		err = errors.New("no id token in the answer of Azure Pipelines; check " + envConnection)
	}
	return answer.Token, err
}

// idToken asks a platform for its token. What it answers instead may hold secrets, and is not quoted.
func idToken(ctx context.Context, transport http.RoundTripper, platform, method string, u *url.URL, bearer string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s for an id token: %w", platform, err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("X-TFS-FedAuthRedirect", "Suppress") // Pipelines: a bad token is a 401, not a sign-in page
	answer, err := straight(confined{transport, sameHost(u)}).Do(r)
	if err != nil {
		return fmt.Errorf("ask %s for an id token: %w", platform, errors.Unwrap(err)) // without the URL
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s refuses an id token (status %d); is the job allowed to ask for one?", platform, answer.StatusCode)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("the answer of %s is no id token", platform)
	}
	return nil
}
