package main

import (
	"fmt"
	"io"
	"time"
)

type evaluateCommand struct {
	Faces evaluateFacesCommand `cmd:"" help:"Measure how well faces are told apart on pictures of yours, and calibrate."`
	MRZ   evaluateMRZCommand   `cmd:"" name:"mrz" help:"Measure how well machine readable zones are read on pictures of yours."`
	Fraud evaluateFraudCommand `cmd:"" help:"Measure what the checks against fraud catch and whom they accuse on pictures of yours."`
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
