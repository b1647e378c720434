package document

import (
	"image"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// tally counts the reads of one difficulty.
type tally struct {
	mu                            sync.Mutex
	all, exact, accepted, mistook int64
}

// TestAccuracy reads synthetic photographs of three people, each at three
// difficulties: passports and cards, and visas from the sixth on. What is accepted must
// be what was printed, without exception on easy and medium pictures.
// OPENKYC_PEOPLE asks for more of them:
//
//	OPENKYC_PEOPLE=10 go test -run Accuracy -v ./internal/document
func TestAccuracy(t *testing.T) {
	if testing.Short() {
		t.Skip("reads nine photographs")
	}
	t.Parallel()
	people := int64(3)
	if more := os.Getenv("OPENKYC_PEOPLE"); more != "" {
		var err error
		if people, err = strconv.ParseInt(more, 10, 16); err != nil {
			t.Fatal("OPENKYC_PEOPLE is a number of people")
		}
	}
	r := room(t, skin{})
	counts := map[specimen.Difficulty]*tally{specimen.Easy: {}, specimen.Medium: {}, specimen.Hard: {}}
	t.Run("people", func(t *testing.T) {
		for seed := int64(101); seed <= 100+people; seed++ {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				format := [...]specimen.Format{specimen.TD3, specimen.TD3, specimen.TD1, specimen.TD3, specimen.TD2, specimen.TD3, specimen.MRVA, specimen.TD3, specimen.MRVB, specimen.TD3}[seed%10]
				p := specimen.Sample(format, seed, today())
				page := image.Image(p.Render())
				if back := p.Back(); back != nil {
					page = back
				}
				for d, n := range counts {
					shot := specimen.Scene{Difficulty: d, Seed: seed}.Photograph(page)
					count(t, r, n, d, p, shot.JPEG())
				}
			})
		}
	})
	for d, least := range map[specimen.Difficulty]int64{specimen.Easy: people - people/20, specimen.Medium: people - people/20, specimen.Hard: people * 3 / 4} {
		n := counts[d]
		t.Logf("difficulty %d: %d of %d exact, %d accepted, %d of them wrong", d, n.exact, n.all, n.accepted, n.mistook)
		if n.all != people || n.exact < least || n.accepted < least-1 {
			t.Errorf("difficulty %d: fewer than %d of %d exact", d, least, people)
		}
		if n.mistook > 0 && d != specimen.Hard {
			t.Errorf("difficulty %d: %d accepted reads are wrong", d, n.mistook)
		}
	}
}

// count counts one photograph. It stops before the printed page, which says
// nothing about the zone.
func count(t *testing.T, r *Room, n *tally, d specimen.Difficulty, p specimen.Passport, jpeg []byte) {
	views, err := r.views(t.Context(), []kyc.Picture{{JPEG: jpeg}})
	if err != nil {
		t.Error(err)
		return
	}
	got, want := "", strings.Join(p.MRZ(), "\n")
	v := pick(views)
	if v != nil && v.sight.reading != nil {
		got = strings.Join(v.sight.reading.Zone.Lines, "\n")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all++
	if got == want {
		n.exact++
	}
	if v != nil && v.sight.outcome == read {
		n.accepted++
		if got != want {
			n.mistook++
		}
	}
	if got != want || v.sight.outcome != read {
		t.Logf("difficulty %d, %v, seed %d: outcome %v, doubts %v\n%s\n%s", d, p.Format, p.Seed, v.sight.outcome, v.sight.doubts, got, want)
	}
}

// BenchmarkCheck is one passport photograph from JPEG to finding.
func BenchmarkCheck(b *testing.B) {
	r, passport := room(b, skin{}), specimen.Sample(specimen.TD3, 1, today())
	in := kyc.DocumentInput{Now: today(), Pictures: []kyc.Picture{picture(photo(passport, specimen.Easy, 1))}}
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Check(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	views, err := r.views(b.Context(), in.Pictures)
	if err != nil {
		b.Fatal(err)
	}
	v := views[0]
	p, err := r.dossier(b.Context(), v, views)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("boxes", func(b *testing.B) {
		for b.Loop() {
			_, _ = r.engine.boxes(b.Context(), v.img, false)
		}
	})
	b.Run("zone", func(b *testing.B) {
		for b.Loop() {
			_, _ = r.finder.find(b.Context(), v.img, v.boxes, &plain{}, patience)
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			v.print = nil
			_, _ = r.values(b.Context(), p.typ, views, today())
		}
	})
	b.Run("cut", func(b *testing.B) {
		for b.Loop() {
			_ = r.cut(&kyc.Finding{}, p)
		}
	})
	small := picture(photo(passport, specimen.Medium, 2)).JPEG
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			_, _ = r.Look(b.Context(), small)
		}
	})
}
