package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/report"
)

func newVerify(sys system) *cobra.Command {
	return &cobra.Command{
		Use:   "verify SNAPSHOT",
		Short: "Check that a snapshot is as it was sealed",
		Long: `Check every file of a snapshot against its seal, and the records against the counts
in it. Exit code 5 means that something was changed. The seal is no signature: whoever
can write the directory can write a new seal, with another digest.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := snapshot.Verify(args[0])
			if err != nil {
				return err
			}
			m, s := r.Manifest(), r.Seal()
			return printLines(sys.stdout,
				fmt.Sprintf("The snapshot is as it was sealed: %s of %s, collected %s.", count(s.Leavers, "leaver"), report.Clean(tenantName(m)), m.CollectedAt.Format(time.RFC3339)),
				"Seal: "+s.Digest,
			)
		},
	}
}
