package snapshot

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
)

// envelopeFile holds every file of an encrypted snapshot but the seal: an age file
// (https://age-encryption.org/v1) of a tar archive.
const envelopeFile = "snapshot.age"

var (
	// ErrEncrypted means that an identity is needed to read the snapshot, and none was given.
	ErrEncrypted = errors.New("it is encrypted; give --identity FILE")
	// ErrIdentity means that none of the identities opens the snapshot.
	ErrIdentity = errors.New("it is encrypted for others: none of the identities opens it (or the list of recipients in it was changed)")
)

// members are the names in the archive, in their order.
func (s Seal) members() []string { return slices.Sorted(maps.Keys(s.Files)) }

// encrypt writes the seal in clear, and the other files of the snapshot in an envelope for the
// recipients, into an empty directory. It holds a chunk of a file at a time, never a whole one.
func (r *Reader) encrypt(dir string, recipients []age.Recipient) error {
	if err := copyFile(filepath.Join(r.dir, sealFile), filepath.Join(dir, sealFile)); err != nil {
		return fmt.Errorf("write %s: %w", sealFile, err)
	}
	err := create(filepath.Join(dir, envelopeFile), func(out io.Writer) error {
		envelope, err := age.Encrypt(out, recipients...)
		if err != nil {
			return err
		}
		return errors.Join(r.archive(envelope), envelope.Close())
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", envelopeFile, err)
	}
	return nil
}

// archive writes the sealed files as a tar archive; the same files give the same bytes.
func (r *Reader) archive(out io.Writer) error {
	archive := tar.NewWriter(out)
	for _, name := range r.seal.members() {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: r.seal.Files[name].Bytes,
			ModTime: time.Unix(0, 0), Format: tar.FormatPAX,
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if err := appendFile(archive, filepath.Join(r.dir, name)); err != nil {
			return err
		}
	}
	return archive.Close()
}

// decrypt puts the seal and the files in the envelope of the encrypted snapshot into an empty directory.
// Names and sizes are those of the seal, whatever the archive says; the hashes are left to check.
func decrypt(encrypted, dir string, identities []age.Identity) error {
	err := copyFile(filepath.Join(encrypted, sealFile), filepath.Join(dir, sealFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is missing", ErrIntegrity, sealFile)
	} else if err != nil {
		return fmt.Errorf("read %s: %w", sealFile, err)
	}
	sealed := &Reader{dir: dir}
	if err := sealed.readSeal(); err != nil {
		return err
	}
	in, err := os.Open(filepath.Join(encrypted, envelopeFile))
	if err != nil {
		return err
	}
	defer in.Close()
	if err := fits(in, sealed.seal); err != nil {
		return err
	}
	plain, err := age.Decrypt(in, identities...)
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return ErrIdentity
	} else if err != nil {
		return broken(err)
	}
	if err := extract(tar.NewReader(plain), dir, sealed.seal); err != nil {
		return err
	}
	// Only at its end does the envelope prove that nothing was cut off.
	n, err := io.Copy(io.Discard, plain)
	if err != nil {
		return broken(err)
	}
	if n > 0 {
		return fmt.Errorf("%w: %s holds something after its archive", ErrIntegrity, envelopeFile)
	}
	return nil
}

// fits refuses a seal that speaks of more than the envelope can hold: an archive can describe a file of
// holes that is larger than any disk.
func fits(envelope *os.File, seal Seal) error {
	info, err := envelope.Stat()
	if err != nil {
		return err
	}
	left := info.Size()
	for _, name := range seal.members() {
		size := seal.Files[name].Bytes
		if size < 0 || size > left {
			return fmt.Errorf("%w: %s is too small for %s, it was cut or is another snapshot's", ErrIntegrity, envelopeFile, name)
		}
		left -= size
	}
	return nil
}

// extract writes the members into dir. They must be exactly those of the seal, in its order, so no name
// in an archive ever becomes a path.
func extract(archive *tar.Reader, dir string, seal Seal) error {
	for _, name := range seal.members() {
		header, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: %s lacks %s", ErrIntegrity, envelopeFile, name)
		case err != nil:
			return broken(err)
		case header.Name != name, header.Typeflag != tar.TypeReg, header.Size != seal.Files[name].Bytes:
			return fmt.Errorf("%w: %s holds %q (type %q, %d bytes) where %s was sealed", ErrIntegrity, envelopeFile, header.Name, header.Typeflag, header.Size, name)
		}
		err = create(filepath.Join(dir, name), func(out io.Writer) error {
			_, err := io.Copy(out, archive)
			return err
		})
		if err != nil {
			return broken(err)
		}
	}
	switch header, err := archive.Next(); {
	case err == nil:
		return fmt.Errorf("%w: %s holds %q beside what was sealed", ErrIntegrity, envelopeFile, header.Name)
	case !errors.Is(err, io.EOF):
		return broken(err)
	}
	return nil
}

// broken tells an envelope that is not as it was written from a disk that cannot be read or written.
func broken(err error) error {
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) {
		return fmt.Errorf("decrypt %s: %w", envelopeFile, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrIntegrity, envelopeFile, err)
}

// create writes a new file of mode 0600 to the disk.
func create(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func copyFile(from, to string) error {
	return create(to, func(out io.Writer) error { return appendFile(out, from) })
}

func appendFile(out io.Writer, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(out, in)
	return err
}
