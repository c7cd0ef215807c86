package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
	"github.com/klauspost/compress/zstd"
)

// The files in a journal's directory.
const (
	lockFile   = "lock"
	headFile   = "run.json"
	blocksFile = "answers"
)

// ErrBusy means that another run uses the directory.
var ErrBusy = errors.New("another run is using it")

// Key names a unit: a digest of the request.
type Key [16]byte

// Journal is a run's memory. Its methods may be called from several goroutines.
type Journal struct {
	dir  string
	lock *flock.Flock

	mu      sync.Mutex
	file    *os.File
	size    int64
	encoder *zstd.Encoder
	decoder *zstd.Decoder
	pending bytes.Buffer
	units   uint32
	kept    map[Key]span // sealed by earlier runs
	cache   cache
	failure error
	broken  func(error)
}

// Open makes the directory, or takes it up where an earlier run left it. Errors wrap ErrBusy when a run
// is at work there.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	// It is removed in the end: nothing of anybody else's may be in it.
	if err := ours(dir); err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &Journal{dir: dir, lock: flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600)), kept: map[Key]span{}}
	switch mine, err := j.lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("open the journal: %w", err)
	case !mine:
		return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
	}
	if err := j.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal: %w", err), j.lock.Close())
	}
	return j, nil
}

func (j *Journal) open() error {
	var err error
	// One goroutine each: blocks are small, and the collector has workers of its own.
	if j.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
		return err
	}
	if j.decoder, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock)); err != nil {
		return err
	}
	if j.file, err = os.OpenFile(filepath.Join(j.dir, blocksFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := j.load(); err != nil {
		return errors.Join(err, j.file.Close())
	}
	return nil
}

// Head reads into v what Begin was last given. It reports false when there is nothing to go on with: no
// head, or one that cannot be read.
func (j *Journal) Head(v any) bool { return Peek(j.dir, v) }

// Peek reads the head of the journal in a directory, whoever uses it.
func Peek(dir string, v any) bool {
	data, err := os.ReadFile(filepath.Join(dir, headFile))
	return err == nil && json.Unmarshal(data, v) == nil
}

// Begin forgets what was kept and starts anew under a head that the next run can compare with its own.
func (j *Journal) Begin(head any) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	// Without a head nothing is gone on with: it goes first and comes last.
	if err := os.Remove(filepath.Join(j.dir, headFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("begin the journal: %w", err)
	}
	if err := j.file.Truncate(0); err != nil {
		return fmt.Errorf("begin the journal: %w", err)
	}
	j.size, j.kept, j.cache = 0, map[Key]span{}, cache{}
	j.pending.Reset()
	return j.setHead(head)
}

// SetHead replaces the head and keeps everything else.
func (j *Journal) SetHead(head any) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.setHead(head)
}

func (j *Journal) setHead(head any) error {
	data, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("write the journal's head: %w", err)
	}
	// The name is there only when the content is.
	temporary := filepath.Join(j.dir, headFile+".new")
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("write the journal's head: %w", err)
	}
	if err := os.Rename(temporary, filepath.Join(j.dir, headFile)); err != nil {
		return fmt.Errorf("write the journal's head: %w", err)
	}
	return nil
}

// Path is a place in the journal's directory for what else the run writes.
func (j *Journal) Path(name string) string { return filepath.Join(j.dir, name) }

// Kept is the number of units that earlier runs sealed.
func (j *Journal) Kept() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.kept)
}

// Broken sets what is called, once, when the journal cannot be written any more. What is kept so far
// stays good.
func (j *Journal) Broken(tell func(error)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = tell
}

// Broke is told by whoever else writes in the directory that the disk fails.
func (j *Journal) Broke(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fail(err)
}

// fail tells once. The journal is not written any more: the run ends.
func (j *Journal) fail(err error) {
	if j.failure != nil {
		return
	}
	if j.failure = err; j.broken != nil {
		j.broken(err)
	}
}

// Close writes what is pending and lets the next run in. The directory stays.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	var failed error
	if j.failure == nil {
		failed = errors.Join(j.flush(), j.file.Sync())
	}
	err := errors.Join(failed, j.release())
	if err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// Remove deletes the directory: the run is finished.
func (j *Journal) Remove() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	// The lock goes last, and its file with it: whoever waits for it finds an empty directory or none.
	err := errors.Join(os.RemoveAll(j.dir), j.release())
	if err != nil {
		return fmt.Errorf("remove the journal: %w", err)
	}
	return nil
}

func (j *Journal) release() error {
	if j.file == nil {
		return nil
	}
	j.decoder.Close()
	err := errors.Join(j.file.Close(), j.lock.Close())
	j.file = nil
	return err
}

// ours refuses a directory that holds something and is no journal.
func ours(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	for _, e := range entries {
		if e.Name() == lockFile || e.Name() == blocksFile {
			return nil
		}
	}
	return fmt.Errorf("%s holds something else", dir)
}
