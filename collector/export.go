package collector

import (
	"fmt"
	"strings"
	"time"

	"leavercheck/collector/exchange"
)

// OpenExchangeExport reads an export that ExchangeExportScript made, or the cmdlets by hand; see
// exchange.OpenExport.
func OpenExchangeExport(dir string, now time.Time, maxAge time.Duration) (*exchange.Export, error) {
	return exchange.OpenExport(dir, now, maxAge)
}

// ExchangeExportScript is the PowerShell that makes an export. It only reads.
func ExchangeExportScript() string { return exchange.Script() }

// fromExport makes a client of an export, unless it is another tenant's: there, nobody of this one has a
// mailbox.
func fromExport(e *exchange.Export, tenant string) (*exchange.Client, error) {
	if of := e.TenantID(); of != "" && !strings.EqualFold(of, tenant) {
		return nil, fmt.Errorf("%w: the credential is of %s, the Exchange export of %.60q", ErrTenant, tenant, of)
	}
	return exchange.FromExport(e), nil
}
