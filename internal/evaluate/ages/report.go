package ages

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"text/tabwriter"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Estimate is a mean with the interval that holds 95 of 100 repetitions.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Share is how many of so many, with the 95 % interval of that share (Wilson 1927).
type Share struct {
	Hits int     `json:"hits"`
	All  int     `json:"all"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Group is what was measured on some of the people.
type Group struct {
	Name    string   `json:"name"`
	People  int      `json:"people"`
	Error   Estimate `json:"meanAbsoluteError"` // years
	Bias    Estimate `json:"bias"`              // years; positive: taken for older than they are
	Refused Share    `json:"outsideTolerance"`  // honest people whom isAgeMismatch would have failed
	Authors float64  `json:"authorsMeanAbsoluteError,omitempty"`
	Gender  Genders  `json:"gender"`
}

// Genders is how isGenderMismatch would have gone on people of known sex.
type Genders struct {
	Wrong  Share `json:"wrong"`  // of all: the likelier gender is not theirs
	Failed Share `json:"failed"` // of those whom the check says anything about
	Silent int   `json:"silent"` // not certain enough, or of an age at which nothing is said
}

// Wish is the tolerance, in years, that so many honest people would need.
type Wish struct {
	Refused   float64 `json:"refused"` // share
	Tolerance float64 `json:"tolerance"`
}

// Report is the outcome of a run.
type Report struct {
	Model     string  `json:"model"`
	Pictures  int     `json:"pictures"`
	NoFace    int     `json:"picturesWithoutFace"`
	Tolerance float64 `json:"tolerance"`
	Certainty float64 `json:"certainty"`
	Groups    []Group `json:"groups"` // everybody, bands of age, sexes
	Wishes    []Wish  `json:"wishes"` // those that so many people can tell

	notes []string // of pictures that gave nothing
}

// bands of age that have an error of the authors of their own; the youngest three are one here.
func bands() []float64 { return []float64{0, 19, 29, 41, 60, 80, math.Inf(1)} }

func newReport(model string, rules kyc.Thresholds, all []guessed) (*Report, error) {
	r := &Report{Model: model, Pictures: len(all), Tolerance: rules.AgeTolerance, Certainty: rules.GenderCertainty}
	var seen []guessed
	for _, g := range all {
		if g.Appearance == nil {
			r.NoFace++
			r.notes = append(r.notes, g.Picture+": "+g.Note)
			continue
		}
		seen = append(seen, g)
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("none of the %d pictures of the list shows a face that can be read; the first one, %s", len(all), r.notes[0])
	}
	add := func(name string, wanted func(guessed) bool) {
		some := slices.DeleteFunc(slices.Clone(seen), func(g guessed) bool { return !wanted(g) })
		if len(some) > 0 {
			r.Groups = append(r.Groups, measure(name, rules, some))
		}
	}
	add("everybody", func(guessed) bool { return true })
	for i, from := range bands()[:len(bands())-1] {
		to := bands()[i+1]
		name := fmt.Sprintf("%g to %g", from, to-1)
		if math.IsInf(to, 1) {
			name = fmt.Sprintf("%g and older", from)
		}
		before := len(r.Groups)
		add(name, func(g guessed) bool { return g.Person.Age >= from && g.Person.Age < to })
		if len(r.Groups) > before && from > 0 {
			r.Groups[before].Authors = kyc.AppearanceErrorAt(from).Years
		}
	}
	for _, sex := range []string{male, female} {
		add(sex, func(g guessed) bool { return g.Sex == sex })
	}
	r.Wishes = wishes(seen)
	return r, nil
}

func measure(name string, rules kyc.Thresholds, some []guessed) Group {
	g := Group{Name: name, People: len(some)}
	refused := 0
	for _, x := range some {
		if math.Abs(x.off()) > rules.ToleratedYears(x.Person.Age) {
			refused++
		}
	}
	g.Refused = share(refused, len(some))
	g.Error = mean(some, func(x guessed) float64 { return math.Abs(x.off()) })
	g.Bias = mean(some, guessed.off)
	g.Gender = genders(rules, some)
	return g
}

// genders asks the very check that a session would have.
func genders(rules kyc.Thresholds, some []guessed) (out Genders) {
	wrong, known, failed, said := 0, 0, 0, 0
	for _, x := range some {
		if x.Sex == "" {
			continue
		}
		known++
		if (x.Male >= .5) != (x.Sex == male) {
			wrong++
		}
		switch status := rules.GenderStatus(*x.Appearance, map[string]string{male: "M", female: "F"}[x.Sex], x.Person.Age); status {
		case kyc.Success:
			said++
		case kyc.Failed:
			said, failed = said+1, failed+1
		default:
			out.Silent++
		}
	}
	out.Wrong, out.Failed = share(wrong, known), share(failed, said)
	return out
}

func share(hits, all int) Share {
	low, high := evaluate.Wilson(hits, all)
	return Share{hits, all, low, high}
}

// repetitions of the bootstrap; its seed is fixed, so that a report repeats.
const repetitions = 1000

// mean of a value over people, who are drawn anew for the interval (Efron 1979).
func mean(some []guessed, value func(guessed) float64) Estimate {
	values := make([]float64, len(some))
	var sum float64
	for i, x := range some {
		values[i] = value(x)
		sum += values[i]
	}
	random := rand.New(rand.NewPCG(19795, 2)) //nolint:gosec // not a secret
	means := make([]float64, repetitions)
	for i := range means {
		for range values {
			means[i] += values[random.IntN(len(values))] / float64(len(values))
		}
	}
	slices.Sort(means)
	return Estimate{sum / float64(len(values)), means[repetitions*25/1000], means[repetitions*975/1000]}
}

// wishes are the tolerances that would have refused a given share of these people,
// as far as they are enough to see one such person. Years count as the check
// counts them: less where the network's stated error is larger.
func wishes(seen []guessed) (out []Wish) {
	unit := kyc.Thresholds{AgeTolerance: 1}
	var needed []float64
	for _, x := range seen {
		needed = append(needed, math.Abs(x.off())/unit.ToleratedYears(x.Person.Age))
	}
	slices.Sort(needed)
	for _, wished := range []float64{.05, .01, .001} {
		if may := int(wished * float64(len(needed))); may >= 1 {
			out = append(out, Wish{wished, needed[len(needed)-1-may]})
		}
	}
	return out
}

// WriteJSON writes the figures.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteText writes the figures for people.
func (r *Report) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%d pictures, %d without a face. Network %s.\n\n", r.Pictures, r.NoFace, r.Model)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "people\tn\tmean error, years\tauthors say\tbias, years\tfarther than %g years\twrong gender\tisGenderMismatch fails\tsays nothing\n", r.Tolerance)
	for _, g := range r.Groups {
		authors := "–"
		if g.Authors > 0 {
			authors = fmt.Sprintf("%.2f", g.Authors)
		}
		fmt.Fprintf(t, "%s\t%d\t%.2f (%.2f to %.2f)\t%s\t%+.2f (%+.2f to %+.2f)\t%s\t%s\t%s\t%d\n", g.Name, g.People, g.Error.Value, g.Error.Low, g.Error.High, authors,
			g.Bias.Value, g.Bias.Low, g.Bias.High, g.Refused.say(), g.Gender.Wrong.say(), g.Gender.Failed.say(), g.Gender.Silent)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, x := range r.Wishes {
		fmt.Fprintf(w, "A tolerance of %.1f years would have refused %g %% of these people.\n", x.Tolerance, 100*x.Refused)
	}
	for _, note := range r.notes {
		fmt.Fprintln(w, note)
	}
	_, err := fmt.Fprintf(w, "In brackets: 95 %% intervals, of means by %d bootstrap repetitions over people with a fixed seed, of shares by Wilson. From 60 years on the tolerance is wider, as in sessions.\n", repetitions)
	return err
}

func (s Share) say() string {
	if s.All == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d (%.1f to %.1f %%)", s.Hits, s.All, 100*s.Low, 100*s.High)
}
