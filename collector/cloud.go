package collector

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Cloud says where the services of one Microsoft cloud are.
type Cloud struct {
	Name string
	// Login, Graph and Exchange are roots, https, without a path.
	Login, Graph, Exchange *url.URL
	// GraphScope and ExchangeScope are what tokens are asked for. They stay those of the cloud when an
	// endpoint is replaced.
	GraphScope, ExchangeScope string
	// FederatedAudience is what a token of another identity provider must be made for, to sign in with it.
	FederatedAudience string
	// OwnLogin means that Login was replaced: it cannot be looked up in Microsoft's list of authorities.
	OwnLogin bool
}

// hosts are where one of Microsoft's clouds is.
type hosts struct {
	// login lists the names of the same sign-in service, the first of which is asked: a client may be sent to
	// the others (Microsoft's list of authorities, learn.microsoft.com/entra/identity-platform/authentication-national-cloud).
	login    []string
	graph    string
	exchange []string // the first is asked, the others are also Microsoft's
	audience string   // learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
}

func microsoft() map[string]hosts {
	return map[string]hosts{
		"global": {
			[]string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
			"graph.microsoft.com",
			[]string{"outlook.office365.com", "outlook.office.com"},
			"api://AzureADTokenExchange",
		},
		"usgov": {
			[]string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
			"graph.microsoft.us",
			[]string{"outlook.office365.us"},
			"api://AzureADTokenExchangeUSGov",
		},
		"dod": {
			[]string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
			"dod-graph.microsoft.us",
			[]string{"outlook-dod.office365.us", "webmail.apps.mil"},
			"api://AzureADTokenExchangeUSGov",
		},
		"china": {
			[]string{"login.chinacloudapi.cn", "login.partner.microsoftonline.cn"},
			"microsoftgraph.chinacloudapi.cn",
			[]string{"partner.outlook.cn", "outlook.office365.cn"},
			"api://AzureADTokenExchangeChina",
		},
	}
}

// Clouds lists the clouds that can be named.
func Clouds() []string { return []string{"global", "china", "usgov", "dod"} }

// LookupCloud finds a cloud by name. Sources: learn.microsoft.com/graph/deployments and the table of
// Exchange's admin API; where those disagree (21Vianet, DoD) the endpoint flags decide.
func LookupCloud(name string) (Cloud, error) {
	known, ok := microsoft()[name]
	switch {
	case name == "germany":
		return Cloud{}, errors.New("the cloud germany closed on 2021-10-29; its tenants moved to global")
	case !ok:
		return Cloud{}, fmt.Errorf("no cloud %q; there are %s, and --cloud-file describes another", name, strings.Join(Clouds(), ", "))
	}
	root := func(host string) *url.URL { return &url.URL{Scheme: "https", Host: host} }
	c := Cloud{Name: name, Login: root(known.login[0]), Graph: root(known.graph), Exchange: root(known.exchange[0]), FederatedAudience: known.audience}
	c.GraphScope, c.ExchangeScope = c.Graph.String()+"/.default", c.Exchange.String()+"/.default"
	return c, nil
}

// Endpoint reads the root of a service as a person gives it: https, a host, no path.
func Endpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("that is no URL") // the URL may hold a password
	case u.User != nil:
		return nil, fmt.Errorf("%q holds a user name; an endpoint is just a host", u.Redacted())
	case u.Scheme != "https":
		return nil, fmt.Errorf("%q is not https", raw)
	case u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("%q is not just a host, such as https://graph.microsoft.com", raw)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// Mixed says in a sentence that the endpoints are not all of one cloud, "" when they are. A token of one
// cloud is worth nothing in another, and one of Microsoft's is nobody else's business. Endpoints that are
// none of Microsoft's, all of them, are somebody's own affair.
func (c Cloud) Mixed() string {
	of := map[string]string{
		"sign-in": strings.Join(cloudsWith(c.Login, func(h hosts) []string { return h.login }), " or "),
		"Graph":   strings.Join(cloudsWith(c.Graph, func(h hosts) []string { return []string{h.graph} }), " or "),
	}
	if c.Exchange != nil {
		of["Exchange"] = strings.Join(cloudsWith(c.Exchange, func(h hosts) []string { return h.exchange }), " or ")
	}
	common := Clouds()
	official := false
	var parts []string
	for _, service := range []string{"sign-in", "Graph", "Exchange"} {
		clouds, ok := of[service]
		if !ok {
			continue
		}
		common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(strings.Split(clouds, " or "), name) })
		official = official || clouds != ""
		if clouds == "" {
			clouds = "none of Microsoft's"
		}
		parts = append(parts, service+" of "+clouds)
	}
	if !official || len(common) > 0 {
		return ""
	}
	return "the endpoints are of different clouds (" + strings.Join(parts, ", ") + "); tokens of one are no good in another: give --cloud, or all of --login-endpoint, --graph-endpoint and --exchange-endpoint"
}

// cloudsWith are the clouds that have a host.
func cloudsWith(u *url.URL, names func(hosts) []string) []string {
	var out []string
	for _, name := range Clouds() {
		if slices.Contains(names(microsoft()[name]), strings.ToLower(u.Host)) {
			out = append(out, name)
		}
	}
	return out
}

// signsInAt reports whether a URL belongs to the cloud's sign-in service.
func (c Cloud) signsInAt(u *url.URL) bool {
	if u.Scheme != "https" || u.User != nil {
		return false
	}
	if strings.EqualFold(u.Host, c.Login.Host) {
		return true
	}
	for _, known := range microsoft() {
		if slices.Contains(known.login, strings.ToLower(c.Login.Host)) {
			// A regional name of the service stands in front of its own: westeurope.login.microsoft.com.
			return slices.ContainsFunc(known.login, func(host string) bool {
				return strings.EqualFold(u.Host, host) || strings.HasSuffix(strings.ToLower(u.Host), "."+host)
			})
		}
	}
	return false
}
