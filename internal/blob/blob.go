// Package blob stores pictures as objects under keys: put once, read, delete,
// list. What comes in is sealed already; this package never sees a clear picture.
//
// [OpenFolder] keeps objects in a folder, [OpenS3] in a bucket, and blobtest.Run
// is the contract that both pass. An object appears
// whole or not at all and is never overwritten, also when two processes put the
// same key at once or one of them is killed.
//
// What can fail: kyc.Invalid for a key that is not of the form of [ValidKey],
// kyc.Conflict for a Put of a key that exists, kyc.NotFound for a Get or Stat of
// one that does not, kyc.Internal when the store itself fails. Called by the
// verification room, which names objects by generated ids (S5).
package blob

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Store keeps objects. All methods are safe for concurrent use.
type Store interface {
	// Put stores an object under a key that is not taken yet, durably.
	Put(ctx context.Context, key string, data []byte) error
	// Get reads a whole object.
	Get(ctx context.Context, key string) ([]byte, error)
	// Stat looks at an object without reading it.
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes an object; one that is not there is no error, so that an
	// erasure can be repeated.
	Delete(ctx context.Context, key string) error
	// List walks the objects whose key begins with the prefix, in no particular
	// order, and ends with the first error. "" lists all.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Ping asks whether objects could be read and written now.
	Ping(ctx context.Context) error
	// Close lets go of the store.
	Close() error
}

// Info describes an object.
type Info struct {
	Key     string
	Size    int64
	ModTime time.Time
}

// maxKey is the longest key in bytes, maxSegment of what stands between slashes.
const (
	maxKey     = 512
	maxSegment = 128
)

// ValidKey tells whether a key may be used: segments of letters, digits, '-',
// '_' and '.', separated by '/', none of them beginning with a dot. So no key can
// leave the folder, and every key is a good name on any store.
func ValidKey(key string) bool {
	if len(key) > maxKey {
		return false
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || len(segment) > maxSegment || segment[0] == '.' || !plain(segment) {
			return false
		}
	}
	return true
}

func plain(segment string) bool {
	for _, c := range []byte(segment) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func errKey() error {
	return kyc.Errorf(kyc.Invalid, "an object's key has segments of letters, digits, '-', '_' and '.' between slashes")
}
