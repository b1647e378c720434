package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// maxMasterFile bounds what is read: a key is about 150 bytes of JSON, so this
// holds a hundred rotations.
const maxMasterFile = 64 << 10

// Create makes a master key file and opens it. A file that exists is never
// overwritten: losing a master key loses everything that was sealed under it.
func Create(file string) (*Keyring, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a master key: %w", err)
	}
	temporary, err := writeBeside(file, handle)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary)
	// A link appears whole or not at all and fails when the name is taken.
	if err := os.Link(temporary, file); err != nil {
		return nil, fmt.Errorf("create the master key file %s: %w", file, err)
	}
	if err := syncFolder(file); err != nil {
		return nil, err
	}
	return newKeyring(file, handle)
}

// Open reads a master key file. It refuses one that others than its owner may
// touch.
func Open(file string) (*Keyring, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the master key file %s is missing: restore it from your backup, or, for a new installation, let openkyc quickstart create one: %w", file, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the master key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the master key file: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the master key file %s has mode %04o and others may use it: run chmod 600 on it, and consider its key known to them", file, mode.Perm())
	}
	data, err := io.ReadAll(io.LimitReader(f, maxMasterFile))
	if err != nil {
		return nil, fmt.Errorf("read the master key file: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("the master key file %s is damaged: restore it from your backup", file)
	}
	return newKeyring(file, handle)
}

// Copy puts a copy of a master key file where an installation will look for it.
// It overwrites nothing: what is there already must be the same key.
func Copy(from, to string) error {
	if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
		return copyFile(from, to)
	}
	want, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("read the master key file: %w", err)
	}
	have, err := os.ReadFile(to)
	if err == nil && !bytes.Equal(want, have) {
		err = fmt.Errorf("%s is there already and holds another master key: name another place", to)
	}
	return err
}

func copyFile(from, to string) error {
	ring, err := Open(from)
	if err != nil {
		return err
	}
	temporary, err := writeBeside(to, ring.handle)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if err := os.Link(temporary, to); err != nil {
		return fmt.Errorf("copy the master key file to %s: %w", to, err)
	}
	return syncFolder(to)
}

func newKeyring(file string, handle *keyset.Handle) (*Keyring, error) {
	master, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use the master key: %w", err)
	}
	return &Keyring{file: file, handle: handle, master: master, opened: newCache(cacheSize)}, nil
}

// Rotate adds a new master key to the file and wraps with it from now on; the
// older ones keep opening what they wrapped. Pass every account's key through
// Rewrap next. Other processes of the installation must be started anew before
// they can open what was rewrapped.
func (k *Keyring) Rotate() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("make a master key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return fmt.Errorf("choose the new master key: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return fmt.Errorf("take the new master key: %w", err)
	}
	master, err := aead.New(handle)
	if err != nil {
		return fmt.Errorf("use the new master key: %w", err)
	}
	temporary, err := writeBeside(k.file, handle)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) // does nothing after the renaming
	if err := os.Rename(temporary, k.file); err != nil {
		return fmt.Errorf("replace the master key file: %w", err)
	}
	// The file holds both keys already, so memory follows it before the folder
	// is flushed: whatever happens next, nothing is wrapped by a key not in it.
	k.handle, k.master = handle, master
	return syncFolder(k.file)
}

// writeBeside writes a keyset into a new file of mode 0600 next to its final
// name and flushes it.
func writeBeside(file string, handle *keyset.Handle) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".master-*") // mode 0600, O_EXCL
	if err != nil {
		return "", fmt.Errorf("create the master key file: %w", err)
	}
	err = errors.Join(insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(f)), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(fmt.Errorf("write the master key file: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncFolder makes a new name in a folder survive a loss of power.
func syncFolder(file string) error {
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("flush the folder of the master key: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("flush the folder of the master key: %w", err)
	}
	return nil
}
