package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"leavercheck/policies"
	"leavercheck/report"
)

// outputFlags say in which formats a result is wanted, and where.
type outputFlags struct {
	format string
	files  []string
}

func (f *outputFlags) add(cmd *cobra.Command) {
	formats := strings.Join(report.Formats(), ", ")
	cmd.Flags().StringVar(&f.format, "format", report.Table, "format of the output: "+formats)
	cmd.Flags().StringArrayVarP(&f.files, "output", "o", nil, "also write `FORMAT=PATH`; may be repeated")
	complete(cmd, "format", report.Formats()...)
}

// outputs is every renderer of one result. They are made when the result begins, for only then is it known which
// earlier results are its trend.
type outputs struct {
	wanted    []wanted
	trend     []report.TrendPoint
	renderers []report.Renderer
	stdout    *bufio.Writer
	files     []*pendingFile
}

type wanted struct {
	format string
	w      io.Writer
	opts   report.Options
}

// pendingFile is a file that appears only when it is whole.
type pendingFile struct {
	path string
	temp *os.File
	buf  *bufio.Writer
}

// open checks the formats and opens the files before the work begins. The caller calls discard in any
// case.
func (f *outputFlags) open(stdout io.Writer, color string, env func(string) (string, bool)) (*outputs, error) {
	out := &outputs{stdout: bufio.NewWriter(stdout)}
	opts := terminal(stdout, color, env)
	for _, file := range f.files {
		format, path, ok := strings.Cut(file, "=")
		if !ok || path == "" {
			return out, usagef("--output %q is not of the form FORMAT=PATH", file)
		}
		if !slices.Contains(report.Formats(), format) {
			return out, usagef("--output %q: no format %q; there are %s", file, format, strings.Join(report.Formats(), ", "))
		}
		temp, err := os.CreateTemp(filepath.Dir(path), ".leavercheck-*") // mode 0600
		if err != nil {
			var at *fs.PathError
			if errors.As(err, &at) {
				err = at.Err // the temporary name means nothing to anybody
			}
			return out, usagef("--output: cannot write %s: %w", path, err)
		}
		pending := &pendingFile{path: path, temp: temp, buf: bufio.NewWriter(temp)}
		out.files = append(out.files, pending)
		out.wanted = append(out.wanted, wanted{format, pending.buf, report.Options{}})
		if opts.Details == "" && format != report.Table {
			opts.Details = "in " + path
		}
	}
	if !slices.Contains(report.Formats(), f.format) {
		return out, usagef("--format: no format %q; there are %s", f.format, strings.Join(report.Formats(), ", "))
	}
	out.wanted = append(out.wanted, wanted{f.format, out.stdout, opts})
	return out, nil
}

// terminal says how wide and colourful the output may be.
func terminal(w io.Writer, color string, env func(string) (string, bool)) report.Options {
	opts := report.Options{Color: color == "always"}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return opts
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		opts.Width = width
	}
	none, _ := env("NO_COLOR")
	kind, _ := env("TERM")
	opts.Color = opts.Color || color == "auto" && none == "" && kind != "dumb"
	return opts
}

// The handler's methods give each part of the result to every renderer.

func (o *outputs) Run(run policies.Run) error {
	for _, want := range o.wanted {
		want.opts.Trend = o.trend
		r, err := report.New(want.format, want.w, want.opts)
		if err != nil {
			return err
		}
		o.renderers = append(o.renderers, r)
	}
	return o.each(func(r report.Renderer) error { return r.Run(run) })
}

func (o *outputs) Leaver(leaver policies.LeaverResult) error {
	return o.each(func(r report.Renderer) error { return r.Leaver(leaver) })
}

func (o *outputs) Tenant(tenant policies.TenantResult) error {
	return o.each(func(r report.Renderer) error { return r.Tenant(tenant) })
}

func (o *outputs) Summary(summary policies.Summary) error {
	return o.each(func(r report.Renderer) error { return r.Summary(summary) })
}

func (o *outputs) each(f func(report.Renderer) error) error {
	for _, r := range o.renderers {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// finish puts every file in its place, then lets the output go.
func (o *outputs) finish() error {
	if len(o.renderers) != len(o.wanted) {
		return errors.New("the result did not begin")
	}
	if err := o.each(report.Renderer.Close); err != nil {
		return err
	}
	for _, f := range o.files {
		if err := f.commit(); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
	}
	if err := o.stdout.Flush(); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

func (f *pendingFile) commit() error {
	if err := errors.Join(f.buf.Flush(), f.temp.Sync(), f.temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.temp.Name(), f.path); err != nil {
		return err
	}
	f.temp = nil
	return nil
}

// discard removes what was not finished.
func (o *outputs) discard() {
	for _, f := range o.files {
		if f.temp != nil {
			f.temp.Close()
			os.Remove(f.temp.Name())
		}
	}
}
