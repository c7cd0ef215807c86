package simtenant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// resource is a service that tokens are made for.
type resource string

const (
	noResource       resource = ""
	graphResource    resource = "Microsoft Graph"
	exchangeResource resource = "Office 365 Exchange Online"
)

// tokenLife is how long an access token lives: Entra's default lies between 60 and 90 minutes.
const tokenLife = 75 * time.Minute

// resourceOf says which service an audience stands for.
func (t *Tenant) resourceOf(audience string) resource {
	audience = strings.ToLower(strings.TrimRight(audience, "/"))
	switch audience {
	case "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us",
		"https://microsoftgraph.chinacloudapi.cn", "00000003-0000-0000-c000-000000000000":
		return graphResource
	case "https://outlook.office365.com", "https://outlook.office365.us", "https://outlook-dod.office365.us",
		"https://webmail.apps.mil", "https://outlook.office365.cn", "https://partner.outlook.cn",
		"00000002-0000-0ff1-ce00-000000000000":
		return exchangeResource
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.resources[audience]
}

// permissions lists what the application was granted, by resource.
func (t *Tenant) permissions(of resource) []string {
	granted := []string{"Exchange.ManageAsApp"}
	if of == graphResource {
		granted = graphPermissions()
	}
	return slices.DeleteFunc(granted, func(name string) bool { return slices.Contains(t.options.Withdrawn, name) })
}

// graphPermissions are the least ones for everything that this tenant offers.
func graphPermissions() []string {
	return []string{
		"Application.Read.All", "AuditLog.Read.All", "Device.Read.All", "DeviceManagementManagedDevices.Read.All", "Directory.Read.All",
		"Domain.Read.All", "Files.Read.All", "GroupMember.Read.All", "LicenseAssignment.Read.All", "Mail.ReadBasic.All", "MailboxSettings.Read", "Organization.Read.All",
		"PrivilegedAssignmentSchedule.Read.AzureADGroup", "PrivilegedEligibilitySchedule.Read.AzureADGroup", "ReportSettings.Read.All",
		"RoleManagement.Read.Directory", "SharePointTenantSettings.Read.All", "TeamsTelephoneNumber.Read.All",
		"User-LifeCycleInfo.Read.All", "User.Read.All", "UserAuthenticationMethod.Read.All",
	}
}

// claims is what this tenant's access tokens say.
type claims struct {
	Audience  string   `json:"aud"`
	Issuer    string   `json:"iss"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	App       string   `json:"appid"`
	AppName   string   `json:"app_displayname"`
	Kind      string   `json:"idtyp"`
	Object    string   `json:"oid"`
	Subject   string   `json:"sub"`
	Roles     []string `json:"roles,omitempty"`
	Scopes    string   `json:"scp,omitempty"`
	Tenant    string   `json:"tid"`
	Version   string   `json:"ver"`
}

// permissions are what the token lets its bearer do.
func (c claims) permissions() []string {
	if c.Scopes != "" {
		return strings.Fields(c.Scopes)
	}
	return c.Roles
}

// newToken makes a token of the application itself.
func (t *Tenant) newToken(audience string) string {
	object := identifiers{seed: t.options.Seed}.guid("service principal")
	return t.token(claims{Audience: audience, Kind: "app", Object: object, Subject: object, Roles: t.permissions(t.resourceOf(audience))})
}

// token fills in what all access tokens have, and signs.
func (t *Tenant) token(c claims) string {
	now := t.now()
	c.Issuer = "https://sts.windows.net/" + t.id + "/"
	c.IssuedAt, c.NotBefore, c.Expires = now.Unix(), now.Unix(), now.Add(tokenLife).Unix()
	c.App, c.AppName, c.Tenant, c.Version = t.client, "Offboarding review", t.id, "1.0"
	return t.seal(c)
}

// seal makes a JWT.
func (t *Tenant) seal(payload any) string {
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256","kid":"simulated"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(encode(payload))
	return head + "." + base64.RawURLEncoding.EncodeToString(t.sign(head))
}

func (t *Tenant) sign(text string) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// tokenError is a way in which a token is no good, in the service's words.
type tokenError string

const (
	errNoToken    tokenError = "Access token is empty."
	errBadToken   tokenError = "CompactToken parsing failed with error code: 80049217"
	errAudience   tokenError = "Access token validation failure. Invalid audience."
	errTokenStale tokenError = "Lifetime validation failed, the token is expired."
)

func (f tokenError) Error() string { return string(f) }

// authenticate reads the bearer token that a request to a service carries.
func (t *Tenant) authenticate(authorization string, at resource) (claims, error) {
	raw, bearer := strings.CutPrefix(authorization, "Bearer ")
	if !bearer || raw == "" {
		t.complain("%s: a request without a token", at)
		return claims{}, errNoToken
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return claims{}, errBadToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, t.sign(parts[0]+"."+parts[1])) {
		return claims{}, errBadToken
	}
	var c claims
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}, errBadToken
	}
	if made := t.resourceOf(c.Audience); made != at {
		t.complain("a token for %s was sent to %s", made, at)
		return claims{}, errAudience
	}
	if t.now().Unix() >= c.Expires {
		return claims{}, errTokenStale
	}
	return c, nil
}
