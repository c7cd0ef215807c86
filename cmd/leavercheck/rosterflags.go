package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/collector/roster"
)

func (t *tenantFlags) addRosters(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&t.rosters, "roster", nil, "`FILE` (CSV) that says who left and when, or what Entra says: entra:leave-date, entra:group=ID, entra:deleted, entra:disabled (members; =all: guests too); may be repeated, and a file's row wins")
	f.StringArrayVar(&t.exclude, "exclude", nil, "`ID`, user principal name or pattern (svc-*@contoso.com) of accounts not to look at, whoever names them; may be repeated")
}

// readRosters reads the files that were given, or else the simulated tenant's own roster, and notes the sources in
// Entra, which the collector reads.
func (t *tenantFlags) readRosters(o *collector.Options, simulated []byte, log *slog.Logger) error {
	if err := t.readExclusions(o); err != nil {
		return err
	}
	var zone *time.Location
	if t.timeZone != "" {
		var err error
		if zone, err = roster.LoadZone(t.timeZone); err != nil {
			return usagef("--time-zone: %w", err)
		}
	}
	read := func(name string, r io.Reader) error {
		file, err := roster.ReadCSV(name, r, zone)
		if err != nil {
			return err
		}
		for _, column := range file.Unused {
			log.Warn("the roster has a column that means nothing here", "roster", name, "column", column)
		}
		o.Entries = append(o.Entries, file.Entries...)
		o.Sources = append(o.Sources, filepath.Base(name))
		return nil
	}
	if t.rosterless {
		return nil
	}
	if len(t.rosters) == 0 && simulated != nil {
		return read("simulated.csv", bytes.NewReader(simulated))
	}
	if len(t.rosters) == 0 {
		return usagef("who left? Give --roster FILE, or --roster entra:leave-date, or try --simulate")
	}
	for _, path := range t.rosters {
		if roster.IsSource(path) {
			if err := addSource(o, path); err != nil {
				return err
			}
			continue
		}
		if slices.Contains(o.Sources, filepath.Base(path)) {
			return usagef("--roster: two files are called %s; verdicts name rows by it, rename one", filepath.Base(path))
		}
		f, err := os.Open(path)
		if err != nil {
			return usagef("--roster: %w", err)
		}
		err = read(path, f)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func addSource(o *collector.Options, text string) error {
	source, err := roster.ParseSource(text)
	if err != nil {
		return usagef("--roster: %w; a file of that name is ./%s", err, text)
	}
	if slices.Contains(o.Entra, source) {
		return usagef("--roster: %s is given twice", source)
	}
	o.Entra, o.Sources = append(o.Entra, source), append(o.Sources, source.String())
	return nil
}

func (t *tenantFlags) readExclusions(o *collector.Options) error {
	for _, text := range t.exclude {
		x, err := roster.ParseExclusion(text)
		if err != nil {
			return usagef("--exclude: %w", err)
		}
		o.Exclude = append(o.Exclude, x)
	}
	return nil
}
