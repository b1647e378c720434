package specimen

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"time"

	"golang.org/x/image/draw"
)

// Trick is how a document comes before the camera, and what becomes of the
// photograph afterwards. The zero value is an honest one.
type Trick string

// The tricks of the bench.
const (
	Honest        Trick = ""
	OnMonitor     Trick = "screen"            // photographed from a monitor
	OnPhone       Trick = "phone"             // photographed from a phone
	GreyCopied    Trick = "grey copy"         // from an office copier
	ColourCopied  Trick = "colour copy"       // printed with halftone dots
	PastedPhoto   Trick = "pasted photo"      // another portrait glued upon the page
	OtherPortrait Trick = "replaced portrait" // blended into the photograph
	Spliced       Trick = "spliced field"     // a value out of another photograph
	Retyped       Trick = "retyped field"     // a value covered and written anew
	RetypedSoftly Trick = "careful retyping"  // the same with blur and noise to match
	Cloned        Trick = "copy-move"         // a value covered by another of the same photograph
	SavedByEditor Trick = "editor's marks"    // nothing changed but who wrote the file
	CutOff        Trick = "cropped"           // a part of the page is not in the picture
)

// Tricks lists all but Honest.
func Tricks() []Trick {
	return []Trick{OnMonitor, OnPhone, GreyCopied, ColourCopied, PastedPhoto, OtherPortrait, Spliced, Retyped, RetypedSoftly, Cloned, SavedByEditor, CutOff}
}

// Bench makes exhibits: the seed draws the document, the scene, the trick's
// details and how the file was saved. The same bench makes the same file.
type Bench struct {
	Seed       int64
	Trick      Trick
	Difficulty Difficulty
	Today      time.Time
}

// Exhibit is a picture file as a person would send it, and the truth about it.
type Exhibit struct {
	File   []byte    // JPEG, or PNG where a forger saved one
	Page   [4]Point  // its corners in the picture
	Places []Place   // portrait, fields, lines of the zone, in the picture
	Forged *[4]Point // what was changed; nil when nothing at one place was
	Saved  string    // by whom: "camera", "messenger", "canvas", "editor"
}

// Make takes the picture.
func (b Bench) Make() Exhibit {
	rnd := rand.New(rand.NewPCG(uint64(b.Seed), 0x65786862+uint64(b.Difficulty)))
	format := [...]Format{TD3, TD3, TD3, MRVA, TD2, TD3, MRVB, TD3}[uint64(b.Seed)%8]
	p := Sample(format, b.Seed, b.Today)
	sheet := p.draw()
	scene := Scene{Difficulty: b.Difficulty, Seed: b.Seed, Ground: [...]Ground{Boards, Boards, Boards, Cloth, Paper, Checked}[rnd.IntN(6)]}
	// The trick's own draws come from elsewhere, so that the scene is that of the honest picture.
	own := rand.New(rand.NewPCG(uint64(b.Seed), 0x74726963))
	shot, forged := b.stage(scene, sheet, own)
	size := sheet.img.Rect.Size()
	page := cornersOf(image.Rectangle{Max: size})
	to := homography(page, shot.Corners)
	if forged != nil { // on the page itself
		moved := Place{Corners: *forged}.through(to).Corners
		forged = &moved
	}
	x := Exhibit{Page: shot.Corners, Forged: forged}
	for _, place := range sheet.places {
		x.Places = append(x.Places, place.through(to))
	}
	switch b.Trick {
	case OtherPortrait, Spliced, Retyped, RetypedSoftly, Cloned:
		photo := decoded(shot.JPEG())
		x.Forged = b.edit(photo, sheet, to, own)
		x.saveEdited(photo, own)
	case SavedByEditor:
		x.Saved = "editor"
		x.File = marked(encoded(shot.Image, 90), editors()[own.IntN(len(editors()))])
	case CutOff:
		x.crop(shot, own)
	default:
		x.save(shot, rnd)
	}
	return x
}

// stage photographs the page, or what stands for it.
func (b Bench) stage(scene Scene, s *sheet, own *rand.Rand) (shot Shot, forged *[4]Point) {
	switch b.Trick {
	case OnMonitor:
		return scene.of(s.img.Rect, monitor(s.img, own)), nil
	case OnPhone:
		return scene.of(s.img.Rect, phone(s.img, own)), nil
	case ColourCopied:
		return scene.of(s.img.Rect, colourCopy(s.img, own)), nil
	case GreyCopied:
		return scene.Photograph(greyCopy(s.img, own)), nil
	case PastedPhoto:
		for _, place := range s.places {
			if place.Name == PlacePortrait {
				page, at := pastePhoto(s.img, place, b.Seed, own)
				return scene.Photograph(page), &at
			}
		}
	default:
	}
	return scene.Photograph(s.img), nil
}

// of photographs a surface in place of a page.
func (s Scene) of(page image.Rectangle, what surface) Shot {
	c := s.Difficulty.conditions()
	rnd := rand.New(rand.NewPCG(uint64(s.Seed), 0x7363656e+uint64(s.Difficulty)))
	out := image.NewRGBA(image.Rect(0, 0, c.width, c.width*3/4))
	corners := c.pose(rnd, out.Rect, page)
	s.Ground.paint(out, rnd)
	gather(out, homography(corners, cornersOf(page)), what)
	c.light(out, rnd)
	blur(out, c.blur*(0.8+0.2*rnd.Float64()))
	grain(out, rnd, c.noise)
	return Shot{Image: out, Corners: corners, Quality: c.quality}
}

// edit changes the photograph as the trick says and tells where.
func (b Bench) edit(photo *image.RGBA, s *sheet, to projective, own *rand.Rand) *[4]Point {
	var portrait Place
	var fields []Place
	for _, p := range s.places {
		switch {
		case p.Name == PlacePortrait:
			portrait = p
		case p.Name != PlaceZone && len(p.Text) >= 5:
			fields = append(fields, p)
		}
	}
	field := fields[own.IntN(len(fields))]
	other := Sample(TD3, b.Seed+5003, b.Today)
	var at [4]Point
	switch b.Trick {
	case OtherPortrait:
		face := Face{Seed: b.Seed + 7919, Size: 0.7}.Render(420, 540)
		if own.IntN(2) == 0 { // out of a compressed picture
			face = decoded(encoded(face, 80))
		}
		at = portrait.through(to).Corners
		transplant(photo, at, face, cornersOf(face.Rect), 3+5*own.Float64())
	case Spliced:
		donor := Scene{Difficulty: b.Difficulty, Seed: b.Seed + 5003}.Photograph(other.Render())
		there := homography(cornersOf(image.Rect(0, 0, 125*dotsPerMM, 88*dotsPerMM)), donor.Corners)
		for _, p := range other.Places() {
			if p.Name != PlacePortrait && p.Name != PlaceZone && len(p.Text) >= 5 {
				// The same measure of paper, so that letters keep their size.
				width, height := field.Corners[1].X-field.Corners[0].X, field.Corners[3].Y-field.Corners[0].Y
				c := p.Corners[0]
				p.Corners = [4]Point{c, {c.X + width, c.Y}, {c.X + width, c.Y + height}, {c.X, c.Y + height}}
				at = field.through(to).Corners
				transplant(photo, at, decoded(donor.JPEG()), p.through(there).Corners, 2)
				break
			}
		}
	case Cloned:
		from := fields[(own.IntN(len(fields)-1)+1)%len(fields)]
		if from.Name == field.Name {
			from = fields[0]
		}
		r := around(from.through(to).Corners).Intersect(photo.Rect)
		at = cornersOf(duplicate(photo, r, around(field.through(to).Corners).Min))
	default:
		at = retype(photo, field, code(own, "A00AA0000", 9), to, b.Trick == RetypedSoftly, own)
	}
	return &at
}

// saveEdited writes what an editor writes: JPEG of good quality, now and then PNG.
func (x *Exhibit) saveEdited(photo *image.RGBA, own *rand.Rand) {
	x.Saved = "editor"
	if own.IntN(6) == 0 {
		var b bytes.Buffer
		if err := png.Encode(&b, photo); err != nil {
			panic("specimen: " + err.Error()) // into memory
		}
		x.File = b.Bytes()
		return
	}
	x.File = encoded(photo, 82+own.IntN(14))
}

// save writes an honest picture's file in one of the ways that people send them.
func (x *Exhibit) save(shot Shot, rnd *rand.Rand) {
	switch n := rnd.IntN(20); {
	case n < 8:
		x.Saved, x.File = "camera", marked(encoded(shot.Image, shot.Quality), phoneMarks())
	case n < 12:
		x.Saved, x.File = "camera", marked(encoded(shot.Image, 95), phoneMarks())
	case n < 17:
		x.Saved = "messenger"
		k := 0.6 + 0.35*rnd.Float64()
		small := image.NewRGBA(image.Rect(0, 0, int(k*float64(shot.Image.Rect.Dx())), int(k*float64(shot.Image.Rect.Dy()))))
		draw.ApproxBiLinear.Scale(small, small.Rect, decoded(shot.JPEG()), shot.Image.Rect, draw.Src, nil)
		x.scale(float64(small.Rect.Dx()) / float64(shot.Image.Rect.Dx()))
		x.File = encoded(small, 72+rnd.IntN(14))
	default:
		x.Saved, x.File = "canvas", encoded(shot.Image, 92)
	}
}

func (x *Exhibit) scale(k float64) {
	m := projective{k, 0, 0, 0, k, 0, 0, 0, 1}
	x.Page = Place{Corners: x.Page}.through(m).Corners
	if x.Forged != nil {
		moved := Place{Corners: *x.Forged}.through(m).Corners
		x.Forged = &moved
	}
	for i := range x.Places {
		x.Places[i] = x.Places[i].through(m)
	}
}

// crop cuts an edge of the page off.
func (x *Exhibit) crop(shot Shot, own *rand.Rand) {
	r, page := shot.Image.Rect, around(x.Page)
	by := func(n int) int { return int((0.06 + 0.1*own.Float64()) * float64(n)) }
	switch own.IntN(3) {
	case 0:
		r.Min.X = page.Min.X + by(page.Dx())
	case 1:
		r.Max.X = page.Max.X - by(page.Dx())
	default:
		r.Min.Y = page.Min.Y + by(page.Dy())
	}
	out := image.NewRGBA(image.Rectangle{Max: r.Size()})
	draw.Draw(out, out.Rect, shot.Image, r.Min, draw.Src)
	m := projective{1, 0, -float64(r.Min.X), 0, 1, -float64(r.Min.Y), 0, 0, 1}
	x.Page = Place{Corners: x.Page}.through(m).Corners
	for i := range x.Places {
		x.Places[i] = x.Places[i].through(m)
	}
	x.Saved, x.File = "camera", encoded(out, shot.Quality)
}

func encoded(img image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic("specimen: " + err.Error()) // into memory
	}
	return b.Bytes()
}

func decoded(file []byte) *image.RGBA {
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		panic("specimen: " + err.Error()) // of our own making
	}
	out := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}
