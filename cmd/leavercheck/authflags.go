package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/report/clean"
)

// authFlags say as whom to sign in, and where a cloud is that has no name. There is no flag for a secret:
// arguments are seen by everybody on a machine, and kept.
type authFlags struct {
	method    string
	tenant    string
	client    string
	cloudFile string

	// sys and log are those of the run.
	sys system
	log *slog.Logger
	// named reports whether a cloud was named on purpose.
	named func() bool
}

func (a *authFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.method, "auth", collector.Auto, "how to sign in: auto, certificate, federated, managed-identity, device-code or secret")
	f.StringVar(&a.tenant, "tenant", "", "`ID` or domain of the tenant, instead of AZURE_TENANT_ID; a sign-in to another one is refused")
	f.StringVar(&a.client, "client-id", "", "`ID` of the application, instead of AZURE_CLIENT_ID")
	f.StringVar(&a.cloudFile, "cloud-file", "", "`FILE` that describes a cloud without a name (YAML: name, login, graph, exchange)")
	complete(cmd, "auth", collector.SignInMethods()...)
	a.named = func() bool { return f.Changed("cloud") }
}

// cloud is the cloud of the file, if one is given, else the one with the name.
func (a *authFlags) cloud(name string) (collector.Cloud, error) {
	if a.cloudFile == "" {
		c, err := collector.LookupCloud(name)
		if err != nil {
			return c, usagef("--cloud: %w", err)
		}
		return c, nil
	}
	if a.named() {
		return collector.Cloud{}, usagef("--cloud and --cloud-file contradict each other")
	}
	f, err := os.Open(a.cloudFile)
	if err != nil {
		return collector.Cloud{}, usagef("--cloud-file: %w", err)
	}
	defer f.Close()
	c, err := collector.ReadCloud(a.cloudFile, f)
	if err != nil {
		return c, usagef("%w", err)
	}
	return c, nil
}

// signIn makes the credential: a made-up tenant's secret, or what flags and environment say.
func (a *authFlags) signIn(o *collector.Options, secret *collector.Secret) error {
	var err error
	if secret != nil {
		o.Credential, err = secret.Credential(o.Cloud, o.Transport)
		return err
	}
	s := a.settings()
	o.Tenant = s.TenantAsked()
	var warnings []string
	if o.Credential, warnings, err = s.Credential(o.Cloud, o.Transport); err != nil {
		return usagef("%w", err)
	}
	o.Warnings = append(o.Warnings, warnings...)
	return nil
}

func (a *authFlags) settings() collector.SignIn {
	return collector.SignIn{
		Method: a.method, Tenant: a.tenant, Client: a.client, Env: a.sys.env, Now: a.sys.now,
		// A person waits for this line, whatever --quiet says.
		Prompt: func(line string) { _, _ = io.WriteString(a.sys.stderr, "leavercheck: "+clean.Text(line)+"\n") },
	}
}

// mixed warns at once of endpoints that belong to different clouds: what follows is likely to fail, and
// would not say why.
func (a *authFlags) mixed(o *collector.Options) {
	c := o.Cloud
	if o.ExchangeExport != nil {
		c.Exchange = nil
	}
	if warning := c.Mixed(); warning != "" && a.log != nil {
		a.log.Warn(warning)
	}
}
