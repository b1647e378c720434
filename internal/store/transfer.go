package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// PictureKeys reads up to limit keys of pictures behind the place after, which
// is 0 at the beginning, and the place of the last one. Pictures of sessions
// have the even places, those of persons the odd ones.
func (s *Store) PictureKeys(ctx context.Context, tx kyc.Tx, after int64, limit int) (found []string, last int64, err error) {
	type place struct {
		place int64
		key   string
	}
	var places []place
	for _, half := range []struct {
		table string
		after int64
		odd   int64
	}{{"evidence", after / 2, 0}, {"person_pictures", (after - 1) / 2, 1}} {
		if there, err := s.has(ctx, tx, half.table); err != nil || !there {
			if err != nil {
				return nil, 0, err
			}
			continue
		}
		rows, err := use(tx).QueryContext(ctx, `SELECT seq, blob_key FROM `+half.table+` WHERE seq > $1 ORDER BY seq LIMIT $2`, half.after, limit) //nolint:gosec // one of two
		some, err := collect(rows, err, func(r row) (p place, err error) {
			err = r.Scan(&p.place, &p.key)
			p.place = 2*p.place + half.odd
			return p, err
		})
		if err != nil {
			return nil, 0, err
		}
		places = append(places, some...)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.place, b.place) })
	for _, p := range places[:min(limit, len(places))] {
		found, last = append(found, p.key), p.place
	}
	return found, last, nil
}

// has tells whether a table that is carried is there: one that is not up to
// date may lack the newest.
func (s *Store) has(ctx context.Context, tx kyc.Tx, table string) (bool, error) {
	there, err := s.CarriedTables(ctx, tx)
	return slices.Contains(there, table), err
}

// LastPicture is the place of the newest picture, 0 when there is none.
func (s *Store) LastPicture(ctx context.Context, tx kyc.Tx) (place int64, err error) {
	err = use(tx).QueryRowContext(ctx, `SELECT MAX(place) FROM (
		SELECT COALESCE(MAX(seq), 0) * 2 AS place FROM evidence UNION ALL SELECT COALESCE(MAX(seq) * 2 + 1, 0) FROM person_pictures) AS last`).Scan(&place)
	return place, err
}

// HasPicture tells whether a row still refers to a picture.
func (s *Store) HasPicture(ctx context.Context, tx kyc.Tx, key string) (has bool, err error) {
	question := `SELECT EXISTS (SELECT 1 FROM evidence WHERE blob_key = $1)`
	if there, err := s.has(ctx, tx, "person_pictures"); err != nil {
		return false, err
	} else if there {
		question += ` OR EXISTS (SELECT 1 FROM person_pictures WHERE blob_key = $1)`
	}
	err = use(tx).QueryRowContext(ctx, question, key).Scan(&has)
	return has, err
}

// Unused tells whether nobody has begun to use this database: it has no rows
// but the store's own settings.
func (s *Store) Unused(ctx context.Context, tx kyc.Tx) (bool, error) {
	tables, err := s.CarriedTables(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, table := range tables {
		where := ""
		if table == "settings" {
			where = " WHERE key NOT LIKE 'store.%'"
		}
		var n int64
		err := use(tx).QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+table+where+" LIMIT 1) AS one").Scan(&n) //nolint:gosec // one of the list
		if err != nil || n > 0 {
			return false, err
		}
	}
	return true, nil
}

// Transfer reads how far a move or restoration into this database has come; nil
// when none is under way.
func (s *Store) Transfer(ctx context.Context, tx kyc.Tx) ([]byte, error) {
	value, err := s.Setting(ctx, tx, settingTransfer)
	if kyc.KindOf(err) == kyc.NotFound {
		return nil, nil
	}
	return value, err
}

// refuseUnfinished keeps everybody but a transfer out of a database that one has
// left half filled: its rows are not whole, and a node would add its own.
func (s *Store) refuseUnfinished(ctx context.Context) error {
	if s.config.Fill != 0 {
		return nil
	}
	if applied, err := s.applied(ctx); err != nil || len(applied) == 0 {
		return err
	}
	return s.View(ctx, func(tx kyc.Tx) error {
		mark, err := s.Transfer(ctx, tx)
		if err == nil && mark != nil {
			err = errors.New("a move or a restoration into this database has not ended: run the same command again and it goes on where it was, or delete the database and the pictures beside it")
		}
		return err
	})
}

// PutTransfer notes how far it has come.
func (s *Store) PutTransfer(ctx context.Context, tx kyc.Tx, progress []byte) error {
	return s.PutSetting(ctx, tx, settingTransfer, progress)
}

// ClearSettings removes all settings but the mark of a transfer, so that those
// which this database drew for itself make room for the carried ones.
func (s *Store) ClearSettings(ctx context.Context, tx kyc.Tx) error {
	_, err := use(tx).ExecContext(ctx, `DELETE FROM settings WHERE key <> $1`, settingTransfer)
	return err
}

// EndTransfer removes the mark: from now on the database may be used.
func (s *Store) EndTransfer(ctx context.Context, tx kyc.Tx) error {
	if err := s.renumber(ctx, tx); err != nil {
		return err
	}
	_, err := use(tx).ExecContext(ctx, `DELETE FROM settings WHERE key = $1`, settingTransfer)
	return err
}

// renumber lets PostgreSQL's numbered tables go on behind the rows that came
// with numbers. SQLite does so by itself.
func (s *Store) renumber(ctx context.Context, tx kyc.Tx) error {
	if s.dialect == SQLite {
		return nil
	}
	type numbered struct{ table, column string }
	rows, err := use(tx).QueryContext(ctx, `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_identity = 'YES' ORDER BY table_name`)
	all, err := collect(rows, err, func(r row) (n numbered, err error) { err = r.Scan(&n.table, &n.column); return n, err })
	if err != nil {
		return err
	}
	for _, n := range all {
		if !slices.Contains(Carried(), n.table) { // the queue's
			continue
		}
		statement := fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%s', '%s'), (SELECT COALESCE(MAX(%s), 0) + 1 FROM %s), FALSE)`, n.table, n.column, n.column, n.table)
		if _, err := use(tx).ExecContext(ctx, statement); err != nil { //nolint:gosec // the names are the schema's own
			return fmt.Errorf("number %s: %w", n.table, err)
		}
	}
	return nil
}
