package simtenant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// skipState is where a listing goes on. Clients get it sealed: they can neither read nor make one.
type skipState struct {
	offset  int
	issued  time.Time
	listing string // the request that it belongs to
}

const sealBytes = 12

func (t *Tenant) sealSkip(s skipState) string {
	digest := sha256.Sum256([]byte(s.listing))
	body := binary.BigEndian.AppendUint64(nil, uint64(s.offset))
	body = binary.BigEndian.AppendUint64(body, uint64(s.issued.Unix()))
	body = append(body, digest[:8]...)
	seal := t.sign("skip" + string(body))[:sealBytes]
	t.scramble(seal, body)
	return base64.RawURLEncoding.EncodeToString(append(seal, body...))
}

// openSkip returns the state in a token if this tenant made it, and made it for that listing.
func (t *Tenant) openSkip(token, listing string) (skipState, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != sealBytes+24 {
		return skipState{}, false
	}
	seal, body := raw[:sealBytes], raw[sealBytes:]
	t.scramble(seal, body)
	digest := sha256.Sum256([]byte(listing))
	if !hmac.Equal(seal, t.sign("skip" + string(body))[:sealBytes]) || !hmac.Equal(body[16:], digest[:8]) {
		return skipState{}, false
	}
	return skipState{
		offset:  int(binary.BigEndian.Uint64(body)),
		issued:  time.Unix(int64(binary.BigEndian.Uint64(body[8:])), 0),
		listing: listing,
	}, true
}

func (t *Tenant) scramble(seal, body []byte) {
	stream := t.sign("stream" + string(seal))
	for i := range body {
		body[i] ^= stream[i]
	}
}

// pageSize is what a service gives per page: its default, the client's wish up to the maximum, the cap of Options.
func (t *Tenant) pageSize(wish, standard, maximum int) int {
	size := standard
	if wish > 0 {
		size = min(wish, maximum)
	}
	if t.options.PageSize > 0 {
		size = min(size, t.options.PageSize)
	}
	return size
}
