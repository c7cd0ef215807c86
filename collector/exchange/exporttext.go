package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// textReader gives a file's text as UTF-8: from UTF-8, with or without a byte order mark, or from
// UTF-16 LE with one, as Windows PowerShell writes it. It counts lines for error messages.
type textReader struct {
	next    func() (rune, error)
	pending []byte
	err     error // what ended the text
	offset  int64
	// ends are the offsets after the line ends that were given out and not yet settled.
	ends    []int64
	settled int
}

var (
	errNotText = errors.New("is neither UTF-8 nor UTF-16 LE with a byte order mark")
	errNUL     = errors.New("has a NUL character")
)

func newTextReader(r io.Reader, limit int64) (*textReader, error) {
	bounded := &io.LimitedReader{R: r, N: limit + 1}
	in := bufio.NewReaderSize(bounded, 1<<16)
	start, err := in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t := &textReader{}
	next := func() (rune, error) {
		r, size, err := in.ReadRune()
		if err == nil && r == utf8.RuneError && size == 1 {
			return 0, errNotText
		}
		return r, err
	}
	switch {
	case len(start) == 3 && start[0] == 0xEF && start[1] == 0xBB && start[2] == 0xBF:
		_, err = in.Discard(3)
	case len(start) >= 2 && start[0] == 0xFF && start[1] == 0xFE:
		_, err = in.Discard(2)
		next = func() (rune, error) { return wide(in) }
	default:
		err = nil
	}
	t.next = func() (rune, error) {
		r, err := next()
		if bounded.N <= 0 {
			return 0, fmt.Errorf("is larger than %d bytes", limit)
		}
		if err == nil && r == 0 {
			return 0, errNUL
		}
		return r, err
	}
	return t, err
}

// wide reads one character of UTF-16 LE.
func wide(in *bufio.Reader) (rune, error) {
	unit := func() (rune, error) {
		low, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		high, err := in.ReadByte()
		if err != nil {
			return 0, errNotText
		}
		return rune(high)<<8 | rune(low), nil
	}
	r, err := unit()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	second, err := unit()
	if err != nil {
		return 0, errNotText
	}
	if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
		return 0, errNotText
	}
	return r, nil
}

func (t *textReader) Read(p []byte) (int, error) {
	n := copy(p, t.pending)
	t.pending = t.pending[n:]
	for n < len(p) && t.err == nil {
		r, err := t.next()
		if t.err = err; err != nil {
			break
		}
		size := utf8.RuneLen(r)
		t.offset += int64(size)
		if r == '\n' {
			t.ends = append(t.ends, t.offset)
		}
		if n+size <= len(p) {
			n += utf8.EncodeRune(p[n:], r)
			continue
		}
		encoded := utf8.AppendRune(nil, r)
		copied := copy(p[n:], encoded)
		n, t.pending = n+copied, encoded[copied:]
	}
	if n == 0 && len(p) > 0 {
		return 0, t.err
	}
	return n, nil
}

// line is the number of the line in which the offset of the text is. Earlier offsets are not asked again.
func (t *textReader) line(offset int64) int {
	for len(t.ends) > 0 && t.ends[0] <= offset {
		t.ends = t.ends[1:]
		t.settled++
	}
	return t.settled + 1
}
