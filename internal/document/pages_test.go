package document

import (
	"cmp"
	"fmt"
	"image"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// paperOf is one synthetic document: its sides and what is printed, by title.
type paperOf struct {
	kind   string
	sides  []image.Image
	truth  map[string]string
	spread bool // as tall as two pages: the camera is held upright, as for a letter
}

// shot photographs one side.
func (p paperOf) shot(side int, seed int64, d specimen.Difficulty) specimen.Shot {
	return specimen.Scene{Difficulty: d, Seed: seed + int64(side)*1000, Letter: p.spread}.Photograph(p.sides[side])
}

func day(d time.Time) string { return d.Format("02.01.2006") }

func licencePaper(seed int64) paperOf {
	p := specimen.SampleLicence(seed, today())
	return paperOf{kind: "eu-driving-licence", sides: []image.Image{p.Render()}, truth: map[string]string{
		"Surname": strings.ToUpper(p.Surname), "Given name(s)": strings.ToUpper(p.GivenNames), "Date of birth": day(p.BirthDate), "Place of birth": strings.ToUpper(p.PlaceOfBirth),
		"Document number": p.Number, "Date of issue": day(p.Issued), "DateOfExpiry": day(p.ExpiryDate), "Personal number": p.PersonalNumber,
	}}
}

func passportPaper(seed int64) paperOf {
	p := specimen.Sample(specimen.TD3, seed, today())
	return paperOf{kind: "icao-passport", sides: []image.Image{p.Render()}, truth: map[string]string{
		"Document number": p.Number, "Date of birth": day(p.BirthDate), "DateOfExpiry": day(p.ExpiryDate), "MRZStrings": strings.Join(p.MRZ(), "^"),
		"Date of issue": day(p.Issued), "Place of birth": strings.ToUpper(p.PlaceOfBirth), "Issuing authority": strings.ToUpper(p.Authority),
	}}
}

func permitPaper(seed int64) paperOf {
	p := specimen.Sample(specimen.TD1, seed, today())
	p.Permit = true
	return paperOf{kind: "residence-permit-td1", sides: []image.Image{p.Render(), p.Back()}, truth: map[string]string{
		"Document number": p.Number, "Date of birth": day(p.BirthDate), "DateOfExpiry": day(p.ExpiryDate), "MRZStrings": strings.Join(p.MRZ(), "^"),
		"Date of issue": day(p.Issued), "Place of birth": strings.ToUpper(p.PlaceOfBirth), "Type of permit": "PERMANENT RESIDENT",
	}}
}

func russianPaper(seed int64) paperOf {
	p := specimen.SampleRussian(seed, today())
	if seed%2 == 0 { // passports have a zone since 2011
		p.Zone = p.InternalZone()
	}
	return paperOf{kind: "rus-internal-passport", spread: true, sides: []image.Image{p.Render()}, truth: map[string]string{
		"Surname": p.Surname, "Given name(s)": p.GivenName, "Father's name": p.FatherName, "Sex": p.Sex, "Date of birth": day(p.BirthDate), "Place of birth": p.PlaceOfBirth,
		"Document series": p.Series, "Document number": p.Number, "Date of issue": day(p.Issued), "Issuing authority": p.Authority, "Issuing authority code": p.AuthorityCode,
	}}
}

func travelPaper(seed int64) paperOf {
	p := specimen.SampleRussian(seed, today())
	return paperOf{kind: "rus-travel-passport", sides: []image.Image{p.Travel()}, truth: map[string]string{
		"Date of birth": day(p.BirthDate), "MRZStrings": strings.Join(p.TravelZone(), "^"),
		"Father's name": p.FatherName, "Date of issue": day(p.Issued), "Place of birth": p.PlaceOfBirth, "Issuing authority": "МВД 77001",
	}}
}

// counted are the values of one kind of field: all, exact, told at all.
type counted struct {
	all, exact, told int
	stated           float64 // sum of the probabilities
}

func (c *counted) add(want, got string) {
	c.all++
	if got != "" {
		c.told++
	}
	if got == want {
		c.exact++
	}
}

func group(title, want string) string {
	if strings.IndexFunc(want, func(r rune) bool { return r >= 'А' && r <= 'я' || r == 'Ё' }) >= 0 {
		return "cyrillic"
	}
	if strings.Contains(title, "Date") || strings.Contains(title, "umber") || strings.Contains(title, "series") || strings.Contains(title, "code") {
		return "dates, codes, numbers"
	}
	return "latin"
}

// observation is one value that was told: by what score, and whether it is what is printed.
type observation struct {
	From  source
	Sure  float64
	Exact bool
}

// seen is one value of a document that was read.
type seen struct {
	paper      paperOf
	difficulty string
	title      string
	got        kyc.Field
	by         score
}

// readPages reads the documents of one seed, one of each kind, at three
// difficulties, as many at a time as asked. OPENKYC_PAGES_KIND bounds it to one kind.
func readPages(t *testing.T, seed int64, atOnce int) (values []seen, took []time.Duration) {
	t.Helper()
	r := room(t, skin{})
	var mu sync.Mutex
	var wait sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, make := range []func(int64) paperOf{licencePaper, permitPaper, passportPaper, travelPaper, russianPaper} {
		p := make(seed)
		if only := os.Getenv("OPENKYC_PAGES_KIND"); only != "" && only != p.kind {
			continue
		}
		for d, name := range []string{"easy", "medium", "hard"} {
			wait.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				one, a := readPage(t, r, p, name, seed, specimen.Difficulty(d))
				mu.Lock()
				defer mu.Unlock()
				values, took = append(values, one...), append(took, a)
			})
		}
	}
	wait.Wait()
	return values, took
}

// readPage reads one document and tells what was wrong and how long a picture took.
func readPage(t *testing.T, r *Room, p paperOf, difficulty string, seed int64, d specimen.Difficulty) (values []seen, took time.Duration) {
	t.Helper()
	in := kyc.DocumentInput{Now: today()}
	for i := range p.sides {
		in.Pictures = append(in.Pictures, kyc.Picture{JPEG: p.shot(i, seed, d).JPEG()})
	}
	began := time.Now()
	f, paper, _, err := r.check(t.Context(), in, nil)
	if err != nil {
		t.Error(err)
		return nil, 0
	}
	took = time.Since(began) / time.Duration(len(p.sides))
	if f.Measures["document.type"] != p.kind {
		t.Logf("%s, seed %d, %s: taken for %q, %v", p.kind, seed, difficulty, f.Measures["document.type"], f.Errors)
	}
	for _, title := range slices.Sorted(keys(p.truth)) {
		s := seen{paper: p, difficulty: difficulty, title: title}
		if i := slices.IndexFunc(f.OCR.Fields, func(x kyc.Field) bool { return x.Title == title }); i >= 0 {
			s.got, s.by = f.OCR.Fields[i], paper.fields.scores[i]
		}
		if want := p.truth[title]; s.got.Value != want {
			t.Logf("%s, seed %d, %s: %s is %q (%s, %s %.3f), printed is %q; %s", p.kind, seed, difficulty, title, s.got.Value, s.got.Conf, s.by.from, s.by.sure, want, f.Measures["page.missing"])
		}
		values = append(values, s)
	}
	return values, took
}

// printedOnly tells a field that the zone does not say.
func printedOnly(by score) bool { return by.from != sourceZone && by.from != sourceChecked }

// TestPages reads the printed pages of synthetic documents and tells, for each
// difficulty, the share of values that are exactly what is printed, and, for each
// word of confidence, the share that was stated and the one that is right. It
// proves nothing by itself; make proof-pages runs it.
// OPENKYC_PAGES is the number of documents of each kind, OPENKYC_PAGES_SEED the first seed.
func TestPages(t *testing.T) { //nolint:paralleltest // measures times
	n, err := strconv.Atoi(os.Getenv("OPENKYC_PAGES"))
	if err != nil {
		t.Skip("make proof-pages measures")
	}
	first, _ := strconv.ParseInt(cmp.Or(os.Getenv("OPENKYC_PAGES_SEED"), "1"), 10, 64)
	scales, err := newScales()
	if err != nil {
		t.Fatal(err)
	}
	counts, bands := map[string]*counted{}, map[string]*counted{}
	at := func(in map[string]*counted, key string) *counted {
		if in[key] == nil {
			in[key] = &counted{}
		}
		return in[key]
	}
	var took []time.Duration
	for seed := first; seed < first+int64(n); seed++ {
		values, times := readPages(t, seed, 1)
		took = append(took, times...)
		for _, v := range values {
			want, got := v.paper.truth[v.title], v.got.Value
			if printedOnly(v.by) {
				at(counts, v.difficulty+" · "+group(v.title, want)).add(want, got)
				at(counts, v.paper.kind+" · "+v.difficulty).add(want, got)
			} else {
				at(counts, "zone · "+v.difficulty).add(want, got)
			}
			if got == "" {
				continue
			}
			for _, key := range []string{"all", string(v.by.from)} {
				c := at(bands, key+" · "+string(v.got.Conf))
				c.add(want, got)
				c.stated += scales.exact(v.by)
			}
		}
	}
	slices.Sort(took)
	fmt.Printf("seeds %d to %d\n", first, first+int64(n)-1)
	for _, key := range slices.Sorted(keys(counts)) {
		c := counts[key]
		fmt.Printf("%-44s %4d of %4d exact (%.1f %%), %d told\n", key, c.exact, c.all, 100*float64(c.exact)/float64(c.all), c.told)
	}
	for _, key := range slices.Sorted(keys(bands)) {
		c := bands[key]
		fmt.Printf("%-44s %4d told, %.1f %% stated, %.1f %% exact\n", key, c.all, 100*c.stated/float64(c.all), 100*float64(c.exact)/float64(c.all))
	}
	fmt.Printf("a picture: p50 %v, p95 %v; most memory %d MB\n", took[len(took)/2].Round(time.Millisecond), took[len(took)*95/100].Round(time.Millisecond), peak())
}

// peak is the most memory that this process ever had, in MB; 0 where the system does not say.
func peak() int {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
