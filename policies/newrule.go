package policies

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// template is a rule that holds as it stands, with its test, under names that NewRule replaces.
//
//go:embed template
var template embed.FS

// NewRuleOptions says where a new rule goes and what it is called.
type NewRuleOptions struct {
	// Dir is the directory of the policies; it is made where it is not there.
	Dir string
	// ID is the rule's, such as ACME-001. Org and Name are the last words of its package, custom.<org>.<name>;
	// empty for the letters of the ID, and for "rule" with its last part.
	ID, Org, Name string
}

// NewRule writes a rule that explains itself, and its test, which passes, and gives the paths of both. It
// overwrites nothing, and leaves nothing half-written behind.
func NewRule(opts NewRuleOptions) ([]string, error) {
	if !isRuleID(opts.ID) {
		return nil, fmt.Errorf("the id %q is not of the form ABC-123", opts.ID)
	}
	cut := strings.LastIndex(opts.ID, "-")
	if opts.Org == "" {
		opts.Org = strings.ToLower(strings.ReplaceAll(opts.ID[:cut], "-", "_"))
	}
	if opts.Name == "" {
		opts.Name = "rule_" + strings.ToLower(opts.ID[cut+1:])
	}
	word := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	switch {
	case !word.MatchString(opts.Org):
		return nil, fmt.Errorf("the organisation %q is not made of small letters, digits and _", opts.Org)
	case !word.MatchString(opts.Name):
		return nil, fmt.Errorf("the name %q is not made of small letters, digits and _", opts.Name)
	}
	dir := filepath.Join(opts.Dir, rootCustom, opts.Org, opts.Name)
	replace := strings.NewReplacer("ORG-001", opts.ID, "custom.org.rule", strings.Join([]string{rootCustom, opts.Org, opts.Name}, "."))
	var written []string
	for _, kind := range []string{regoSuffix, testSuffix} {
		text, err := fs.ReadFile(template, "template/rule"+kind)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, opts.Name+kind)
		if err := writeNew(path, replace.Replace(string(text))); err != nil {
			for _, earlier := range written {
				os.Remove(earlier)
			}
			return nil, err
		}
		written = append(written, path)
	}
	return written, nil
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already", path)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
	}
	return err
}

func isRuleID(id string) bool {
	ok, _ := regexp.MatchString(`^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$`, id)
	return ok
}
