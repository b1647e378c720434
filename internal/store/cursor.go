package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/openkyc/openkyc/internal/kyc"
)

// position is the place after which a list continues.
type position struct {
	created   int64
	id        string
	total     int // of the first page: counting again would make every page cost the whole list
	estimated bool
	seen      int // sessions before this place
}

// codeSize is the length of a cursor's authentication code.
const codeSize = 16

// writeCursor makes the opaque text of a position: the position and a code over
// it and the filter, so that it continues that filter and no other.
func (s *Store) writeCursor(f kyc.SessionFilter, p position) string {
	b := binary.AppendVarint(nil, p.created)
	total := uint64(p.total) << 1 //nolint:gosec // a count is not negative
	if p.estimated {
		total |= 1
	}
	b = binary.AppendUvarint(b, total)
	b = binary.AppendUvarint(b, uint64(p.seen)) //nolint:gosec // a count is not negative
	b = append(b, p.id...)
	return base64.RawURLEncoding.EncodeToString(append(b, s.cursorCode(f, b)...))
}

func (s *Store) readCursor(f kyc.SessionFilter) (position, error) {
	refused := kyc.ErrInvalid("cursor: take it unchanged from the page before, with the same filters, or leave it out to start again")
	b, err := base64.RawURLEncoding.Strict().DecodeString(f.Cursor)
	if err != nil || len(b) <= codeSize {
		return position{}, refused
	}
	body, code := b[:len(b)-codeSize], b[len(b)-codeSize:]
	if !hmac.Equal(code, s.cursorCode(f, body)) {
		return position{}, refused
	}
	created, n := binary.Varint(body)
	if n <= 0 {
		return position{}, refused
	}
	total, m := binary.Uvarint(body[n:])
	if m <= 0 {
		return position{}, refused
	}
	seen, k := binary.Uvarint(body[n+m:])
	if k <= 0 {
		return position{}, refused
	}
	return position{created: created, id: string(body[n+m+k:]), total: int(total >> 1), estimated: total&1 == 1, seen: int(seen)}, nil //nolint:gosec // our own numbers, authenticated
}

// cursorCode authenticates a position within a filter; page and page size may
// change on the way.
func (s *Store) cursorCode(f kyc.SessionFilter, body []byte) []byte {
	f.Page, f.PageSize, f.Cursor = 0, 0, ""
	filter, err := json.Marshal(struct { // whole microseconds, in whatever zone they were given
		kyc.SessionFilter
		From, To int64
	}{f, micro(f.From), micro(f.To)})
	if err != nil {
		panic("store: a filter is always JSON: " + err.Error())
	}
	mac := hmac.New(sha256.New, s.cursor)
	mac.Write(filter)
	mac.Write([]byte{0})
	mac.Write(body)
	return mac.Sum(nil)[:codeSize]
}
