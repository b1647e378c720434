package faces

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Report is the outcome of a run.
type Report struct {
	Model string
	Took  time.Duration
	Figures

	pictures []*picture
	pairs    []scored // nearest first
}

// Figures are what a report measured.
type Figures struct {
	Pictures int      `json:"pictures"`
	NoFace   int      `json:"picturesWithoutFace"`
	Genuine  int      `json:"genuinePairs"`
	Impostor int      `json:"impostorPairs"`
	AUC      Estimate `json:"rocAUC"`
	EER      Estimate `json:"eer"`
	Points   []Point  `json:"points"`
	P50      float64  `json:"secondsP50"` // of a picture
	P95      float64  `json:"secondsP95"`
}

func (r *Report) measure() {
	for _, p := range r.pairs {
		if p.Same {
			r.Genuine++
		} else {
			r.Impostor++
		}
	}
	r.Pictures = len(r.pictures)
	var times []float64
	for _, p := range r.pictures {
		times = append(times, p.took.Seconds())
		if p.face.Vector == nil {
			r.NoFace++
		}
	}
	slices.Sort(times)
	r.P50, r.P95 = times[len(times)/2], times[len(times)*95/100]
	rates := wishedRates()
	measures := func(c *curve) []float64 {
		values := []float64{c.area(), c.equal()}
		for _, far := range rates {
			values = append(values, c.at(far).tar)
		}
		return values
	}
	c := newCurve(r.pairs, nil)
	values := measures(c)
	low, high := vary(r.pairs, len(r.pictures), measures)
	estimate := func(i int) Estimate { return Estimate{values[i], low[i], high[i]} }
	r.AUC, r.EER = estimate(0), estimate(1)
	for i, far := range rates {
		r.Points = append(r.Points, r.point(c, far, estimate(2+i)))
	}
}

func (r *Report) point(c *curve, far float64, tar Estimate) Point {
	at := c.at(far)
	return Point{FAR: far, Distance: at.distance, FalseAccepts: int(math.Round(at.far * c.impostor)), TAR: tar,
		Measurable: float64(r.Impostor)*far >= 1}
}

// At is what a wished rate of false accepts costs, without intervals.
func (r *Report) At(far float64) Point {
	c := newCurve(r.pairs, nil)
	tar := c.at(far).tar
	return r.point(c, far, Estimate{tar, tar, tar})
}

// Calibration is what a node needs to decide by wished rates. It is an error
// when nearer pairs are not likelier to be one person, or when no rate at all
// can be told from so few pairs.
func (r *Report) Calibration(made time.Time) (*kyc.FaceCalibration, error) {
	steepness, even, ok := logistic(r.pairs)
	if !ok {
		return nil, fmt.Errorf("no calibration can be made: among these pairs nearer ones are not likelier to show one person")
	}
	cal := &kyc.FaceCalibration{Version: fmt.Sprintf("%s, %d and %d pairs", made.UTC().Format(time.DateOnly), r.Genuine, r.Impostor), Model: r.Model, Made: made.UTC().Truncate(time.Second), Genuine: r.Genuine, Impostor: r.Impostor,
		Steepness: steepness, Even: even}
	c := newCurve(r.pairs, nil)
	for _, far := range []float64{0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005, 0.00002, 0.00001} {
		if p := r.point(c, far, Estimate{}); p.Measurable && p.Distance > 0 {
			cal.Rates = append(cal.Rates, kyc.FaceRate{FAR: far, Distance: p.Distance})
		}
	}
	if len(cal.Rates) == 0 {
		return nil, fmt.Errorf("no calibration can be made from %d pairs of two persons: at least 10 are needed, and 1,000 for a rate of 0.1 %%", r.Impostor)
	}
	return cal, nil
}

// WriteJSON writes the figures.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Model string `json:"model"`
		Figures
	}{r.Model, r.Figures})
}

// WriteText writes the figures for people.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "pictures\t%d, %d without a face; %s for half of them, %s for 95 of 100\n", r.Pictures, r.NoFace, seconds(r.P50), seconds(r.P95))
	fmt.Fprintf(t, "pairs\t%d of one person, %d of two\n", r.Genuine, r.Impostor)
	fmt.Fprintf(t, "ROC-AUC\t%s\n", fine(r.AUC))
	fmt.Fprintf(t, "EER\t%s\n", percent(r.EER))
	for _, p := range r.Points {
		fmt.Fprintf(t, "TAR at FAR %s\t%s\n", rate(p.FAR), p.say(r.Impostor))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "In brackets: 95 %% of %d bootstrap repetitions over pictures, seed fixed. A pair with a picture without a face counts as not accepted.\n", repetitions)
	return err
}

// say tells what a rate costs, or that so few pairs cannot tell.
func (p Point) say(impostors int) string {
	if !p.Measurable {
		return fmt.Sprintf("cannot be told from %d pairs of two persons; %.0f are needed to see one false accept", impostors, math.Ceil(1/p.FAR))
	}
	return fmt.Sprintf("%s, up to a distance of %.4f (%d false accepts)", percent(p.TAR), p.Distance, p.FalseAccepts)
}

func percent(e Estimate) string {
	return fmt.Sprintf("%.2f %% (%.2f to %.2f)", 100*e.Value, 100*e.Low, 100*e.High)
}

func fine(e Estimate) string { return fmt.Sprintf("%.5f (%.5f to %.5f)", e.Value, e.Low, e.High) }

func rate(far float64) string { return fmt.Sprintf("%g %%", 100*far) }

func seconds(s float64) string { return fmt.Sprintf("%.0f ms", 1000*s) }
