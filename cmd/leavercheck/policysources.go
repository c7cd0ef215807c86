package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"leavercheck/policies"
)

// policySources say which rules there are beside the built-in ones, and how far they are trusted.
type policySources struct {
	sources    []string
	policyKeys []string
	digest     string
	isolate    string
}

func (p *policySources) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&p.sources, "policy", nil, "`DIR` or bundle (tar.gz) with rules of your own, on top of the built-in ones; may be repeated")
	f.StringArrayVar(&p.policyKeys, "policy-key", nil, "public key `FILE` (PEM) that must have signed every --policy (opa sign); may be repeated: any of them")
	f.StringVar(&p.digest, "policy-digest", "", "`SHA256` that the rules must have, as policy digest prints it")
	f.StringVar(&p.isolate, "isolate", isolateAuto, "rules that run in a process of their own: auto (those of --policy), always (the built-in ones, too), never")
	complete(cmd, "isolate", isolations()...)
}

// The values of --isolate.
const (
	isolateAuto   = "auto"
	isolateAlways = "always"
	isolateNever  = "never"
)

func isolations() []string { return []string{isolateAuto, isolateAlways, isolateNever} }

// load loads the rules.
func (p *policySources) load(ctx context.Context, settings policies.Settings) (*policies.Set, error) {
	opts := policies.LoadOptions{Sources: p.sources, Digest: p.digest, Settings: settings}
	if !slices.Contains(isolations(), p.isolate) {
		return nil, usagef("--isolate: %q is none of %s", p.isolate, strings.Join(isolations(), ", "))
	}
	if sum, err := hex.DecodeString(p.digest); p.digest != "" && (err != nil || len(sum) != 32) {
		return nil, usagef("--policy-digest: %q is no SHA-256 in hex", p.digest)
	}
	if len(p.policyKeys) > 0 && len(p.sources) == 0 {
		return nil, usagef("--policy-key says who signed rules of your own; say where they are with --policy")
	}
	for _, path := range p.policyKeys {
		text, err := readKey(path)
		if err != nil {
			return nil, usagef("--policy-key: %w", err)
		}
		key, err := policies.ParseKey(text)
		if err != nil {
			return nil, usagef("--policy-key: %s: %w", path, err)
		}
		opts.Keys = append(opts.Keys, key)
	}
	if p.isolate != isolateNever {
		var err error
		if opts.Isolation, err = isolation(); err != nil {
			return nil, err
		}
		opts.Isolation.BuiltIn = p.isolate == isolateAlways
	}
	set, err := policies.Load(ctx, opts)
	if err != nil && ctx.Err() == nil {
		return nil, usageError{err}
	}
	return set, err
}

// isolation runs rules in processes of this same program.
func isolation() (policies.Isolation, error) {
	self, err := os.Executable()
	if err != nil {
		return policies.Isolation{}, fmt.Errorf("isolating rules: finding this program: %w", err)
	}
	return policies.Isolation{
		Command: func() *exec.Cmd { return &exec.Cmd{Path: self, Args: []string{"leavercheck", isolatedCommand}} },
	}, nil
}

// isolatedCommand is for the program itself, not for people.
const isolatedCommand = "isolated"

// newIsolated is what the program becomes to run rules in a process of their own.
func newIsolated(sys system) *cobra.Command {
	return &cobra.Command{
		Use:    isolatedCommand,
		Short:  "Run rules for another process of this program",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(*cobra.Command, []string) error { return policies.Serve(sys.stdin, sys.stdout) },
	}
}

func newPolicyDigest(sys system) *cobra.Command {
	var p policySources
	cmd := &cobra.Command{
		Use:   "digest",
		Short: "Print the digest of the rules, for --policy-digest",
		Long: `Print the SHA-256 of the rules: of the built-in ones and those of --policy, their
names and texts, without tests and settings. The result of every evaluation names it.
With --policy-digest, scan and evaluate refuse rules that have another one.`,
		Example: `  leavercheck policy digest --policy rules.tar.gz --policy-key rules.pem`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := p.load(cmd.Context(), nil)
			if err != nil {
				return err
			}
			return printLines(sys.stdout, set.Digest())
		},
	}
	p.add(cmd)
	return cmd
}
