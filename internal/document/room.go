package document

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/address"
	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/document/glyph"
	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/pdf417"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// Portraits finds the holder's portrait on a page: nil, nil when there is none.
// An error is the finder's own failure. Package face implements it.
type Portraits interface {
	Portrait(ctx context.Context, page *image.RGBA) (*kyc.Template, *kyc.Cut, error)
}

// Deps is what the room needs.
type Deps struct {
	Vision    *vision.Runtime  // with the roles of Roles loaded
	Types     *types.Catalogue // nil: those of this program
	Barcodes  Barcodes         // nil: package pdf417
	Portraits Portraits
	Logger    *slog.Logger // nil: silent
}

// The recognisers, in the order they are asked.
const (
	roleDetector = "text-detector"
	roleLatin    = "text-recogniser"
	roleLatin3   = "text-recogniser-v3"
	roleHan      = "text-recogniser-zh"
	roleQuick    = "text-recogniser-quick" // looks ahead, and reads captions
)

// Roles lists the models that the room runs.
func Roles() []string {
	return []string{roleDetector, roleQuick, roleLatin, roleLatin3, roleHan, roleCyrillic}
}

// Room reads documents. Safe for concurrent use.
type Room struct {
	engine    *engine
	finder    *finder
	types     *types.Catalogue
	barcodes  Barcodes
	addresses *address.Reader
	portraits Portraits
	limits    fraud.Limits
	scales    scales
	logger    *slog.Logger
}

// New checks that the models are there and compiles the grammars. Its error
// names what is missing.
func New(d Deps) (*Room, error) {
	if d.Vision == nil || d.Portraits == nil {
		return nil, errors.New("document: the model runtime and the finder of portraits are needed")
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	e, err := newEngine(d.Vision)
	if err != nil {
		return nil, err
	}
	limits, err := fraud.Measured()
	if err != nil {
		return nil, fmt.Errorf("limits of the checks against fraud: %w", err)
	}
	scales, err := newScales()
	if err != nil {
		return nil, fmt.Errorf("scales of confidence: %w", err)
	}
	if d.Barcodes == nil {
		d.Barcodes = pdf417.New().Decode
	}
	if d.Types == nil {
		if d.Types, err = types.Open(""); err != nil {
			return nil, fmt.Errorf("document types: %w", err)
		}
	}
	glyphs, err := glyph.Open()
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	var other foreign
	if e.has(roleCyrillic) {
		other = e.foreign
	}
	return &Room{
		limits: limits, scales: scales, engine: e, types: d.Types, barcodes: d.Barcodes, addresses: address.NewReader(), portraits: d.Portraits, logger: d.Logger,
		finder: &finder{reader: e, decoder: mrz.NewDecoder(), glyphs: glyphs, foreign: other, roles: []string{roleLatin, roleLatin3, roleHan}},
	}, nil
}

// maxPictures bounds what one attempt costs: two sides and a second try each.
const maxPictures = 4

// view is one picture of the attempt with what was found on it.
type view struct {
	index   int
	img     *image.RGBA
	quality vision.Quality
	boxes   []strip
	fine    bool // boxes are those of the finer pass
	sight   sight
	plain   plain
	script  types.Alphabet // of a view without a zone, once it was set upright
	print   map[string]*sheetOfPrint
	known   map[piece]item  // what was read on img
	side    *types.Side     // of the document; nil when it could be any
	grid    *grid           // nil when nothing was found at a known place
	quad    vision.Quad     // the page's corners, estimated
	sides   [4]side         // the page's edges, as far as found
	turned  vision.Rotation // of img against the stored picture
	code    kyc.Code        // set when the picture itself is unusable
}

// Check reads one document attempt. The picture with the best zone gives the
// fields; the portrait may be on another one, as on cards. Everything that is
// wrong with the pictures is a code or a failed check of the finding; an error
// means that a model failed.
func (r *Room) Check(ctx context.Context, in kyc.DocumentInput) (*kyc.Finding, error) {
	f, _, _, err := r.check(ctx, in, nil)
	return f, err
}

// check is Check with what it was told from; a type to try is taken where none was recognised.
func (r *Room) check(ctx context.Context, in kyc.DocumentInput, try *types.Type) (*kyc.Finding, *dossier, []*view, error) {
	f := &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Measures: map[string]string{}}
	for role, version := range r.engine.versions() {
		f.Measures["model."+role] = version
	}
	started := time.Now()
	views, err := r.views(ctx, in.Pictures)
	if err != nil {
		return nil, nil, nil, err
	}
	best := pick(views)
	if best == nil {
		f.Errors = append(f.Errors, unusable(views))
		return f, nil, views, nil
	}
	p, err := r.dossier(ctx, best, views)
	if err != nil {
		return nil, nil, nil, err
	}
	if try != nil && (p == nil || p.typ != try) && len(best.boxes) > 0 {
		if p == nil {
			p = &dossier{views: views, main: best}
		}
		p.typ, p.forced = try, true
	}
	if p != nil {
		best = p.main
	}
	r.report(f, best)
	f.Errors = append(f.Errors, complaints(best, p)...)
	if p == nil {
		return f, nil, views, nil
	}
	if err := r.fill(ctx, f, p, in); err != nil {
		return nil, nil, nil, err
	}
	r.logger.DebugContext(ctx, "document read", "type", p.typ.ID, "outcome", f.Measures["mrz.outcome"], "took", time.Since(started))
	return f, p, views, nil
}

// dossier says what the pictures show: a document by its zone, or one that needs
// none by its print; nil when it is neither.
func (r *Room) dossier(ctx context.Context, best *view, views []*view) (*dossier, error) {
	p := &dossier{views: views, main: best}
	if s := best.sight; s.outcome != absent {
		if s.mirrored || s.reading == nil {
			return nil, nil
		}
		if err := r.noZone(ctx, best, views); err != nil {
			return nil, err
		}
		t, err := r.byZone(ctx, s.reading.Zone, views)
		p.typ, p.zone = t, best
		return p, err
	}
	t, err := r.byPrint(ctx, views, func(t *types.Type) bool { return t.Zone != types.Required })
	if err != nil {
		return nil, err
	}
	p.typ = t
	if err := r.coded(ctx, p); err != nil || p.typ == nil {
		return nil, err
	}
	p.main = front(views, p.coder)
	return p, nil
}

// noZone takes back what looked like a zone on other views than the one where it
// was read: a document has one.
func (r *Room) noZone(ctx context.Context, read *view, views []*view) error {
	for _, v := range views {
		if v == read || v.code != "" || v.sight.outcome != uncertain {
			continue
		}
		v.sight, v.print = sight{}, nil
		if err := r.setUpright(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// front is the view with most print, the one with the barcode only when there is no other.
func front(views []*view, back *view) *view {
	best := back
	for _, v := range views {
		if v.code == "" && v != back && (best == back || len(v.boxes) > len(best.boxes)) {
			best = v
		}
	}
	return best
}

// views decodes every picture and looks for the zone on them.
func (r *Room) views(ctx context.Context, pictures []kyc.Picture) ([]*view, error) {
	var out []*view
	for i, p := range pictures[:min(len(pictures), maxPictures)] {
		v := &view{index: i}
		out = append(out, v)
		img, err := vision.DecodeContext(ctx, p.JPEG, vision.Limits{})
		if err != nil {
			var bad *vision.ImageError
			if !errors.As(err, &bad) {
				return nil, fmt.Errorf("open picture %d: %w", i, err)
			}
			v.code = bad.Code
			continue
		}
		v.img, v.quality = img, vision.Measure(img)
	}
	return out, r.search(ctx, out)
}

// search looks for the zone: one pass over all pictures, then a finer one, then
// a quarter turn, until it is read on one, or a document is there that has none.
func (r *Room) search(ctx context.Context, views []*view) error {
	for i, p := range []pass{{false, vision.Rotate0}, {true, vision.Rotate0}, {false, vision.Rotate90}} {
		for _, v := range views {
			if v.code != "" {
				continue
			}
			if err := r.locate(ctx, v, p); err != nil {
				return err
			}
			if v.sight.outcome == read || v.sight.mirrored {
				return r.rest(ctx, views)
			}
		}
		if i > 0 {
			continue
		}
		// No zone at first sight: look whether it is a document without one before looking harder.
		if t, err := r.byPrint(ctx, views, func(t *types.Type) bool { return t.Zone == types.Never }); err != nil || t != nil {
			return err
		}
	}
	return nil
}

// rest finds the print of the views that nobody looked at, for the zone was read before.
func (r *Room) rest(ctx context.Context, views []*view) error {
	for _, v := range views {
		if v.code != "" || v.boxes != nil || v.sight.outcome != absent {
			continue
		}
		boxes, err := r.engine.boxes(ctx, v.img, false)
		if err != nil {
			return err
		}
		if v.boxes = boxes; len(boxes) > 0 {
			if err := r.setUpright(ctx, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass is one way to look for text.
type pass struct {
	fine bool
	turn vision.Rotation
}

// levelRows is how many rows of plain print tell that a picture lies level.
const levelRows = 2

// locate finds the zone on one picture and keeps the better of what it finds and
// what it had. Where there is a zone that is just not legible, turning will not
// help; and where all check digits are right and few characters are in doubt, they
// are so in every pass.
func (r *Room) locate(ctx context.Context, v *view, p pass) error {
	if p.turn != vision.Rotate0 && (v.sight.outcome != absent || len(v.plain.rows) >= levelRows) ||
		v.sight.outcome == uncertain && v.sight.mean() >= readMean && v.sight.reading.Zone.Valid() {
		return nil
	}
	most := patience
	if p != (pass{}) {
		most /= 2
	}
	img := vision.Rotate(v.img, p.turn)
	boxes, err := r.engine.boxes(ctx, img, p.fine)
	if err != nil {
		return err
	}
	s, err := r.finder.find(ctx, img, boxes, &v.plain, most)
	if err != nil {
		return err
	}
	// What is no zone says nothing about which way up the picture is.
	if s.outcome != absent && s.better(v.sight) || len(v.boxes) == 0 && p.turn == vision.Rotate0 {
		v.sight, v.boxes, v.img, v.turned, v.fine = s, boxes, img, v.turned+p.turn, p.fine
		v.print, v.known = nil, nil
		v.upright()
	} else if p.fine && v.sight.outcome == absent {
		v.refine(boxes)
	}
	return nil
}

// pick chooses the picture that says most: nil when none could be used.
func pick(views []*view) *view {
	var best *view
	for _, v := range views {
		if v.code == "" && (best == nil || v.sight.better(best.sight)) {
			best = v
		}
	}
	return best
}

// unusable is the code when no picture could be used at all.
func unusable(views []*view) kyc.Code {
	for _, v := range views {
		if v.code != "" {
			return v.code
		}
	}
	return kyc.NoDocuments
}

// Limits of a usable picture: mean brightness, and how far its colours spread.
const (
	leastLuma   = 45
	leastColour = 4
)

// complaints lists what is wrong with the chosen picture.
func complaints(v *view, p *dossier) []kyc.Code {
	var out []kyc.Code
	if v.quality.Luminance < leastLuma {
		out = append(out, kyc.LowLight)
	}
	if v.quality.Colourful < leastColour {
		out = append(out, kyc.BlackAndWhite)
	}
	switch {
	case v.sight.mirrored:
		out = append(out, kyc.MirroredDocument)
	case len(v.boxes) < leastPrint && p == nil:
		out = append(out, kyc.NoDocuments)
	case v.sight.outcome == absent && p == nil:
		out = append(out, kyc.NoMRZ)
	case v.sight.outcome == uncertain:
		out = append(out, kyc.UncertainMRZ)
	}
	return out
}

// leastPrint is the number of text boxes under which a picture shows no document.
const leastPrint = 4

// report writes down what the decision was made from (S52).
func (r *Room) report(f *kyc.Finding, v *view) {
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }
	f.Measures["picture"] = strconv.Itoa(v.index)
	f.Measures["luma"], f.Measures["colour"] = number(v.quality.Luminance), number(v.quality.Colourful)
	f.Measures["boxes"] = strconv.Itoa(len(v.boxes))
	f.Measures["mrz.outcome"] = [...]string{absent: "absent", uncertain: "uncertain", read: "read"}[v.sight.outcome]
	if s := v.sight; s.reading != nil {
		f.Measures["mrz.format"] = s.reading.Zone.Format.Name
		f.Measures["mrz.mean"], f.Measures["mrz.weakest"] = number(s.reading.Mean()), number(weakest(s.reading))
		f.Measures["mrz.cost"], f.Measures["mrz.costLimit"] = number(s.reading.Cost), number(enforceLimit)
		f.Measures["mrz.readers"] = strings.Join(s.models, " ")
		f.Measures["mrz.doubts"] = places(s.doubts)
	}
}

// places names uncertain characters by line and place, counted from one.
func places(doubts []doubt) string {
	var out []string
	for _, d := range doubts {
		out = append(out, fmt.Sprintf("%d:%d", d.line+1, d.at+1))
	}
	return strings.Join(out, " ")
}
