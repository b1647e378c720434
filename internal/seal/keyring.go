package seal

import (
	"encoding/binary"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Sizes.
const (
	indexSize = 16   // bytes of a blind index: collisions need 2^64 values
	cacheSize = 4096 // opened keys kept in memory, about 2 kB each
)

// Associated data begins with what it is for, so that nothing sealed for one
// purpose can be taken for another although the same key sealed both.
const (
	forAccount = "account"
	forIndex   = "index"
	forSubject = "subject"
	forData    = "data"
	forSetting = "setting"
)

// Keyring opens the keys of an installation and seals with them. It is safe for
// concurrent use.
type Keyring struct {
	file string

	mu     sync.RWMutex // guards the two below, which Rotate replaces
	handle *keyset.Handle
	master tink.AEAD

	opened *cache
}

// accountKey is the opened key of an account: one keyset that seals, one that
// makes blind indexes and is never rotated, since that would lose the indexes.
type accountKey struct {
	aead tink.AEAD
	prf  *prf.Set
}

// NewAccountKey makes the keys of an account and returns them wrapped by the
// master key and bound to the account's id.
func (k *Keyring) NewAccountKey(accountID string) ([]byte, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "make an account key")
	}
	indexing, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "make an index key")
	}
	return k.wrapAccount(accountID, sealing, indexing)
}

// NewSubjectKey makes the key of one subject, wrapped by the account's key and
// bound to the ids of both. ref names account and subject.
func (k *Keyring) NewSubjectKey(ref kyc.KeyRef) ([]byte, error) {
	if ref.SubjectID == "" {
		return nil, kyc.Errorf(kyc.Internal, "a subject key needs a subject")
	}
	account, err := k.account(ref)
	if err != nil {
		return nil, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "make a subject key")
	}
	return wrap(handle, account.aead, bind(forSubject, ref.AccountID, ref.SubjectID))
}

// Seal encrypts and authenticates a value together with its context. Without a
// subject key in ref it is sealed under the account's own key.
func (k *Keyring) Seal(ref kyc.KeyRef, plaintext, context []byte) ([]byte, error) {
	key, err := k.key(ref)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Encrypt(plaintext, bind(forData, string(context)))
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "seal a value")
	}
	return sealed, nil
}

// Open is the inverse of Seal for the same keys and context.
func (k *Keyring) Open(ref kyc.KeyRef, sealed, context []byte) ([]byte, error) {
	key, err := k.key(ref)
	if err != nil {
		return nil, err
	}
	plaintext, err := key.Decrypt(sealed, bind(forData, string(context)))
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "a sealed value does not open: it was altered, moved, or its key is another")
	}
	return plaintext, nil
}

// Index is the blind index of a value: 16 bytes that are equal for equal values
// of one field of one account and tell nothing else without the account's key.
// Callers normalise the value first.
func (k *Keyring) Index(ref kyc.KeyRef, field, value string) ([]byte, error) {
	account, err := k.account(ref)
	if err != nil {
		return nil, err
	}
	index, err := account.prf.ComputePrimaryPRF(bind(forIndex, field, value), indexSize)
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "index a value")
	}
	return index, nil
}

// SealSetting seals a secret of the installation itself, such as a signing key,
// under the master key and the setting's name.
func (k *Keyring) SealSetting(name string, plaintext []byte) ([]byte, error) {
	sealed, err := k.current().Encrypt(plaintext, bind(forSetting, name))
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "seal the setting %s", name)
	}
	return sealed, nil
}

// OpenSetting is the inverse of SealSetting.
func (k *Keyring) OpenSetting(name string, sealed []byte) ([]byte, error) {
	plaintext, err := k.current().Decrypt(sealed, bind(forSetting, name))
	if err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "the setting %s does not open: the data folder belongs to another master key", name)
	}
	return plaintext, nil
}

// Rewrap wraps an account's keys anew under the newest master key. What they
// sealed stays as it is, and so do the subject keys.
func (k *Keyring) Rewrap(accountID string, wrapped []byte) ([]byte, error) {
	sealing, indexing, err := k.unwrapAccount(accountID, wrapped)
	if err != nil {
		return nil, err
	}
	return k.wrapAccount(accountID, sealing, indexing)
}

// key opens the key that ref's values are sealed with.
func (k *Keyring) key(ref kyc.KeyRef) (tink.AEAD, error) {
	account, err := k.account(ref)
	if err != nil {
		return nil, err
	}
	if len(ref.SubjectKey) == 0 {
		return account.aead, nil
	}
	context := bind(forSubject, ref.AccountID, ref.SubjectID)
	opened, err := k.opened.get(string(context)+string(ref.SubjectKey), func() (any, error) {
		return openSubject(ref.SubjectKey, account.aead, context)
	})
	if err != nil {
		return nil, err
	}
	return opened.(tink.AEAD), nil
}

func (k *Keyring) account(ref kyc.KeyRef) (*accountKey, error) {
	if ref.AccountID == "" || len(ref.AccountKey) == 0 {
		return nil, kyc.Errorf(kyc.Internal, "a value without an account cannot be sealed or opened")
	}
	name := string(bind(forAccount, ref.AccountID)) + string(ref.AccountKey)
	opened, err := k.opened.get(name, func() (any, error) {
		sealing, indexing, err := k.unwrapAccount(ref.AccountID, ref.AccountKey)
		if err != nil {
			return nil, err
		}
		key := new(accountKey)
		if key.aead, err = aead.New(sealing); err != nil {
			return nil, kyc.Wrap(kyc.Internal, err, "use an account key")
		}
		if key.prf, err = prf.NewPRFSet(indexing); err != nil {
			return nil, kyc.Wrap(kyc.Internal, err, "use an index key")
		}
		return key, nil
	})
	if err != nil {
		return nil, err
	}
	return opened.(*accountKey), nil
}

// wrapAccount writes both keysets of an account into one value: the length of
// the first in two bytes, the first, the second.
func (k *Keyring) wrapAccount(accountID string, sealing, indexing *keyset.Handle) ([]byte, error) {
	if accountID == "" {
		return nil, kyc.Errorf(kyc.Internal, "an account key needs an account")
	}
	master := k.current()
	one, err := wrap(sealing, master, bind(forAccount, accountID))
	if err != nil {
		return nil, err
	}
	two, err := wrap(indexing, master, bind(forIndex, accountID))
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint16(nil, uint16(len(one)))
	return append(append(out, one...), two...), nil
}

func (k *Keyring) unwrapAccount(accountID string, wrapped []byte) (sealing, indexing *keyset.Handle, err error) {
	if len(wrapped) < 2 || len(wrapped) < 2+int(binary.BigEndian.Uint16(wrapped)) {
		return nil, nil, kyc.Errorf(kyc.Internal, "the key of an account is damaged")
	}
	master, split := k.current(), 2+int(binary.BigEndian.Uint16(wrapped))
	if sealing, err = unwrap(wrapped[2:split], master, bind(forAccount, accountID)); err == nil {
		indexing, err = unwrap(wrapped[split:], master, bind(forIndex, accountID))
	}
	if err != nil {
		return nil, nil, kyc.Wrap(kyc.Internal, err, "the key of an account does not open: it belongs to another account or master key")
	}
	return sealing, indexing, nil
}

func (k *Keyring) current() tink.AEAD {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.master
}
