package main

import (
	"io"

	"github.com/spf13/cobra"

	"leavercheck/collector"
)

func newExchangeExportScript(sys system) *cobra.Command {
	return &cobra.Command{
		Use:   "exchange-export-script",
		Short: "Print the PowerShell that exports what has to be known of Exchange",
		Long: `Print the PowerShell that exports what has to be known of Exchange Online, for
tenants in which the application may not ask Exchange itself. It runs cmdlets that
read, and no others: read it before you run it.

Somebody who may read Exchange runs it, in Windows PowerShell 5.1 or PowerShell 7 with
the module ExchangeOnlineManagement. It asks about the people on the roster only, where
Exchange can be asked about one person.`,
		Example: `  leavercheck exchange-export-script > export.ps1
  # in PowerShell: Connect-ExchangeOnline; .\export.ps1 -Path exchange -Leavers leavers.csv
  leavercheck scan --roster leavers.csv --exchange-export exchange`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(sys.stdout, collector.ExchangeExportScript())
			return err
		},
	}
}
