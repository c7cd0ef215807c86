package policies

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// A bundle is a tar archive, packed with gzip, in the layout of OPA. It is read into memory, never unpacked,
// and within bounds of our own: OPA's reader takes a gigabyte of each file.
const (
	maxPacked   = 8 << 20                        // bytes of the file
	maxUnpacked = maxTotalBytes + maxFiles*3*512 // with the archive's own headers and padding
	maxRatio    = 100                            // unpacked to packed
	freeRatio   = 1 << 20                        // bytes that are unpacked before the ratio counts
	maxPath     = 512                            // bytes
)

// Files in a bundle that mean something.
const (
	manifestFile   = ".manifest"
	signaturesFile = ".signatures.json"
)

// openSource reads a directory or a bundle of somebody's own policies: the policies, and with all every
// other file, too.
func openSource(name string, all bool) (source, error) {
	s := source{name: name, prefix: filepath.ToSlash(filepath.Clean(name))}
	info, err := os.Stat(name)
	switch {
	case err != nil:
	case info.IsDir():
		s.texts, err = readDirectory(name, all)
	case info.Mode().IsRegular():
		s.texts, err = readBundleFile(name)
	default:
		err = errors.New("is neither a directory nor a bundle")
	}
	return s, err
}

// readDirectory follows no link out of the directory.
func readDirectory(name string, all bool) ([]file, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readTree(root.FS(), func(name string) bool { return all || isPolicy(name) })
}

func readBundleFile(name string) ([]file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	files, err := readBundle(f)
	if err != nil {
		return nil, err
	}
	return files, checkBundle(files)
}

// readBundle reads every file of a bundle, sorted. It refuses whatever a bundle has no need of.
func readBundle(r io.Reader) ([]file, error) {
	packed := &meter{r: r, most: maxPacked, what: "the bundle"}
	unzipped, err := gzip.NewReader(packed)
	if packed.over != nil {
		return nil, packed.over
	} else if err != nil {
		return nil, fmt.Errorf("is no bundle (tar.gz): %w", err)
	}
	unpacked := &meter{r: unzipped, most: maxUnpacked, what: "the bundle, unpacked,", packed: packed}
	files, err := readArchive(tar.NewReader(unpacked))
	if err == nil {
		err = readRest(unpacked)
	}
	// What the meters say is what is wrong; the archive's reader only saw its input end.
	if over := errors.Join(packed.over, unpacked.over); over != nil {
		return nil, over
	} else if err != nil {
		return nil, err
	}
	sortByPath(files)
	return files, nil
}

func readArchive(archive *tar.Reader) ([]file, error) {
	var out []file
	seen := map[string]bool{}
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("is no bundle (tar.gz): %w", err)
		}
		name, err := memberPath(header)
		if err != nil {
			return nil, err
		}
		switch header.Typeflag {
		case tar.TypeReg:
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		default:
			return nil, fmt.Errorf("%s is no regular file: a bundle holds no links and no devices", name)
		}
		if seen[name] {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if len(out) == maxFiles {
			return nil, fmt.Errorf("there are more than %d files", maxFiles)
		}
		if header.Size > maxPolicyBytes {
			return nil, fmt.Errorf("%s is larger than %d bytes", name, maxPolicyBytes)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, file{path: name, text: text})
	}
}

// memberPath is the path of a member. OPA writes a slash before it, tar sometimes a dot and a slash.
func memberPath(header *tar.Header) (string, error) {
	name := header.Name
	if len(name) > maxPath {
		return "", fmt.Errorf("a name that begins with %.40q is longer than %d bytes", name, maxPath)
	}
	if header.Typeflag == tar.TypeDir {
		name = strings.TrimSuffix(name, "/")
	}
	if trimmed := strings.TrimPrefix(name, "./"); trimmed != name {
		name = trimmed
	} else {
		name = strings.TrimPrefix(name, "/")
	}
	if header.Typeflag == tar.TypeDir && name == "" {
		name = "."
	}
	if !fs.ValidPath(name) || strings.ContainsFunc(name, func(r rune) bool { return r == '\\' || !unicode.IsPrint(r) }) {
		return "", fmt.Errorf("the path %q is not one within the bundle", header.Name)
	}
	return name, nil
}

// readRest refuses what is hidden behind the end of the archive.
func readRest(r io.Reader) error {
	rest, err := io.ReadAll(r)
	if err == nil && len(bytes.Trim(rest, "\x00")) > 0 {
		err = errors.New("something stands after the end of the archive")
	}
	return err
}

// meter counts what is read, and ends where it is too much.
type meter struct {
	r      io.Reader
	read   int64
	most   int64
	what   string
	packed *meter // what it is unpacked from, nil for nothing
	over   error
}

func (m *meter) Read(b []byte) (int, error) {
	if m.over != nil {
		return 0, m.over
	}
	n, err := m.r.Read(b)
	m.read += int64(n)
	switch {
	case m.read > m.most:
		m.over = fmt.Errorf("%s is larger than %d bytes", m.what, m.most)
	case m.packed != nil && m.read > freeRatio && m.read > maxRatio*m.packed.read:
		m.over = fmt.Errorf("%s is more than %d times larger than before: it is made to fill memory", m.what, maxRatio)
	}
	if m.over != nil {
		return n, m.over
	}
	return n, err
}

// manifest is what of a bundle's manifest has a meaning here.
type manifest struct {
	Roots       []string       `json:"roots"`
	RegoVersion *int           `json:"rego_version"`
	FileVersion map[string]int `json:"file_rego_versions"`
	Wasm        []any          `json:"wasm"`
}

// checkBundle refuses files that policies here make no use of and that would mean something elsewhere: to
// leave them out silently would change what the bundle's author wrote.
func checkBundle(files []file) error {
	var problems []error
	for _, f := range files {
		switch path.Base(f.path) {
		case "policy.wasm", "plan.json", "patch.json", ".manifest.pb":
			problems = append(problems, fmt.Errorf("%s: compiled policies, plans, patches and binary manifests are not taken: pack the Rego", f.path))
		case "data.json", "data.yaml", "data.yml":
			if text := string(bytes.TrimSpace(f.text)); text != "{}" && text != "" {
				problems = append(problems, fmt.Errorf("%s: a bundle brings no data: write values into parameters of the rules, and keep data of tests out of the bundle", f.path))
			}
		}
		if f.path != manifestFile {
			continue
		}
		var m manifest
		if err := json.Unmarshal(f.text, &m); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", f.path, err))
			continue
		}
		if m.RegoVersion != nil && *m.RegoVersion != 1 {
			problems = append(problems, fmt.Errorf("%s: the rego_version is %d: it must be 1", f.path, *m.RegoVersion))
		}
		for glob, version := range m.FileVersion {
			if version != 1 {
				problems = append(problems, fmt.Errorf("%s: the Rego version of %s is %d: it must be 1", f.path, glob, version))
			}
		}
		if len(m.Wasm) > 0 {
			problems = append(problems, fmt.Errorf("%s: compiled policies are not taken", f.path))
		}
		for _, root := range m.Roots {
			if root != "" && root != rootCustom && !strings.HasPrefix(root, rootCustom+"/") {
				problems = append(problems, fmt.Errorf("%s: the root %q: policies of your own stand in %s/<org>/<rule>", f.path, root, rootCustom))
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}
