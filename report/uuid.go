package report

import (
	"crypto/sha1"
	"encoding/hex"
	"strconv"
)

// uuid names something in the way of RFC 9562's version 5: the same parts give the same id.
func uuid(parts ...string) string {
	space := [16]byte{0x1e, 0xa7, 0xe2, 0xc4, 0xec, 0x4b, 0x4d, 0x10, 0x9a, 0x0c, 0x0f, 0xf0, 0xa2, 0xd1, 0x6e, 0x55}
	text := space[:]
	for _, part := range parts {
		// Each part bears its length: "ab","c" and "a","bc" are not the same.
		text = strconv.AppendInt(text, int64(len(part)), 10)
		text = append(append(text, ':'), part...)
	}
	sum := sha1.Sum(text)
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
