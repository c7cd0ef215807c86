package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/report/clean"
)

func newVerify(sys system) *cobra.Command {
	var f openFlags
	cmd := &cobra.Command{
		Use:   "verify SNAPSHOT",
		Short: "Check that a snapshot is as it was sealed, and who signed it",
		Long: `Check every file of a snapshot against its seal, and the records against the counts
in it; with --key also that the owner of that key signed exactly these files. Exit code 5
means that something was changed, added or removed, or that the signature does not hold.

The seal is no signature: whoever can write the directory can write a new seal, with
another digest. The records of an encrypted snapshot can be read only with --identity;
without it the signature alone is checked.`,
		Example: `  leavercheck verify snapshots/2026-06-01
  leavercheck verify snapshots/2026-06-01 --key public.pem --identity identity.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			opening, err := f.opening()
			if err != nil {
				return err
			}
			signature, err := snapshot.CheckSignature(args[0], opening.Keys...)
			if err != nil {
				return err
			}
			r, err := opening.Verify(args[0])
			if errors.Is(err, snapshot.ErrEncrypted) && signature.Verified {
				a := signature.Attested
				return printLines(sys.stdout,
					fmt.Sprintf("The snapshot is as it was signed: of tenant %s, collected %s.", a.TenantID, a.CollectedAt.Format(time.RFC3339)),
					"It is encrypted: without --identity FILE its records were not read.",
					"Seal: "+a.Seal,
					signatureLine(signature),
				)
			}
			if err != nil {
				return err
			}
			m, s := r.Manifest(), r.Seal()
			if err := r.Close(); err != nil {
				return err
			}
			return printLines(sys.stdout,
				fmt.Sprintf("The snapshot is as it was sealed: %s of %s, collected %s.", count(s.Leavers, "leaver"), clean.Text(tenantName(m)), m.CollectedAt.Format(time.RFC3339)),
				"Seal: "+s.Digest,
				signatureLine(signature),
			)
		},
	}
	f.addIdentity(cmd)
	f.addKey(cmd)
	return cmd
}

func signatureLine(s snapshot.Signature) string {
	switch {
	case s.Verified:
		return "Signature: good, of the key " + s.KeyID
	case s.KeyID != "":
		return fmt.Sprintf("Signature: not checked; it claims to be of the key %.64s. Give --key PUBLIC.pem to check it.", clean.Text(s.KeyID))
	}
	return "Signature: none"
}
