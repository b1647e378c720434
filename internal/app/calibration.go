package app

import (
	"context"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// FaceCalibration reads what the installation's nodes decide by.
func (in *Installation) FaceCalibration(ctx context.Context) (c *kyc.FaceCalibration, err error) {
	err = in.Store.View(ctx, func(tx kyc.Tx) error {
		c, err = in.Store.FaceCalibration(ctx, tx)
		return err
	})
	return c, err
}

// calibrated refuses to start with a calibration of another model: no comparison
// would have a verdict.
func (a *App) calibrated(ctx context.Context) error {
	c, err := a.FaceCalibration(ctx)
	if err == nil && c.Model != "" && c.Model != a.Faces.Model() {
		return fmt.Errorf("the face calibration %q was measured with the model %s, this program measures faces with %s: measure again (openkyc evaluate faces), or go back to the built-in one (openkyc calibration reset)", c.Version, c.Model, a.Faces.Model())
	}
	return err
}

// Calibrate gives all nodes a face calibration, from the next comparison on; nil
// goes back to the built-in one. It refuses one that cannot keep a rate of false
// accepts that a scenario wishes for: those sessions would have no verdict.
func (in *Installation) Calibrate(ctx context.Context, c *kyc.FaceCalibration) error {
	if c != nil {
		if fault := c.Fault(); fault != "" {
			return kyc.ErrInvalid(fault)
		}
	}
	return in.Store.Do(ctx, func(tx kyc.Tx) error {
		accounts, err := in.Store.Accounts(ctx, tx)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			scenarios, err := in.Store.Scenarios(ctx, tx, account.ID)
			if err != nil {
				return err
			}
			if err := keepsRates(c, scenarios); err != nil {
				return err
			}
		}
		return in.Store.PutFaceCalibration(ctx, tx, c)
	})
}

func keepsRates(c *kyc.FaceCalibration, scenarios []*kyc.Scenario) error {
	if c == nil {
		c = kyc.BuiltinFaceCalibration()
	}
	for _, s := range scenarios {
		if fault := c.Refuses(s.Thresholds.FaceFAR); fault != "" {
			return kyc.ErrInvalid(fmt.Sprintf("the scenario %q wishes for a rate of %g: %s", s.Name, s.Thresholds.FaceFAR, fault))
		}
	}
	return nil
}
