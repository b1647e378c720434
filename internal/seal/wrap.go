package seal

import (
	"bytes"
	"encoding/binary"

	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/openkyc/openkyc/internal/kyc"
)

// wrap encrypts a keyset under another key, bound to associated data.
func wrap(handle *keyset.Handle, by tink.AEAD, bound []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), by, bound); err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "wrap a key")
	}
	return out.Bytes(), nil
}

func unwrap(wrapped []byte, by tink.AEAD, bound []byte) (*keyset.Handle, error) {
	return keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), by, bound)
}

// bind joins parts so that no two different lists of parts give the same bytes.
func bind(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
