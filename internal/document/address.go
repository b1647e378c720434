package document

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/openkyc/openkyc/internal/document/address"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/names"
	"github.com/openkyc/openkyc/internal/vision"
)

// roleCyrillic reads Cyrillic lines where it is loaded; without it only papers in
// Latin letters are read.
const roleCyrillic = "text-recogniser-cyrillic"

const lcidCyrillic = 1049

// The bounds of one proof: pages that are looked at, and pieces of print on each.
const (
	maxPages = 6
	maxLines = 160
)

// CheckAddress reads one attempt at a proof of address. Its pages belong to one
// paper: each thing is taken from the first page that has it. What is wrong with
// the paper is a code and, where it was computed, a failed check; an error means
// that a model failed.
func (r *Room) CheckAddress(ctx context.Context, in kyc.AddressInput) (*kyc.Finding, error) {
	f := &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Measures: map[string]string{}}
	for role, version := range r.engine.versions() {
		f.Measures["model."+role] = version
	}
	person := names.Person{Surname: in.Holder.Surname, Given: in.Holder.GivenNames}
	p, err := r.paper(ctx, in, person)
	if err != nil {
		return nil, err
	}
	p.judge(f, in, person)
	return f, nil
}

// paper reads all pages.
func (r *Room) paper(ctx context.Context, in kyc.AddressInput, person names.Person) (*paper, error) {
	p := &paper{}
	for i, picture := range in.Pictures[:min(len(in.Pictures), maxPages)] {
		lines, code, err := r.page(ctx, picture)
		if err != nil {
			return nil, fmt.Errorf("read page %d: %w", i, err)
		}
		if code != "" {
			p.add(code)
			continue
		}
		p.take(r.addresses.Read(lines, person, in.Now), i)
		if p.complete(person.Known()) {
			break
		}
	}
	return p, nil
}

// page reads the print of one picture, turned upright. The code says why it
// cannot be used.
func (r *Room) page(ctx context.Context, picture kyc.Picture) ([]address.Line, kyc.Code, error) {
	img, err := vision.DecodeContext(ctx, picture.JPEG, vision.Limits{})
	if err != nil {
		var bad *vision.ImageError
		if errors.As(err, &bad) {
			return nil, bad.Code, nil
		}
		return nil, "", err
	}
	if vision.Measure(img).Luminance < leastLuma {
		return nil, kyc.LowLight, nil
	}
	img, boxes, err := r.engine.upright(ctx, img)
	if err != nil {
		return nil, "", err
	}
	if len(boxes) < leastPrint {
		return nil, kyc.NoDocuments, nil
	}
	lines, err := r.engine.print(ctx, img, boxes)
	return lines, "", err
}

// upright finds the print of a page, small print included, and turns the page so
// that it reads from left to right.
func (e *engine) upright(ctx context.Context, img *image.RGBA) (*image.RGBA, []strip, error) {
	found, err := e.ocr.DetectTextWith(ctx, img, vision.SecondPass())
	if err != nil {
		return nil, nil, fmt.Errorf("find text: %w", err)
	}
	turn, err := e.ocr.Orientation(ctx, roleLatin, img, found)
	if err != nil {
		return nil, nil, fmt.Errorf("find the page's top: %w", err)
	}
	if turn != vision.Rotate0 {
		img = vision.Rotate(img, turn)
		if found, err = e.ocr.DetectTextWith(ctx, img, vision.SecondPass()); err != nil {
			return nil, nil, fmt.Errorf("find text: %w", err)
		}
	}
	strips := make([]strip, len(found))
	for i, b := range found {
		strips[i] = stripOf([4]vec{vec(b.Quad[0]), vec(b.Quad[1]), vec(b.Quad[2]), vec(b.Quad[3])})
	}
	return img, strips, nil
}

// mostTurn is the sine of how far print may run from the longest line: tilted pages
// fan out, and what runs across is no line of the page.
const mostTurn = 0.3

// print reads the strips of an upright page, in places along its longest line.
// Where a Cyrillic recogniser is loaded and a few long lines suit it, each line
// is read by both and the surer reading counts.
func (e *engine) print(ctx context.Context, img *image.RGBA, strips []strip) ([]address.Line, error) {
	base := slices.MaxFunc(strips, func(a, b strip) int { return cmp.Compare(a.w, b.w) })
	strips = slices.DeleteFunc(strips, func(s strip) bool { return s.w > 1.5*s.h && math.Abs(s.dir.cross(base.dir)) > mostTurn })
	slices.SortFunc(strips, func(a, b strip) int { return cmp.Compare(base.offset(a.centre), base.offset(b.centre)) })
	strips = strips[:min(len(strips), maxLines)]
	boxes := make([]vision.TextBox, len(strips))
	for i, s := range strips {
		boxes[i].Quad = quadOf(s, s.w, s.h)
	}
	read, err := e.ocr.RecogniseBoxes(ctx, roleLatin, img, boxes)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	if _, err := e.models.Card(roleCyrillic); err == nil {
		if err := e.cyrillic(ctx, img, boxes, read); err != nil {
			return nil, err
		}
	}
	page := levelOf(strips, base)
	out := make([]address.Line, len(strips))
	for i, s := range strips {
		start := s.start()
		out[i] = address.Line{Text: read[i].Text, Sure: least(read[i]), X: base.place(start), Y: page.down(s.centre), W: s.w, H: s.h}
	}
	return out, nil
}

// sample is how many long lines decide whether a page has Cyrillic letters.
const sample = 6

// cyrillic reads the lines again by the Cyrillic recogniser and keeps the surer
// readings, when most of the longest lines are surer so. Numbers stay as the Latin
// recogniser read them.
func (e *engine) cyrillic(ctx context.Context, img *image.RGBA, boxes []vision.TextBox, read []vision.Line) error {
	order := make([]int, len(boxes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(boxes[b].Quad.Width(), boxes[a].Quad.Width()) })
	surer := map[int]vision.Line{}
	again := func(which []int) error {
		some := make([]vision.TextBox, len(which))
		for i, at := range which {
			some[i] = boxes[at]
		}
		lines, err := e.ocr.RecogniseBoxes(ctx, roleCyrillic, img, some)
		if err != nil {
			return fmt.Errorf("read the page: %w", err)
		}
		for i, at := range which {
			if lines[i].Confidence > read[at].Confidence {
				surer[at] = withDigits(lines[i], read[at])
			}
		}
		return nil
	}
	n := min(sample, len(order))
	if err := again(order[:n]); err != nil || 2*len(surer) <= n {
		return err // a page in Latin letters, whatever one line of it looks like
	}
	if err := again(order[n:]); err != nil {
		return err
	}
	for at, line := range surer {
		read[at] = line
	}
	return nil
}

// least is the probability of the weakest character, 0 for no text.
func least(l vision.Line) float64 {
	least := min(1, float64(len(l.Chars)))
	for _, c := range l.Chars {
		if c.Rune != ' ' {
			least = min(least, c.Prob)
		}
	}
	return least
}

// paper is what all pages of a proof say together.
type paper struct {
	address.Proof
	at    int // page of the address
	read  int // pages that could be read
	codes []kyc.Code
}

func (p *paper) add(c kyc.Code) {
	if !slices.Contains(p.codes, c) {
		p.codes = append(p.codes, c)
	}
}

func (p *paper) take(q address.Proof, page int) {
	p.read++
	if p.Kind == "" {
		p.Kind = q.Kind
	}
	if p.Address == nil && q.Address != nil {
		p.Address, p.Sure, p.at = q.Address, q.Sure, page
	}
	if p.Issued.IsZero() {
		p.Issued = q.Issued
	}
	p.Names = append(p.Names, q.Names...)
}

func (p *paper) complete(named bool) bool {
	return p.Kind != "" && p.Address != nil && !p.Issued.IsZero() && (!named || len(p.Names) > 0)
}

// judge turns what was read into fields, checks and codes. A page that could not
// be used matters only when none could.
func (p *paper) judge(f *kyc.Finding, in kyc.AddressInput, person names.Person) {
	if p.read == 0 {
		if f.Errors = p.codes; len(p.codes) == 0 {
			f.Errors = []kyc.Code{kyc.NoDocuments}
		}
		return
	}
	f.DocName = p.Kind.Title()
	f.Measures["proof.kind"] = string(p.Kind)
	items := []kyc.CheckItem{p.found(f)}
	if len(in.Rules.Kinds) > 0 {
		it := kyc.Passed("isKindAccepted", in.Rules.Accepts(p.Kind))
		it.Value = p.Kind.Title()
		items = append(items, it)
	}
	items = append(items, p.fresh(f, in)...)
	if person.Known() && !in.Rules.IgnoreName {
		items = append(items, p.named(f, in, person)...)
	}
	for _, it := range items {
		if code := kyc.CodeOf(it.Caption); it.Status != kyc.Success && code != "" {
			f.Errors = append(f.Errors, code)
		}
	}
	f.Checks = []kyc.CheckGroup{{Caption: kyc.GroupAddress, Items: items}}
}

// found is the check of the address, and its field.
func (p *paper) found(f *kyc.Finding) kyc.CheckItem {
	if p.Address == nil {
		return kyc.Passed("isAddressFound", false)
	}
	value := strings.Join(p.Address, ", ")
	field := kyc.Field{Title: "address", Value: value, LCID: lcidLatin, Conf: addressConfidence(p.Sure), ImageIndex: p.at}
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
		field.LCID = lcidCyrillic
	}
	f.OCR = kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{field}}
	it := kyc.Passed("isAddressFound", true)
	it.Confidence = &p.Sure
	return it
}

// printed is how dates stand in values.
const printed = "02.01.2006"

// fresh is the check of the date. Without a date nothing can be compared: there
// is a code and no check.
func (p *paper) fresh(f *kyc.Finding, in kyc.AddressInput) []kyc.CheckItem {
	if p.Issued.IsZero() {
		f.Errors = append(f.Errors, kyc.NoIssueDate)
		return nil
	}
	oldest := in.Rules.Oldest(in.Now)
	f.Measures["proof.issued"], f.Measures["proof.oldest"] = p.Issued.Format(time.DateOnly), oldest.Format(time.DateOnly)
	// A paper that is made where the day has begun already is of tomorrow.
	it := kyc.Passed("isDateFresh", !p.Issued.Before(oldest) && !p.Issued.After(in.Now.Add(24*time.Hour)))
	switch {
	case p.Issued.Before(oldest):
		it.Value = p.Issued.Format(printed) + " < " + oldest.Format(printed)
	case it.Status == kyc.Success:
		it.Value = p.Issued.Format(printed) + " ≥ " + oldest.Format(printed)
	default:
		it.Value = p.Issued.Format(printed) + " > " + in.Now.UTC().Format(printed)
	}
	return []kyc.CheckItem{it}
}

// named is the check of the name, with the likest of the names on the paper.
func (p *paper) named(f *kyc.Finding, in kyc.AddressInput, person names.Person) []kyc.CheckItem {
	if len(p.Names) == 0 {
		f.Errors = append(f.Errors, kyc.NoProofName)
		return nil
	}
	best := 0.0
	for _, n := range p.Names {
		best = max(best, person.In(n))
	}
	percent := math.Floor(1000*best) / 10
	f.Measures["name.match"], f.Measures["name.least"] = strconv.FormatFloat(percent, 'f', 1, 64), strconv.FormatFloat(in.Rules.NameMatch, 'f', 1, 64)
	it := kyc.Passed("isNameMatch", percent >= in.Rules.NameMatch)
	sign := "≥"
	if it.Status != kyc.Success {
		sign = "<"
	}
	it.Value = fmt.Sprintf("%.4g%% %s %.4g%%", percent, sign, in.Rules.NameMatch)
	return []kyc.CheckItem{it}
}

// How sure the weakest character of an address must be for each word of the
// contract. Unlike those of documents they are no measured shares.
const (
	sureHigh   = 0.90
	sureMedium = 0.65
)

func addressConfidence(sure float64) kyc.Confidence {
	switch {
	case sure >= sureHigh:
		return kyc.High
	case sure >= sureMedium:
		return kyc.Medium
	}
	return kyc.Low
}
