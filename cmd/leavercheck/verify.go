package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/report/clean"
)

func newVerify(sys system) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify SNAPSHOT|EVIDENCE.zip",
		Short: "Check that a snapshot is as it was sealed, and who signed it; or a file of evidence",
		Long: `Check every file of a snapshot against its seal, and the records against the counts
in it; with --key also that the owner of that key signed exactly these files. Exit code 5
means that something was changed, added or removed, or that the signature does not hold.

The seal is no signature: whoever can write the directory can write a new seal, with
another digest. The records of an encrypted snapshot can be read only with --identity;
without it the signature alone is checked.

Of a file of evidence every hash is checked, that policies and seal are those that the
result names, and that the reports say what the result says. If the snapshot is in it, or
is given, it is judged again, which must give the same result, byte for byte; exit code 5
means that anything differs.`,
		Example: `  leavercheck verify snapshots/2026-06-01
  leavercheck verify snapshots/2026-06-01 --key public.pem --identity identity.txt
  leavercheck verify evidence.zip --snapshot snapshots/2026-06-01`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && info.Mode().IsRegular() {
				return f.evidence(cmd.Context(), sys, args[0])
			}
			if f.snapshot != "" || f.baseline != "" {
				return usagef("--snapshot and --baseline are for a file of evidence: %s is none", args[0])
			}
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
	cmd.Flags().StringVar(&f.snapshot, "snapshot", "", "`DIR` of the snapshot, to judge again where the evidence holds none")
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "`SNAPSHOT` of earlier that the result was made with")
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
