package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/openkyc/openkyc/internal/kyc"
)

type calibrationCommand struct {
	Show  showCalibrationCommand  `cmd:"" help:"Print the face calibration that this installation decides by."`
	Apply applyCalibrationCommand `cmd:"" help:"Give all nodes the calibration that openkyc evaluate faces has written."`
	Reset resetCalibrationCommand `cmd:"" help:"Go back to the calibration that the program brings."`
}

type showCalibrationCommand struct {
	place
}

func (c *showCalibrationCommand) Run(w *world) (err error) {
	in, _, err := opened(w, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	calibration, err := in.FaceCalibration(w.ctx)
	if err != nil {
		return err
	}
	return printJSON(w, calibration)
}

type applyCalibrationCommand struct {
	place
	File string `short:"f" required:"" help:"The calibration."`
}

func (c *applyCalibrationCommand) Run(w *world) (err error) {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("the calibration: %w", err)
	}
	calibration := &kyc.FaceCalibration{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(calibration); err != nil {
		return fmt.Errorf("%s is not a calibration as openkyc evaluate faces writes it: %w", c.File, err)
	}
	in, _, err := opened(w, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := in.Calibrate(w.ctx, calibration); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "faces are judged by %q from the next comparison on\n", calibration.Version)
	return err
}

type resetCalibrationCommand struct {
	place
}

func (c *resetCalibrationCommand) Run(w *world) (err error) {
	in, _, err := opened(w, c.place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := in.Calibrate(w.ctx, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.stdout, "faces are judged by the built-in calibration from the next comparison on\n")
	return err
}
