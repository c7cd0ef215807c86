package collector

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxCloudFile bounds the description of a cloud.
const maxCloudFile = 64 << 10

// ReadCloud reads the description of a cloud that has no name here, as a YAML mapping:
//
//	name: bleu                        # for messages and the manifest
//	login: https://login.example      # https, a host, no path; as the next two
//	graph: https://graph.example
//	exchange: https://exchange.example
//	graphScope: https://graph.example/.default        # default: graph and /.default
//	exchangeScope: https://exchange.example/.default  # default: exchange and /.default
//	federatedAudience: api://AzureADTokenExchange     # default: this one
//
// Errors are one line and begin with the file's name and the line.
func ReadCloud(file string, r io.Reader) (Cloud, error) {
	var doc yaml.Node
	err := yaml.NewDecoder(io.LimitReader(r, maxCloudFile)).Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return Cloud{}, fmt.Errorf("%s:1: it is empty; a cloud has name, login, graph and exchange", file)
	case err != nil:
		return Cloud{}, fmt.Errorf("%s: %s", file, strings.Join(strings.Fields(err.Error()), " "))
	case doc.Content[0].Kind != yaml.MappingNode:
		return Cloud{}, fmt.Errorf("%s:%d: a cloud is lines of the form \"key: value\"", file, doc.Content[0].Line)
	}
	c := Cloud{FederatedAudience: microsoft()["global"].audience, OwnLogin: true}
	keys := c.keys()
	seen := map[string]bool{}
	for i := 0; i+1 < len(doc.Content[0].Content); i += 2 {
		key, value := doc.Content[0].Content[i], doc.Content[0].Content[i+1]
		at := slices.IndexFunc(keys, func(k cloudKey) bool { return k.name == key.Value })
		switch {
		case at < 0:
			return Cloud{}, fmt.Errorf("%s:%d: there is no key %q; a cloud has %s", file, key.Line, key.Value, strings.Join(names(keys), ", "))
		case seen[key.Value]:
			return Cloud{}, fmt.Errorf("%s:%d: %s stands here for the second time", file, key.Line, key.Value)
		case value.Kind != yaml.ScalarNode:
			return Cloud{}, fmt.Errorf("%s:%d: %s takes one value", file, value.Line, key.Value)
		}
		seen[key.Value] = true
		if err := keys[at].set(value.Value); err != nil {
			return Cloud{}, fmt.Errorf("%s:%d: %s: %w", file, value.Line, key.Value, err)
		}
	}
	for _, needed := range []string{"name", "login", "graph", "exchange"} {
		if !seen[needed] {
			return Cloud{}, fmt.Errorf("%s:%d: %s is missing", file, doc.Content[0].Line, needed)
		}
	}
	if c.GraphScope == "" {
		c.GraphScope = c.Graph.String() + "/.default"
	}
	if c.ExchangeScope == "" {
		c.ExchangeScope = c.Exchange.String() + "/.default"
	}
	return c, nil
}

type cloudKey struct {
	name string
	set  func(value string) error
}

func names(keys []cloudKey) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.name
	}
	return out
}

// keys are what a description may hold.
func (c *Cloud) keys() []cloudKey {
	root := func(to **url.URL) func(string) error {
		return func(value string) (err error) { *to, err = Endpoint(value); return err }
	}
	scope := func(to *string) func(string) error {
		return func(value string) error {
			u, err := url.Parse(value)
			if err != nil || u.User != nil || u.Host == "" || !slices.Contains([]string{"https", "api"}, u.Scheme) || !strings.HasSuffix(value, "/.default") {
				return errors.New("a scope is a resource and /.default, such as https://graph.microsoft.com/.default")
			}
			*to = value
			return nil
		}
	}
	return []cloudKey{
		{"name", func(value string) error {
			if !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`).MatchString(value) {
				return fmt.Errorf("%q is no name; a name is of small letters, digits and hyphens", value)
			}
			// Under such a name the collector would leave out, or ask for, what that cloud lacks or has.
			if slices.Contains(Clouds(), value) {
				return fmt.Errorf("%q is the name of one of Microsoft's clouds; use --cloud %s, or choose another name", value, value)
			}
			c.Name = value
			return nil
		}},
		{"login", root(&c.Login)},
		{"graph", root(&c.Graph)},
		{"exchange", root(&c.Exchange)},
		{"graphScope", scope(&c.GraphScope)},
		{"exchangeScope", scope(&c.ExchangeScope)},
		{"federatedAudience", func(value string) error {
			if strings.TrimSpace(value) == "" {
				return errors.New("it is empty")
			}
			c.FederatedAudience = value
			return nil
		}},
	}
}
