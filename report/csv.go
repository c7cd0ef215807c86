package report

import (
	"encoding/csv"
	"fmt"
	"io"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// csvFile writes a sheet as RFC 4180 has it: UTF-8, commas, lines that end in CR LF, a header line. Rows are
// written as the leavers come.
type csvFile struct {
	order
	w     io.Writer
	opts  Options
	out   *csv.Writer
	sheet sheet
}

func newCSV(w io.Writer, opts Options, s sheet) *csvFile {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	return &csvFile{w: w, opts: opts, out: out, sheet: s}
}

func (c *csvFile) Run(run policies.Run) error {
	if err := c.run(); err != nil {
		return err
	}
	if c.opts.BOM {
		if _, err := io.WriteString(c.w, "\ufeff"); err != nil {
			return fmt.Errorf("report: writing: %w", err)
		}
	}
	return c.rows([][]string{c.sheet.head(run)})
}

func (c *csvFile) Leaver(leaver policies.LeaverResult) error {
	if err := c.leaver(); err != nil {
		return err
	}
	return c.rows(c.sheet.leaver(leaver))
}

func (c *csvFile) Tenant(tenant policies.TenantResult) error {
	if err := c.tenant(); err != nil {
		return err
	}
	return c.rows(c.sheet.tenant(tenant))
}

func (c *csvFile) Summary(summary policies.Summary) error {
	if err := c.summary(); err != nil {
		return err
	}
	return c.rows(c.sheet.summary(summary))
}

func (c *csvFile) Close() error { return c.whole() }

func (c *csvFile) rows(rows [][]string) error {
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
		row[0] = string(clean.Lines([]byte(row[0]))) // it begins a line
		if err := c.out.Write(row); err != nil {
			return fmt.Errorf("report: writing: %w", err)
		}
	}
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}
