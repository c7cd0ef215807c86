package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Policies are texts that people write; what is beyond these sizes is something else.
const (
	maxPolicyBytes = 1 << 20  // of one file
	maxTotalBytes  = 16 << 20 // of all files of a source
	maxFiles       = 4096     // of a source
)

const (
	regoSuffix = ".rego"
	testSuffix = "_test.rego"
)

// source is a place that policies come from.
type source struct {
	name string
	// fs is where to read from; texts, where it is nil, are every file as read, sorted.
	fs    fs.FS
	texts []file
	// prefix stands before a file's path in messages and results.
	prefix string
	// ours says that it is the built-in checklist, which alone may use its packages.
	ours bool
	// elsewhere says that its rules are asked in another process, and are here for others to refer to.
	elsewhere bool
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

// Sources are the policies as evaluated, the checklist first. LoadOptions.Given takes them back.
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

// file is one policy as read.
type file struct {
	name   string // as messages and results call it
	path   string // within its source
	text   []byte
	module *ast.Module // nil until parsed
}

// files reads and parses every policy of the source, sorted by path. Tests are left out unless asked
// for; files that are no policies are not read. With an error it gives those that are what they should be.
func (s source) files(tests bool, caps *ast.Capabilities) ([]file, error) {
	out, err := s.read(tests)
	if err != nil {
		return nil, err
	}
	var problems []error
	parsed := out[:0]
	for _, f := range out {
		f.module, err = ast.ParseModuleWithOpts(f.name, string(f.text), ast.ParserOptions{
			ProcessAnnotation: true, // without this, METADATA and with it every schema is ignored
			RegoVersion:       ast.RegoV1,
			Capabilities:      caps,
		})
		if err != nil {
			problems = append(problems, explain(err))
			continue
		}
		parsed = append(parsed, f)
	}
	return parsed, errors.Join(problems...)
}

// read reads every policy of the source, sorted by path. It does not look into them.
func (s source) read(tests bool) ([]file, error) {
	if s.fs != nil {
		if info, err := fs.Stat(s.fs, "."); err != nil {
			return nil, fmt.Errorf("policies: %s: %w", s.name, err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("policies: %s is not a directory", s.name)
		}
		var err error
		if s.texts, err = readTree(s.fs, isPolicy); err != nil {
			return nil, fmt.Errorf("policies: reading %s: %w", s.name, err)
		}
	}
	var out []file
	for _, f := range s.texts {
		if isPolicy(f.path) && (tests || !strings.HasSuffix(f.path, testSuffix)) {
			f.name = path.Join(s.prefix, f.path)
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("policies: there is no policy (*.rego) in %s", s.name)
	}
	return out, nil
}

func isPolicy(name string) bool { return strings.HasSuffix(name, regoSuffix) }

// readTree reads the files that are wanted, sorted by the segments of their paths.
func readTree(fsys fs.FS, wanted func(name string) bool) ([]file, error) {
	var out []file
	total := 0
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !wanted(name) {
			return err
		}
		// A pipe would be waited for, a device never ends. Links may lead to a file of the same source.
		if info, err := fs.Stat(fsys, name); err != nil {
			return err
		} else if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file", name)
		}
		if len(out) == maxFiles {
			return fmt.Errorf("there are more than %d files", maxFiles)
		}
		text, err := readBounded(fsys, name)
		if err != nil {
			return err
		}
		if total += len(text); total > maxTotalBytes {
			return fmt.Errorf("the files are together larger than %d bytes", maxTotalBytes)
		}
		out = append(out, file{path: name, text: text})
		return nil
	})
	sortByPath(out)
	return out, err
}

// sortByPath sorts as a walk through directories goes.
func sortByPath(files []file) {
	slices.SortFunc(files, func(a, b file) int { return slices.Compare(strings.Split(a.path, "/"), strings.Split(b.path, "/")) })
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

// digestOf is the digest of sources whose policies may not even be Rego.
func digestOf(sources []source) (string, error) {
	var all [][]file
	for _, source := range sources {
		files, err := source.read(false)
		if err != nil {
			return "", err
		}
		all = append(all, files)
	}
	return digest(all), nil
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
