package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"leavercheck/collector/simtenant"
)

func newSimulate(sys system) *cobra.Command {
	var dir string
	var people bool
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a made-up tenant, to try things on",
		Long: `Run a made-up tenant on this machine until it is interrupted: Entra sign-in, Microsoft
Graph and Exchange Online, with a few hundred people, some of whom left. Its roster and
its certificate authority are written to --dir; the variables and the command to reach
it are printed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tenant, err := simtenant.New(simtenant.Options{Now: sys.now(), Clock: sys.now})
			if err != nil {
				return err
			}
			if people {
				return listPeople(sys, tenant)
			}
			server, err := tenant.Start()
			if err != nil {
				return err
			}
			defer server.Close()
			if dir == "" {
				if dir, err = os.MkdirTemp("", "leavercheck-simulated-"); err != nil {
					return fmt.Errorf("a place for the roster: %w", err)
				}
				defer os.RemoveAll(dir)
			} else if err := os.MkdirAll(dir, 0o700); err != nil {
				return usagef("--dir: %w", err)
			}
			ca, roster := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "roster.csv")
			for path, data := range map[string][]byte{ca: server.CA, roster: tenant.Roster()} {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					return usagef("--dir: %w", err)
				}
			}
			if err := printLines(sys.stdout,
				"A simulated tenant is running. In another shell:",
				"",
				"export AZURE_TENANT_ID="+server.TenantID,
				"export AZURE_CLIENT_ID="+server.ClientID,
				"export AZURE_CLIENT_SECRET="+server.ClientSecret,
				"leavercheck scan --roster "+roster+" \\",
				"  --login-endpoint "+server.LoginURL+" --graph-endpoint "+server.GraphURL+" \\",
				"  --exchange-endpoint "+server.ExchangeURL+" --ca-file "+ca,
				"",
				"The scan keeps to Microsoft's quotas here too, so it takes minutes; scan --simulate does not.",
				"Ctrl-C ends the tenant.",
			); err != nil {
				return err
			}
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "`DIR` for ca.pem and roster.csv; without it they are removed at the end")
	cmd.Flags().BoolVar(&people, "people", false, "list who is on its roster, with their story, and end")
	return cmd
}

// listPeople names the people whom a scenario can choose.
func listPeople(sys system, tenant *simtenant.Tenant) error {
	var lines []string
	for _, p := range tenant.Truth() {
		lines = append(lines, p.UserPrincipalName+"  "+p.Story)
	}
	slices.Sort(lines)
	return printLines(sys.stdout, lines...)
}
