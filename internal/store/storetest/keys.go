// Package storetest is the contract of the store: what every database behind
// it must do, concurrent writers included. Run takes a function that opens an
// empty store; tests of other packages open one with Open. Its keys are fixed
// and protect nothing: for tests only.
package storetest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
)

// Open opens an empty store on a SQLite file of the test's own.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return OpenFile(t, filepath.Join(t.TempDir(), "openkyc.db"), time.Now)
}

// OpenFile opens the store in a file, with a clock of the test's choice.
func OpenFile(t testing.TB, path string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{Path: path, Keys: Keys{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// Keys seals with AES-GCM under keys that are derived, not wrapped.
type Keys struct{}

func derive(secret []byte, parts ...string) []byte {
	mac := hmac.New(sha256.New, secret)
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	return mac.Sum(nil)
}

// NewAccountKey derives an account's key.
func (Keys) NewAccountKey(accountID string) ([]byte, error) {
	return derive([]byte("fixed master key"), "account", accountID), nil
}

// NewSubjectKey derives a session's key from its account's.
func (Keys) NewSubjectKey(ref kyc.KeyRef) ([]byte, error) {
	if len(ref.AccountKey) == 0 || ref.SubjectID == "" {
		return nil, errors.New("a subject key needs an account key and a subject")
	}
	return derive(ref.AccountKey, "subject", ref.SubjectID), nil
}

func box(ref kyc.KeyRef) (cipher.AEAD, error) {
	key := ref.AccountKey
	if len(ref.SubjectKey) > 0 {
		key = ref.SubjectKey
	}
	if len(key) == 0 {
		return nil, errors.New("no key")
	}
	block, err := aes.NewCipher(derive(key, "seal"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Seal encrypts under the reference's key and binds the context.
func (Keys) Seal(ref kyc.KeyRef, plaintext, context []byte) ([]byte, error) {
	aead, err := box(ref)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, plaintext, context), nil
}

// Open decrypts what Seal made in the same context.
func (Keys) Open(ref kyc.KeyRef, sealed, context []byte) ([]byte, error) {
	aead, err := box(ref)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("too short to be sealed")
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], context)
}

// Index blinds a value with the account's key.
func (Keys) Index(ref kyc.KeyRef, field, value string) ([]byte, error) {
	if len(ref.AccountKey) == 0 {
		return nil, errors.New("no account key")
	}
	return derive(ref.AccountKey, "index", field, value)[:16], nil
}
