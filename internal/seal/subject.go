package seal

import (
	"bytes"
	"encoding/binary"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/openkyc/openkyc/internal/kyc"
)

// openSubject opens the wrapped keyset of a session. A list of sessions opens
// one for each, so the keyset that NewSubjectKey makes (one enabled AES-GCM key)
// is read straight from its bytes; whatever else it may be one day, Tink reads.
func openSubject(wrapped []byte, by tink.AEAD, bound []byte) (tink.AEAD, error) {
	sealed, ok := only(wrapped, encryptedKeyset)
	if !ok {
		return openAny(wrapped, by, bound)
	}
	set, err := by.Decrypt(sealed, bound)
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "the key of a session does not open")
	}
	if key := single(set); key != nil {
		return key, nil
	}
	return openAny(wrapped, by, bound)
}

func openAny(wrapped []byte, by tink.AEAD, bound []byte) (tink.AEAD, error) {
	handle, err := unwrap(wrapped, by, bound)
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "the key of a session does not open")
	}
	return aead.New(handle)
}

// Fields of Tink's messages (proto/tink.proto and proto/aes_gcm.proto), which
// are fixed for ever, as every stored keyset has them.
const (
	encryptedKeyset = 2 // EncryptedKeyset
	keysetPrimary   = 1 // Keyset
	keysetKey       = 2
	keyData         = 1 // Keyset.Key
	keyStatus       = 2
	keyID           = 3
	keyPrefix       = 4
	dataType        = 1 // KeyData
	dataValue       = 2
	gcmVersion      = 1 // AesGcmKey
	gcmKey          = 3

	enabled    = 1
	tinkPrefix = 1
	typeAESGCM = "type.googleapis.com/google.crypto.tink.AesGcmKey"
)

// single reads a keyset of one enabled AES-GCM key with Tink's prefix, nil when it is another.
func single(set []byte) tink.AEAD {
	var primary, status, id, prefix, version uint64
	var key, data, value, secret, kind []byte
	keys := 0
	ok := fields(set, func(n int, number uint64, b []byte) {
		switch n {
		case keysetPrimary:
			primary = number
		case keysetKey:
			key = b
			keys++
		}
	}) && fields(key, func(n int, number uint64, b []byte) {
		switch n {
		case keyData:
			data = b
		case keyStatus:
			status = number
		case keyID:
			id = number
		case keyPrefix:
			prefix = number
		}
	}) && fields(data, func(n int, _ uint64, b []byte) {
		switch n {
		case dataType:
			kind = b
		case dataValue:
			value = b
		}
	}) && fields(value, func(n int, number uint64, b []byte) {
		switch n {
		case gcmVersion:
			version = number
		case gcmKey:
			secret = b
		}
	})
	if !ok || keys != 1 || primary != id || status != enabled || prefix != tinkPrefix || version != 0 || string(kind) != typeAESGCM {
		return nil
	}
	cipher, err := subtle.NewAESGCM(secret)
	if err != nil {
		return nil
	}
	return prefixed{binary.BigEndian.AppendUint32([]byte{1}, uint32(id)), cipher} //nolint:gosec // 32 bits by its message
}

// prefixed is AES-GCM behind the name of its key, as Tink writes it.
type prefixed struct {
	name []byte
	aead tink.AEAD
}

// Encrypt is tink.AEAD's.
func (p prefixed) Encrypt(plaintext, associated []byte) ([]byte, error) {
	sealed, err := p.aead.Encrypt(plaintext, associated)
	if err != nil {
		return nil, err
	}
	return append(p.name[:len(p.name):len(p.name)], sealed...), nil
}

// Decrypt is tink.AEAD's.
func (p prefixed) Decrypt(sealed, associated []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed, p.name)
	if !ok {
		return nil, kyc.Errorf(kyc.Internal, "sealed by another key")
	}
	return p.aead.Decrypt(rest, associated)
}

// only returns the one field of bytes with this number.
func only(message []byte, number int) (found []byte, ok bool) {
	times := 0
	ok = fields(message, func(n int, _ uint64, b []byte) {
		if n == number {
			found = b
			times++
		}
	})
	return found, ok && times == 1
}

// fields walks through a protobuf message whose fields are numbers or bytes.
// False means that it holds anything else.
func fields(message []byte, each func(n int, number uint64, b []byte)) bool {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<20 {
			return false
		}
		message = message[n:]
		value, n := binary.Uvarint(message)
		if n <= 0 {
			return false
		}
		message = message[n:]
		switch tag & 7 {
		case 0:
			each(int(tag>>3), value, nil) //nolint:gosec // small
		case 2:
			if value > uint64(len(message)) {
				return false
			}
			each(int(tag>>3), 0, message[:value]) //nolint:gosec // small
			message = message[value:]
		default:
			return false
		}
	}
	return true
}
