package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/report"
)

// redactFlags say whether people are named.
type redactFlags struct{ redact bool }

func (f *redactFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.redact, "redact", false, "put pseudonyms for people, addresses and devices; the key to them is kept nowhere")
}

// redacting is a redactor and the file that it spools to.
type redacting struct {
	*report.Redactor
	spool *os.File
}

// with refuses evidence, which is none without names.
func (f *redactFlags) with(evidence evidenceFlags) error {
	if f.redact && evidence.evidence != "" {
		return usagef("--redact and --evidence contradict each other: evidence names people, and pseudonyms prove nothing")
	}
	return nil
}

// open makes a redactor, nil where none is wanted. The caller calls discard in any case.
func (f *redactFlags) open() (*redacting, error) {
	if !f.redact {
		return nil, nil
	}
	spool, err := os.CreateTemp("", "leavercheck-") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("a place for what is redacted: %w", err)
	}
	r, err := report.NewRedactor(rand.Reader, spool)
	if err != nil {
		return nil, errors.Join(err, spool.Close(), os.Remove(spool.Name()))
	}
	return &redacting{r, spool}, nil
}

func (r *redacting) discard() {
	if r != nil {
		r.spool.Close()
		os.Remove(r.spool.Name())
	}
}

// name is what a person is called in lines for operators.
func (r *redacting) name(text string) string {
	if r == nil {
		return text
	}
	return r.Pseudonym(text)
}

// sentences are lines for operators.
func (r *redacting) sentences(texts []string) []string {
	if r == nil {
		return texts
	}
	var out []string
	for _, text := range texts {
		out = append(out, r.Sentence(text))
	}
	return out
}
