package main

import (
	"os"

	"github.com/openkyc/openkyc/internal/convert"
)

// convertCommand is the process that opens one file for another of this program.
type convertCommand struct {
	Kind  string `arg:"" enum:"pdf,heic" help:"pdf or heic."`
	Cache string `arg:"" help:"Folder for compiled code."`
}

func (c *convertCommand) Run(w *world) error {
	return convert.Main(w.ctx, convert.Kind(c.Kind), c.Cache, w.stdin, w.stdout)
}

// convertProgram is how this program starts itself for that; none when it does not
// know where it is.
func convertProgram() []string {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{self, "convert"}
}
