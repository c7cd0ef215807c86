package main

import (
	"errors"
	"fmt"
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
	exchangeRate float64
	// since is the directory of an earlier snapshot to go on from.
	since string
	auth  authFlags
	// leastPrivilege refuses a sign-in that may do more than read.
	leastPrivilege bool
	// rosterless is set by a command that looks for nobody.
	rosterless bool
}

func (t *tenantFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	t.auth.add(cmd)
	t.addRosters(cmd)
	f.StringVar(&t.timeZone, "time-zone", "", "`ZONE` of leave dates without a time, such as Europe/Amsterdam")
	f.StringVar(&t.cloud, "cloud", "global", "Microsoft cloud: global, china, usgov or dod")
	f.StringVar(&t.login, "login-endpoint", "", "`URL` to sign in at, instead of the cloud's")
	f.StringVar(&t.graph, "graph-endpoint", "", "`URL` of Microsoft Graph, instead of the cloud's")
	f.StringVar(&t.exchange, "exchange-endpoint", "", "`URL` of Exchange Online, instead of the cloud's")
	f.StringVar(&t.export, "exchange-export", "", "`DIR` with an export of Exchange, read instead of asking it; see leavercheck exchange-export-script")
	f.DurationVar(&t.exportMaxAge, "exchange-export-max-age", 24*time.Hour, "how old the Exchange export may be; what an older one says is unknown")
	f.Float64Var(&t.exchangeRate, "exchange-rate", 5, "requests per second to Exchange Online, for which Microsoft publishes no quota")
	f.StringVar(&t.caFile, "ca-file", "", "`FILE` with further certificate authorities to trust (PEM)")
	f.DurationVar(&t.maxDuration, "max-duration", 0, "stop reading after this time; the rest is unknown (such as 2h)")
	f.BoolVar(&t.simulate, "simulate", false, "use a made-up tenant with its own roster; no account is needed")
	f.StringVar(&t.delegations, "delegations", "shared", "where to look for rights of leavers: shared (mailboxes), or all, which asks once for every mailbox")
	f.StringVar(&t.since, "since", "", "earlier `SNAPSHOT` to go on from: of the tenant's accounts only the changes are read")
	f.BoolVar(&t.leastPrivilege, "require-least-privilege", false, "refuse a sign-in that may do more than read, before anything is read")
	complete(cmd, "delegations", "shared", "all")
	complete(cmd, "cloud", collector.Clouds()...)
}

// options turns the flags into what the collector needs. The caller calls the returned function when
// the collecting is over. Reads is what it takes to open earlier snapshots.
func (t *tenantFlags) options(sys system, c *common, reads snapshot.Opening, log *slog.Logger) (collector.Options, func(), error) {
	o := collector.Options{Now: sys.now, MaxDuration: t.maxDuration, Tool: tool(), Arguments: sys.args, Limits: wire.DocumentedLimits()}
	if t.maxDuration < 0 {
		return o, nil, usagef("--max-duration %s is less than nothing", t.maxDuration)
	}
	if err := t.readExport(&o); err != nil {
		return o, nil, err
	}
	const mostPerSecond = 100
	if !(t.exchangeRate > 0) || t.exchangeRate > mostPerSecond {
		return o, nil, usagef("--exchange-rate %g is not between 0 and %d", t.exchangeRate, mostPerSecond)
	}
	o.Limits[wire.Exchange] = wire.ExchangeLimit(t.exchangeRate)
	if t.delegations != "shared" && t.delegations != "all" {
		return o, nil, usagef("--delegations %q is none of shared, all", t.delegations)
	}
	o.AllMailboxes, o.LeastPrivilege = t.delegations == "all", t.leastPrivilege
	if t.since != "" {
		var err error
		if o.Since, err = reads.Open(t.since); err != nil {
			return o, nil, fmt.Errorf("--since: %w", err)
		}
	}
	t.auth.sys, t.auth.log = sys, log
	var secret *collector.Secret
	var ca []byte
	var roster []byte
	stop := func() { _ = o.Since.Close() }
	if t.simulate {
		server, tenant, err := t.start(sys)
		if err != nil {
			return o, nil, err
		}
		stop = func() { _, _ = server.Close(), o.Since.Close() }
		secret = &collector.Secret{Tenant: server.TenantID, Client: server.ClientID, Value: server.ClientSecret}
		ca, roster = server.CA, tenant.Roster()
		o.Tenant, o.Limits = server.TenantID, wire.Unhurried()
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
	if t.login+t.graph+t.exchange+t.caFile+t.auth.cloudFile != "" {
		return nil, nil, usagef("--simulate brings its own endpoints; leave out --login-endpoint, --graph-endpoint, --exchange-endpoint, --cloud-file and --ca-file")
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
	if o.Cloud, err = t.auth.cloud(t.cloud); err != nil {
		return err
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
	t.auth.mixed(o)
	if t.caFile != "" {
		if ca, err = os.ReadFile(t.caFile); err != nil {
			return usagef("--ca-file: %w", err)
		}
	}
	transport, err := wire.Transport(ca)
	if errors.Is(err, wire.ErrProxy) {
		return usagef("%w", err)
	} else if err != nil {
		return usagef("--ca-file %s: %w", t.caFile, err)
	}
	o.Transport = transport
	return t.auth.signIn(o, secret)
}

// outOfTime tells what a time limit leaves.
func (t *tenantFlags) outOfTime() string {
	said := "--max-duration " + t.maxDuration.String() + " is over; what was not read by then is unknown"
	if t.out != "" {
		said += "; the same command goes on from there"
	}
	return said
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
