package collector

import (
	"errors"
	"fmt"
	"net/url"
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
	// OwnLogin means that Login was replaced: it cannot be looked up in Microsoft's list of authorities.
	OwnLogin bool
}

// Clouds lists the clouds that can be named.
func Clouds() []string { return []string{"global", "china", "usgov", "dod"} }

// LookupCloud finds a cloud by name. Sources: learn.microsoft.com/graph/deployments and the table of
// Exchange's admin API; where those disagree (21Vianet, DoD) the endpoint flags decide.
func LookupCloud(name string) (Cloud, error) {
	hosts, ok := map[string][3]string{
		"global": {"login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com"},
		"usgov":  {"login.microsoftonline.us", "graph.microsoft.us", "outlook.office365.us"},
		"dod":    {"login.microsoftonline.us", "dod-graph.microsoft.us", "outlook-dod.office365.us"},
		"china":  {"login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", "partner.outlook.cn"},
	}[name]
	switch {
	case name == "germany":
		return Cloud{}, errors.New("the cloud germany closed on 2021-10-29; its tenants moved to global")
	case !ok:
		return Cloud{}, fmt.Errorf("no cloud %q; there are %s", name, strings.Join(Clouds(), ", "))
	}
	root := func(host string) *url.URL { return &url.URL{Scheme: "https", Host: host} }
	c := Cloud{Name: name, Login: root(hosts[0]), Graph: root(hosts[1]), Exchange: root(hosts[2])}
	c.GraphScope, c.ExchangeScope = c.Graph.String()+"/.default", c.Exchange.String()+"/.default"
	return c, nil
}

// Endpoint reads the root of a service as a person gives it: https, a host, no path.
func Endpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL", raw)
	case u.Scheme != "https":
		return nil, fmt.Errorf("%q is not https", raw)
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("%q is not just a host, such as https://graph.microsoft.com", raw)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
