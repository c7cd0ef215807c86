package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"leavercheck/policies"
)

// ReadEnds reads the first and the last line of a result that is stored as ndjson: what was judged, and what it
// came to. It does not look at what lies between.
func ReadEnds(f *os.File) (policies.Run, policies.Summary, error) {
	var run runLine
	var summary summaryLine
	info, err := f.Stat()
	if err != nil {
		return run.Run, summary.Summary, fmt.Errorf("report: reading: %w", err)
	}
	first, err := firstLine(f, info.Size())
	if err == nil {
		err = part(first, func(l runLine) error { run = l; return nil })
	}
	if err == nil && run.Kind != kindRun {
		err = errors.New("the first line is no run")
	}
	if err == nil && run.SchemaVersion != policies.ResultVersion {
		err = errOtherVersion(run.SchemaVersion)
	}
	if err != nil {
		return run.Run, summary.Summary, fmt.Errorf("report: line 1: %w", err)
	}
	last, err := lastLine(f, info.Size())
	if err == nil {
		err = part(last, func(l summaryLine) error { summary = l; return nil })
	}
	if err == nil && summary.Kind != kindSummary {
		err = errors.New("it is no summary")
	}
	if err != nil {
		return run.Run, summary.Summary, fmt.Errorf("report: the last line: %w", err)
	}
	return run.Run, summary.Summary, nil
}

func firstLine(f io.ReaderAt, size int64) ([]byte, error) {
	for length := min(size, 64<<10); ; length = min(size, 4*length) {
		text := make([]byte, length)
		if _, err := f.ReadAt(text, 0); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			return text[:end+1], nil
		}
		if length == size || length > maxPart {
			return nil, errors.New("the line has no end")
		}
	}
}

func lastLine(f io.ReaderAt, size int64) ([]byte, error) {
	for length := min(size, 64<<10); ; length = min(size, 4*length) {
		text := make([]byte, length)
		if _, err := f.ReadAt(text, size-length); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if !bytes.HasSuffix(text, []byte("\n")) {
			return nil, errors.New("it breaks off")
		}
		if start := bytes.LastIndexByte(text[:len(text)-1], '\n'); start >= 0 {
			return text[start+1:], nil
		}
		if length == size || length > maxPart {
			return nil, errors.New("it has no beginning")
		}
	}
}
