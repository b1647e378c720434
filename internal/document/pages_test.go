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
	kind  string
	sides []image.Image
	truth map[string]string
}

func day(d time.Time) string { return d.Format("02.01.2006") }

func licencePaper(seed int64) paperOf {
	p := specimen.SampleLicence(seed, today())
	return paperOf{"eu-driving-licence", []image.Image{p.Render()}, map[string]string{
		"Surname": strings.ToUpper(p.Surname), "Given name(s)": strings.ToUpper(p.GivenNames), "Date of birth": day(p.BirthDate), "Place of birth": strings.ToUpper(p.PlaceOfBirth),
		"Document number": p.Number, "Date of issue": day(p.Issued), "DateOfExpiry": day(p.ExpiryDate), "Personal number": p.PersonalNumber,
	}}
}

func passportPaper(seed int64) paperOf {
	p := specimen.Sample(specimen.TD3, seed, today())
	return paperOf{"icao-passport", []image.Image{p.Render()}, map[string]string{
		"Date of issue": day(p.Issued), "Place of birth": strings.ToUpper(p.PlaceOfBirth), "Issuing authority": strings.ToUpper(p.Authority),
	}}
}

func permitPaper(seed int64) paperOf {
	p := specimen.Sample(specimen.TD1, seed, today())
	p.Permit = true
	return paperOf{"residence-permit-td1", []image.Image{p.Render(), p.Back()}, map[string]string{
		"Date of issue": day(p.Issued), "Place of birth": strings.ToUpper(p.PlaceOfBirth), "Type of permit": "PERMANENT RESIDENT",
	}}
}

func russianPaper(seed int64) paperOf {
	p := specimen.SampleRussian(seed, today())
	return paperOf{"rus-internal-passport", []image.Image{p.Render()}, map[string]string{
		"Surname": p.Surname, "Given name(s)": p.GivenName, "Father's name": p.FatherName, "Sex": p.Sex, "Date of birth": day(p.BirthDate), "Place of birth": p.PlaceOfBirth,
		"Document series": p.Series, "Document number": p.Number, "Date of issue": day(p.Issued), "Issuing authority": p.Authority, "Issuing authority code": p.AuthorityCode,
	}}
}

func travelPaper(seed int64) paperOf {
	p := specimen.SampleRussian(seed, today())
	return paperOf{"rus-travel-passport", []image.Image{p.Travel()}, map[string]string{
		"Father's name": p.FatherName, "Date of issue": day(p.Issued), "Place of birth": p.PlaceOfBirth, "Issuing authority": "МВД 77001",
	}}
}

// counted are the values of one kind of field: all, exact, told at all.
type counted struct{ all, exact, told int }

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

// TestPages reads the printed pages of synthetic documents and tells, for each
// difficulty, the share of values that are exactly what is printed, and, for each
// word of confidence, the share that is right. It proves nothing by itself; make
// proof-pages runs it.
// OPENKYC_PAGES is the number of documents of each kind, OPENKYC_PAGES_SEED the first seed.
func TestPages(t *testing.T) { //nolint:paralleltest // measures times
	n, err := strconv.Atoi(os.Getenv("OPENKYC_PAGES"))
	if err != nil {
		t.Skip("make proof-pages measures")
	}
	first, _ := strconv.ParseInt(cmp.Or(os.Getenv("OPENKYC_PAGES_SEED"), "1"), 10, 64)
	r := room(t, skin{})
	counts, bands, took := map[string]*counted{}, map[string]*counted{}, []time.Duration{}
	at := func(in map[string]*counted, key string) *counted {
		if in[key] == nil {
			in[key] = &counted{}
		}
		return in[key]
	}
	kinds := []func(int64) paperOf{licencePaper, permitPaper, passportPaper, travelPaper, russianPaper}
	for seed := first; seed < first+int64(n); seed++ {
		for _, make := range kinds {
			p := make(seed)
			if only := os.Getenv("OPENKYC_PAGES_KIND"); only != "" && only != p.kind {
				continue
			}
			for d, name := range []string{"easy", "medium", "hard"} {
				in := kyc.DocumentInput{Now: today()}
				for i, side := range p.sides {
					shot := specimen.Scene{Difficulty: specimen.Difficulty(d), Seed: seed + int64(i)*1000}.Photograph(side)
					in.Pictures = append(in.Pictures, kyc.Picture{JPEG: shot.JPEG()})
				}
				began := time.Now()
				f, err := r.Check(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				took = append(took, time.Since(began)/time.Duration(len(p.sides)))
				if f.Measures["document.type"] != p.kind {
					t.Logf("%s, seed %d, %s: taken for %q, %v", p.kind, seed, name, f.Measures["document.type"], f.Errors)
				}
				for _, title := range slices.Sorted(keys(p.truth)) {
					got, want := field(f, title), p.truth[title]
					at(counts, name+" · "+group(title, want)).add(want, got.Value)
					at(counts, p.kind+" · "+name).add(want, got.Value)
					if got.Value != "" {
						at(bands, group(title, want)+" · "+string(got.Conf)).add(want, got.Value)
					}
					if got.Value != want {
						t.Logf("%s, seed %d, %s: %s is %q (%s), printed is %q; %s", p.kind, seed, name, title, got.Value, got.Conf, want, f.Measures["page.missing"])
					}
				}
			}
		}
	}
	slices.Sort(took)
	fmt.Printf("seeds %d to %d\n", first, first+int64(n)-1)
	for _, table := range []map[string]*counted{counts, bands} {
		for _, key := range slices.Sorted(keys(table)) {
			c := table[key]
			fmt.Printf("%-44s %4d of %4d exact (%.1f %%), %d told\n", key, c.exact, c.all, 100*float64(c.exact)/float64(c.all), c.told)
		}
	}
	fmt.Printf("a picture: p50 %v, p95 %v\n", took[len(took)/2].Round(time.Millisecond), took[len(took)*95/100].Round(time.Millisecond))
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
