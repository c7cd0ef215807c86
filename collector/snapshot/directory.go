package snapshot

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// directoryFile is the one file of a snapshot that may be missing. Nothing in it is judged: the next
// collection needs it, to ask only for what changed.
const directoryFile = "directory.ndjson.zst"

// ErrNoDirectory means that a snapshot says nothing of the tenant's accounts: an older program wrote it, or
// the accounts could not be listed, or nobody could say what would change.
var ErrNoDirectory = errors.New("the snapshot holds no list of accounts to go on from")

// Directory is the first line of directory.ndjson.zst: what the accounts that follow are, and how to learn what
// changed since.
type Directory struct {
	// DeltaLink is the path and query of the delta link. It holds a token, and so stands in this file alone:
	// in no log, message or manifest.
	DeltaLink string `json:"deltaLink"`
	// IssuedAt is when the service made the link, by this machine's clock.
	IssuedAt time.Time `json:"issuedAt"`
	// ListedAt is when the accounts were last listed one and all, and Pages how many pages that took.
	ListedAt time.Time `json:"listedAt"`
	Pages    int       `json:"pages"`
	// Properties are those that the link tracks.
	Properties []string `json:"properties"`
}

// DirectoryUser is one account of the tenant, with what tells people apart and nothing else. Of a deleted
// account only the id is kept.
type DirectoryUser struct {
	ID                string    `json:"id"` // lower case
	Deleted           bool      `json:"deleted,omitempty"`
	UserPrincipalName string    `json:"userPrincipalName,omitempty"`
	DisplayName       string    `json:"displayName,omitempty"`
	Mail              string    `json:"mail,omitempty"`
	EmployeeID        string    `json:"employeeId,omitempty"`
	UserType          string    `json:"userType,omitempty"`
	ProxyAddresses    []string  `json:"proxyAddresses,omitempty"`
	OtherMails        []string  `json:"otherMails,omitempty"`
	AccountEnabled    *bool     `json:"accountEnabled,omitempty"`
	CreatedDateTime   time.Time `json:"createdDateTime,omitzero"`
}

// Directory returns the head of the accounts; ErrNoDirectory if the snapshot has none.
func (r *Reader) Directory() (Directory, error) {
	if _, ok := r.seal.Files[directoryFile]; !ok {
		return Directory{}, ErrNoDirectory
	}
	var head Directory
	enough := errors.New("the head is read")
	err := each(r, directoryFile, func(line []byte) (Directory, error) {
		var d Directory
		err := unmarshal(line, &d)
		return d, err
	}, func(d Directory) error { head = d; return enough })
	switch {
	case errors.Is(err, enough):
		return head, nil
	case err == nil:
		err = fmt.Errorf("%w: %s is empty", ErrIntegrity, directoryFile)
	}
	return Directory{}, err
}

// DirectoryUsers yields the accounts in ascending order of their ids, each once, and checks order and number
// as it goes: until it has returned nil, what it yielded is not vouched for (ErrIntegrity).
func (r *Reader) DirectoryUsers(yield func(DirectoryUser) error) error {
	lines, last := 0, ""
	err := each(r, directoryFile, func(line []byte) (DirectoryUser, error) {
		var u DirectoryUser
		if lines++; lines == 1 {
			return u, nil // the head
		}
		err := unmarshal(line, &u)
		if err == nil && u.ID == "" {
			err = errors.New("an account without an id")
		}
		return u, err
	}, func(u DirectoryUser) error {
		if lines == 1 {
			return nil
		}
		if strings.Compare(u.ID, last) <= 0 {
			return fmt.Errorf("%w: account %s after %s", ErrIntegrity, u.ID, last)
		}
		last = u.ID
		return yield(u)
	})
	if err == nil && lines != r.seal.Files[directoryFile].Records {
		return fmt.Errorf("%w: %d records in %s, %d in the seal", ErrIntegrity, lines, directoryFile, r.seal.Files[directoryFile].Records)
	}
	return err
}

// verifyDirectory reads every account, if there are any.
func (r *Reader) verifyDirectory() error {
	if _, err := r.Directory(); errors.Is(err, ErrNoDirectory) {
		return nil
	} else if err != nil {
		return err
	}
	return r.DirectoryUsers(func(DirectoryUser) error { return nil })
}
