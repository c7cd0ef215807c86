package collector_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"leavercheck/collector"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const examined = "0f0f0f0f-0000-4000-8000-000000000001"

// claims are what the tokens of a made-up sign-in say; tokens for Exchange say what exchange has.
type claims struct{ graph, exchange map[string]any }

func (c claims) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	said, audience := c.graph, "https://graph.microsoft.com"
	if strings.Contains(o.Scopes[0], "outlook") {
		said, audience = c.exchange, "https://outlook.office365.com"
	}
	if said == nil {
		return azcore.AccessToken{}, errors.New("AADSTS500011: the resource principal was not found")
	}
	all := map[string]any{"tid": examined, "aud": audience}
	for name, value := range said {
		all[name] = value
	}
	body, err := json.Marshal(all)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return azcore.AccessToken{Token: "e30." + base64.RawURLEncoding.EncodeToString(body) + ".x", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// granted is an application with every permission and these besides.
func granted(besides ...string) claims {
	graph := slices.Clone(besides)
	for _, p := range collector.Permissions() {
		if p.Resource.Name == "Microsoft Graph" {
			graph = append(graph, p.Name)
		}
	}
	return claims{graph: map[string]any{"roles": graph}, exchange: map[string]any{"roles": []string{"Exchange.ManageAsApp"}}}
}

// service answers everything with one row of nothing in particular, and what is told otherwise by path or
// cmdlet.
type service struct {
	otherwise map[string]int

	mu    sync.Mutex
	asked []string
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	what := r.Method + " " + r.URL.Path
	if name := r.Header.Get("X-CmdletName"); name != "" {
		what = name
	}
	s.mu.Lock()
	s.asked = append(s.asked, what)
	s.mu.Unlock()
	status, body := http.StatusOK, `{"value":[{"id":"one","skuId":"one","displayName":"Northwind","ExchangeGuid":"one"}],"displayConcealedNames":false,"sharingCapability":"disabled"}`
	if refused := s.otherwise[what]; refused != 0 {
		status, body = refused, `{"error":{"code":"","message":"no"}}`
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func doctorOptions(t *testing.T, sign claims, s *service) collector.Options {
	t.Helper()
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	return collector.Options{Cloud: cloud, Credential: sign, Transport: s, Limits: wire.Unhurried(), Now: time.Now}
}

// abilities are the facts that are not readable.
func abilities(x collector.Examination) map[string]collector.Ability {
	out := map[string]collector.Ability{}
	for _, f := range x.Facts {
		if f.Ability != collector.Readable {
			out[f.Fact] = f.Ability
		}
	}
	return out
}

func same(a, b map[string]collector.Ability) bool {
	if len(a) != len(b) {
		return false
	}
	for name, ability := range a {
		if b[name] != ability {
			return false
		}
	}
	return true
}

// What a service does not answer is not known: it is neither refused nor granted.
func TestDoctorNeverTakesSilenceForAYes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		otherwise map[string]int
		want      map[string]collector.Ability
	}{
		"all answer": {},
		"throttled":  {map[string]int{"GET /v1.0/deviceManagement/managedDevices": 429}, map[string]collector.Ability{snapshot.ManagedDevices: collector.NotKnown}},
		"failing":    {map[string]int{"GET /v1.0/auditLogs/directoryAudits": 500}, map[string]collector.Ability{snapshot.Audits: collector.NotKnown}},
		"strange":    {map[string]int{"GET /v1.0/auditLogs/signIns": 418}, map[string]collector.Ability{snapshot.SignIns: collector.NotKnown}},
		"refused":    {map[string]int{"GET /v1.0/auditLogs/signIns": 403}, map[string]collector.Ability{snapshot.SignIns: collector.Unreadable}},
		"no rules":   {map[string]int{"Get-InboxRule": 403}, map[string]collector.Ability{snapshot.HiddenInboxRules: collector.Unreadable}},
		"no licences known": {
			map[string]int{"GET /v1.0/subscribedSkus": 503},
			map[string]collector.Ability{snapshot.SubscribedSKUs: collector.NotKnown},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{otherwise: tc.otherwise}
				x, err := collector.Examine(t.Context(), doctorOptions(t, granted(), s))
				if err != nil {
					t.Fatal(err)
				}
				if got := abilities(x); !same(got, tc.want) {
					t.Errorf("not readable are %v, want %v", got, tc.want)
				}
				for _, what := range s.asked {
					if !strings.HasPrefix(what, "GET ") && !strings.HasPrefix(what, "Get-") {
						t.Errorf("doctor sends %s", what)
					}
				}
				for _, l := range x.Licences {
					if tc.otherwise["GET /v1.0/subscribedSkus"] != 0 && (l.Known || l.Seen) {
						t.Errorf("%s is known", l.Name)
					}
				}
			})
		})
	}
}

// A sign-in that may do more than read is told of, and refused where that is required, before anything is
// asked, by doctor and by collecting.
func TestWhatMayWriteIsToldOfAndRefused(t *testing.T) {
	t.Parallel()
	administrator := granted()
	administrator.exchange["wids"] = []string{"29232cdf-9323-42fd-ade2-1d097af3e4de", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"}
	stranger := granted()
	stranger.graph["wids"] = []string{"0f0f0f0f-0000-4000-8000-0000000000aa"}
	reader := granted("Reports.Read.All", "Member.Read.Hidden", "User.ReadBasic.All")
	reader.exchange["wids"] = []string{"f2ef992c-3afb-46b9-b7cf-a126ee74c451"}
	fullAccess := granted()
	fullAccess.exchange["roles"] = []string{"Exchange.ManageAsApp", "full_access_as_app"}
	for name, tc := range map[string]struct {
		sign claims
		want []string
	}{
		"reads":             {reader, nil},
		"writes users":      {granted("User.ReadWrite.All"), []string{"User.ReadWrite.All"}},
		"every form":        {granted("Mail.Send", "Sites.FullControl.All", "Sites.Manage.All", "Application.ReadWrite.OwnedBy", "Directory.AccessAsUser.All", "User.EnableDisableAccount.All"), []string{"Application.ReadWrite.OwnedBy", "Directory.AccessAsUser.All", "Mail.Send", "Sites.FullControl.All", "Sites.Manage.All", "User.EnableDisableAccount.All"}},
		"in Exchange":       {fullAccess, []string{"full_access_as_app"}},
		"by a role":         {administrator, []string{"Exchange Administrator"}},
		"by a role unknown": {stranger, []string{"0f0f0f0f-0000-4000-8000-0000000000aa (unknown here)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := collector.Examine(t.Context(), doctorOptions(t, tc.sign, &service{}))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range x.Writes {
				got = append(got, w.Name)
			}
			if slices.Sort(got); !slices.Equal(got, tc.want) {
				t.Errorf("told of %v, want %v", got, tc.want)
			}
			s := &service{}
			o := doctorOptions(t, tc.sign, s)
			o.LeastPrivilege, o.Out = true, filepath.Join(t.TempDir(), "snapshot")
			_, errDoctor := collector.Examine(t.Context(), o)
			if len(tc.want) == 0 {
				if errDoctor != nil {
					t.Error(errDoctor)
				}
				return
			}
			_, errCollect := collector.Collect(t.Context(), o)
			for _, err := range []error{errDoctor, errCollect} {
				if !errors.Is(err, collector.ErrPrivilege) {
					t.Fatalf("got %v", err)
				}
				for _, name := range tc.want {
					if !strings.Contains(err.Error(), name) {
						t.Errorf("%s is not named: %v", name, err)
					}
				}
			}
			if len(s.asked) != 0 {
				t.Errorf("asked %v", s.asked)
			}
		})
	}
}

// Another tenant's sign-in, and one that a person made.
func TestDoctorKnowsWhoSignedIn(t *testing.T) {
	t.Parallel()
	s := &service{}
	o := doctorOptions(t, granted(), s)
	o.Tenant = "0f0f0f0f-0000-4000-8000-000000000002"
	if _, err := collector.Examine(t.Context(), o); !errors.Is(err, collector.ErrTenant) || len(s.asked) != 0 {
		t.Errorf("got %v after asking %v", err, s.asked)
	}

	application := granted()
	application.graph["appid"], application.graph["app_displayname"], application.graph["appidacr"] = "one", "Review", "2"
	x, err := collector.Examine(t.Context(), doctorOptions(t, application, &service{}))
	if want := (collector.SignedIn{
		TenantID: examined, TenantName: "Northwind", Cloud: "global", ApplicationID: "one", ApplicationName: "Review", Method: "client certificate or federated token",
	}); err != nil || x.SignIn != want {
		t.Errorf("got %+v, %v", x.SignIn, err)
	}

	var scopes []string
	for _, p := range collector.Permissions() {
		scopes = append(scopes, p.Name)
	}
	person := claims{
		graph:    map[string]any{"scp": strings.Join(scopes, " ") + " openid", "upn": "m.field@northwind.example", "azp": "two"},
		exchange: map[string]any{"scp": "Exchange.Manage"},
	}
	if x, err = collector.Examine(t.Context(), doctorOptions(t, person, &service{})); err != nil {
		t.Fatal(err)
	}
	if x.SignIn.Person != "m.field@northwind.example" || x.SignIn.ApplicationID != "two" {
		t.Errorf("got %+v", x.SignIn)
	}
	// Asking for a drive in a person's name may bring one into being; rules are shown to their owner alone.
	want := map[string]collector.Ability{snapshot.OneDrive: collector.Unreadable, snapshot.DrivePermissions: collector.Unreadable, snapshot.InboxRules: collector.Unreadable}
	if got := abilities(x); !same(got, want) {
		t.Errorf("not readable are %v, want %v", got, want)
	}
}

// Exchange may give no token at all.
func TestDoctorWithoutATokenForExchange(t *testing.T) {
	t.Parallel()
	sign := granted()
	sign.exchange = nil
	x, err := collector.Examine(t.Context(), doctorOptions(t, sign, &service{}))
	if err != nil {
		t.Fatal(err)
	}
	if x.Exchange.Ability != collector.Unreadable || !strings.Contains(x.Exchange.Detail, "AADSTS500011") || abilities(x)[snapshot.Mailbox] != collector.Unreadable {
		t.Errorf("got %+v", x.Exchange)
	}
}

// A wider permission stands in for a missing one, and is named.
func TestAWiderPermissionStandsIn(t *testing.T) {
	t.Parallel()
	sign := granted("Sites.Read.All")
	sign.graph["roles"] = slices.DeleteFunc(sign.graph["roles"].([]string), func(name string) bool { return name == "Files.Read.All" || name == "Device.Read.All" })
	x, err := collector.Examine(t.Context(), doctorOptions(t, sign, &service{}))
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]collector.Granted{}
	for _, g := range x.Permissions {
		states[g.Name] = g
	}
	if g := states["Files.Read.All"]; g.State != collector.Present || g.By != "Sites.Read.All" {
		t.Errorf("got %+v", g)
	}
	if g := states["Device.Read.All"]; g.State != collector.Missing {
		t.Errorf("got %+v", g)
	}
	if got, want := abilities(x), (map[string]collector.Ability{snapshot.RegisteredDevices: collector.Unreadable}); !same(got, want) {
		t.Errorf("not readable are %v, want %v", got, want)
	}
}
