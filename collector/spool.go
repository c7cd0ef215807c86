package collector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// spool keeps what was read on disk while the run goes on: the facts of a hundred thousand people are a
// gigabyte, and most are looked at once more, when the snapshot is written. It is for several goroutines.
type spool struct {
	// broken is told of a disk that fails, for which the callers have no use.
	broken func(error)

	mu      sync.Mutex
	file    *os.File
	written int64
	pending []byte
}

// ref is where something is in the spool; zero for nothing.
type ref struct {
	at   int64
	size int32
}

// spoolBuffer is gathered before it is written.
const spoolBuffer = 256 << 10

func newSpool(path string, broken func(error)) (*spool, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("a place for what is read: %w", err)
	}
	return &spool{file: file, broken: broken}, nil
}

// put keeps a value, as JSON.
func (s *spool) put(v any) ref {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	where := ref{s.written + int64(len(s.pending)), int32(buf.Len())}
	s.pending = append(s.pending, buf.Bytes()...)
	if err == nil && len(s.pending) >= spoolBuffer {
		_, err = s.file.WriteAt(s.pending, s.written)
		s.written += int64(len(s.pending))
		s.pending = s.pending[:0]
	}
	if err != nil {
		s.broken(fmt.Errorf("keep what was read: %w", err))
	}
	return where
}

// get reads a value back.
func (s *spool) get(where ref, v any) {
	data, err := s.read(where)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		err = dec.Decode(v)
	}
	if err != nil {
		s.broken(fmt.Errorf("read back what was kept: %w", err))
	}
}

func (s *spool) read(where ref) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := make([]byte, where.size)
	if from := where.at - s.written; from >= 0 {
		copy(data, s.pending[from:])
		return data, nil
	}
	_, err := s.file.ReadAt(data, where.at)
	return data, err
}

// close removes the file.
func (s *spool) close() error { return errors.Join(s.file.Close(), os.Remove(s.file.Name())) }
