package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// registerImages mounts the addresses of pictures. They are never public.
func (d *Door) registerImages(mux *http.ServeMux) {
	for _, prefix := range []string{"", "/v1"} {
		mux.HandleFunc("GET "+prefix+"/images/kyc/{owner}/{session}/{step}/{image}", d.image)
		mux.HandleFunc("GET "+prefix+"/images/kycfull/{owner}/{year}/{month}/{day}/{session}/{file}", d.fullImage)
		mux.HandleFunc("GET "+prefix+"/images/kycthumb/{owner}/{session}/{label}", d.thumb)
		mux.HandleFunc("GET "+prefix+"/images/person/{person}/{picture}", d.personImage)
	}
}

// viewer is who asks for a picture: a signed address, a token, or a signed-in
// dashboard user.
func (d *Door) viewer(r *http.Request) (*kyc.Principal, error) {
	if p, err := d.signedViewer(r); p != nil || err != nil {
		return p, err
	}
	if d.Cookies != nil && r.Header.Get("token") == "" && r.Header.Get("Authorization") == "" {
		if p, err := d.Cookies.Principal(r); err == nil {
			return p, nil
		}
	}
	return d.principal(r, "")
}

func (d *Door) image(w http.ResponseWriter, r *http.Request) {
	d.picture(w, r, verify.ImageRequest{OwnerID: r.PathValue("owner"), SessionID: r.PathValue("session"),
		Step: r.PathValue("step"), Image: r.PathValue("image")})
}

// fullImage takes {type}_{step}_{image}.jpg apart; types hold underscores.
func (d *Door) fullImage(w http.ResponseWriter, r *http.Request) {
	step, image, ok := splitFile(strings.TrimSuffix(r.PathValue("file"), ".jpg"))
	if !ok {
		d.fail(w, r, kyc.ErrNotFound())
		return
	}
	d.picture(w, r, verify.ImageRequest{OwnerID: r.PathValue("owner"), SessionID: r.PathValue("session"), Step: step, Image: image, Full: true})
}

// splitFile cuts "selfie_document_1_2_face" after the step's number.
func splitFile(file string) (step, image string, ok bool) {
	words := strings.Split(file, "_")
	for i := 1; i < len(words)-1; i++ {
		if _, err := strconv.Atoi(words[i]); err == nil {
			return strings.Join(words[:i+1], "_"), strings.Join(words[i+1:], "_"), true
		}
	}
	return "", "", false
}

func (d *Door) picture(w http.ResponseWriter, r *http.Request, req verify.ImageRequest) {
	p, err := d.viewer(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	jpeg, err := d.Images.Image(r.Context(), p, req)
	if err == nil {
		err = d.Images.ViewedImage(r.Context(), p, req.SessionID, req.Step+" "+strings.TrimSuffix(req.Image, ".jpg"))
	}
	d.send(w, r, jpeg, err)
}

func (d *Door) thumb(w http.ResponseWriter, r *http.Request) {
	p, err := d.viewer(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	session, label := r.PathValue("session"), r.PathValue("label")
	jpeg, err := d.Images.Thumb(r.Context(), p, r.PathValue("owner"), session, label)
	if err == nil {
		err = d.Images.ViewedImage(r.Context(), p, session, "thumb of "+label)
	}
	d.send(w, r, jpeg, err)
}

func (d *Door) send(w http.ResponseWriter, r *http.Request, jpeg []byte, err error) {
	if err != nil {
		d.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", strconv.Itoa(len(jpeg)))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="picture.jpg"`)
	_, _ = w.Write(jpeg) // the client has gone when this fails
}
