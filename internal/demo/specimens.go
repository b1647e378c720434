package demo

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/image/draw"

	"github.com/openkyc/openkyc/internal/specimen"
)

// specimenPage draws a passport of nobody, for download.
func specimenPage(w http.ResponseWriter, r *http.Request) {
	seed, err := strconv.ParseInt(strings.TrimSuffix(r.PathValue("seed"), ".png"), 10, 32)
	if err != nil {
		http.Error(w, "a specimen has a number, for example /specimen/7.png", http.StatusNotFound)
		return
	}
	sendPNG(w, specimen.Sample(specimen.TD3, seed, time.Now()).Render())
}

const (
	maxPortrait       = 10 << 20
	maxPortraitPixels = 30_000_000
)

// ownSpecimen draws a passport of nobody with the visitor's own portrait, so
// that the whole journey can be walked by hand. The photo is not kept.
func ownSpecimen(w http.ResponseWriter, r *http.Request) {
	file, err := io.ReadAll(io.LimitReader(r.Body, maxPortrait))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || config.Width*config.Height > maxPortraitPixels {
		http.Error(w, "send one JPEG or PNG photo of at most 30 megapixels", http.StatusBadRequest)
		return
	}
	var photo image.Image
	if bytes.HasPrefix(file, []byte("\x89PNG")) {
		photo, err = png.Decode(bytes.NewReader(file))
	} else {
		photo, err = jpeg.Decode(bytes.NewReader(file))
	}
	if err != nil {
		http.Error(w, "this photo is damaged", http.StatusBadRequest)
		return
	}
	hash := fnv.New64a()
	_, _ = hash.Write(file) // never fails
	passport := specimen.Sample(specimen.TD3, int64(hash.Sum64()%1_000_000), time.Now())
	passport.Portrait = portrait(photo)
	sendPNG(w, passport.Render())
}

// portrait cuts the middle out of a photo in a passport's 35 × 45 form.
func portrait(photo image.Image) image.Image {
	b := photo.Bounds()
	width, height := b.Dx(), b.Dx()*45/35
	if height > b.Dy() {
		width, height = b.Dy()*35/45, b.Dy()
	}
	x, y := b.Min.X+(b.Dx()-width)/2, b.Min.Y+(b.Dy()-height)/2
	out := image.NewRGBA(image.Rect(0, 0, 700, 900))
	draw.CatmullRom.Scale(out, out.Bounds(), photo, image.Rect(x, y, x+width, y+height), draw.Src, nil)
	return out
}

func sendPNG(w http.ResponseWriter, img image.Image) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		http.Error(w, "the specimen could not be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Disposition", `attachment; filename="specimen-passport.png"`)
	_, _ = w.Write(b.Bytes()) // the browser has gone when this fails
}
