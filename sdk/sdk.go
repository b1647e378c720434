// Package sdk carries the browser side of OpenKYC inside the program: the
// loader script and the widget, built from TypeScript by sdk/build.
//
// Out goes a file system with widget-lib.js, widget.js, widget.css and record.js; it is
// empty in a checkout that has not been built. app hands it to capture.
package sdk

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files of the browser side.
func Files() (fs.FS, error) { return fs.Sub(dist, "dist") }
