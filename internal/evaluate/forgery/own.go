package forgery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Genuine is the label of pictures that no check should accuse; every other
// label is the name of a kind of forgery.
const Genuine = "honest"

// Reader looks at a picture file as at an upload. Its error is its own failure;
// what is wrong with the picture is a note.
type Reader interface {
	Suspect(ctx context.Context, file []byte) (Look, error)
}

// Look is what was found on one picture.
type Look struct {
	Scores []fraud.Score
	Others []kyc.CheckItem // checks that have no levels
	Note   string          // why nothing, or not everything, could be looked at
}

// Own says which pictures of one's own are looked at.
type Own struct {
	Files    fs.FS
	Labels   map[string]string // label by file; nil: the folder that a file lies in is its label
	Progress func(done, all int)
}

// maxOwnFile is what a picture file may have.
const maxOwnFile = 15 << 20

// labels finds the pictures and what they are. Its error says which are missing,
// or that there is nothing to measure.
func (o Own) labels() (map[string]string, error) {
	out, loose := o.Labels, []string{}
	if out == nil {
		out = map[string]string{}
		err := fs.WalkDir(o.Files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !picture(name) {
				return err
			}
			label, _, ok := strings.Cut(name, "/")
			if !ok {
				loose = append(loose, name)
				return nil
			}
			out[name] = label
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(loose) > 0 {
		return nil, fmt.Errorf("%s and %d other pictures lie in no folder below the one named, and so have no label: put them into %q or into the folder of a kind of forgery",
			loose[0], len(loose)-1, Genuine)
	}
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if _, err := fs.Stat(o.Files, path.Clean(name)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no picture (JPEG or PNG) was found in the folders below the one named")
	}
	return out, nil
}

func picture(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

// ParseLabels reads {"a.jpg": "honest", "b.jpg": "screen"}.
func ParseLabels(text []byte) (map[string]string, error) {
	var labels map[string]string
	if err := json.Unmarshal(text, &labels); err != nil {
		return nil, fmt.Errorf(`the truth must be one JSON object of files and labels, {"a.jpg": "honest", "b.jpg": "screen"}: %w`, err)
	}
	for file, label := range labels {
		if strings.TrimSpace(label) == "" {
			return nil, fmt.Errorf("the truth gives %q no label", file)
		}
	}
	if len(labels) == 0 {
		return nil, errors.New("the truth names no picture")
	}
	return labels, nil
}

// Evaluate looks at pictures of one's own.
func Evaluate(ctx context.Context, r Reader, o Own, limits fraud.Limits) (*Report, error) {
	labels, err := o.labels()
	if err != nil {
		return nil, err
	}
	out := &Report{table{limits: limits}}
	names := slices.Sorted(maps.Keys(labels))
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, err := look(ctx, r, o.Files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if x.label = labels[name]; x.label == Genuine {
			out.good = append(out.good, x)
		} else {
			out.bad = append(out.bad, x)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(names))
		}
	}
	return out, nil
}

func look(ctx context.Context, r Reader, files fs.FS, name string) (exam, error) {
	f, err := files.Open(path.Clean(name))
	if err != nil {
		return exam{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	file, err := io.ReadAll(io.LimitReader(f, maxOwnFile+1))
	if err != nil {
		return exam{}, err
	}
	if len(file) > maxOwnFile {
		return exam{file: name, note: fmt.Sprintf("larger than %d MB", maxOwnFile>>20)}, nil
	}
	started := time.Now()
	l, err := r.Suspect(ctx, file)
	return exam{file: name, scores: l.Scores, others: l.Others, note: l.Note, took: time.Since(started)}, err
}

// Report is the outcome on pictures of one's own.
type Report struct{ table }

// WriteText writes the tables, then each honest picture that was accused and
// each picture that could not be looked at.
func (r *Report) WriteText(out io.Writer) error {
	var b strings.Builder
	took := r.times()
	fmt.Fprintf(&b, "%d honest pictures, %d forged ones of %d kinds; reading one and all its checks take %.1f s at the median, %.1f s at most\n\n",
		len(r.good), len(r.bad), len(r.kinds()), took[len(took)/2].Seconds(), took[len(took)-1].Seconds())
	r.write(&b)
	r.writeOthers(&b)
	b.WriteString("\nHonest pictures accused at normal:\n")
	for _, x := range r.good {
		for _, c := range fraud.Checks() {
			if v, ok := r.limits.Judge(c, kyc.LevelNormal, x.scores); ok && !v.Passed {
				fmt.Fprintf(&b, "  %s  %s: %s %.3f, limit %.3f\n", x.file, c.Caption, v.Score.Test, v.Score.Value, v.Limit)
			}
		}
	}
	b.WriteString("\nPictures on which not everything could be computed:\n")
	for _, x := range slices.Concat(r.good, r.bad) {
		if x.note != "" {
			fmt.Fprintf(&b, "  %s  %s\n", x.file, x.note)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// writeOthers tells of the checks without levels that any picture has.
func (r *Report) writeOthers(b *strings.Builder) {
	captions := map[string]bool{}
	for _, x := range slices.Concat(r.good, r.bad) {
		for _, it := range x.others {
			captions[it.Caption] = true
		}
	}
	if len(captions) == 0 {
		return
	}
	b.WriteString("\n| Checks without levels fail on |")
	kinds := append([]string{Genuine}, r.kinds()...)
	for _, k := range kinds {
		fmt.Fprintf(b, " %s |", k)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(kinds)) + "\n")
	for _, caption := range slices.Sorted(maps.Keys(captions)) {
		fmt.Fprintf(b, "| `%s` |", caption)
		for _, kind := range kinds {
			k, n := 0, 0
			for _, x := range r.of(kind) {
				for _, it := range x.others {
					if it.Caption == caption {
						n++
						if it.Status != kyc.Success {
							k++
						}
					}
				}
			}
			b.WriteString(" " + rate(k, n) + " |")
		}
		b.WriteByte('\n')
	}
}

// WriteJSON writes every picture with its label, scores and verdicts.
func (r *Report) WriteJSON(out io.Writer) error {
	type entry struct {
		File   string                        `json:"file"`
		Label  string                        `json:"label"`
		Note   string                        `json:"note,omitempty"`
		Scores map[fraud.Test]float64        `json:"scores"`
		Passed map[string]map[kyc.Level]bool `json:"passed"`           // by caption and level
		Others map[string]string             `json:"others,omitempty"` // status by caption, of checks without levels
	}
	all := []entry{}
	for _, x := range slices.Concat(r.good, r.bad) {
		e := entry{File: x.file, Label: x.label, Note: x.note, Scores: map[fraud.Test]float64{}, Passed: map[string]map[kyc.Level]bool{}, Others: map[string]string{}}
		for _, s := range x.scores {
			e.Scores[s.Test] = s.Value
		}
		for _, it := range x.others {
			e.Others[it.Caption] = string(it.Status)
		}
		for _, c := range fraud.Checks() {
			for _, level := range kyc.Levels()[1:] {
				if v, ok := r.limits.Judge(c, level, x.scores); ok {
					if e.Passed[c.Caption] == nil {
						e.Passed[c.Caption] = map[kyc.Level]bool{}
					}
					e.Passed[c.Caption][level] = v.Passed
				}
			}
		}
		all = append(all, e)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"limits": r.limits, "pictures": all})
}
