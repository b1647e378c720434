package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Setting reads one value of the installation. Values lie as they were given:
// who keeps a secret here wraps it first.
func (s *Store) Setting(ctx context.Context, tx kyc.Tx, key string) ([]byte, error) {
	var value []byte
	err := use(tx).QueryRowContext(ctx, `SELECT value FROM settings WHERE key = $1`, key).Scan(&value)
	return value, missing(err)
}

// PutSetting writes one value of the installation over what was there.
func (s *Store) PutSetting(ctx context.Context, tx kyc.Tx, key string, value []byte) error {
	_, err := use(tx).ExecContext(ctx,
		`INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

// settingFaces is where the installation's calibration of faces lies.
const settingFaces = "faces.calibration"

// FaceCalibration is the installation's own calibration of faces; the built-in
// one when it has none.
func (s *Store) FaceCalibration(ctx context.Context, tx kyc.Tx) (*kyc.FaceCalibration, error) {
	value, err := s.Setting(ctx, tx, settingFaces)
	switch {
	case kyc.KindOf(err) == kyc.NotFound || err == nil && len(value) == 0:
		return kyc.BuiltinFaceCalibration(), nil
	case err != nil:
		return nil, err
	}
	c := &kyc.FaceCalibration{}
	if err := json.Unmarshal(value, c); err != nil {
		return nil, fmt.Errorf("the installation's face calibration: %w", err)
	}
	return c, nil
}

// PutFaceCalibration keeps a calibration for all nodes; nil goes back to the
// built-in one.
func (s *Store) PutFaceCalibration(ctx context.Context, tx kyc.Tx, c *kyc.FaceCalibration) error {
	var value []byte
	if c != nil {
		var err error
		if value, err = json.Marshal(c); err != nil {
			return err
		}
	}
	return s.PutSetting(ctx, tx, settingFaces, value)
}
