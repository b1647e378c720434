package api

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Life of a signed address (S8).
const (
	defaultSignature = 60      // seconds
	maxSignature     = 15 * 60 // seconds
)

type signRequest struct {
	Images  []string `json:"images" doc:"addresses of pictures as session objects hold them" maxItems:"100"`
	Seconds int      `json:"seconds,omitempty" minimum:"1" maximum:"900" doc:"how long they work; 60 unless given"`
	Token   string   `json:"token,omitempty"`
}

type signAnswer struct {
	Status string   `json:"status"`
	Images []string `json:"images" doc:"the same addresses with a signature, in the same order"`
}

// sign makes addresses of pictures that work without a token for a short time,
// so that an integrator's own back office can show them in a browser.
func (d *Door) sign(_ context.Context, p *kyc.Principal, in *signRequest) (signAnswer, error) {
	seconds := cmp.Or(in.Seconds, defaultSignature)
	expires := strconv.FormatInt(d.Now().Add(time.Duration(seconds)*time.Second).Unix(), 10)
	signed := make([]string, 0, len(in.Images))
	for _, address := range in.Images {
		path := strings.TrimPrefix(address, "/v1")
		if owner := ownerOf(path); owner == "" || owner != p.AccountID && p.Role != kyc.RoleAdmin {
			return signAnswer{}, kyc.ErrNotFound()
		}
		signed = append(signed, path+"?"+url.Values{"expires": {expires}, "signature": {d.signature(path, expires)}}.Encode())
	}
	return signAnswer{Status: "ok", Images: signed}, nil
}

// ownerOf takes the owner's id out of a picture's address, "" for any other.
func ownerOf(path string) string {
	words := strings.Split(path, "/")
	if len(words) < 5 || words[0] != "" || words[1] != "images" || strings.ContainsAny(path, "?#%") {
		return ""
	}
	switch words[2] {
	case "kyc", "kycfull", "kycthumb":
		return words[3]
	}
	return ""
}

func (d *Door) signature(path, expires string) string {
	mac := hmac.New(sha256.New, d.SigningKey)
	mac.Write([]byte("picture\n" + path + "\n" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// signedViewer is who a signed address lets in: somebody who may see pictures
// of the owner that the address names, and nothing else. nil when the request
// carries no signature.
func (d *Door) signedViewer(r *http.Request) (*kyc.Principal, error) {
	query := r.URL.Query()
	signature, expires := query.Get("signature"), query.Get("expires")
	if signature == "" {
		return nil, nil
	}
	path := strings.TrimPrefix(r.URL.Path, "/v1")
	end, err := strconv.ParseInt(expires, 10, 64)
	if len(d.SigningKey) == 0 || err != nil || !hmac.Equal([]byte(signature), []byte(d.signature(path, expires))) || !d.Now().Before(time.Unix(end, 0)) {
		return nil, kyc.ErrAccessDenied()
	}
	return &kyc.Principal{AccountID: ownerOf(path), Name: "signed address", Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.ViewImages}}, nil
}
