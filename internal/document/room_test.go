package document

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// today is the day on which all specimens are looked at.
func today() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// models are loaded once for all tests of this package.
var models = sync.OnceValues(func() (*vision.Runtime, error) { return vision.Open(vision.Config{Roles: Roles()}) })

// skin is a finder of portraits that needs no network: it answers with the place
// of the picture's reddish pixels when there are enough of them.
type skin struct{ never bool }

func (s skin) Portrait(_ context.Context, img *image.RGBA) (*kyc.Template, *kyc.Cut, error) {
	var box image.Rectangle
	n := 0
	for y := 0; y < img.Rect.Dy(); y += 4 {
		for x := 0; x < img.Rect.Dx(); x += 4 {
			if p := img.RGBAAt(x, y); int(p.R) > int(p.B)+35 && int(p.R) > int(p.G)+15 && p.R > 60 {
				box, n = box.Union(image.Rect(x, y, x+4, y+4)), n+1
			}
		}
	}
	if s.never || n < 200 {
		return nil, nil, nil
	}
	return &kyc.Template{Vector: []float32{1}, Model: "skin", Quality: 1, Box: kyc.Box{X: box.Min.X, Y: box.Min.Y, Width: box.Dx(), Height: box.Dy()}},
		&kyc.Cut{JPEG: []byte("face")}, nil
}

// onCall finds a portrait when it is asked for the at-th time.
type onCall struct{ at, calls int }

func (o *onCall) Portrait(ctx context.Context, img *image.RGBA) (*kyc.Template, *kyc.Cut, error) {
	if o.calls++; o.calls != o.at {
		return nil, nil, nil
	}
	return &kyc.Template{Model: "call"}, nil, nil
}

func room(tb testing.TB, p Portraits) *Room {
	tb.Helper()
	rt, err := models()
	if err != nil {
		tb.Fatalf("the models are missing: run `make models` (%v)", err)
	}
	r, err := New(Deps{Vision: rt, Portraits: p})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func picture(img *image.RGBA) kyc.Picture {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 92})
	return kyc.Picture{JPEG: b.Bytes(), Width: img.Rect.Dx(), Height: img.Rect.Dy()}
}

func photo(p specimen.Passport, d specimen.Difficulty, seed int64) *image.RGBA {
	return specimen.Scene{Difficulty: d, Seed: seed}.Photograph(p.Render()).Image
}

func check(t *testing.T, p Portraits, pictures ...*image.RGBA) *kyc.Finding {
	t.Helper()
	in := kyc.DocumentInput{Now: today()}
	for _, img := range pictures {
		in.Pictures = append(in.Pictures, picture(img))
	}
	f, err := room(t, p).Check(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func field(f *kyc.Finding, title string) kyc.Field {
	for _, x := range f.OCR.Fields {
		if x.Title == title {
			return x
		}
	}
	return kyc.Field{}
}

// verdict is a check's status and value; "" when it was not computed.
func verdict(f *kyc.Finding, caption string) (kyc.Status, string) {
	for _, g := range f.Checks {
		for _, it := range g.Items {
			if g.Caption == kyc.GroupFraud && it.Caption == caption {
				return it.Status, it.Value
			}
		}
	}
	return "", ""
}

func TestCheckReadsAPassport(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 1, today())
	f := check(t, skin{}, photo(p, specimen.Easy, 1))
	if len(f.Errors) > 0 || f.Verdict(nil) != kyc.Success {
		t.Fatalf("errors %v, checks %v, measures %v", f.Errors, f.Checks, f.Measures)
	}
	if f.DocName != "Passport" || f.CountryCode != "UTO" || f.IsBackSide || f.OCR.Status != kyc.Success {
		t.Errorf("%q of %q, back %v", f.DocName, f.CountryCode, f.IsBackSide)
	}
	lines := p.MRZ()
	got := map[string]string{}
	for _, x := range f.OCR.Fields {
		got[x.Title] = x.Value
		if x.IsMismatch || x.IsUnreadable || x.ImageIndex != 0 {
			t.Errorf("%s: %+v", x.Title, x)
		}
	}
	want := map[string]string{
		"Surname": "SOELVANE CORVALE", "Given name(s)": "KAELIN LUMEN", "Sex": "F", "Date of birth": "21.07.1990", "Document number": "G7780U835",
		"Date of issue": "14.09.2025", "DateOfExpiry": "13.09.2035", "Place of birth": "ZENITH", "Issuing authority": "ZENITH OFFICE",
		"DocumentClassCode": "P", "IssuingStateCode": "UTO", "NationalityCode": "UTO", "OptionalData": "Q983546002", "MRZType": "ID-3",
		"DocumentNumberCheckdigit": lines[1][9:10], "DateOfBirthCheckdigit": lines[1][19:20], "DateOfExpiryCheckdigit": lines[1][27:28],
		"OptionalDataCheckdigit": lines[1][42:43], "FinalCheckdigit": lines[1][43:], "MRZStrings": lines[0] + "^" + lines[1], "MRZ string": lines[0] + lines[1],
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	if b := field(f, "Date of birth"); b.ValueUTC != "1990-07-21T00:00:00Z" || b.IsMRZOk == nil || !*b.IsMRZOk || b.LCID != 0 || b.Conf != kyc.High {
		t.Errorf("date of birth: %+v", b)
	}
	if n := field(f, "Surname"); n.IsMRZOk != nil || n.LCID != 1033 {
		t.Errorf("surname: %+v", n)
	}
	for _, c := range []string{"isMRZValid", "isLogicalMismatch", "isCropped"} {
		if s, _ := verdict(f, c); s != kyc.Success {
			t.Errorf("%s: %q", c, s)
		}
	}
	if len(f.Checks) != 1 || len(f.Checks[0].Items) != 3 {
		t.Errorf("checks that were not computed stand there: %v", f.Checks)
	}
	if len(f.Templates) != 1 || f.Templates[0].Label != "document_0" || len(f.Cuts) != 2 || f.Cuts[0].Name != "face" || f.Cuts[1].Name != "document" {
		t.Errorf("templates %v, %d cuts", f.Templates, len(f.Cuts))
	}
	if f.Measures["page.compared"] != "5" || f.Measures["model.text-detector"] == "" || f.Measures["mrz.mean"] == "" {
		t.Errorf("measures (S52): %v", f.Measures)
	}
}

func TestCheckFindsWhatIsWrongWithADocument(t *testing.T) {
	t.Parallel()
	base := specimen.Sample(specimen.TD3, 4, today())
	for _, c := range []struct {
		name      string
		break_    func(*specimen.Passport)
		valid     kyc.Status
		logical   kyc.Status
		reason    string
		mismatch  string
		unchecked string // field whose own digit fails
	}{
		{"nothing", func(*specimen.Passport) {}, kyc.Success, kyc.Success, "", "", ""},
		{"number's digit", func(p *specimen.Passport) { p.Faults.WrongDigits = []specimen.Field{specimen.FieldNumber} }, kyc.Failed, kyc.Success, "", "", "Document number"},
		{"birth's digit", func(p *specimen.Passport) { p.Faults.WrongDigits = []specimen.Field{specimen.FieldBirth} }, kyc.Failed, kyc.Success, "", "", "Date of birth"},
		{"composite digit", func(p *specimen.Passport) { p.Faults.WrongDigits = []specimen.Field{specimen.FieldComposite} }, kyc.Failed, kyc.Success, "", "", ""},
		{"printed number", func(p *specimen.Passport) { p.Faults.PrintedNumber = "X1234567Z" }, kyc.Success, kyc.Failed, "document number differs from the page", "Document number", ""},
		{"printed birth", func(p *specimen.Passport) { p.Faults.PrintedBirthDate = time.Date(1999, 2, 3, 0, 0, 0, 0, time.UTC) }, kyc.Success, kyc.Failed, "date of birth differs from the page", "Date of birth", ""},
		{"printed expiry", func(p *specimen.Passport) { p.Faults.PrintedExpiryDate = time.Date(2039, 2, 3, 0, 0, 0, 0, time.UTC) }, kyc.Success, kyc.Failed, "date of expiry differs from the page", "DateOfExpiry", ""},
		{"printed surname", func(p *specimen.Passport) { p.Faults.PrintedSurname = "Quillmark" }, kyc.Success, kyc.Failed, "surname differs from the page", "Surname", ""},
		{"expired", func(p *specimen.Passport) { *p = p.Expired(today()) }, kyc.Success, kyc.Failed, "expired", "DateOfExpiry", ""},
		{"impossible birth", func(p *specimen.Passport) { p.Faults.BirthCode = "741399" }, kyc.Success, kyc.Failed, "impossible date of birth", "Date of birth", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := base
			c.break_(&p)
			f := check(t, skin{}, photo(p, specimen.Easy, 4))
			if s, _ := verdict(f, "isMRZValid"); s != c.valid {
				t.Errorf("isMRZValid %q, errors %v, %v", s, f.Errors, f.Measures)
			}
			if s, reason := verdict(f, "isLogicalMismatch"); s != c.logical || !strings.Contains(reason, c.reason) || c.reason == "" && reason != "" {
				t.Errorf("isLogicalMismatch %q: %q", s, reason)
			}
			if got := strings.Join(p.MRZ(), "^"); field(f, "MRZStrings").Value != got {
				t.Errorf("the zone was altered:\n%s\n%s", field(f, "MRZStrings").Value, got)
			}
			if c.mismatch != "" && !field(f, c.mismatch).IsMismatch {
				t.Errorf("%s is not marked", c.mismatch)
			}
			if c.unchecked != "" {
				if ok := field(f, c.unchecked).IsMRZOk; ok == nil || *ok {
					t.Errorf("%s: isMRZOk %v", c.unchecked, ok)
				}
			}
			if good := c.valid == kyc.Success && c.logical == kyc.Success; (f.Verdict(nil) == kyc.Success) != good {
				t.Errorf("verdict %v", f.Verdict(nil))
			}
		})
	}
}

func TestCheckReadsEveryFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format specimen.Format
		name   string
		kind   string
	}{{specimen.TD2, "Identity card", "ID-2"}, {specimen.MRVA, "Visa", "MRV-A"}, {specimen.MRVB, "Visa", "MRV-B"}} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			p := specimen.Sample(c.format, 5, today())
			f := check(t, skin{}, photo(p, specimen.Easy, 5))
			if len(f.Errors) > 0 || f.DocName != c.name || field(f, "MRZType").Value != c.kind || field(f, "MRZStrings").Value != strings.Join(p.MRZ(), "^") {
				t.Errorf("%v %q %q\n%s\n%s", f.Errors, f.DocName, field(f, "MRZType").Value, field(f, "MRZStrings").Value, strings.Join(p.MRZ(), "^"))
			}
		})
	}
}

func TestCheckReadsBothSidesOfACard(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD1, 6, today())
	front := photo(p, specimen.Easy, 6)
	back := specimen.Scene{Seed: 7}.Photograph(p.Back()).Image
	other := &onCall{at: 3} // neither on the back's page nor beside it, but in the front's picture
	f := check(t, other, front, back)
	if len(f.Errors) > 0 || f.IsBackSide || field(f, "MRZStrings").Value != strings.Join(p.MRZ(), "^") || field(f, "MRZStrings").ImageIndex != 1 {
		t.Errorf("%v\n%s\n%s", f.Errors, field(f, "MRZStrings").Value, strings.Join(p.MRZ(), "^"))
	}
	if len(f.Templates) != 1 || other.calls != 3 {
		t.Error("the portrait of the front was not found")
	}
	// The back alone is a card without a face.
	f = check(t, skin{never: true}, back)
	if !f.IsBackSide || !cmp.Equal(f.Errors, []kyc.Code{kyc.NoPortrait}) {
		t.Errorf("back alone: %v, back %v", f.Errors, f.IsBackSide)
	}
}

func TestCheckTurnsThePicture(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 7, today())
	upright := photo(p, specimen.Easy, 7)
	want := check(t, skin{}, upright)
	for r := vision.Rotate90; r <= vision.Rotate270; r++ {
		f := check(t, skin{}, vision.Rotate(upright, r))
		if len(f.Errors) > 0 || field(f, "MRZStrings").Value != strings.Join(p.MRZ(), "^") {
			t.Errorf("turned %d: %v %v", r, f.Errors, f.Measures)
			continue
		}
		// The face's place is told in the picture as it came.
		w, h := upright.Rect.Dx(), upright.Rect.Dy()
		a, b := want.Templates[0].Box, f.Templates[0].Box
		at := image.Pt(a.X+a.Width/2, a.Y+a.Height/2)
		switch r {
		case vision.Rotate90:
			at = image.Pt(h-at.Y, at.X)
		case vision.Rotate180:
			at = image.Pt(w-at.X, h-at.Y)
		case vision.Rotate270:
			at = image.Pt(at.Y, w-at.X)
		case vision.Rotate0:
		}
		if d := at.Sub(image.Pt(b.X+b.Width/2, b.Y+b.Height/2)); d.X*d.X+d.Y*d.Y > 60*60 {
			t.Errorf("turned %d: face at %v, %v away", r, b, d)
		}
	}
}

func TestCheckRefusesAMirroredPicture(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 8, today())
	for _, d := range []specimen.Difficulty{specimen.Easy, specimen.Medium} {
		f := check(t, skin{}, vision.Mirror(photo(p, d, 8)))
		if !cmp.Equal(f.Errors, []kyc.Code{kyc.MirroredDocument}) || len(f.OCR.Fields) > 0 {
			t.Errorf("%v: %v %v", d, f.Errors, f.Measures)
		}
	}
}

func TestCheckNamesWhatIsWrongWithThePicture(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 9, today())
	good := photo(p, specimen.Easy, 9)
	mapped := func(f func(color.RGBA) color.RGBA) *image.RGBA {
		out := vision.Crop(good, good.Rect)
		for i := 0; i < len(out.Pix); i += 4 {
			c := f(color.RGBA{out.Pix[i], out.Pix[i+1], out.Pix[i+2], 255})
			out.Pix[i], out.Pix[i+1], out.Pix[i+2] = c.R, c.G, c.B
		}
		return out
	}
	grey := mapped(func(c color.RGBA) color.RGBA {
		v := uint8((299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000)
		return color.RGBA{v, v, v, 255}
	})
	sepia := mapped(func(c color.RGBA) color.RGBA {
		v := (299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000
		return color.RGBA{uint8(v), uint8(v * 97 / 100), uint8(v * 94 / 100), 255}
	})
	dark := mapped(func(c color.RGBA) color.RGBA { return color.RGBA{c.R / 6, c.G / 6, c.B / 6, 255} })
	upper := vision.Crop(good, image.Rect(0, 0, good.Rect.Dx(), good.Rect.Dy()*68/100))
	for _, c := range []struct {
		name string
		img  *image.RGBA
		want kyc.Code
	}{
		{"photocopy", grey, kyc.BlackAndWhite},
		{"photocopy in warm light", sepia, kyc.BlackAndWhite},
		{"dark", dark, kyc.LowLight},
		{"no zone in the picture", upper, kyc.NoMRZ},
		{"a desk", specimen.Scene{Seed: 3}.Photograph(image.NewRGBA(image.Rect(0, 0, 1500, 1056))).Image, kyc.NoDocuments},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := check(t, skin{}, c.img)
			if !contains(f.Errors, c.want) {
				t.Errorf("errors %v, measures %v", f.Errors, f.Measures)
			}
		})
	}
	small := vision.Resize(good, 280, 210)
	if f := check(t, skin{}, small); !cmp.Equal(f.Errors, []kyc.Code{kyc.TooSmallImage}) {
		t.Errorf("small: %v", f.Errors)
	}
	r := room(t, skin{})
	for name, pictures := range map[string][]kyc.Picture{"none": nil, "junk": {{JPEG: []byte("GIF89a")}}} {
		f, err := r.Check(t.Context(), kyc.DocumentInput{Pictures: pictures, Now: today()})
		if err != nil || len(f.Errors) != 1 || f.Verdict(nil) != kyc.Failed {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if f := check(t, skin{never: true}, good); !cmp.Equal(f.Errors, []kyc.Code{kyc.NoPortrait}) {
		t.Errorf("without a portrait: %v", f.Errors)
	}
}

func contains(codes []kyc.Code, want kyc.Code) bool {
	for _, c := range codes {
		if c == want {
			return true
		}
	}
	return false
}

func TestCheckSeesACutOffPage(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 10, today())
	shot := specimen.Scene{Seed: 10}.Photograph(p.Render())
	w, h := shot.Image.Rect.Dx(), shot.Image.Rect.Dy()
	c := shot.Corners
	for name, r := range map[string]image.Rectangle{
		"left":  image.Rect(int(max(c[0].X, c[3].X))+60, 0, w, h),
		"top":   image.Rect(0, int(max(c[0].Y, c[1].Y))+100, w, h),
		"right": image.Rect(0, 0, int(min(c[1].X, c[2].X))-75, h),
	} {
		f := check(t, skin{}, vision.Crop(shot.Image, r))
		if s, _ := verdict(f, "isCropped"); s != kyc.Failed {
			t.Errorf("%s: isCropped %q, errors %v", name, s, f.Errors)
		}
	}
	tight := image.Rect(int(min(c[0].X, c[3].X))-12, int(min(c[0].Y, c[1].Y))-12, int(max(c[1].X, c[2].X))+12, int(max(c[2].Y, c[3].Y))+12)
	if s, _ := verdict(check(t, skin{}, vision.Crop(shot.Image, tight)), "isCropped"); s != kyc.Success {
		t.Error("a page that just fits counts as cropped")
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 11, today())
	shot := specimen.Scene{Seed: 11}.Photograph(p.Render())
	r := room(t, skin{})
	look, err := r.Look(t.Context(), picture(vision.Fit(shot.Image, 640)).JPEG)
	if err != nil || !look.Found || look.Luma < 80 || look.Sharpness <= 0 {
		t.Fatalf("%+v, %v", look, err)
	}
	for i, c := range shot.Corners {
		x, y := c.X/float64(shot.Image.Rect.Dx()), c.Y/float64(shot.Image.Rect.Dy())
		if dx, dy := look.Quad[i][0]-x, look.Quad[i][1]-y; dx*dx+dy*dy > 0.12*0.12 {
			t.Errorf("corner %d at %v, the page's is at %.2f, %.2f", i, look.Quad[i], x, y)
		}
	}
	desk := specimen.Scene{Seed: 3}.Photograph(image.NewRGBA(image.Rect(0, 0, 1500, 1056))).Image
	if look, err := r.Look(t.Context(), picture(vision.Fit(desk, 640)).JPEG); err != nil || look.Found {
		t.Errorf("a desk: %+v, %v", look, err)
	}
	if _, err := r.Look(t.Context(), []byte("no picture")); kyc.KindOf(err) != kyc.Invalid {
		t.Errorf("junk gives %v", err)
	}
}
