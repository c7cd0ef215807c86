package collector

import (
	"net/url"
	"strings"
	"testing"
)

func TestCloudsAreWhole(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][5]string{
		"global": {"login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "https://graph.microsoft.com/.default", "api://AzureADTokenExchange"},
		"usgov":  {"login.microsoftonline.us", "graph.microsoft.us", "outlook.office365.us", "https://graph.microsoft.us/.default", "api://AzureADTokenExchangeUSGov"},
		"dod":    {"login.microsoftonline.us", "dod-graph.microsoft.us", "outlook-dod.office365.us", "https://dod-graph.microsoft.us/.default", "api://AzureADTokenExchangeUSGov"},
		"china":  {"login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", "partner.outlook.cn", "https://microsoftgraph.chinacloudapi.cn/.default", "api://AzureADTokenExchangeChina"},
	} {
		c, err := LookupCloud(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := [5]string{c.Login.Host, c.Graph.Host, c.Exchange.Host, c.GraphScope, c.FederatedAudience}; got != want || c.ExchangeScope != c.Exchange.String()+"/.default" {
			t.Errorf("%s: %v, %s", name, got, c.ExchangeScope)
		}
		if mixed := c.Mixed(); mixed != "" {
			t.Errorf("%s: %s", name, mixed)
		}
	}
}

func TestMixedClouds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cloud, login, graph, exchange string
		mixed                         bool
	}{
		"a neighbour's Graph":     {"global", "", "https://graph.microsoft.us", "", true},
		"a stranger's Exchange":   {"global", "", "", "https://mail.example", true},
		"all of one's own":        {"global", "https://a.example", "https://b.example", "https://c.example", false},
		"one's own sign-in":       {"china", "https://a.example", "", "", true},
		"another name of the one": {"dod", "https://login.usgovcloudapi.net", "", "https://webmail.apps.mil", false},
	} {
		c, err := LookupCloud(tc.cloud)
		if err != nil {
			t.Fatal(err)
		}
		for raw, into := range map[string]**url.URL{tc.login: &c.Login, tc.graph: &c.Graph, tc.exchange: &c.Exchange} {
			if raw == "" {
				continue
			}
			if *into, err = Endpoint(raw); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.Mixed(); (got != "") != tc.mixed {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A sign-in may be led to another name of the same service, and nowhere else.
func TestWhereASignInMayGo(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"https://login.chinacloudapi.cn/x/oauth2/v2.0/token":            true,
		"https://login.partner.microsoftonline.cn/x/oauth2/v2.0/token":  true,
		"https://login.microsoftonline.com/x/oauth2/v2.0/token":         false,
		"http://login.chinacloudapi.cn/x":                               false,
		"https://login.chinacloudapi.cn@evil.example/x":                 false,
		"https://me@login.chinacloudapi.cn/x":                           false,
		"https://login.chinacloudapi.cn.evil.example/x":                 false,
		"https://evillogin.chinacloudapi.cn/x":                          false,
		"https://login.chinacloudapi.cn:444/x":                          false,
		"https://region.login.partner.microsoftonline.cn/x/oauth2/v2.0": true,
	} {
		c, err := LookupCloud("china")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.signsInAt(u); got != want {
			t.Errorf("%s: %t", target, got)
		}
	}
}

func TestACloudByFile(t *testing.T) {
	t.Parallel()
	const least = "name: sovereign\nlogin: https://login.cloud.example\ngraph: https://graph.cloud.example/\nexchange: https://mail.cloud.example:8443\n"
	c, err := ReadCloud("c.yaml", strings.NewReader(least))
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "sovereign" || !c.OwnLogin || c.GraphScope != "https://graph.cloud.example/.default" || c.ExchangeScope != "https://mail.cloud.example:8443/.default" || c.FederatedAudience == "" {
		t.Errorf("%+v", c)
	}
	for text, want := range map[string]string{
		"":                                      "c.yaml:1: it is empty",
		"- a":                                   "c.yaml:1: a cloud is lines",
		least + "graph: https://x.example":      "c.yaml:5: graph stands here for the second time",
		least + "graphScope: User.Read":         "c.yaml:5: graphScope: a scope is a resource and /.default",
		least + "portal: https://x.example":     `c.yaml:5: there is no key "portal"`,
		least + "graphScope: [a]":               "c.yaml:5: graphScope takes one value",
		"name: A Cloud":                         `c.yaml:1: name: "A Cloud" is no name`,
		"name: ../x":                            `c.yaml:1: name:`,
		"login: https://u:secret@login.example": "c.yaml:1: login:",
		"login: https://login.example/path":     "is not just a host",
		"login: [":                              "c.yaml: yaml:",
	} {
		_, err := ReadCloud("c.yaml", strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
