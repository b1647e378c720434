package kyc

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// gregorianOffset is the count of 100 ns ticks from the start of the Gregorian
// calendar, where UUID time begins, to the Unix epoch (RFC 9562, section 5.1).
const gregorianOffset = 122192928000000000

// NewID makes a UUID of version 1, as the wire contract fixes for sessions,
// scenarios and clients. Node and clock sequence are random, with the multicast
// bit set, so the id says when but never on which machine (RFC 9562, 6.10).
// An id is a name, never a credential (S17).
func NewID(now time.Time, random io.Reader) (string, error) {
	var u [16]byte
	if _, err := io.ReadFull(random, u[8:]); err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	ticks := uint64(now.UnixNano()/100) + gregorianOffset
	binary.BigEndian.PutUint32(u[0:], uint32(ticks))
	binary.BigEndian.PutUint16(u[4:], uint16(ticks>>32))
	binary.BigEndian.PutUint16(u[6:], uint16(ticks>>48)&0x0fff|0x1000)
	u[8] = u[8]&0x3f | 0x80
	u[10] |= 0x01
	return formatUUID(u), nil
}

// ValidID tells whether s is a UUID of version 1 in its canonical form; the
// contract refuses every other version.
func ValidID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || s[14] != '1' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		hexadecimal := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if !hexadecimal && c != '-' || c == '-' && i != 8 && i != 13 && i != 18 && i != 23 {
			return false
		}
	}
	variant := s[19] | 0x20
	return variant == '8' || variant == '9' || variant == 'a' || variant == 'b'
}

func formatUUID(u [16]byte) string {
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
