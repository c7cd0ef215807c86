package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A policy file is text that people write; one beyond this size is something else.
const maxPolicyBytes = 1 << 20

const (
	regoSuffix = ".rego"
	testSuffix = "_test.rego"
)

// source is a place that policies come from.
type source struct {
	name string
	fs   fs.FS
	// prefix stands before a file's path in messages and results.
	prefix string
	// ours says that it is the built-in checklist, which alone may use its packages.
	ours bool
	// given are policies that were read already, nil for those of fs.
	given []SourceFile
}

// Source is one place that policies came from, as Digest knows it: the built-in checklist, or a directory.
type Source struct {
	// Prefix stands before a file's path in messages and results.
	Prefix string       `json:"prefix"`
	Files  []SourceFile `json:"files"`
}

// SourceFile is one policy, under its path within the source.
type SourceFile struct {
	Path string `json:"path"`
	Text []byte `json:"-"`
}

// Sources are the policies as evaluated, the checklist first. LoadOptions.Sources takes them back.
func (s *Set) Sources() []Source { return s.sources }

// DigestOf is what Set.Digest is of a set of these sources.
func DigestOf(sources []Source) string {
	all := make([][]file, len(sources))
	for i, s := range sources {
		for _, f := range s.Files {
			all[i] = append(all[i], file{path: f.Path, text: f.Text})
		}
	}
	return digest(all)
}

// keepSources notes what was loaded.
func keepSources(from []source, files [][]file) []Source {
	out := make([]Source, len(from))
	for i, some := range files {
		out[i].Prefix = from[i].prefix
		for _, f := range some {
			out[i].Files = append(out[i].Files, SourceFile{f.path, f.text})
		}
	}
	return out
}

// checklist is the checklist that comes with the program.
func checklist() source {
	return source{name: "the built-in checklist", fs: builtin, prefix: "policies", ours: true}
}

// directory is a directory of somebody's own policies.
func directory(dir string) source {
	return source{name: dir, fs: os.DirFS(dir), prefix: filepath.ToSlash(filepath.Clean(dir))}
}

// file is one policy as read.
type file struct {
	name   string // as messages and results call it
	path   string // within its source
	text   []byte
	module *ast.Module
}

// files reads and parses every policy of the source, sorted by path. Tests are left out unless asked
// for; files that are no policies are not read.
func (s source) files(tests bool, caps *ast.Capabilities) ([]file, error) {
	texts, err := s.texts(tests)
	if err != nil {
		return nil, err
	}
	var out []file
	var problems []error
	for _, text := range texts {
		f := file{name: path.Join(s.prefix, text.Path), path: text.Path, text: text.Text}
		f.module, err = ast.ParseModuleWithOpts(f.name, string(f.text), ast.ParserOptions{
			ProcessAnnotation: true, // without this, METADATA and with it every schema is ignored
			RegoVersion:       ast.RegoV1,
			Capabilities:      caps,
		})
		if err != nil {
			problems = append(problems, explain(err))
			continue
		}
		out = append(out, f)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("policies: there is no policy (*.rego) in %s", s.name)
	}
	return out, nil
}

// texts reads the policies.
func (s source) texts(tests bool) ([]SourceFile, error) {
	if s.given != nil {
		return s.given, nil
	}
	if info, err := fs.Stat(s.fs, "."); err != nil {
		return nil, fmt.Errorf("policies: %s: %w", s.name, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("policies: %s is not a directory", s.name)
	}
	var out []SourceFile
	err := fs.WalkDir(s.fs, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() || !strings.HasSuffix(name, regoSuffix) || !tests && strings.HasSuffix(name, testSuffix):
			return nil
		}
		text, err := readBounded(s.fs, name)
		out = append(out, SourceFile{name, text})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("policies: reading %s: %w", s.name, err)
	}
	return out, nil
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPolicyBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPolicyBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxPolicyBytes)
	}
	return text, nil
}

// digest is the SHA-256 over the policies of all sources: their paths within the source and their
// texts, each with its length. Where a directory lies on this machine does not matter.
func digest(sources [][]file) string {
	sum := sha256.New()
	write := func(text string) { _, _ = io.WriteString(sum, strconv.Itoa(len(text))+":"+text) }
	for _, files := range sources {
		write(strconv.Itoa(len(files)))
		for _, f := range files {
			write(f.path)
			write(string(f.text))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
