package main

import (
	"fmt"
	"path"
	"runtime/debug"

	"github.com/spf13/cobra"

	"leavercheck/policies"
)

func newVersion(sys system) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, of the program and of its rules",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := policies.Load(cmd.Context(), policies.LoadOptions{})
			if err != nil {
				return err
			}
			v := buildVersion()
			return printLines(sys.stdout,
				"leavercheck "+v.version,
				"checklist   "+fmt.Sprintf("%d rules, digest %s", len(set.Rules()), set.Digest()),
				"opa         "+v.modules["opa"],
				"graph sdk   "+v.modules["msgraph-sdk-go"],
			)
		},
	}
}

// build is what the linker knows of this program.
type build struct {
	version string
	modules map[string]string
}

func buildVersion() build {
	b := build{version: "unknown", modules: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && b.version == "(devel)" {
			b.version = s.Value
		}
	}
	for _, m := range info.Deps {
		// The two that decide what is asked and how it is judged.
		if name := path.Base(m.Path); name == "opa" || name == "msgraph-sdk-go" {
			b.modules[name] = m.Version
		}
	}
	return b
}
