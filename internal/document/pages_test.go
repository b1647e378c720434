package document

import (
	"cmp"
	"fmt"
	"image"
	"os"
	"slices"
	"strconv"
	"strings"
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

// readPages reads n documents of each kind from a seed on, at three difficulties,
// and hands every value to see. OPENKYC_PAGES_KIND bounds it to one kind.
func readPages(t *testing.T, first int64, n int, see func(p paperOf, difficulty, title string, got kyc.Field, by score)) (took []time.Duration) {
	t.Helper()
	r := room(t, skin{})
	for seed := first; seed < first+int64(n); seed++ {
		for _, make := range []func(int64) paperOf{licencePaper, permitPaper, passportPaper, travelPaper, russianPaper} {
			p := make(seed)
			if only := os.Getenv("OPENKYC_PAGES_KIND"); only != "" && only != p.kind {
				continue
			}
			for d, name := range []string{"easy", "medium", "hard"} {
				in := kyc.DocumentInput{Now: today()}
				for i := range p.sides {
					in.Pictures = append(in.Pictures, kyc.Picture{JPEG: p.shot(i, seed, specimen.Difficulty(d)).JPEG()})
				}
				began := time.Now()
				f, paper, _, err := r.check(t.Context(), in, nil)
				if err != nil {
					t.Fatal(err)
				}
				took = append(took, time.Since(began)/time.Duration(len(p.sides)))
				if f.Measures["document.type"] != p.kind {
					t.Logf("%s, seed %d, %s: taken for %q, %v", p.kind, seed, name, f.Measures["document.type"], f.Errors)
				}
				for _, title := range slices.Sorted(keys(p.truth)) {
					got, by := field(f, title), score{}
					if i := slices.IndexFunc(f.OCR.Fields, func(x kyc.Field) bool { return x.Title == title }); i >= 0 {
						by = paper.fields.scores[i]
					}
					if want := p.truth[title]; got.Value != want {
						t.Logf("%s, seed %d, %s: %s is %q (%s, %s %.3f), printed is %q; %s", p.kind, seed, name, title, got.Value, got.Conf, by.from, by.sure, want, f.Measures["page.missing"])
					}
					see(p, name, title, got, by)
				}
			}
		}
	}
	return took
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
	took := readPages(t, first, n, func(p paperOf, difficulty, title string, got kyc.Field, by score) {
		want := p.truth[title]
		if printedOnly(by) {
			at(counts, difficulty+" · "+group(title, want)).add(want, got.Value)
			at(counts, p.kind+" · "+difficulty).add(want, got.Value)
		} else {
			at(counts, "zone · "+difficulty).add(want, got.Value)
		}
		if got.Value != "" {
			for _, key := range []string{"all", string(by.from)} {
				c := at(bands, key+" · "+string(got.Conf))
				c.add(want, got.Value)
				c.stated += scales.exact(by)
			}
		}
	})
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
