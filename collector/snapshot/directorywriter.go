package snapshot

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// spill is how many accounts a DirectoryWriter keeps in memory; the rest waits, sorted, on disk.
const spill = 1 << 16

// DirectoryWriter collects accounts in any order and writes them in order of their ids. It is for one
// goroutine. What goes wrong before Finish is told by Finish.
type DirectoryWriter struct {
	w    *Writer
	held []account
	runs []*os.File
	err  error
}

// account is a line, without its newline, and what it is sorted by: the id, and of two with one id the live
// one first.
type account struct {
	key  string
	line []byte
}

func (a account) id() string { return a.key[:len(a.key)-1] }

// Directory starts the list of accounts. A snapshot has one if Finish was called, and then only one.
func (w *Writer) Directory() *DirectoryWriter { return &DirectoryWriter{w: w} }

// Add adds an account. Of two with one id, the live one counts.
func (d *DirectoryWriter) Add(u DirectoryUser) {
	if d.err != nil {
		return
	}
	if u.ID == "" || strings.ContainsAny(u.ID, "\t\n") {
		d.err = fmt.Errorf("write %s: an account with the id %.40q", directoryFile, u.ID)
		return
	}
	line, err := marshal(u)
	if err != nil {
		d.err = fmt.Errorf("write %s: %w", directoryFile, err)
		return
	}
	key := u.ID + "+"
	if u.Deleted {
		key = u.ID + "-"
	}
	if d.held = append(d.held, account{key, line}); len(d.held) >= spill {
		d.err = d.spill()
	}
}

// Drop forgets everything that was added. What it had on disk goes with the rest of what was being written.
func (d *DirectoryWriter) Drop() {
	for _, f := range d.runs {
		f.Close()
		os.Remove(f.Name())
	}
	d.held, d.runs, d.err = nil, nil, nil
}

func (d *DirectoryWriter) sort() {
	slices.SortFunc(d.held, func(a, b account) int { return strings.Compare(a.key, b.key) })
}

func (d *DirectoryWriter) spill() error {
	d.sort()
	f, err := os.CreateTemp(d.w.dir, "accounts-")
	if err != nil {
		return fmt.Errorf("write %s: %w", directoryFile, err)
	}
	d.runs = append(d.runs, f)
	out := bufio.NewWriterSize(f, 1<<18)
	for _, a := range d.held {
		if _, err := out.Write(slices.Concat([]byte(a.key), []byte("\t"), a.line, []byte("\n"))); err != nil {
			return fmt.Errorf("write %s: %w", directoryFile, err)
		}
	}
	d.held = d.held[:0]
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", directoryFile, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("write %s: %w", directoryFile, err)
	}
	return nil
}

// Finish writes the file with its head.
func (d *DirectoryWriter) Finish(head Directory) error {
	defer d.Drop()
	if d.err != nil {
		return d.err
	}
	s, err := d.w.open(directoryFile)
	if err != nil {
		return err
	}
	defer s.file.Close() // a second time, which does nothing, if all goes well
	if err := s.record(head); err != nil {
		return err
	}
	last := ""
	err = d.merge(func(a account) error {
		if a.id() == last {
			return nil
		}
		last = a.id()
		return s.line(a.line)
	})
	if err != nil {
		return err
	}
	sealed, err := s.close()
	if err != nil {
		return err
	}
	d.w.files[directoryFile] = sealed
	return nil
}

// merge yields everything in order.
func (d *DirectoryWriter) merge(yield func(account) error) error {
	d.sort()
	sources := []func() (account, error){func() (account, error) {
		if len(d.held) == 0 {
			return account{}, io.EOF
		}
		a := d.held[0]
		d.held = d.held[1:]
		return a, nil
	}}
	for _, f := range d.runs {
		in := bufio.NewReaderSize(f, 1<<18)
		sources = append(sources, func() (account, error) {
			text, err := in.ReadString('\n')
			if err != nil {
				return account{}, err
			}
			key, line, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\t")
			return account{key, []byte(line)}, nil
		})
	}
	heads := make([]account, 0, len(sources))
	open := sources[:0]
	for _, next := range sources {
		switch a, err := next(); {
		case err == nil:
			heads, open = append(heads, a), append(open, next)
		case !errors.Is(err, io.EOF):
			return fmt.Errorf("write %s: %w", directoryFile, err)
		}
	}
	for len(open) > 0 {
		first := 0
		for i := range heads {
			if heads[i].key < heads[first].key {
				first = i
			}
		}
		if err := yield(heads[first]); err != nil {
			return err
		}
		switch a, err := open[first](); {
		case err == nil:
			heads[first] = a
		case errors.Is(err, io.EOF):
			heads, open = slices.Delete(heads, first, first+1), slices.Delete(open, first, first+1)
		default:
			return fmt.Errorf("write %s: %w", directoryFile, err)
		}
	}
	return nil
}
