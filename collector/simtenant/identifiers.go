package simtenant

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// identifiers derives every id from the seed and a name, so that adding a person changes nobody else's.
type identifiers struct{ seed uint64 }

func (d identifiers) bytes(name ...string) []byte {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], d.seed)
	sum := sha256.Sum256(append(seed[:], strings.Join(name, "\x00")...))
	return sum[:]
}

// guid is a version 4 UUID in lower case.
func (d identifiers) guid(name ...string) string {
	b := d.bytes(append([]string{"guid"}, name...)...)[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// token is an opaque string as the services use for folders, rules and secrets.
func (d identifiers) token(name ...string) string {
	return base64.URLEncoding.EncodeToString(d.bytes(append([]string{"token"}, name...)...)[:24])
}

// device is an ActiveSync device id.
func (d identifiers) device(name ...string) string {
	return strings.ToUpper(hex.EncodeToString(d.bytes(append([]string{"device"}, name...)...)[:16]))
}

// chance is a source of noise of its own for every name.
func (d identifiers) chance(name ...string) *rand.Rand {
	b := d.bytes(append([]string{"chance"}, name...)...)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])))
}
