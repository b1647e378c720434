package convert

import (
	"bytes"
	"errors"
)

// Kind is a format that this package opens.
type Kind string

// The formats.
const (
	PDF  Kind = "pdf"
	HEIC Kind = "heic"
)

// Faults of a file. Everything else that goes wrong is ours.
var (
	ErrBroken = errors.New("the file is damaged, or needs more time or memory than one file may have") //nolint:gochecknoglobals // a sentinel
	ErrLocked = errors.New("the file is protected by a password")                                      //nolint:gochecknoglobals // a sentinel
)

// Bounds of one conversion.
const (
	MaxBytes  = 15 << 20   // of a file
	MaxPages  = 3          // of a PDF; the rest is not looked at
	PageSide  = 2339       // longer side of a page in pixels: A4 at 200 dots an inch
	MaxPixels = 40_000_000 // of a photograph
)

// headReach is how far into a file a PDF may begin, by its implementers' habit.
const headReach = 1024

// Sniff tells the format by the first bytes, "" for none that this program opens: PDF by
// ISO 32000-1 7.5.2, HEIC by the file type box of ISO/IEC 14496-12 4.3 with the
// brands of ISO/IEC 23008-12.
func Sniff(file []byte) Kind {
	head := file[:min(len(file), headReach)]
	if bytes.Contains(head, []byte("%PDF-")) {
		return PDF
	}
	if opensHEIC && len(head) >= 12 && string(head[4:8]) == "ftyp" {
		for _, brand := range []string{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"} {
			if string(head[8:12]) == brand {
				return HEIC
			}
		}
	}
	return ""
}
