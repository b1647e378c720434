package seal

import (
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// TestSubjectKeysAreTinks: what is read straight from a keyset's bytes is the
// key that Tink reads, in both directions; keysets of any other kind are left to
// Tink.
func TestSubjectKeysAreTinks(t *testing.T) {
	t.Parallel()
	k, _ := newRing(t)
	ref := refTo(t, k, "account", "subject")
	account, err := k.account(ref)
	if err != nil {
		t.Fatal(err)
	}
	bound := bind(forSubject, "account", "subject")
	quick, err := openSubject(ref.SubjectKey, account.aead, bound)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := quick.(prefixed); !ok {
		t.Errorf("the keyset of a session is read the long way, as %T", quick)
	}
	long, err := openAny(ref.SubjectKey, account.aead, bound)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		for _, way := range [][2]interface {
			Encrypt(plaintext, associated []byte) ([]byte, error)
			Decrypt(sealed, associated []byte) ([]byte, error)
		}{{quick, long}, {long, quick}, {quick, quick}} {
			sealed, err := way[0].Encrypt([]byte("ERIKSSON"), []byte("here"))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := way[1].Decrypt(sealed, []byte("here")); err != nil || string(text) != "ERIKSSON" {
				t.Fatalf("got %q, %v", text, err)
			}
			if _, err := way[1].Decrypt(sealed, []byte("there")); err == nil {
				t.Fatal("opened in another place")
			}
		}
	}
	if _, err := openSubject(ref.SubjectKey, account.aead, bind(forSubject, "account", "another")); err == nil {
		t.Error("the key of one session opens for another")
	}
	for i := range ref.SubjectKey {
		broken := append([]byte{}, ref.SubjectKey...)
		broken[i] ^= 1
		if key, err := openSubject(broken, account.aead, bound); err == nil {
			sealed := mustSeal(t, k, ref, "ERIKSSON", "here")
			if _, err := key.Decrypt(sealed, bind(forData, "here")); err != nil {
				t.Errorf("byte %d altered: another key comes out", i)
			}
		}
	}
	for name, template := range map[string]func() (*keyset.Handle, error){
		"another cipher": func() (*keyset.Handle, error) { return keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate()) },
		"no prefix":      func() (*keyset.Handle, error) { return keyset.NewHandle(aead.AES256GCMNoPrefixKeyTemplate()) },
		"two keys": func() (*keyset.Handle, error) {
			manager := keyset.NewManager()
			for range 2 {
				id, err := manager.Add(aead.AES256GCMKeyTemplate())
				if err != nil {
					return nil, err
				}
				if err := manager.SetPrimary(id); err != nil {
					return nil, err
				}
			}
			return manager.Handle()
		},
	} {
		handle, err := template()
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := wrap(handle, account.aead, bound)
		if err != nil {
			t.Fatal(err)
		}
		key, err := openSubject(wrapped, account.aead, bound)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, ok := key.(prefixed); ok {
			t.Errorf("%s: taken for a session's usual key", name)
		}
	}
}
