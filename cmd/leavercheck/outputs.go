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
	bom    bool
}

func (f *outputFlags) add(cmd *cobra.Command) {
	formats := strings.Join(report.Formats(), ", ")
	cmd.Flags().StringVar(&f.format, "format", report.Table, "format of the output: "+formats+"; \"leavercheck report --help\" says who reads which")
	cmd.Flags().StringArrayVarP(&f.files, "output", "o", nil, "also write `FORMAT=PATH`; may be repeated")
	cmd.Flags().BoolVar(&f.bom, "csv-bom", false, "begin csv with a byte order mark, which Excel needs to take it for UTF-8")
	var names, beginnings []string
	for _, format := range report.Catalogue() {
		names = append(names, format.Name+"\t"+format.Readers)
		beginnings = append(beginnings, format.Name+"=\t"+format.Readers)
	}
	complete(cmd, "format", names...)
	// The only error is a flag that does not exist, which a test of the completion shows.
	_ = cmd.RegisterFlagCompletionFunc("output", func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(begun, "=") {
			return nil, cobra.ShellCompDirectiveDefault // the shell knows the files
		}
		return beginnings, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	})
}

// formatsHelp lists the formats with their readers.
func formatsHelp() string {
	var out strings.Builder
	for _, format := range report.Catalogue() {
		fmt.Fprintf(&out, "  %-14s %s\n", format.Name, format.Readers)
	}
	return out.String()
}

// findFormat finds a format by its name, as a flag has it.
func findFormat(flag, name string) (report.Format, error) {
	all := report.Catalogue()
	i := slices.IndexFunc(all, func(f report.Format) bool { return f.Name == name })
	if i < 0 {
		return report.Format{}, usagef("%s: no format %q; there are %s", flag, name, strings.Join(report.Formats(), ", "))
	}
	return all[i], nil
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
	shown, err := findFormat("--format", f.format)
	if err != nil {
		return out, err
	}
	if shown.Binary && isTerminal(stdout) {
		return out, usagef("--format %s is nothing to show on a terminal: write it with -o %s=PATH", shown.Name, shown.Name)
	}
	opts := terminal(stdout, color, env)
	opts.BOM = f.bom
	files, err := f.parse()
	if err != nil {
		return out, err
	}
	for _, file := range files {
		if file.format.Whole && opts.Details == "" {
			opts.Details = "in " + file.path
		}
	}
	for _, file := range files {
		temp, err := os.CreateTemp(filepath.Dir(file.path), ".leavercheck-*") // mode 0600
		if err != nil {
			var at *fs.PathError
			if errors.As(err, &at) {
				err = at.Err // the temporary name means nothing to anybody
			}
			return out, usagef("--output: cannot write %s: %w", file.path, err)
		}
		pending := &pendingFile{path: file.path, temp: temp, buf: bufio.NewWriter(temp)}
		out.files = append(out.files, pending)
		out.wanted = append(out.wanted, wanted{file.format.Name, pending.buf, report.Options{Details: opts.Details, BOM: opts.BOM}})
	}
	out.wanted = append(out.wanted, wanted{f.format, out.stdout, opts})
	return out, nil
}

// outputFile is one --output.
type outputFile struct {
	format report.Format
	path   string
}

// parse takes the --output flags apart. Two that name the same file are refused: one would be lost.
func (f *outputFlags) parse() ([]outputFile, error) {
	var out []outputFile
	for _, file := range f.files {
		name, path, ok := strings.Cut(file, "=")
		if !ok || path == "" {
			return nil, usagef("--output %q is not of the form FORMAT=PATH", file)
		}
		format, err := findFormat(fmt.Sprintf("--output %q", file), name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o outputFile) bool { return filepath.Clean(o.path) == filepath.Clean(path) }) {
			return nil, usagef("--output: two formats are to be written to %s", path)
		}
		out = append(out, outputFile{format, path})
	}
	return out, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
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
