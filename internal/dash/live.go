package dash

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

// rhythm of a stream.
type rhythm struct {
	beat  time.Duration // a comment as often, so that nothing on the way takes the silence for death
	pace  time.Duration // the least time between two pieces of news
	life  time.Duration // then the browser comes again, and is looked at again
	write time.Duration // a browser that takes nothing for so long has gone
}

func standardRhythm() rhythm {
	return rhythm{beat: 25 * time.Second, pace: time.Second, life: 15 * time.Minute, write: 10 * time.Second}
}

// skew is what the clocks of two nodes may differ by.
const skew = 5 * time.Second

// liveKinds are the pages that follow what they show, by the name that stands in
// their stream's address, with the changes that concern them. With an id they
// follow that one only.
func liveKinds() map[string][]kyc.ChangeKind {
	return map[string][]kyc.ChangeKind{
		"sessions":   {kyc.ChangedSession},
		"session":    {kyc.ChangedSession, kyc.ChangedDelivery},
		"deliveries": {kyc.ChangedDelivery},
		"delivery":   {kyc.ChangedDelivery},
		"endpoints":  {kyc.ChangedEndpoint, kyc.ChangedDelivery},
		"endpoint":   {kyc.ChangedEndpoint},
	}
}

// subject finds out what a stream is to follow, for somebody who may see it.
func (d *Door) subject(v *visit) (func(kyc.Change) bool, error) {
	what, id := v.r.PathValue("what"), v.r.PathValue("id")
	kinds, known := liveKinds()[what]
	one := what == "session" || what == "delivery" || what == "endpoint"
	if !known || one != (id != "") {
		return nil, kyc.ErrNotFound()
	}
	switch what {
	case "session":
		if _, err := d.session(v); err != nil {
			return nil, err
		}
	case "delivery":
		record, err := d.record(v)
		if err != nil {
			return nil, err
		}
		if record.Delivery.SessionID != "" { // that is what its changes are told under
			id = record.Delivery.SessionID
		}
	case "endpoint":
		if _, err := d.endpoint(v); err != nil {
			return nil, err
		}
	}
	return func(c kyc.Change) bool {
		for _, kind := range kinds {
			if c.Kind == kind && (!one || c.ID == id) {
				return true
			}
		}
		return false
	}, nil
}

// live tells an open page by server-sent events that what it shows has changed,
// and nothing about how: the page asks for itself again, with all checks that
// any page goes through.
func (d *Door) live(v *visit) error {
	wants, err := d.subject(v)
	if err != nil {
		return err
	}
	l, ok := d.hub.enter(v.who, wants)
	if !ok {
		return kyc.Errorf(kyc.TooMany, "too many pages are open")
	}
	defer d.hub.leave(l)
	s := stream{ResponseController: http.NewResponseController(v.w), w: v.w, patience: d.rhythm.write}
	if s.begin() != nil {
		return nil // it has gone again
	}
	if d.hub.missed(l, from(v.r)) {
		ring(l.changed)
	}
	d.follow(v, l, s)
	return nil
}

// from is up to when the page knows what has changed: as it came with the page,
// or with the last event before the connection broke.
func from(r *http.Request) time.Time {
	known := r.Header.Get("Last-Event-ID")
	if known == "" {
		known = r.URL.Query().Get("since")
	}
	ms, err := strconv.ParseInt(known, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).Add(-skew)
}

// follow sends news until the browser, the sign-in or the process ends. A
// change means a look at the sign-in first; silence means nothing at all.
func (d *Door) follow(v *visit, l *listener, s stream) {
	ctx := v.r.Context()
	beat, end := time.NewTicker(d.rhythm.beat), time.NewTimer(d.rhythm.life)
	defer beat.Stop()
	defer end.Stop()
	changed := l.changed
	var rest <-chan time.Time // runs after news, during which others gather
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-rest:
			changed, rest = l.changed, nil
			continue
		case <-l.doubted:
			if d.still(v) {
				continue
			}
			return
		case <-beat.C:
			err = s.say(": \n\n")
		case <-changed:
			if !d.still(v) {
				return
			}
			err = s.say(fmt.Sprintf("id: %d\nevent: changed\ndata: \n\n", d.Now().UnixMilli()))
			changed, rest = nil, time.After(d.rhythm.pace)
		}
		if err != nil {
			return
		}
	}
}

// still tells whether the reader is signed in and may see what the stream tells of.
func (d *Door) still(v *visit) bool {
	p, err := d.Auth.StillSignedIn(v.r.Context(), d.cookieValue(v.r))
	return err == nil && p.UserID == v.who.UserID && p.AccountID == v.who.AccountID && p.Can(kyc.LogsKYC)
}

// stream writes events.
type stream struct {
	*http.ResponseController
	w        http.ResponseWriter
	patience time.Duration
}

// begin opens the stream. Every word that is said pushes the server's time limit
// for an answer further out.
func (s stream) begin() error {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies of that family would collect events
	s.w.WriteHeader(http.StatusOK)
	return s.say("retry: 2000\n\n")
}

func (s stream) say(text string) error {
	_ = s.SetWriteDeadline(time.Now().Add(s.patience)) // where there is no connection there is no limit
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.Flush()
}

// liveAddress is where a page hears of changes of what it shows.
func liveAddress(what, id string) string {
	if id == "" {
		return "/dashboard/live/" + what
	}
	return "/dashboard/live/" + what + "/" + id
}

// lively wraps a page that follows what it shows. The script asks for the page's
// address again and replaces the parts of it that differ; without script it is
// the page as it was when it was asked for.
func lively(v *visit, what, id, address string, body ...g.Node) g.Node {
	return g.El("dash-live", h.Data("from", liveAddress(what, id)), h.Data("page", address), h.Data("since", strconv.FormatInt(v.began.UnixMilli(), 10)),
		g.Group(body), h.P(h.Class("sr"), h.Role("status"), h.Data("said", v.t("live.updated"))))
}

// liveList wraps a list that follows what it shows: known rows are replaced in
// place, and new ones are counted and shown when the reader wants them. again
// are the hidden fields of a form when the address alone does not say it all.
func liveList(v *visit, what, address string, again, content g.Node) g.Node {
	return lively(v, what, "", address,
		g.Iff(again != nil, func() g.Node {
			return h.Form(h.Method("post"), h.Action(address), h.Data("again", ""), h.Hidden(""), again)
		}),
		h.P(h.Class("news"), h.Role("status"), h.Data("news", v.t("live.news")), h.Hidden(""), icon("plus"), h.Span(),
			h.Button(h.Type("button"), h.Class("mini-text"), g.Text(v.t("live.show")))),
		content)
}

// part is a piece of a page that is replaced when it has changed.
func part(name string, children ...g.Node) g.Node {
	return g.El("dash-part", marked(name, children...))
}

// marked are children with the attributes by which the script knows whether
// their element has changed.
func marked(name string, children ...g.Node) g.Node {
	var b bytes.Buffer
	_ = g.Group(children).Render(&b) // a buffer takes everything; the page's own rendering finds other faults
	sum := sha256.Sum256(b.Bytes())
	return g.Group{h.Data("part", name), h.Data("mark", hex.EncodeToString(sum[:8])), g.Group(children)}
}
