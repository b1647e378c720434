package attacks

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Report is what a run found.
type Report struct {
	About    string
	Took     time.Duration
	Sessions []Session
}

// Share is a measured share with Wilson's 95 % interval.
type Share struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

func share(k, n int) Share {
	s := Share{Count: k, Of: n}
	s.Low, s.High = evaluate.Wilson(k, n)
	return s
}

func (s Share) String() string {
	if s.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %% (%.0f–%.0f)", 100*float64(s.Count)/float64(s.Of), 100*s.Low, 100*s.High)
}

// Row is one species, or the honest sessions.
type Row struct {
	Species string             `json:"species"`
	Kind    Kind               `json:"kind,omitempty"`
	All     Share              `json:"all"`     // passed all layers: APCER; of the honest those who did not: BPCER
	Matches Share              `json:"matches"` // of attacks: passed, and was taken for the claimed person
	Layers  map[kyc.Code]Share `json:"layers"`  // the same shares by one layer alone
	Risk    map[string]Share   `json:"risk"`    // passed all layers and a limit on the capture risk, by the limit; of the honest those who did not
}

// Rows are the figures: the honest first, then each species in the bench's order.
func (r *Report) Rows() (rows []Row) {
	for _, name := range r.species() {
		row := Row{Species: name, Layers: map[kyc.Code]Share{}, Risk: map[string]Share{}}
		var all, matches, n int
		refused, risky := map[kyc.Code]int{}, map[string]int{}
		for _, s := range r.Sessions {
			if s.Species != name {
				continue
			}
			n++
			row.Kind = s.Kind
			if s.Passed {
				all++
			}
			if s.Matches {
				matches++
			}
			for _, c := range s.Codes {
				refused[c]++
			}
			for _, limit := range operatingPoints() {
				if !s.Passed || s.Risk >= limit {
					risky[pointName(limit)]++
				}
			}
		}
		count := func(refused int) Share { return share(n-refused, n) }
		if honest(name) {
			count = func(refused int) Share { return share(refused, n) }
		}
		row.All, row.Matches = count(n-all), share(matches, n)
		for _, c := range r.layers() {
			row.Layers[c] = count(refused[c])
		}
		for _, limit := range operatingPoints() {
			row.Risk[pointName(limit)] = count(risky[pointName(limit)])
		}
		rows = append(rows, row)
	}
	return rows
}

// operatingPoints are limits on the capture risk that the report tells of: a
// scenario chooses one (thresholds.captureRisk), or none.
func operatingPoints() []float64 { return []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6} }

func pointName(limit float64) string { return strconv.FormatFloat(limit, 'g', -1, 64) }

// columns are the headings of the table by layer, points those of the table by
// operating point.
func (r *Report) columns() (names []string) {
	for _, c := range r.layers() {
		names = append(names, short(c))
	}
	return names
}

func points() (names []string) {
	for _, limit := range operatingPoints() {
		names = append(names, pointName(limit))
	}
	return names
}

// cells are a row's shares below the headings of columns, chosen those below points.
func (r *Report) cells(row Row) (shares []Share) {
	for _, c := range r.layers() {
		shares = append(shares, row.Layers[c])
	}
	return shares
}

func chosen(row Row) (shares []Share) {
	for _, name := range points() {
		shares = append(shares, row.Risk[name])
	}
	return shares
}

// species are those that were played, in the bench's order; labels of one's own
// recordings come after them.
func (r *Report) species() (names []string) {
	played := map[string]bool{}
	for _, s := range r.Sessions {
		played[s.Species] = true
	}
	order := Honest()
	for _, s := range All() {
		order = append(order, s.Name)
	}
	for _, s := range r.Sessions {
		order = append(order, s.Species)
	}
	for _, name := range order {
		if played[name] && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// layers are the codes that refused anybody.
func (r *Report) layers() (codes []kyc.Code) {
	for _, s := range r.Sessions {
		for _, c := range s.Codes {
			if !slices.Contains(codes, c) {
				codes = append(codes, c)
			}
		}
	}
	slices.Sort(codes)
	return codes
}

// short is a code without its category.
func short(c kyc.Code) string {
	_, text, _ := strings.Cut(string(c), "] ")
	return text
}

// explains what the words of the tables mean.
const explains = `APCER is the share of attacks that pass, BPCER that of honest sessions that do not; in brackets 95 % intervals (Wilson 1927).
"Taken for the person" also needs the face to match the claimed person's at 70 % (IAPAR). By one layer alone: the share that this layer
would have let pass, or of the honest the share that it refused; a layer that was not reached refused nobody. Operating points: all layers
together, and a scenario that refuses recordings from that capture risk on (thresholds.captureRisk). Everybody here is drawn or recorded
by whoever ran this: no level of any standard follows.
`

// WriteText writes the tables.
func (r *Report) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%d sessions, %s, in %s\n\n", len(r.Sessions), r.About, r.Took.Round(time.Second)); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "all layers together\tkind\tsessions\tAPCER (honest: BPCER)\ttaken for the person")
	rows := r.Rows()
	for _, row := range rows {
		taken := row.Matches.String()
		if honest(row.Species) {
			taken = row.Matches.String() + ", of all"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", row.Species, row.Kind, row.All.Of, row.All, taken)
	}
	fmt.Fprint(t, "\nby one layer alone")
	for _, name := range r.columns() {
		fmt.Fprintf(t, "\t%s", name)
	}
	fmt.Fprintln(t)
	for _, row := range rows {
		fmt.Fprint(t, row.Species)
		for _, s := range r.cells(row) {
			fmt.Fprintf(t, "\t%s", s)
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintf(t, "\noperating points\tno limit\t%s\n", strings.Join(points(), "\t"))
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s", row.Species, row.All)
		for _, s := range chosen(row) {
			fmt.Fprintf(t, "\t%s", s)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n"+explains)
	return err
}

// WriteJSON writes the figures and every session.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"about": r.About, "rows": r.Rows(), "sessions": r.Sessions})
}
