package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Filled is a database that rows are put into; *store.Store implements it.
type Filled interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	Lock(ctx context.Context, tx kyc.Tx, name string) error
	LastRow(ctx context.Context, tx kyc.Tx, table string) ([]byte, error)
	WriteRows(ctx context.Context, tx kyc.Tx, table string, rows [][]byte) error
}

// Marked is a database that knows of transfers; *store.Store implements it.
type Marked interface {
	Unused(ctx context.Context, tx kyc.Tx) (bool, error)
	Transfer(ctx context.Context, tx kyc.Tx) ([]byte, error)
	PutTransfer(ctx context.Context, tx kyc.Tx, progress []byte) error
	ClearSettings(ctx context.Context, tx kyc.Tx) error
	EndTransfer(ctx context.Context, tx kyc.Tx) error
}

// Target fills an empty database and an empty place for pictures.
type Target struct {
	Database interface {
		Rowed
		Filled
		Marked
	}
	Objects interface {
		Put(ctx context.Context, key string, data []byte) error
		Get(ctx context.Context, key string) ([]byte, error)
	}
	Empty  func(ctx context.Context) (bool, error) // asks whether there are no pictures
	Schema int64                                   // version of the database's tables
	Lock   string                                  // name of the lock under which a node makes its first keys

	tables []string
	mark   mark
}

// mark is what lies in a target while it is filled.
type mark struct {
	Origin   string `json:"origin"`
	Pictures int64  `json:"pictures"`
}

// Begin takes a target that nobody uses, or one that the same transfer has begun to fill.
func (t *Target) Begin(ctx context.Context, head Head) (Progress, error) {
	progress := Progress{Last: map[string][]byte{}}
	for _, table := range head.Tables {
		t.tables = append(t.tables, table.Name)
	}
	empty, err := t.Empty(ctx)
	if err != nil {
		return progress, err
	}
	err = t.Database.Do(ctx, func(tx kyc.Tx) error {
		if err := t.Database.Lock(ctx, tx, t.Lock); err != nil { // a node could make its first keys just now
			return err
		}
		if err := t.fits(ctx, tx, head); err != nil {
			return err
		}
		if err := t.claim(ctx, tx, head, empty); err != nil {
			return err
		}
		// They are few and carried whole, those that this database drew for itself make room.
		if err := t.Database.ClearSettings(ctx, tx); err != nil {
			return err
		}
		for _, table := range t.tables {
			last, err := t.Database.LastRow(ctx, tx, table)
			if err != nil {
				return err
			}
			progress.Last[table] = last
		}
		return nil
	})
	progress.Pictures = t.mark.Pictures
	return progress, err
}

// fits compares the tables: rows of another version of them have no place here.
func (t *Target) fits(ctx context.Context, tx kyc.Tx, head Head) error {
	have, err := describe(ctx, tx, t.Database, t.tables)
	if err == nil && (t.Schema != head.Schema || !reflect.DeepEqual(have, head.Tables)) {
		err = fmt.Errorf("the tables of version %d that %s wrote are not those of version %d that this program makes: use the program that wrote them", head.Schema, head.Program, t.Schema)
	}
	return err
}

// claim puts the mark into an empty target, or reads the one that is there.
func (t *Target) claim(ctx context.Context, tx kyc.Tx, head Head, empty bool) error {
	text, err := t.Database.Transfer(ctx, tx)
	if err != nil {
		return err
	}
	if text != nil {
		if err := json.Unmarshal(text, &t.mark); err != nil {
			return err
		}
		if t.mark.Origin != head.Origin {
			return errors.New("the target is half filled from somewhere else: end that with the command that began it, or take an empty target")
		}
		return nil
	}
	unused, err := t.Database.Unused(ctx, tx)
	if err != nil {
		return err
	}
	if !unused || !empty {
		return errors.New("the target is not empty: name a database without rows and a place for pictures without any")
	}
	t.mark = mark{Origin: head.Origin}
	return t.note(ctx, tx)
}

func (t *Target) note(ctx context.Context, tx kyc.Tx) error {
	text, err := json.Marshal(t.mark)
	if err != nil {
		return err
	}
	return t.Database.PutTransfer(ctx, tx, text)
}

// PutRows writes one batch, whole or not at all.
func (t *Target) PutRows(ctx context.Context, table string, rows [][]byte) error {
	return t.Database.Do(ctx, func(tx kyc.Tx) error { return t.Database.WriteRows(ctx, tx, table, rows) })
}

// PutPictures writes a batch, reads it back and notes it. A picture that is there
// already, since an earlier run was cut off, must be the same.
func (t *Target) PutPictures(ctx context.Context, batch []Picture) error {
	err := each(len(batch), func(i int) error {
		p := batch[i]
		if p.Sealed == nil {
			return nil
		}
		if err := t.Objects.Put(ctx, p.Key, p.Sealed); err != nil && kyc.KindOf(err) != kyc.Conflict {
			return err
		}
		have, err := t.Objects.Get(ctx, p.Key)
		if err == nil && sha256.Sum256(have) != sha256.Sum256(p.Sealed) {
			err = fmt.Errorf("the picture %s reads back otherwise than it was written: take an empty place for pictures", p.Key)
		}
		return err
	})
	if err != nil {
		return err
	}
	t.mark.Pictures += int64(len(batch))
	return t.Database.Do(ctx, func(tx kyc.Tx) error { return t.note(ctx, tx) })
}

// End compares what the database holds with what the source holds.
func (t *Target) End(ctx context.Context, sums func(context.Context) (Sums, error)) (have Sums, err error) {
	want, err := sums(ctx)
	if err != nil {
		return Sums{}, err
	}
	err = t.Database.View(ctx, func(tx kyc.Tx) error {
		have, err = add(ctx, tx, t.Database, t.tables)
		return err
	})
	if err != nil {
		return Sums{}, err
	}
	have.Pictures = t.mark.Pictures
	if err := compare(want, have); err != nil {
		return Sums{}, fmt.Errorf("what arrived is not what is in the source now, so one of them was changed meanwhile; stop every process on both and begin again with an empty target:\n%w", err)
	}
	return have, t.Database.Do(ctx, func(tx kyc.Tx) error { return t.Database.EndTransfer(ctx, tx) })
}
