package seal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

func newRing(t testing.TB) (*Keyring, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "master.key")
	k, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	return k, file
}

func ring(t testing.TB, file string) *Keyring {
	t.Helper()
	k, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// refTo makes an account with one subject.
func refTo(t testing.TB, k *Keyring, account, subject string) kyc.KeyRef {
	t.Helper()
	key, err := k.NewAccountKey(account)
	if err != nil {
		t.Fatal(err)
	}
	ref := kyc.KeyRef{AccountID: account, AccountKey: key, SubjectID: subject}
	if ref.SubjectKey, err = k.NewSubjectKey(ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

func mustSeal(t testing.TB, k *Keyring, ref kyc.KeyRef, text, context string) []byte {
	t.Helper()
	sealed, err := k.Seal(ref, []byte(text), []byte(context))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// TestOnlyTheOwnersOpenS24 tries everything that must not open a value.
func TestOnlyTheOwnersOpenS24(t *testing.T) {
	t.Parallel()
	k, _ := newRing(t)
	stranger, _ := newRing(t)
	ref, other := refTo(t, k, "account-a", "subject-1"), refTo(t, k, "account-b", "subject-1")
	sealed := mustSeal(t, k, ref, "ERIKSSON", "sessions/name/1")
	if bytes.Contains(sealed, []byte("ERIKSSON")) {
		t.Fatal("the value can be read")
	}
	if got, err := k.Open(ref, sealed, []byte("sessions/name/1")); string(got) != "ERIKSSON" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	with := func(change func(*kyc.KeyRef)) kyc.KeyRef {
		changed := ref
		change(&changed)
		return changed
	}
	second := ref
	second.SubjectID = "subject-1#faces"
	second.SubjectKey, _ = k.NewSubjectKey(second)
	for name, c := range map[string]struct {
		ring    *Keyring
		ref     kyc.KeyRef
		context string
	}{
		"another account":                     {k, other, "sessions/name/1"},
		"another account's name for this key": {k, with(func(r *kyc.KeyRef) { r.AccountID = "account-b" }), "sessions/name/1"},
		"another account's key":               {k, with(func(r *kyc.KeyRef) { r.AccountKey = other.AccountKey }), "sessions/name/1"},
		"a subject key moved to this account": {k, with(func(r *kyc.KeyRef) { r.SubjectKey = other.SubjectKey }), "sessions/name/1"},
		"another subject's name":              {k, with(func(r *kyc.KeyRef) { r.SubjectID = "subject-2" }), "sessions/name/1"},
		"S26 the subject's other key":         {k, second, "sessions/name/1"},
		"the account's own key":               {k, with(func(r *kyc.KeyRef) { r.SubjectKey = nil }), "sessions/name/1"},
		"no keys":                             {k, kyc.KeyRef{}, "sessions/name/1"},
		"another row":                         {k, ref, "sessions/name/2"},
		"no context":                          {k, ref, ""},
		"another installation":                {stranger, ref, "sessions/name/1"},
	} {
		got, err := c.ring.Open(c.ref, sealed, []byte(c.context))
		if err == nil || got != nil || kyc.KindOf(err) != kyc.Internal || strings.Contains(err.Error(), "ERIKSSON") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for bit := range 8 * len(sealed) {
		altered := bytes.Clone(sealed)
		altered[bit/8] ^= 1 << (bit % 8)
		if _, err := k.Open(ref, altered, []byte("sessions/name/1")); err == nil {
			t.Fatalf("opens with bit %d altered", bit)
		}
	}
	for size := range len(sealed) {
		if _, err := k.Open(ref, sealed[:size], []byte("sessions/name/1")); err == nil {
			t.Fatalf("opens although cut to %d bytes", size)
		}
	}
}

// TestKeysArePurposeBound: what wraps a subject key is not a value that a row
// could give back, though the account's key seals both.
func TestKeysArePurposeBound(t *testing.T) {
	t.Parallel()
	k, _ := newRing(t)
	ref := refTo(t, k, "a", "s")
	level := kyc.KeyRef{AccountID: "a", AccountKey: ref.AccountKey}
	sealed := mustSeal(t, k, level, "x", string(bind(forSubject, "a", "s")))
	ref.SubjectKey = sealed
	if _, err := k.Open(ref, sealed, nil); err == nil {
		t.Error("a value serves as a key")
	}
	for _, damaged := range [][]byte{{}, {0}, {0xff, 0xff, 1}, {0, 0}, bytes.Repeat([]byte{1}, 300)} {
		if _, err := k.Seal(kyc.KeyRef{AccountID: "a", AccountKey: damaged}, nil, nil); err == nil {
			t.Errorf("%x serves as an account's key", damaged)
		}
	}
}

func TestIndexS25(t *testing.T) {
	t.Parallel()
	k, file := newRing(t)
	a, b := refTo(t, k, "a", "s"), refTo(t, k, "b", "s")
	index := func(k *Keyring, ref kyc.KeyRef, field, value string) string {
		got, err := k.Index(ref, field, value)
		if err != nil || len(got) != 16 {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
		return string(got)
	}
	base := index(k, a, "number", "L898902C3")
	if base != index(k, a, "number", "L898902C3") || base != index(ring(t, file), a, "number", "L898902C3") {
		t.Error("equal values have different indexes")
	}
	for name, other := range map[string]string{
		"another value": index(k, a, "number", "L898902C4"), "another field": index(k, a, "name", "L898902C3"),
		"another account": index(k, b, "number", "L898902C3"), "shifted": index(k, a, "numberL", "898902C3"),
	} {
		if other == base {
			t.Errorf("%s has the same index", name)
		}
	}
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	wrapped, err := k.Rewrap("a", a.AccountKey)
	if err != nil {
		t.Fatal(err)
	}
	a.AccountKey = wrapped
	if base != index(k, a, "number", "L898902C3") {
		t.Error("rotation of the master key lost the index")
	}
}

// TestRotationS24: after rotation old values still open, keys are rewrapped
// without touching them, and a copy of the old file cannot open the new wrapping.
func TestRotationS24(t *testing.T) {
	t.Parallel()
	k, file := newRing(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ref := refTo(t, k, "a", "s")
	sealed := mustSeal(t, k, ref, "text", "c")
	setting, err := k.SealSetting("jwt", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	rewrapped := ref
	if rewrapped.AccountKey, err = k.Rewrap("a", ref.AccountKey); err != nil {
		t.Fatal(err)
	}
	for name, ring := range map[string]*Keyring{"running": k, "restarted": ring(t, file)} {
		for _, r := range []kyc.KeyRef{ref, rewrapped} {
			if got, err := ring.Open(r, sealed, []byte("c")); string(got) != "text" || err != nil {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
		}
		if got, err := ring.OpenSetting("jwt", setting); string(got) != "secret" || err != nil {
			t.Errorf("%s: setting: got %q, %v", name, got, err)
		}
		if _, err := ring.OpenSetting("jws", setting); err == nil {
			t.Errorf("%s: a setting opens under another name", name)
		}
	}
	old := filepath.Join(t.TempDir(), "old.key")
	if err := os.WriteFile(old, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ring(t, old).Open(rewrapped, sealed, []byte("c")); err == nil {
		t.Error("the rewrapped key opens with the old master key alone")
	}
	if _, err := k.Rewrap("b", ref.AccountKey); err == nil {
		t.Error("a key can be rewrapped for another account")
	}
}

func TestMasterFile(t *testing.T) {
	t.Parallel()
	k, file := newRing(t)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Create(file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an existing master key is overwritten: %v", err)
	}
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v after rotation", info.Mode())
	}
	left, _ := os.ReadDir(filepath.Dir(file))
	if len(left) != 1 {
		t.Errorf("temporary files are left behind: %v", left)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601, 0o777} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if _, err := Open(file + "x"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
	for _, content := range []string{"", "{}", "secret words"} {
		damaged := filepath.Join(t.TempDir(), "m")
		_ = os.WriteFile(damaged, []byte(content), 0o600)
		if _, err := Open(damaged); err == nil || content != "" && strings.Contains(err.Error(), content) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// TestNoncesDifferS23 draws a million.
func TestNoncesDifferS23(t *testing.T) {
	t.Parallel()
	k, _ := newRing(t)
	ref := refTo(t, k, "a", "s")
	const draws, prefix, nonce = 1_000_000, 5, 12 // Tink puts key id before the nonce
	seen := make(map[[nonce]byte]struct{}, draws)
	for range draws {
		sealed, err := k.Seal(ref, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[[nonce]byte(sealed[prefix:prefix+nonce])] = struct{}{}
	}
	if len(seen) != draws {
		t.Errorf("only %d nonces of %d differ", len(seen), draws)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	k, _ := newRing(t)
	k.opened = newCache(8)
	base := refTo(t, k, "a", "0")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 50 {
				ref := base
				ref.SubjectID = strings.Repeat("x", i+1)
				var err error
				if ref.SubjectKey, err = k.NewSubjectKey(ref); err != nil {
					t.Error(err)
				}
				if _, err := k.Seal(ref, nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n, m := k.opened.order.Len(), len(k.opened.byKey); n != 8 || m != 8 {
		t.Errorf("%d and %d keys are kept, want 8", n, m)
	}
}

func BenchmarkSealField(b *testing.B) {
	k, _ := newRing(b)
	ref := refTo(b, k, "a", "s")
	text := make([]byte, 40)
	for b.Loop() {
		if _, err := k.Seal(ref, text, text[:20]); err != nil {
			b.Fatal(err)
		}
	}
}
