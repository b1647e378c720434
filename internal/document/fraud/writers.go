package fraud

import "strings"

// editors are words in the names of programs that change pictures. What only
// takes or sends them is not here: telephones, cameras, scanners, messengers.
func editors() []string {
	return []string{"photoshop", "lightroom", "gimp", "snapseed", "picsart", "pixelmator", "affinity", "paint.net", "photopea", "canva",
		"facetune", "meitu", "beautyplus", "corel", "paintshop", "acdsee", "luminar", "krita", "inkscape", "illustrator", "photoscape",
		"fotor", "befunky", "polarr", "vsco", "imagemagick", "gd-jpeg", "picmonkey", "xnview", "irfanview", "capture one", "darktable"}
}

// Editor is our own word for the first editor among the programs that a file
// names (vision.Writers), "" when there is none. Nothing of the file's own words
// is kept, since they may be anything.
func Editor(names []string) string {
	for _, name := range names {
		for _, e := range editors() {
			if strings.Contains(strings.ToLower(name), e) {
				return e
			}
		}
	}
	return ""
}

// writer scores 1 when an editor wrote the file.
func writer(editor string) Score {
	s := Score{Test: Writer, Of: editor}
	if editor != "" {
		s.Value = 1
	}
	return s
}
