// Package bundle builds the browser side: TypeScript in, four files out. In
// come the folder sdk/ and the installed npm package lit; out go
// widget-lib.js, widget.js, widget.css and record.js. It fails with the compiler's own
// words. sdk/build and the browser tests call it.
package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Build compiles the sources below root (the folder sdk) into the folder out.
func Build(root, out string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "..", "node_modules", "lit")); err != nil {
		return errors.New("the npm package lit is not installed: run make build, or npm ci in the repository's folder")
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	targets := []struct {
		from, to string
		format   api.Format
	}{
		{"src/loader/index.ts", "widget-lib.js", api.FormatIIFE},
		{"src/widget/index.ts", "widget.js", api.FormatESModule},
		{"src/widget/page.css", "widget.css", api.FormatDefault},
		{"src/record/index.ts", "record.js", api.FormatESModule},
	}
	for _, t := range targets {
		result := api.Build(api.BuildOptions{
			AbsWorkingDir: root, EntryPoints: []string{t.from}, Outfile: filepath.Join(out, t.to), Write: true,
			Bundle: true, Format: t.format, Target: api.ES2020, Platform: api.PlatformBrowser, Charset: api.CharsetUTF8,
			MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsEndOfFile,
			Tsconfig: filepath.Join(root, "tsconfig.json"),
		})
		if len(result.Errors) > 0 {
			words := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
			return fmt.Errorf("bundle %s: %s", t.from, strings.Join(words, "\n"))
		}
	}
	return nil
}
