package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// tenantFlags say whom to look at, and where.
type tenantFlags struct {
	rosters     []string
	exclude     []string
	timeZone    string
	cloud       string
	login       string
	graph       string
	exchange    string
	caFile      string
	out         string
	maxDuration time.Duration
	simulate    bool
	// delegations is where to look for leavers' rights on the mailboxes of others.
	delegations string
	// export is the directory of an Exchange export, and exportMaxAge how old that may be.
	export       string
	exportMaxAge time.Duration
}

func (t *tenantFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	t.addRosters(cmd)
	f.StringVar(&t.timeZone, "time-zone", "", "`ZONE` of leave dates without a time, such as Europe/Amsterdam")
	f.StringVar(&t.cloud, "cloud", "global", "Microsoft cloud: global, china, usgov or dod")
	f.StringVar(&t.login, "login-endpoint", "", "`URL` to sign in at, instead of the cloud's")
	f.StringVar(&t.graph, "graph-endpoint", "", "`URL` of Microsoft Graph, instead of the cloud's")
	f.StringVar(&t.exchange, "exchange-endpoint", "", "`URL` of Exchange Online, instead of the cloud's")
	f.StringVar(&t.export, "exchange-export", "", "`DIR` with an export of Exchange, read instead of asking it; see leavercheck exchange-export-script")
	f.DurationVar(&t.exportMaxAge, "exchange-export-max-age", 24*time.Hour, "how old the Exchange export may be; what an older one says is unknown")
	f.StringVar(&t.caFile, "ca-file", "", "`FILE` with further certificate authorities to trust (PEM)")
	f.DurationVar(&t.maxDuration, "max-duration", 0, "stop reading after this time; the rest is unknown (such as 2h)")
	f.BoolVar(&t.simulate, "simulate", false, "use a made-up tenant with its own roster; no account is needed")
	f.StringVar(&t.delegations, "delegations", "shared", "where to look for rights of leavers: shared (mailboxes), or all, which asks once for every mailbox")
	complete(cmd, "delegations", "shared", "all")
	complete(cmd, "cloud", collector.Clouds()...)
}

// options turns the flags into what the collector needs. The caller calls the returned function when
// the collecting is over.
func (t *tenantFlags) options(sys system, c *common, log *slog.Logger) (collector.Options, func(), error) {
	o := collector.Options{Now: sys.now, MaxDuration: t.maxDuration, Tool: tool(), Arguments: sys.args, Limits: wire.DocumentedLimits()}
	if t.maxDuration < 0 {
		return o, nil, usagef("--max-duration %s is less than nothing", t.maxDuration)
	}
	if err := t.readExport(&o); err != nil {
		return o, nil, err
	}
	if t.delegations != "shared" && t.delegations != "all" {
		return o, nil, usagef("--delegations %q is none of shared, all", t.delegations)
	}
	o.AllMailboxes = t.delegations == "all"
	var secret *collector.Secret
	var ca []byte
	var roster []byte
	stop := func() {}
	if t.simulate {
		server, tenant, err := t.start(sys)
		if err != nil {
			return o, nil, err
		}
		stop = func() { _ = server.Close() }
		secret = &collector.Secret{Tenant: server.TenantID, Client: server.ClientID, Value: server.ClientSecret}
		ca, roster = server.CA, tenant.Roster()
		o.Tenant, o.Limits = server.TenantID, wire.Unhurried()
	} else {
		o.Tenant, _ = sys.env("AZURE_TENANT_ID")
	}
	if err := t.connect(&o, ca, secret); err != nil {
		stop()
		return o, nil, err
	}
	if err := t.readRosters(&o, roster, log); err != nil {
		stop()
		return o, nil, err
	}
	step, end := newProgress(sys.stderr, c, log)
	o.Progress = step
	return o, func() { end(); stop() }, nil
}

// readExport reads the Exchange export, if one was given.
func (t *tenantFlags) readExport(o *collector.Options) error {
	switch {
	case t.export == "":
		return nil
	case t.exchange != "":
		return usagef("--exchange-export and --exchange-endpoint contradict each other")
	case t.exportMaxAge <= 0:
		return usagef("--exchange-export-max-age %s leaves no export young enough", t.exportMaxAge)
	}
	var err error
	if o.ExchangeExport, err = collector.OpenExchangeExport(t.export, o.Now(), t.exportMaxAge); err != nil {
		return usagef("--exchange-export: %w", err)
	}
	return nil
}

// start starts the simulated tenant and points the ordinary flags at it.
func (t *tenantFlags) start(sys system) (*simtenant.Server, *simtenant.Tenant, error) {
	if t.login+t.graph+t.exchange+t.caFile != "" {
		return nil, nil, usagef("--simulate brings its own endpoints; leave out --login-endpoint, --graph-endpoint, --exchange-endpoint and --ca-file")
	}
	tenant, err := simtenant.New(simtenant.Options{Now: sys.now(), Clock: sys.now})
	if err != nil {
		return nil, nil, err
	}
	server, err := tenant.Start()
	if err != nil {
		return nil, nil, err
	}
	t.login, t.graph, t.exchange = server.LoginURL, server.GraphURL, server.ExchangeURL
	return server, tenant, nil
}

func (t *tenantFlags) connect(o *collector.Options, ca []byte, secret *collector.Secret) error {
	var err error
	if o.Cloud, err = collector.LookupCloud(t.cloud); err != nil {
		return usagef("--cloud: %w", err)
	}
	for _, e := range []struct {
		flag, value string
		set         func(raw string) error
	}{
		{"login-endpoint", t.login, func(raw string) (err error) {
			o.Cloud.OwnLogin = true
			o.Cloud.Login, err = collector.Endpoint(raw)
			return err
		}},
		{"graph-endpoint", t.graph, func(raw string) (err error) { o.Cloud.Graph, err = collector.Endpoint(raw); return err }},
		{"exchange-endpoint", t.exchange, func(raw string) (err error) { o.Cloud.Exchange, err = collector.Endpoint(raw); return err }},
	} {
		if e.value == "" {
			continue
		}
		if err := e.set(e.value); err != nil {
			return usagef("--%s: %w", e.flag, err)
		}
	}
	if t.caFile != "" {
		if ca, err = os.ReadFile(t.caFile); err != nil {
			return usagef("--ca-file: %w", err)
		}
	}
	transport, err := wire.Transport(ca)
	if err != nil {
		return usagef("--ca-file %s: %w", t.caFile, err)
	}
	o.Transport = transport
	o.Credential, err = collector.Credential(o.Cloud, transport, secret)
	return err
}

// tool names this program in what it writes.
func tool() snapshot.Tool {
	v := buildVersion()
	return snapshot.Tool{Name: "leavercheck", Version: v.version, Modules: v.modules}
}

func printWarnings(log *slog.Logger, warnings []string) {
	for _, w := range warnings {
		log.Warn(w)
	}
}
