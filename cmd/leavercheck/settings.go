package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"leavercheck/policies"
)

// common are the settings of every command.
type common struct {
	config     string
	quiet      bool
	verbose    bool
	noProgress bool
	color      string
	logFormat  string
}

func addCommon(root *cobra.Command) *common {
	c := &common{}
	f := root.PersistentFlags()
	f.StringVar(&c.config, "config", "", "`FILE` with settings, one \"flag: value\" a line, and a section \"rules\" (YAML)")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print errors only, beside the output itself")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "say on stderr what is being done")
	f.BoolVar(&c.noProgress, "no-progress", false, "no progress line on a terminal")
	f.StringVar(&c.color, "color", "auto", "colours: auto, always or never")
	f.StringVar(&c.logFormat, "log-format", "text", "form of the lines on stderr: text or json")
	complete(root, "color", "auto", "always", "never")
	complete(root, "log-format", "text", "json")
	return c
}

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	// The only error is a flag that does not exist, which a test of the completion shows.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// apply fills the flags that the command line does not set from LEAVERCHECK_<FLAG>, then from the file.
func (c *common) apply(cmd *cobra.Command, env func(string) (string, bool)) error {
	if value, ok := env(variable("config")); ok && !cmd.Flags().Changed("config") {
		c.config = value
	}
	file, err := readConfig(c.config)
	if err != nil {
		return err
	}
	if err := c.known(cmd.Root(), file); err != nil {
		return err
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "config" || f.Name == "help" || failed != nil {
			return
		}
		if value, ok := env(variable(f.Name)); ok {
			if err := f.Value.Set(value); err != nil {
				failed = usagef("%s: %w", variable(f.Name), err)
			}
			f.Changed = true
			return
		}
		setting, ok := file[f.Name]
		if !ok {
			return
		}
		for _, value := range setting.values {
			if err := cmd.Flags().Set(f.Name, value); err != nil {
				failed = usagef("%s:%d: %s: %w", c.config, setting.line, f.Name, err)
			}
		}
	})
	if failed != nil {
		return failed
	}
	return c.check()
}

func (c *common) check() error {
	switch {
	case c.quiet && c.verbose:
		return usagef("--quiet and --verbose contradict each other")
	case !slices.Contains([]string{"auto", "always", "never"}, c.color):
		return usagef("--color %q is none of auto, always, never", c.color)
	case !slices.Contains([]string{"text", "json"}, c.logFormat):
		return usagef("--log-format %q is none of text, json", c.logFormat)
	}
	return nil
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "LEAVERCHECK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setting is one entry of the file.
type setting struct {
	values []string
	line   int
}

// rulesSection is the part of the file that is about rules and not about flags.
const rulesSection = "rules"

// ruleSettings reads what the file sets of rules, nil for no file. The name stands for the file in errors, and
// where a result says where something was set.
func (c *common) ruleSettings(name string) (policies.Settings, error) {
	if c.config == "" {
		return nil, nil
	}
	f, err := os.Open(c.config)
	if err != nil {
		return nil, usagef("--config: %w", err)
	}
	defer f.Close()
	settings, err := policies.ReadSettings(name, f)
	if err != nil {
		return nil, usageError{err}
	}
	return settings, nil
}

// maxConfig bounds the file of settings.
const maxConfig = 1 << 20

func readConfig(path string) (map[string]setting, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("--config: %w", err)
	}
	defer f.Close()
	var doc yaml.Node
	if err := yaml.NewDecoder(io.LimitReader(f, maxConfig)).Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, usagef("%s:%d: settings are lines of the form \"flag: value\"", path, top.Line)
	}
	out := map[string]setting{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if key.Value == rulesSection {
			continue // ruleSettings reads it, where there are rules
		}
		if _, twice := out[key.Value]; twice {
			return nil, usagef("%s:%d: %s stands here for the second time", path, key.Line, key.Value)
		}
		s := setting{line: key.Line}
		items := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			items = value.Content
		}
		for _, item := range items {
			if item.Kind != yaml.ScalarNode {
				return nil, usagef("%s:%d: %s takes a value or a list of values", path, item.Line, key.Value)
			}
			s.values = append(s.values, item.Value)
		}
		out[key.Value] = s
	}
	return out, nil
}

// known refuses settings that no command has: a misspelt one would be ignored for ever.
func (c *common) known(root *cobra.Command, file map[string]setting) error {
	names := map[string]bool{}
	for _, cmd := range everyCommand(root) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { names[f.Name] = true })
	}
	var unknown []string
	for name, s := range file {
		if !names[name] || name == "config" || name == "help" {
			unknown = append(unknown, fmt.Sprintf("%s:%d: there is no setting %q", c.config, s.line, name))
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return usagef("%s", strings.Join(unknown, "; "))
}
