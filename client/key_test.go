package client

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// vectors is what testdata/vectors.json holds; vectors.mjs reads the same file.
type vectors struct {
	Key1 struct {
		Secret, Key, IV string
		Good            []struct{ Raw, Token string }
		Refused         []struct{ Why, Token string }
	}
	Key2 struct {
		Secret, SchemaID, Random, JTI, Raw, Token string
		Exp                                       int64
	}
	Webhook struct {
		Secret, ID, Body, Signature, IV, Encrypted string
		Timestamp                                  int64
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Key1.Good) < 3 || len(v.Key1.Refused) < 2 {
		t.Fatal("testdata/vectors.json lacks vectors of the wire contract, section 2")
	}
	return v
}

func hex16(t testing.TB, s string) (out [16]byte) {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil || copy(out[:], b) != 16 {
		t.Fatalf("%q is not 16 bytes in hexadecimal", s)
	}
	return out
}

func TestKeyVectors(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Key1
	for _, good := range v.Good {
		sealed := sealCBC(v.Secret, hex16(t, v.IV), []byte(good.Raw))
		if got := base64.StdEncoding.EncodeToString(sealed); got != good.Token {
			t.Errorf("encrypt %q: got %s, want %s", good.Raw, got, good.Token)
		}
		if got, err := DecryptKey(v.Secret, good.Token); got != good.Raw || err != nil {
			t.Errorf("decrypt %s: got %q, %v, want %q", good.Token, got, err, good.Raw)
		}
	}
	for _, bad := range v.Refused {
		if raw, err := DecryptKey(v.Secret, bad.Token); !errors.Is(err, ErrDecryption) || raw != "" {
			t.Errorf("%s: got %q, %v, want the one refusal", bad.Why, raw, err)
		}
	}
}

func TestKeyRoundTrip(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"a", "shop:42", strings.Repeat("я", 36), strings.Repeat("😀", 36), "a b+c/d=?&#", strings.Repeat("a", 15), "\u00a0"} {
		one, err := EncryptKey("secret", raw)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		two, _ := EncryptKey("secret", raw)
		if one == two {
			t.Errorf("%q: two encryptions are equal, so the IV is not random", raw)
		}
		if got, err := DecryptKey("secret", one); got != raw || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, raw)
		}
		if _, err := DecryptKey("Secret", one); !errors.Is(err, ErrDecryption) {
			t.Errorf("%q opens with a wrong secret", raw)
		}
	}
}

// TestKeyLimitsS22: 1 to 36 characters, counted as characters and not as bytes,
// valid UTF-8, no control characters; after decryption, whoever encrypted.
func TestKeyLimitsS22(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", strings.Repeat("a", 37), strings.Repeat("😀", 37), strings.Repeat("a", 200), "a\x00b", "a\nb", "\u0085", "a\xffb", "\xf0\x9f\x98", "\xed\xa0\x80"} {
		if _, err := EncryptKey("secret", raw); err == nil {
			t.Errorf("%q may be encrypted", raw)
		}
		if _, err := EncryptKeyV2("secret", "s", raw, time.Minute); err == nil {
			t.Errorf("%q may be encrypted in version 2", raw)
		}
		sealed := base64.StdEncoding.EncodeToString(sealCBC("secret", [16]byte{1}, []byte(raw)))
		if got, err := DecryptKey("secret", sealed); !errors.Is(err, ErrDecryption) {
			t.Errorf("%q opened as %q", raw, got)
		}
	}
}

// TestPadding holds every last block against the definition of PKCS#7.
func TestPadding(t *testing.T) {
	t.Parallel()
	for pad := range 256 {
		for spoilt := -1; spoilt < 16; spoilt++ {
			text := bytes.Repeat([]byte{byte(pad)}, 32)
			if spoilt >= 0 {
				text[16+spoilt] ^= 0x40
			}
			last := int(text[31])
			want := last >= 1 && last <= 16 && bytes.Equal(text[32-min(last, 16):], bytes.Repeat([]byte{byte(last)}, min(last, 16)))
			length, ok := unpad(text)
			if (ok == 1) != want || want && length != 32-last || length < 16 || length > 32 {
				t.Fatalf("padding %d, spoilt at %d: got %d, %d, want %v", pad, spoilt, length, ok, want)
			}
		}
	}
}

// memory is the reuse rule of the service: a block stays behind what it was
// first seen behind.
type memory map[string]string

func (m memory) claim(pairs [][2][]byte) bool {
	for _, p := range pairs {
		if before, known := m[string(p[0])]; known && before != string(p[1]) {
			return false
		}
	}
	for _, p := range pairs {
		m[string(p[0])] = string(p[1])
	}
	return true
}

// TestEveryEditOfAKeyIsNoticedS20 flips every bit and cuts at every length, from
// the end and from the front, and inserts: each is refused with the one sentence
// or caught by the reuse rule.
func TestEveryEditOfAKeyIsNoticedS20(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Key1
	tokens := []string{}
	for _, good := range v.Good {
		tokens = append(tokens, good.Token)
	}
	for _, raw := range []string{"a", strings.Repeat("7", 16), strings.Repeat("b", 32), strings.Repeat("ж", 36), strings.Repeat("😀", 36)} {
		for iv := range byte(4) {
			tokens = append(tokens, base64.StdEncoding.EncodeToString(sealCBC(v.Secret, [16]byte{iv, 9}, []byte(raw))))
		}
	}
	for _, token := range tokens {
		seen := memory{}
		for range 2 {
			if !seen.claim(Blocks(token)) {
				t.Fatalf("the same key twice is refused: %s", token)
			}
		}
		edit := func(what string, at int, edited string) {
			raw, err := DecryptKey(v.Secret, edited)
			if err == nil && seen.claim(Blocks(edited)) {
				t.Errorf("%s: %s %d passes as %q", token, what, at, raw)
			}
			if err != nil && err.Error() != "Failed to perform asymmetric decryption!" {
				t.Errorf("%s: %s %d is refused with %q", token, what, at, err)
			}
		}
		bytesOf, _ := base64.StdEncoding.DecodeString(token)
		encode := base64.StdEncoding.EncodeToString
		for bit := range 8 * len(bytesOf) {
			edited := bytes.Clone(bytesOf)
			edited[bit/8] ^= 1 << (bit % 8)
			edit("flipped bit", bit, encode(edited))
		}
		for bit := range 8 * len(token) {
			edited := []byte(token)
			edited[bit/8] ^= 1 << (bit % 8)
			edit("flipped bit of the text", bit, string(edited))
		}
		for cut := 1; cut <= len(bytesOf); cut++ {
			edit("bytes cut from the end", cut, encode(bytesOf[:len(bytesOf)-cut]))
			edit("bytes cut from the front", cut, encode(bytesOf[cut:]))
		}
		for cut := 1; cut <= len(token); cut++ {
			edit("characters cut from the end", cut, token[:len(token)-cut])
			edit("characters cut from the front", cut, token[cut:])
		}
		edit("a block before", 16, encode(append(make([]byte, 16), bytesOf...)))
		edit("a block behind", 16, encode(append(bytes.Clone(bytesOf), make([]byte, 16)...)))
	}
}

// TestReuseRuleAllowsEqualIVs: an integrator with a fixed IV is careless, but
// none of its keys is a forgery.
func TestReuseRuleAllowsEqualIVs(t *testing.T) {
	t.Parallel()
	seen := memory{}
	for _, raw := range []string{"user_00000000000001", "user_00000000000002", "user_00000000000001", "someone"} {
		if !seen.claim(Blocks(base64.StdEncoding.EncodeToString(sealCBC("s", [16]byte{}, []byte(raw))))) {
			t.Errorf("%q is refused", raw)
		}
	}
}

func TestKeyV2(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Key2
	random, _ := hex.DecodeString(v.Random)
	got, err := encryptKeyV2(bytes.NewReader(random), v.Secret, v.SchemaID, v.Raw, time.Unix(v.Exp, 0))
	if err != nil || got != v.Token {
		t.Fatalf("got %s, %v, want %s", got, err, v.Token)
	}
	before := time.Unix(v.Exp-1, 0)
	raw, jti, exp, err := DecryptKeyV2(v.Secret, v.SchemaID, v.Token, before)
	if raw != v.Raw || jti != v.JTI || exp.Unix() != v.Exp || err != nil {
		t.Fatalf("got %q, %q, %v, %v", raw, jti, exp, err)
	}
	refused := func(what, secret, schema, token string, now time.Time) {
		if raw, jti, _, err := DecryptKeyV2(secret, schema, token, now); !errors.Is(err, ErrDecryption) || raw != "" || jti != "" {
			t.Errorf("%s: got %q, %v", what, raw, err)
		}
	}
	refused("S21 another scenario", v.Secret, v.SchemaID+"x", v.Token, before)
	refused("S21 at its end", v.Secret, v.SchemaID, v.Token, time.Unix(v.Exp, 0))
	refused("another secret", "s3cres", v.SchemaID, v.Token, before)
	refused("no prefix", v.Secret, v.SchemaID, v.Token[3:], before)
	refused("a version 1 key", v.Secret, v.SchemaID, readVectors(t).Key1.Good[0].Token, before)
	for i := range v.Token {
		for bit := range 8 {
			edited := []byte(v.Token)
			edited[i] ^= 1 << bit
			refused("a flipped bit", v.Secret, v.SchemaID, string(edited), before)
		}
		refused("cut from the end", v.Secret, v.SchemaID, v.Token[:i], before)
		refused("cut from the front", v.Secret, v.SchemaID, v.Token[i+1:], before)
	}
	for _, claims := range []string{`{"k":"a","exp":99999999999}`, `{"k":"","exp":9999999999,"jti":"x"}`, `{"k":"a","jti":"x"}`, `{"k":"a","exp":1e99,"jti":"x"}`,
		`{"k":"a","exp":9223372036854775807,"jti":"x"}`, `{"k":"a\u0000","exp":9999999999,"jti":"x"}`, `[]`, ``, `{"k":"a","exp":9999999999,"jti":"` + strings.Repeat("x", 65) + `"}`} {
		aead, _ := keyAEAD(v.Secret)
		sealed := aead.Seal(make([]byte, 12), make([]byte, 12), []byte(claims), []byte(v.SchemaID))
		refused(claims, v.Secret, v.SchemaID, "v2."+base64.RawURLEncoding.EncodeToString(sealed), before)
	}
}

// TestKeyV2Expires by the clock of the world, rounded up to whole seconds.
func TestKeyV2Expires(t *testing.T) {
	t.Parallel()
	token, err := EncryptKeyV2("s", "id", "<&>\"😀", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if raw, _, exp, err := DecryptKeyV2("s", "id", token, now); err != nil || raw != "<&>\"😀" || exp.Sub(now) > 62*time.Second {
		t.Errorf("got %q, %v, %v", raw, exp, err)
	}
	if _, _, _, err := DecryptKeyV2("s", "id", token, now.Add(62*time.Second)); err == nil {
		t.Error("opens after its end")
	}
	if _, err := EncryptKeyV2("s", "id", "a", 0); err == nil {
		t.Error("a key without a time to live is made")
	}
}

func FuzzDecryptKey(f *testing.F) {
	v := readVectors(f)
	for _, good := range v.Key1.Good {
		f.Add(v.Key1.Secret, good.Token)
	}
	f.Add("", "")
	f.Add("s", v.Key2.Token)
	f.Add("s", strings.Repeat("A", 1000))
	f.Fuzz(func(t *testing.T, secret, token string) {
		raw, err := DecryptKey(secret, token)
		if err == nil && (!validRaw(raw) || Blocks(token) == nil) || err != nil && (!errors.Is(err, ErrDecryption) || raw != "") {
			t.Errorf("%q: %q, %v", token, raw, err)
		}
		if _, _, _, err := DecryptKeyV2(secret, "id", token, time.Unix(0, 0)); err != nil && !errors.Is(err, ErrDecryption) {
			t.Errorf("%q: %v", token, err)
		}
		if again, err := EncryptKey(secret, token); err == nil {
			if back, err := DecryptKey(secret, again); back != token || err != nil {
				t.Errorf("%q comes back as %q, %v", token, back, err)
			}
		}
	})
}

// BenchmarkRefusal shows that every refusal costs about the same (S20); a timed
// test would fail by chance.
func BenchmarkRefusal(b *testing.B) {
	good := sealCBC("s", [16]byte{1}, []byte(strings.Repeat("a", 30)))
	padding, text := bytes.Clone(good), bytes.Clone(good)
	padding[len(padding)-17] ^= 1
	text[0] ^= 0x80
	encode := base64.StdEncoding.EncodeToString
	for name, token := range map[string]string{
		"good": encode(good), "padding": encode(padding), "not UTF-8": encode(text), "short": encode(good[:16]), "ragged": encode(good[:40]),
		"raw": "user_123", "empty": "", "long": strings.Repeat("A", 5000),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = DecryptKey("s", token)
			}
		})
	}
}
