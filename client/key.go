package client

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// MaxKeyLength is the longest raw client key in Unicode characters.
const MaxKeyLength = 36

// ErrDecryption is the one answer to every client key that cannot be opened,
// whatever the reason: saying more would help whoever forges keys.
var ErrDecryption = errors.New("Failed to perform asymmetric decryption!") //nolint:staticcheck // the wire contract fixes these words

// Sizes of a version 1 key. A raw key of 36 characters has at most 144 bytes
// of UTF-8, which padding brings to ten blocks.
const (
	maxRaw       = MaxKeyLength * utf8.UTFMax
	maxEncrypted = maxRaw + aes.BlockSize
	maxToken     = (aes.BlockSize + maxEncrypted + 2) / 3 * 4
	maxDecoded   = maxToken / 4 * 3
)

// EncryptKey encrypts a raw client key in version 1 of the wire contract,
// section 2: AES-256-CBC under a random IV, without authentication. The raw key
// has 1 to 36 characters and no control characters.
func EncryptKey(secret, raw string) (string, error) {
	if !validRaw(raw) {
		return "", errRaw()
	}
	var iv [aes.BlockSize]byte
	if _, err := rand.Read(iv[:]); err != nil {
		return "", fmt.Errorf("draw an initialisation vector: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sealCBC(secret, iv, []byte(raw))), nil
}

// DecryptKey opens a version 1 client key. Its only error is [ErrDecryption].
//
// What it costs depends on the token's length, which its sender knows, and on
// nothing else that matters: the key is derived, every block decrypted, all of
// the last block looked at for padding and all of the text for UTF-8, and none
// of these stops early, so that "bad padding" and "not UTF-8" cost the same and
// no padding oracle arises (S20). A token that is no key at all goes the same
// way as one of one block.
func DecryptKey(secret, token string) (string, error) {
	var in [maxDecoded]byte
	n, encoded := decodeToken(in[:], token)
	size := n - aes.BlockSize
	whole := encoded & subtle.ConstantTimeLessOrEq(2*aes.BlockSize, n) & subtle.ConstantTimeEq(int32(n%aes.BlockSize), 0)
	size = subtle.ConstantTimeSelect(whole, size, aes.BlockSize)

	text := in[aes.BlockSize : aes.BlockSize+size]
	cipher.NewCBCDecrypter(keyCipher(secret), in[:aes.BlockSize]).CryptBlocks(text, text)
	length, padded := unpad(text)
	if whole&padded&plainText(text, length) != 1 {
		return "", ErrDecryption
	}
	return string(text[:length]), nil
}

// Blocks returns what a service must remember of an opened version 1 key to
// notice a forged copy: for each ciphertext block the hash of the block and the
// hash of what stood before it. Once a block was seen, seeing it behind anything
// else means that someone edited a key; the same key again gives the same
// pairs. The IV is hashed apart from blocks, so that a key that lost its front,
// where a ciphertext block takes the IV's place, is noticed too. The result is
// nil when the token has not the form of a version 1 key.
func Blocks(token string) [][2][]byte {
	var in [maxDecoded]byte
	n, encoded := decodeToken(in[:], token)
	if encoded != 1 || n < 2*aes.BlockSize || n%aes.BlockSize != 0 {
		return nil
	}
	pairs := make([][2][]byte, 0, n/aes.BlockSize-1)
	before := labelled("iv", in[:aes.BlockSize])
	for at := aes.BlockSize; at < n; at += aes.BlockSize {
		this := labelled("block", in[at:at+aes.BlockSize])
		pairs = append(pairs, [2][]byte{this, before})
		before = this
	}
	return pairs
}

func labelled(label string, block []byte) []byte {
	sum := sha256.Sum256(append([]byte(label+":"), block...))
	return sum[:]
}

// strictBase64 refuses what another text would encode as well.
var strictBase64 = base64.StdEncoding.Strict() //nolint:gochecknoglobals // a constant in all but name

// decodeToken decodes strict standard base64 into out, which has maxDecoded
// bytes; ok is 1 when all of it was base64 and no longer than a key can be.
func decodeToken(out []byte, token string) (n, ok int) {
	var letters [maxToken]byte
	if len(token) > len(letters) {
		return 0, 0
	}
	copy(letters[:], token)
	n, err := strictBase64.Decode(out, letters[:len(token)])
	if err != nil || n > aes.BlockSize+maxEncrypted || len(token)%4 != 0 || base64.StdEncoding.EncodedLen(n) != len(token) {
		// The decoder skips line breaks; the last condition refuses them.
		return 0, 0
	}
	return n, 1
}

// keyCipher derives the key by the wire contract: the first 32 characters of
// the secret's hexadecimal SHA-256, taken as bytes.
func keyCipher(secret string) cipher.Block {
	var short [128]byte // keeps the copy of a usual secret off the heap
	sum := sha256.Sum256(append(short[:0], secret...))
	var key [2 * sha256.Size]byte
	hex.Encode(key[:], sum[:])
	block, err := aes.NewCipher(key[:32])
	if err != nil {
		panic("client: AES refuses a key of 32 bytes: " + err.Error()) // cannot happen
	}
	return block
}

// sealCBC returns iv || AES-256-CBC of the text with PKCS#7 padding.
func sealCBC(secret string, iv [aes.BlockSize]byte, text []byte) []byte {
	pad := aes.BlockSize - len(text)%aes.BlockSize
	out := make([]byte, aes.BlockSize+len(text)+pad)
	copy(out, iv[:])
	copy(out[aes.BlockSize:], text)
	for i := len(out) - pad; i < len(out); i++ {
		out[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(keyCipher(secret), iv[:]).CryptBlocks(out[aes.BlockSize:], out[aes.BlockSize:])
	return out
}

// unpad checks PKCS#7 over the whole last block in constant time. With bad
// padding it still returns a length inside the text.
func unpad(text []byte) (length, ok int) {
	last := text[len(text)-aes.BlockSize:]
	pad := int(last[aes.BlockSize-1])
	ok = subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, aes.BlockSize)
	for i := range aes.BlockSize {
		padding := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, pad)
		equal := subtle.ConstantTimeByteEq(last[i], byte(pad))
		ok &= subtle.ConstantTimeSelect(padding, equal, 1)
	}
	return len(text) - subtle.ConstantTimeSelect(ok, pad, 1), ok
}

// plainText tells whether the first length bytes can be a raw client key. It
// walks all of the text, with what follows those bytes replaced by filler, and
// takes the same steps whatever it reads.
func plainText(text []byte, length int) int {
	characters, state := length-len(text), byte(textWhole) // the filler does not count
	for at, b := range text {
		inside := byte((at - length) >> (strconv.IntSize - 1)) // all ones, or nothing
		b = 'x' ^ (b^'x')&inside
		state = textSteps[state|textClasses[b]]
		first := b>>6 ^ 2 // 0 in a byte that continues a character
		characters += int((first | first>>1) & 1)
	}
	return subtle.ConstantTimeByteEq(state, textWhole) &
		subtle.ConstantTimeLessOrEq(1, characters) & subtle.ConstantTimeLessOrEq(characters, MaxKeyLength)
}

// validRaw tells whether a raw key may be encrypted at all (S22).
func validRaw(raw string) bool {
	return len(raw) <= maxRaw && plainText([]byte(raw), len(raw)) == 1
}

func errRaw() error {
	return fmt.Errorf("a client key has 1 to %d characters of valid UTF-8 and no control characters", MaxKeyLength)
}
