package isolate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A frame is its length, four bytes, the highest first, and as many bytes.

var errTooLarge = errors.New("the frame is too large")

func writeFrame(w io.Writer, text []byte) error {
	if uint64(len(text)) > math.MaxUint32 {
		return errTooLarge
	}
	size := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	if _, err := w.Write(size); err != nil {
		return fmt.Errorf("writing a frame: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("writing a frame: %w", err)
	}
	return nil
}

// readFrame gives io.EOF where there is none any more.
func readFrame(r io.Reader, most uint32) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > most {
		return nil, errTooLarge
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("reading a frame: %w", err)
	}
	return text, nil
}

// Serve is the child's side: it answers until nothing more is asked.
func Serve(in io.Reader, out io.Writer, answer func(request []byte) []byte) error {
	for {
		request, err := readFrame(in, math.MaxUint32)
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := writeFrame(out, answer(request)); err != nil {
			return err
		}
	}
}
