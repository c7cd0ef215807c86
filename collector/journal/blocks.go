package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

const (
	// blockSize is how much is gathered before it is compressed and written: what a kill may cost.
	blockSize = 256 << 10
	// maxBlock bounds a block that is read back: one answer and what was gathered before it.
	maxBlock = 128 << 20
)

// A block is a header, length and checksum of what follows, and compressed records. A record is its kind,
// its unit, its length and its bytes.
const headerSize = 8

// The kinds of records.
const (
	begun  = 'b' // the unit's key
	part   = 'p'
	sealed = 's' // the unit's closing words
)

// span is where a unit is: from one block to another, by their offsets.
type span struct {
	unit        uint32
	first, last int64
}

// cache is the block that was read last: units that were kept together are recalled together.
type cache struct {
	at    int64
	next  int64
	block []byte
}

// Unit is one thing being kept. It is for one goroutine.
type Unit struct {
	journal *Journal
	number  uint32
}

// Keep begins a unit.
func (j *Journal) Keep(key Key) *Unit {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.units++
	u := &Unit{journal: j, number: j.units}
	j.record(begun, u.number, key[:])
	return u
}

// Part keeps a part of the unit. Failures are told through Broken.
func (u *Unit) Part(data []byte) {
	u.journal.mu.Lock()
	defer u.journal.mu.Unlock()
	u.journal.record(part, u.number, data)
}

// Seal makes the unit count.
func (u *Unit) Seal(words []byte) {
	u.journal.mu.Lock()
	defer u.journal.mu.Unlock()
	u.journal.record(sealed, u.number, words)
}

// Recall yields the parts of a unit that an earlier run sealed, in their order, and returns its closing
// words; false when there is none.
func (j *Journal) Recall(key Key, yield func(part []byte) error) (words []byte, ok bool, err error) {
	j.mu.Lock()
	where, ok := j.kept[key]
	j.mu.Unlock()
	if !ok {
		return nil, false, nil
	}
	for at := where.first; at <= where.last; {
		block, next, err := j.block(at)
		if err != nil {
			return nil, false, fmt.Errorf("read the journal: %w", err)
		}
		err = records(block, func(kind byte, unit uint32, data []byte) error {
			switch {
			case unit != where.unit:
			case kind == part:
				return yield(data)
			case kind == sealed:
				words = data
			}
			return nil
		})
		if err != nil {
			return nil, false, err
		}
		at = next
	}
	return words, true, nil
}

func (j *Journal) record(kind byte, unit uint32, data []byte) {
	if j.failure != nil || j.file == nil {
		return
	}
	var head [1 + 2*binary.MaxVarintLen32]byte
	head[0] = kind
	n := 1 + binary.PutUvarint(head[1:], uint64(unit))
	n += binary.PutUvarint(head[n:], uint64(len(data)))
	j.pending.Write(head[:n])
	j.pending.Write(data)
	if j.pending.Len() < blockSize {
		return
	}
	if err := j.flush(); err != nil {
		j.fail(err)
	}
}

// flush writes the pending records as a block.
func (j *Journal) flush() error {
	if j.pending.Len() == 0 {
		return nil
	}
	block := j.encoder.EncodeAll(j.pending.Bytes(), make([]byte, headerSize, headerSize+j.pending.Len()/4))
	j.pending.Reset()
	binary.LittleEndian.PutUint32(block, uint32(len(block)-headerSize))
	binary.LittleEndian.PutUint32(block[4:], checksum(block[headerSize:]))
	if _, err := j.file.WriteAt(block, j.size); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	j.size += int64(len(block))
	return nil
}

// block reads the block at an offset and tells where the next one is.
func (j *Journal) block(at int64) (block []byte, next int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil, 0, os.ErrClosed
	}
	if j.cache.block != nil && j.cache.at == at {
		return j.cache.block, j.cache.next, nil
	}
	if block, next, err = j.read(at); err != nil {
		return nil, 0, err
	}
	j.cache = cache{at: at, next: next, block: block}
	return block, next, nil
}

var errDamaged = errors.New("a damaged block")

func (j *Journal) read(at int64) (block []byte, next int64, err error) {
	var header [headerSize]byte
	if n, err := j.file.ReadAt(header[:], at); n < headerSize {
		if n == 0 && errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		}
		return nil, 0, errDamaged
	}
	size := int64(binary.LittleEndian.Uint32(header[:]))
	if size == 0 || size > maxBlock {
		return nil, 0, errDamaged
	}
	packed := make([]byte, size)
	if _, err := j.file.ReadAt(packed, at+headerSize); err != nil || checksum(packed) != binary.LittleEndian.Uint32(header[4:]) {
		return nil, 0, errDamaged
	}
	block, err = j.decoder.DecodeAll(packed, nil)
	if err != nil {
		return nil, 0, errDamaged
	}
	return block, at + headerSize + size, nil
}

// load finds the units that are sealed, and cuts off what comes after the first damaged block.
func (j *Journal) load() error {
	open := map[uint32]Key{}
	first := map[uint32]int64{}
	for {
		block, next, err := j.read(j.size)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = records(block, func(kind byte, unit uint32, data []byte) error {
				j.units = max(j.units, unit)
				switch kind {
				case begun:
					if len(data) != len(Key{}) {
						return errDamaged
					}
					open[unit], first[unit] = Key(data), j.size
				case sealed:
					if key, ok := open[unit]; ok {
						j.kept[key] = span{unit, first[unit], j.size}
						delete(open, unit)
						delete(first, unit)
					}
				}
				return nil
			})
		}
		if err != nil {
			if err := j.file.Truncate(j.size); err != nil {
				return fmt.Errorf("cut off a damaged end: %w", err)
			}
			return nil
		}
		j.size = next
	}
}

// records takes a block apart.
func records(block []byte, yield func(kind byte, unit uint32, data []byte) error) error {
	for len(block) > 0 {
		kind := block[0]
		unit, n := binary.Uvarint(block[1:])
		if n <= 0 || unit > 1<<32-1 {
			return errDamaged
		}
		block = block[1+n:]
		size, n := binary.Uvarint(block)
		if n <= 0 || size > uint64(len(block)-n) {
			return errDamaged
		}
		if err := yield(kind, uint32(unit), block[n:n+int(size)]); err != nil {
			return err
		}
		block = block[n+int(size):]
	}
	return nil
}

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }
