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
	if info, err := fs.Stat(s.fs, "."); err != nil {
		return nil, fmt.Errorf("policies: %s: %w", s.name, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("policies: %s is not a directory", s.name)
	}
	var out []file
	var problems []error
	err := fs.WalkDir(s.fs, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() || !strings.HasSuffix(name, regoSuffix) || !tests && strings.HasSuffix(name, testSuffix):
			return nil
		}
		f := file{name: path.Join(s.prefix, name), path: name}
		if f.text, err = readBounded(s.fs, name); err != nil {
			return err
		}
		f.module, err = ast.ParseModuleWithOpts(f.name, string(f.text), ast.ParserOptions{
			ProcessAnnotation: true, // without this, METADATA and with it every schema is ignored
			RegoVersion:       ast.RegoV1,
			Capabilities:      caps,
		})
		if err != nil {
			problems = append(problems, explain(err))
			return nil
		}
		out = append(out, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("policies: reading %s: %w", s.name, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("policies: there is no policy (*.rego) in %s", s.name)
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
