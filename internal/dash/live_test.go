package dash

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// listening is one open stream.
type listening struct {
	t      *testing.T
	answer *http.Response
	lines  chan string // closed when the stream ends
}

// serve puts the site behind a real server, whose limits of time may be short.
func (s *site) serve(t *testing.T, limit time.Duration) string {
	t.Helper()
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = limit, limit
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// listen opens a stream as the person with this cookie. What changed before now
// is known to it.
func (s *site) listen(t *testing.T, base, path, cookie string) *listening {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.AddCookie(&http.Cookie{Name: loginCookie, Value: cookie})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{t: t, answer: answer, lines: make(chan string, 100)}
	go func() {
		defer close(l.lines)
		defer func() { _ = answer.Body.Close() }()
		for in := bufio.NewScanner(answer.Body); in.Scan(); {
			if in.Text() != "" {
				l.lines <- in.Text()
			}
		}
	}()
	if answer.StatusCode == http.StatusOK {
		l.hears("retry: 2000")
	}
	return l
}

func (l *listening) hears(want string) {
	l.t.Helper()
	select {
	case line, ok := <-l.lines:
		if !ok || !strings.HasPrefix(line, want) {
			l.t.Errorf("heard %q (still open: %v), want %q", line, ok, want)
		}
	case <-time.After(10 * time.Second):
		l.t.Fatalf("heard nothing, want %q", want)
	}
}

func (l *listening) news() {
	l.t.Helper()
	l.hears("id: ")
	l.hears("event: changed")
	l.hears("data:")
}

func (l *listening) nothing(quiet time.Duration) {
	l.t.Helper()
	select {
	case line, ok := <-l.lines:
		l.t.Errorf("heard %q (still open: %v), want silence", line, ok)
	case <-time.After(quiet):
	}
}

func (l *listening) ends() {
	l.t.Helper()
	for {
		select {
		case _, ok := <-l.lines:
			if !ok {
				return
			}
		case <-time.After(10 * time.Second):
			l.t.Fatal("the stream goes on")
		}
	}
}

// since is an address of a stream for a page that was made now.
func (s *site) since(what, id string) string {
	return fmt.Sprintf("%s?since=%d", liveAddress(what, id), s.now.Add(2*skew).UnixMilli())
}

func newLiveSite(t *testing.T, change func(*rhythm)) *site {
	t.Helper()
	w := newWorld()
	s := newSite(t, w, "")
	s.now = s.now.Add(time.Hour) // the process is older than the pages
	s.door.rhythm = rhythm{beat: time.Hour, pace: 10 * time.Millisecond, life: time.Hour, write: 10 * time.Second}
	if change != nil {
		change(&s.door.rhythm)
	}
	return s
}

// TestStreamsTellWhatConcernsThem: each page hears of what it shows and of
// nothing else, least of all of another account.
func TestStreamsTellWhatConcernsThem(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, nil)
	base := s.serve(t, time.Minute)
	elsewhere := func() {
		for _, kind := range []kyc.ChangeKind{kyc.ChangedSession, kyc.ChangedDelivery, kyc.ChangedEndpoint} {
			s.door.hub.hear(kyc.Change{AccountID: theirs, Kind: kind, ID: sessionN(2)})
		}
		s.change(kyc.ChangedSession, sessionN(5))
		s.change(kyc.ChangedDelivery, sessionN(5))
		s.change(kyc.ChangedEndpoint, lostID)
	}
	for _, c := range []struct {
		what, id string
		kind     kyc.ChangeKind
		changed  string
		lists    bool // hears of everything of its kind
	}{
		{"session", sessionN(2), kyc.ChangedSession, sessionN(2), false},
		{"session", sessionN(2), kyc.ChangedDelivery, sessionN(2), false},
		{"delivery", deliveryN(2), kyc.ChangedDelivery, sessionN(2), false},
		{"endpoint", secondID, kyc.ChangedEndpoint, secondID, false},
		{"sessions", "", kyc.ChangedSession, sessionN(2), true},
		{"deliveries", "", kyc.ChangedDelivery, sessionN(2), true},
		{"endpoints", "", kyc.ChangedEndpoint, secondID, true},
	} {
		t.Run(c.what+" "+string(c.kind), func(t *testing.T) {
			l := s.listen(t, base, s.since(c.what, c.id), "owner")
			if h := l.answer.Header; h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" || h.Get("X-Accel-Buffering") != "no" {
				t.Errorf("headers %v", h)
			}
			if !c.lists {
				elsewhere()
				l.nothing(50 * time.Millisecond)
			}
			s.change(c.kind, c.changed)
			l.news()
			s.change(kyc.ChangedLogin, "somebody else")
			l.nothing(30 * time.Millisecond)
			s.door.hub.hear(kyc.Change{}) // news were lost on the way
			l.news()
		})
	}
	stranger := s.listen(t, base, s.since("sessions", ""), "stranger")
	s.change(kyc.ChangedSession, sessionN(2))
	stranger.nothing(50 * time.Millisecond)
}

// TestIdleStreamAsksNothing: while nothing changes, a stream asks no room and so
// no database, however often it beats.
func TestIdleStreamAsksNothing(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, func(r *rhythm) { r.beat = 5 * time.Millisecond })
	l := s.listen(t, s.serve(t, time.Minute), s.since("session", sessionN(2)), "owner")
	questions := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.asked
	}
	before := questions()
	for range 20 {
		l.hears(":")
	}
	if n := questions() - before; n != 0 {
		t.Errorf("%d questions during twenty beats, want none", n)
	}
	s.change(kyc.ChangedSession, sessionN(2))
	for line := range l.lines {
		if line == "event: changed" {
			break
		}
	}
	if n := questions() - before; n != 1 {
		t.Errorf("%d questions for one change, want one: whether the reader is still signed in", n)
	}
}

// TestManyChangesAreOnePieceOfNews: a rush reaches a page as often as the pace allows.
func TestManyChangesAreOnePieceOfNews(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, func(r *rhythm) { r.pace = 300 * time.Millisecond })
	l := s.listen(t, s.serve(t, time.Minute), s.since("sessions", ""), "owner")
	begin := time.Now()
	for range 1000 {
		s.change(kyc.ChangedSession, sessionN(2))
	}
	l.news()
	l.news() // those that came during the first
	if took := time.Since(begin); took < 250*time.Millisecond {
		t.Errorf("two pieces of news within %v", took)
	}
	l.nothing(400 * time.Millisecond)
}

// TestMissedChangesAreTold: what changed between the making of a page and the
// opening of its stream, or while it was cut off, is told at once.
func TestMissedChangesAreTold(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, nil)
	base := s.serve(t, time.Minute)
	page := s.now.UnixMilli()
	address := func(since int64) string {
		return fmt.Sprintf("%s?since=%d", liveAddress("session", sessionN(2)), since)
	}
	s.listen(t, base, address(page), "owner").nothing(50 * time.Millisecond)
	s.change(kyc.ChangedSession, sessionN(3))
	s.door.hub.hear(kyc.Change{AccountID: theirs, Kind: kyc.ChangedSession, ID: sessionN(2)})
	s.listen(t, base, address(page), "owner").nothing(50 * time.Millisecond)
	s.change(kyc.ChangedSession, sessionN(2))
	s.listen(t, base, address(page), "owner").news()
	s.listen(t, base, address(page+2*skew.Milliseconds()), "owner").nothing(50 * time.Millisecond)
	s.listen(t, base, address(1), "owner").news() // older than the process: nobody knows
	s.listen(t, base, liveAddress("session", sessionN(2)), "owner").news()
	for range rememberedNews + 1 {
		s.door.hub.hear(kyc.Change{AccountID: theirs, Kind: kyc.ChangedSession, ID: "x"})
	}
	s.listen(t, base, address(page), "owner").news() // forgotten meanwhile
}

// TestStreamsEndWithTheSignIn (S11): whoever signs out, is disabled or loses the
// permission hears no more, at once.
func TestStreamsEndWithTheSignIn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*site){
		"signed out":         func(s *site) { delete(s.people, "reader") },
		"without permission": func(s *site) { s.people["reader"] = s.people["nobody"] },
		"another account":    func(s *site) { s.people["reader"] = s.people["stranger"] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLiveSite(t, nil)
			base := s.serve(t, time.Minute)
			told, unaware, other := s.listen(t, base, s.since("sessions", ""), "reader"), s.listen(t, base, s.since("session", sessionN(2)), "reader"), s.listen(t, base, s.since("sessions", ""), "owner")
			s.mu.Lock()
			end(s)
			s.mu.Unlock()
			s.change(kyc.ChangedSession, sessionN(2)) // nobody told of the sign-out, and still:
			other.news()
			told.ends()
			unaware.ends()
		})
	}
	s := newLiveSite(t, nil)
	l := s.listen(t, s.serve(t, time.Minute), s.since("sessions", ""), "reader")
	s.door.hub.hear(kyc.Change{Kind: kyc.ChangedLogin, ID: "reader"}) // another browser of the same person
	l.nothing(50 * time.Millisecond)
	s.mu.Lock()
	delete(s.people, "reader")
	s.mu.Unlock()
	s.door.hub.hear(kyc.Change{Kind: kyc.ChangedLogin, ID: "reader"})
	l.ends()
}

// TestStreamsOutliveTheLimitsOfAnswers: the server's time limits are for
// answers, not for streams.
func TestStreamsOutliveTheLimitsOfAnswers(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, func(r *rhythm) { r.beat, r.write = 50*time.Millisecond, 300*time.Millisecond })
	l := s.listen(t, s.serve(t, 200*time.Millisecond), s.since("sessions", ""), "owner")
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		l.hears(":")
	}
}

// TestStreamsAreBounded: by number for each person, and by time.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, func(r *rhythm) { r.life = 400 * time.Millisecond })
	base := s.serve(t, time.Minute)
	var all []*listening
	for range streamsPerUser {
		all = append(all, s.listen(t, base, s.since("sessions", ""), "owner"))
	}
	if l := s.listen(t, base, s.since("sessions", ""), "owner"); l.answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one stream too many: %d, want 429", l.answer.StatusCode)
	}
	if l := s.listen(t, base, s.since("sessions", ""), "reader"); l.answer.StatusCode != http.StatusOK {
		t.Errorf("somebody else: %d", l.answer.StatusCode)
	}
	for _, l := range all {
		l.ends()
	}
	if l := s.listen(t, base, s.since("sessions", ""), "owner"); l.answer.StatusCode != http.StatusOK {
		t.Errorf("after the others ended: %d", l.answer.StatusCode)
	}
	s.door.hub.mu.Lock()
	defer s.door.hub.mu.Unlock()
	if n := s.door.hub.users[ownerID]; n > 1 {
		t.Errorf("%d streams are still counted", n)
	}
}

// TestStreamsOfWhatIsNot: the same answers as for pages, and never a redirect,
// which an EventSource would follow.
func TestStreamsOfWhatIsNot(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, nil)
	events := setHeader("Accept", "text/event-stream")
	for address, want := range map[string]int{"nothing": 404, "session": 404, "sessions/" + sessionN(2): 404, "session/" + sessionN(77): 404, "session/x": 404, "delivery/x": 404} {
		if a := s.ask("GET", "/dashboard/live/"+address, "owner", nil, events); a.Code != want {
			t.Errorf("%s: %d, want %d", address, a.Code, want)
		}
	}
	if a := s.ask("GET", liveAddress("sessions", ""), "", nil, events); a.Code != 401 || a.Header().Get("Location") != "" {
		t.Errorf("without a sign-in: %d to %q, want 401", a.Code, a.Header().Get("Location"))
	}
}

// TestPartsChangeWithWhatTheyShow: the mark of a part says whether it must be
// replaced, and nothing else changes.
func TestPartsChangeWithWhatTheyShow(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	marks := func() map[string]string {
		found := map[string]string{}
		for _, piece := range strings.Split(s.ask("GET", "/dashboard/sessions/"+sessionN(1), "owner", nil).Body.String(), ` data-part="`)[1:] {
			name, rest, _ := strings.Cut(piece, `" data-mark="`)
			found[name], _, _ = strings.Cut(rest, `"`)
		}
		return found
	}
	differ := func(before, after map[string]string) (names string) {
		for _, name := range strings.Fields("banner head why results facts timeline deliveries raw") {
			if before[name] == "" {
				t.Errorf("there is no part %s", name)
			}
			if before[name] != after[name] {
				names += name + " "
			}
		}
		return names
	}
	first := marks()
	if d := differ(first, marks()); d != "" {
		t.Errorf("without a change these differ: %s", d)
	}
	s.records[sessionN(1)] = recordsOf(1, s.sessions[1], kyc.Success)
	second := marks()
	if d := differ(first, second); d != "deliveries " {
		t.Errorf("a delivery changed %q", d)
	}
	s.endpoints[2].State = kyc.EndpointEnabled
	if d := differ(second, marks()); d != "banner " {
		t.Errorf("an endpoint changed %q", d)
	}
}

// TestRefreshIsNoUse: what a page asks by itself neither keeps the sign-in alive
// nor takes a message away that is for the next page.
func TestRefreshIsNoUse(t *testing.T) {
	t.Parallel()
	w := newWorld()
	s := newSite(t, w, "")
	kept := &used{Auth: w}
	s.door.Auth = kept
	notice := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: noticeCookie, Value: "notice.replay.many=3"}) }
	a := s.ask("GET", "/dashboard/sessions", "owner", nil, setHeader("Dash-Refresh", "1"), notice)
	if kept.n != 0 || strings.Contains(a.Body.String(), "3 notifications") || len(a.Result().Cookies()) > 0 {
		t.Errorf("a refresh counted %d times as a use, or took the message", kept.n)
	}
	a = s.ask("GET", "/dashboard/sessions", "owner", nil, notice)
	if kept.n != 1 || !strings.Contains(a.Body.String(), "3 notifications are on their way again.") {
		t.Errorf("a page counted %d times as a use, or has no message", kept.n)
	}
	for _, forged := range []string{"notice.replay.many=-1", "notice.replay.many=<b>", "notice.nothing", "other", "notice.replay.many="} {
		a = s.ask("GET", "/dashboard/sessions", "owner", nil, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: noticeCookie, Value: forged}) })
		if a.Code != 200 || strings.Contains(a.Body.String(), `class="notice good"`) {
			t.Errorf("a forged message %q: %d, and it is shown", forged, a.Code)
		}
	}
}

// used counts the uses of a sign-in.
type used struct {
	Auth
	n int
}

func (u *used) SignedIn(ctx context.Context, cookie string) (*kyc.Principal, error) {
	u.n++
	return u.Auth.SignedIn(ctx, cookie)
}
