package client

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Facts of version 2 of the client key, wire contract, section 2.
const (
	v2Prefix   = "v2."
	v2Info     = "openkyc client key v2"
	v2MaxToken = 2048
	v2MaxID    = 64
	v2MaxTime  = 253402300799 // the end of the year 9999, beyond which clocks are jokes
)

// keyClaims is the sealed content of a version 2 key.
type keyClaims struct {
	Key     string `json:"k"`
	Expires int64  `json:"exp"` // Unix seconds
	ID      string `json:"jti"`
}

// EncryptKeyV2 encrypts a raw client key in version 2: AES-256-GCM, bound to the
// scenario, good until ttl has passed (rounded up to whole seconds), and for one
// use. Fifteen minutes are plenty for a page that opens the widget at once.
func EncryptKeyV2(secret, schemaID, raw string, ttl time.Duration) (string, error) {
	if !validRaw(raw) {
		return "", errRaw()
	}
	if ttl <= 0 {
		return "", errors.New("a client key needs a time to live of more than nothing")
	}
	return encryptKeyV2(rand.Reader, secret, schemaID, raw, time.Now().Add(ttl+time.Second-1))
}

func encryptKeyV2(random io.Reader, secret, schemaID, raw string, expires time.Time) (string, error) {
	var drawn [12 + 16]byte // nonce, id
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return "", fmt.Errorf("draw a nonce: %w", err)
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // keeps the token short
	claims := keyClaims{Key: raw, Expires: expires.Unix(), ID: base64.RawURLEncoding.EncodeToString(drawn[12:])}
	if err := encoder.Encode(claims); err != nil {
		return "", fmt.Errorf("write the claims: %w", err)
	}
	aead, err := keyAEAD(secret)
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(drawn[:12:12], drawn[:12], []byte(strings.TrimSpace(text.String())), []byte(schemaID))
	return v2Prefix + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// DecryptKeyV2 opens a version 2 client key for one scenario at a moment in
// time. It returns the raw key, the id that may be used once, and when the id
// can be forgotten. Its only error is [ErrDecryption]. Nothing of the content is
// looked at before the authentication tag is found right, so no failure can
// tell anything about it.
func DecryptKeyV2(secret, schemaID, token string, now time.Time) (raw, jti string, exp time.Time, err error) {
	claims, ok := openClaims(secret, schemaID, token)
	if !ok || !validRaw(claims.Key) || claims.ID == "" || len(claims.ID) > v2MaxID ||
		claims.Expires > v2MaxTime || claims.Expires <= now.Unix() {
		return "", "", time.Time{}, ErrDecryption
	}
	return claims.Key, claims.ID, time.Unix(claims.Expires, 0).UTC(), nil
}

func openClaims(secret, schemaID, token string) (keyClaims, bool) {
	var claims keyClaims
	encoded, found := strings.CutPrefix(token, v2Prefix)
	if !found || len(token) > v2MaxToken || strings.ContainsAny(encoded, "\r\n") {
		return claims, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return claims, false
	}
	aead, err := keyAEAD(secret)
	if err != nil || len(sealed) < aead.NonceSize() {
		return claims, false
	}
	text, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(schemaID))
	if err != nil {
		return claims, false
	}
	return claims, json.Unmarshal(text, &claims) == nil
}

func keyAEAD(secret string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, v2Info, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the key: %w", err)
	}
	return cipher.NewGCM(block)
}
