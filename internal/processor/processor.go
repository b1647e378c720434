// Package processor tells what the processor can do beyond its architecture.
//
// Nothing comes in; whether functions written for an extension may be called goes
// out. Whoever asks has a portable function for when they may not. Nothing can
// fail.
package processor

import "golang.org/x/sys/cpu"

// HasAVX2 tells that 256-bit whole numbers can be worked on at once; false on any
// other architecture than amd64.
func HasAVX2() bool { return cpu.X86.HasAVX2 }
