package dash

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// home is where a signed-in person begins.
const home = "/dashboard/sessions"

// visit is one request with what the door found out about it.
type visit struct {
	words
	w      http.ResponseWriter
	r      *http.Request
	who    *kyc.Principal // nil on the pages before sign-in
	theme  string         // "light", "dark", or "" for what the system prefers
	notice string         // a good message that a redirect left behind
	began  time.Time      // what the page shows is not older
}

func (v *visit) can(p kyc.Permission) bool { return v.who.Can(p) }

// posted reads the values of a form's field. The query is never looked at, so
// that nothing personal can be asked for by an address.
func (v *visit) posted(name string) []string {
	return v.r.PostForm[name] //nolint:forbidigo // what a browser sent us; nothing is called
}

// typed is the first value of a field as it was typed: passwords may begin and
// end with spaces.
func (v *visit) typed(name string) string {
	if values := v.posted(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// form is the first value of a field without the spaces around it.
func (v *visit) form(name string) string { return strings.TrimSpace(v.typed(name)) }

// open mounts a page that needs no sign-in.
func (d *Door) open(mux *http.ServeMux, pattern string, act func(*visit) error) {
	d.mount(mux, pattern, maxForm, func(v *visit) error {
		if p, err := d.Principal(v.r); err == nil {
			v.who = p
		}
		return act(v)
	})
}

// signed mounts a page for signed-in people who have the permission, if one is named.
func (d *Door) signed(mux *http.ServeMux, pattern string, need kyc.Permission, act func(*visit) error) {
	d.mount(mux, pattern, maxForm, d.admitted(need, act))
}

// signedUpload is signed for forms that send pictures, which act reads.
func (d *Door) signedUpload(mux *http.ServeMux, pattern string, need kyc.Permission, act func(*visit) error) {
	d.mount(mux, pattern, maxPhotoForm, d.admitted(need, act))
}

func (d *Door) admitted(need kyc.Permission, act func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		p, err := d.reader(v)
		if err != nil {
			return err
		}
		v.who = p
		if need != "" && !p.Can(need) {
			return kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
		}
		return act(v)
	}
}

// reader finds out whose browser asks. What a page asks by itself does not count
// as a use of the sign-in, which would otherwise last as long as a page is open.
func (d *Door) reader(v *visit) (*kyc.Principal, error) {
	if byItself(v.r) {
		return d.Auth.StillSignedIn(v.r.Context(), d.cookieValue(v.r))
	}
	return d.Principal(v.r)
}

// byItself tells requests of the script that no person made.
func byItself(r *http.Request) bool {
	return r.Header.Get("Dash-Refresh") != "" || wantsEvents(r)
}

func wantsEvents(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream")
}

// mount wraps an action in what every page shares: headers, the refusal of
// foreign forms, bounded input, and one place where failures become pages.
func (d *Door) mount(mux *http.ServeMux, pattern string, limit int64, act func(*visit) error) {
	mux.Handle(pattern, edge.LimitBody(limit, d.Logger)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.headers(w.Header())
		v := &visit{words: d.texts.choose(r), w: w, r: r, theme: themeOf(r), began: d.Now()}
		v.notice = d.takeNotice(v)
		err := d.origin.Check(r)
		if err != nil {
			err = kyc.Wrap(kyc.Forbidden, err, kyc.MessageAccessDenied)
		} else if err = r.ParseForm(); err != nil {
			err = unreadable(err)
		} else {
			err = act(v)
		}
		if err != nil {
			d.fail(v, err)
		}
	})))
}

// unreadable tells a form that is too large from one that is broken.
func unreadable(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return err
	}
	return kyc.Wrap(kyc.Invalid, err, kyc.MessageInvalidSchema)
}

// headers of every page: nothing but our own files, no frames, no caches.
func (d *Door) headers(h http.Header) {
	d.policy(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
}

// policy of a page; images are what it shows beside our own.
func (d *Door) policy(h http.Header, images ...string) {
	self := "'self'"
	h.Set("Content-Security-Policy", edge.CSP{}.Allow("script-src", self).Allow("style-src", self).Allow("img-src", self).Allow("img-src", images...).
		Allow("connect-src", self).Allow("form-action", self).FrameAncestors().String())
}

// fail turns an error into a page. Who is not signed in is sent to do so.
func (d *Door) fail(v *visit, err error) {
	status, body := edge.Describe(v.r.Context(), err)
	switch {
	case status == http.StatusUnauthorized && (wantsJSON(v.r) || wantsEvents(v.r)):
		edge.WriteJSON(v.w, status, body)
		return
	case status == http.StatusUnauthorized:
		d.redirect(v, loginAddress(v.r))
		return
	case status == http.StatusInternalServerError && v.r.Context().Err() == nil:
		d.Logger.ErrorContext(v.r.Context(), "page failed", "requestId", body.RequestID, "route", v.r.Pattern, "error", err.Error())
	}
	if wantsJSON(v.r) || wantsEvents(v.r) {
		edge.WriteJSON(v.w, status, body)
		return
	}
	d.show(v, status, errorPage(v, status, body))
}

// describe returns the sentences of an error that may be shown.
func describe(err error) (kind kyc.Kind, sentences []string) {
	kind = kyc.KindOf(err)
	var known *kyc.Error
	if errors.As(err, &known) && kind != kyc.Internal && len(known.Details) > 0 {
		return kind, known.Details
	}
	return kind, []string{kyc.SafeMessage(err)}
}

// correctable tells that the person can mend the form and send it again.
func correctable(err error) bool {
	switch kyc.KindOf(err) {
	case kyc.Invalid, kyc.Conflict, kyc.Forbidden, kyc.TooMany:
		return true
	default:
		return false
	}
}

// show renders a page as a whole before the first byte leaves, so that a
// failure can still become an answer of its own.
func (d *Door) show(v *visit, status int, p page) {
	var b bytes.Buffer
	if err := d.shell(v, p).Render(&b); err != nil {
		d.Logger.ErrorContext(v.r.Context(), "page not rendered", "route", v.r.Pattern, "error", err.Error())
		http.Error(v.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.lang)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Add("Vary", "Cookie, Accept-Language")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // the client has gone when this fails
}

func (d *Door) redirect(v *visit, to string) { http.Redirect(v.w, v.r, to, http.StatusSeeOther) }

// done redirects after a change, with a message that the next page shows.
func (d *Door) done(v *visit, to, notice string) error {
	d.leaveNotice(v, notice)
	d.redirect(v, to)
	return nil
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

func (d *Door) goHome(v *visit) error {
	d.redirect(v, home)
	return nil
}

func (d *Door) nowhere(*visit) error { return kyc.ErrNotFound() }

// page is what one handler shows inside the shell.
type page struct {
	title string // in the reader's language
	nav   string // key of the item that is lit in the navigation
	path  string // address to return to after switching the language
	plain bool   // without navigation: the pages before sign-in
	body  g.Node
}
