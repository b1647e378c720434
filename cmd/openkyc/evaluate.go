package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

type evaluateCommand struct {
	Faces   evaluateFacesCommand   `cmd:"" help:"Measure how well faces are told apart on pictures of yours, and calibrate."`
	Age     evaluateAgeCommand     `cmd:"" help:"Measure how far estimates of age and gender are off on pictures of yours."`
	MRZ     evaluateMRZCommand     `cmd:"" name:"mrz" help:"Measure how well machine readable zones are read on pictures of yours."`
	Fraud   evaluateFraudCommand   `cmd:"" help:"Measure what the checks against fraud catch and whom they accuse on pictures of yours."`
	Attacks evaluateAttacksCommand `cmd:"" help:"Measure which attacks on liveness pass, on drawn persons."`
	Selfies evaluateSelfiesCommand `cmd:"" help:"Measure which copies of selfies are told from new ones, on drawn persons."`
}

// countdown says how far it is, at most once in two seconds.
func countdown(out io.Writer) func(done, all int) {
	begun, said := time.Now(), time.Now()
	return func(done, all int) {
		if now := time.Now(); done == all || now.Sub(said) > 2*time.Second {
			said = now
			left := time.Duration(float64(now.Sub(begun)) / float64(done) * float64(all-done)).Round(time.Second)
			fmt.Fprintf(out, "%d of %d pictures, about %s left\n", done, all, left)
		}
	}
}

// writable refuses files whose folder is not there: before an hour's work, not
// after. "" names none.
func writable(paths ...string) error {
	for _, path := range paths {
		if info, err := os.Stat(filepath.Dir(path)); path != "" && (err != nil || !info.IsDir()) {
			return fmt.Errorf("%s cannot be written: there is no folder %s", path, filepath.Dir(path))
		}
	}
	return nil
}

// measured is what an evaluation found, in its three forms.
type measured interface {
	WritePage(w io.Writer) error
	WriteJSON(w io.Writer) error
	WriteText(w io.Writer) error
}

// publish writes the page, where one is wanted, and prints the figures.
func (w *world) publish(found measured, page string, asJSON bool) error {
	if page != "" {
		if err := private(page, found.WritePage); err != nil {
			return err
		}
	}
	if asJSON {
		return found.WriteJSON(w.stdout)
	}
	return found.WriteText(w.stdout)
}

// private writes a file that only its owner reads.
func private(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	out := bufio.NewWriter(f)
	return errors.Join(write(out), out.Flush(), f.Close())
}
