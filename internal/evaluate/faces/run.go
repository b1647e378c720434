package faces

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
)

// Face is what a Reader makes of one picture.
type Face struct {
	Vector []float32   // nil: no face that could be compared
	Crop   image.Image // for the page; may be nil
	Note   string      // why there is no vector
}

// Reader finds and describes the face of one JPEG or PNG file. An error means
// that the reader failed; a picture without a face is an answer.
type Reader interface {
	ReadFace(ctx context.Context, file []byte) (Face, error)
	Model() string // which network, and which way of cutting faces
}

// Options of a run.
type Options struct {
	Pairs    []Pair
	Dir      string // of the pictures
	Jobs     int    // pictures read at one time; 0 is one
	Progress func(done, all int)
}

// scored is a pair with its distance; +Inf when one picture gave no face.
type scored struct {
	Pair

	a, b     int // places of the pictures
	distance float64
}

// picture is one file of the list.
type picture struct {
	name string
	face Face
	took time.Duration
}

// Run reads every picture of the list once and compares the pairs. It fails when
// the folder has none of them, and when ctx ends.
func Run(ctx context.Context, reader Reader, o Options) (*Report, error) {
	pictures, places := named(o.Pairs)
	gone, begun := make([]bool, len(pictures)), time.Now()
	if err := evaluate.Each(ctx, len(pictures), o.Jobs, o.Progress, func(i int) {
		gone[i] = pictures[i].read(ctx, reader, o.Dir)
	}); err != nil {
		return nil, fmt.Errorf("measuring was interrupted: %w", err)
	}
	if !slices.Contains(gone, false) {
		return nil, fmt.Errorf("none of the %d pictures of the list can be read in %s", len(pictures), o.Dir)
	}
	r := &Report{Model: reader.Model(), Took: time.Since(begun), pictures: pictures}
	for _, p := range o.Pairs {
		s := scored{Pair: p, a: places[p.A], b: places[p.B]}
		s.distance = distance(pictures[s.a].face.Vector, pictures[s.b].face.Vector)
		r.pairs = append(r.pairs, s)
	}
	slices.SortStableFunc(r.pairs, func(x, y scored) int {
		switch {
		case x.distance < y.distance:
			return -1
		case x.distance > y.distance:
			return 1
		}
		return 0
	})
	r.measure()
	return r, nil
}

// named lists every picture once.
func named(pairs []Pair) (pictures []*picture, places map[string]int) {
	places = map[string]int{}
	for _, p := range pairs {
		for _, name := range []string{p.A, p.B} {
			if _, ok := places[name]; !ok {
				places[name] = len(pictures)
				pictures = append(pictures, &picture{name: name})
			}
		}
	}
	return pictures, places
}

// read fills a picture's face; gone tells that there is no such file.
func (p *picture) read(ctx context.Context, reader Reader, dir string) (gone bool) {
	file, err := evaluate.ReadPicture(filepath.Join(dir, p.name))
	if err != nil {
		p.face.Note = "cannot be read: " + err.Error()
		return errors.Is(err, os.ErrNotExist)
	}
	begun := time.Now()
	if p.face, err = reader.ReadFace(ctx, file); err != nil {
		p.face = Face{Note: "the reader failed: " + err.Error()}
	}
	p.took = time.Since(begun)
	return false
}

// distance is Euclidean, and without end where there is nothing to compare.
func distance(a, b []float32) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return math.Inf(1)
	}
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	if math.IsNaN(sum) {
		return math.Inf(1)
	}
	return math.Sqrt(sum)
}
