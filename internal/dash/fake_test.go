package dash

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
	"github.com/openkyc/openkyc/internal/verify"
	"github.com/openkyc/openkyc/internal/webhook"
)

// Two accounts: everything belongs to the first, and the second may see nothing of it.
const (
	ours    = "5e0f7a10-c5d1-11f0-9a01-010203040506"
	theirs  = "5e0f7a11-c5d1-11f0-9a01-010203040506"
	ownerID = "5e0f7a12-c5d1-11f0-9a01-010203040506"
	flowID  = "5e0f7a20-c5d1-11f0-9a01-010203040506"
	tokenID = "5e0f7a30-c5d1-11f0-9a01-010203040506"
)

// world is a hand-made set of rooms: they obey the rules of the real ones as
// far as this door can notice.
type world struct {
	mu        sync.Mutex
	now       time.Time
	people    map[string]*kyc.Principal // by cookie
	passwords map[string]string         // by e-mail address
	secret    string                    // of the invitation
	sessions  []kyc.SessionView
	account   string // that owns the sessions
	crowd     int    // more sessions that are only estimated
	events    map[string][]kyc.Event
	records   map[string][]webhook.Record
	endpoints []*kyc.Endpoint
	hear      []func(kyc.Change)
	asked     int // questions to the rooms
	scenarios map[string]*kyc.Scenario
	tokens    []*kyc.APIToken
	filters   []kyc.SessionFilter // what was asked
	searches  []kyc.DeliveryFilter
	calls     []string // what was changed
	listName  string   // of the list of faces, and who is in it
	log       bytes.Buffer
}

func (w *world) did(call string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
}

func (w *world) SignIn(_ context.Context, email, password, _ string) (*kyc.Principal, string, error) {
	if p, ok := w.passwords[email]; !ok || p != password {
		return nil, "", kyc.Errorf(kyc.Forbidden, kyc.MessageBadLogin)
	}
	for cookie, p := range w.people {
		if p.Name == email {
			return p, cookie, nil
		}
	}
	return nil, "", fmt.Errorf("no cookie for %s", email)
}

func (w *world) SignedIn(_ context.Context, cookie string) (*kyc.Principal, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if p := w.people[cookie]; p != nil {
		return p, nil
	}
	return nil, kyc.ErrAccessDenied()
}

func (w *world) StillSignedIn(ctx context.Context, cookie string) (*kyc.Principal, error) {
	return w.SignedIn(ctx, cookie)
}

// OnChange and change are what the store does.
func (w *world) OnChange(f func(kyc.Change)) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hear = append(w.hear, f)
	return func() {}
}

func (w *world) change(kind kyc.ChangeKind, id string) {
	w.mu.Lock()
	all := w.hear
	w.mu.Unlock()
	for _, f := range all {
		f(kyc.Change{AccountID: w.account, Kind: kind, ID: id})
	}
}

func (w *world) SignOut(_ context.Context, cookie string) error {
	w.did("signed out " + cookie)
	return nil
}

func (w *world) ChangePassword(_ context.Context, p *kyc.Principal, old, password string) error {
	if w.passwords[p.Name] != old {
		return kyc.Errorf(kyc.Forbidden, kyc.MessageBadLogin)
	}
	if len(password) < 8 {
		return kyc.ErrInvalid("password: at least 8 characters; 15 or more are advised")
	}
	w.passwords[p.Name] = password
	return nil
}

func (w *world) AcceptInvite(_ context.Context, secret string, n auth.NewOwner) (*kyc.Principal, error) {
	if len(n.Password) < 8 {
		return nil, kyc.ErrInvalid("password: at least 8 characters; 15 or more are advised")
	}
	if secret != w.secret {
		return nil, kyc.Errorf(kyc.Forbidden, "this link is used up or too old; restart the program for a new one")
	}
	p := &kyc.Principal{AccountID: ours, UserID: ownerID, Name: n.Email, Role: kyc.RoleOwner}
	w.people["fresh"], w.passwords[n.Email] = p, n.Password
	return p, nil
}

func (w *world) CreateToken(_ context.Context, p *kyc.Principal, n auth.NewToken) (*kyc.APIToken, string, error) {
	for _, permission := range n.Permissions {
		if !p.Can(permission) {
			return nil, "", kyc.ErrInvalid("permissions: you do not have " + string(permission) + " yourself")
		}
	}
	t := &kyc.APIToken{ID: tokenID, AccountID: p.AccountID, Name: n.Name, Permissions: n.Permissions, ExpiresAt: n.Expires, CreatedAt: w.now}
	w.tokens = append(w.tokens, t)
	return t, "okyc_shown-once", nil
}

func (w *world) ListTokens(_ context.Context, p *kyc.Principal) (list []*kyc.APIToken, _ error) {
	for _, t := range w.tokens {
		if t.AccountID == p.AccountID {
			list = append(list, t)
		}
	}
	return list, nil
}

func (w *world) DeleteToken(_ context.Context, p *kyc.Principal, id string) error {
	for i, t := range w.tokens {
		if t.ID == id && t.AccountID == p.AccountID {
			w.tokens = append(w.tokens[:i:i], w.tokens[i+1:]...)
			return nil
		}
	}
	return kyc.ErrNotFound()
}

func (w *world) Filter(_ context.Context, p *kyc.Principal, f kyc.SessionFilter) (verify.Page, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	w.filters = append(w.filters, f)
	var page verify.Page
	for _, s := range w.sessions {
		at := time.Time(s.CreatedAt)
		if p.AccountID != w.account || f.ClientKey != "" && s.ClientKey != f.ClientKey || len(f.Statuses) > 0 && s.Status != f.Statuses[0] ||
			f.ScenarioID != "" && s.SchemaID != f.ScenarioID || at.Before(f.From) || !f.To.IsZero() && !at.Before(f.To) {
			continue
		}
		page.Total++
		if len(page.Sessions) < f.PageSize {
			page.Sessions = append(page.Sessions, s.For(p))
		}
	}
	if page.Total > len(page.Sessions) && f.PageSize > 1 {
		page.Next = "next-page"
	}
	if w.crowd > 0 {
		page.Total, page.Estimated = page.Total+w.crowd, true
	}
	return page, nil
}

func (w *world) Status(_ context.Context, p *kyc.Principal, req verify.StatusRequest) (kyc.SessionView, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	for _, s := range w.sessions {
		if s.SessionID == req.SessionID && p.AccountID == w.account {
			return s.For(p), nil
		}
	}
	return kyc.SessionView{}, kyc.ErrNotFound()
}

func (w *world) Timeline(_ context.Context, _ *kyc.Principal, id string) ([]kyc.Event, error) {
	return w.events[id], nil
}

func (w *world) Insights(_ context.Context, p *kyc.Principal, id string) ([]verify.Insight, error) {
	return insightsOf(id, p), nil
}

// flows is the room of scenarios.
type flows struct{ *world }

func (w flows) List(_ context.Context, p *kyc.Principal) (list []*kyc.Scenario, _ error) {
	for _, s := range w.scenarios {
		if s.AccountID == p.AccountID {
			c := *s
			c.Secret, c.WebhookSecret = "", ""
			list = append(list, &c)
		}
	}
	return list, nil
}

func (w flows) Get(_ context.Context, p *kyc.Principal, id string) (*kyc.Scenario, error) {
	s := w.scenarios[id]
	if s == nil || s.AccountID != p.AccountID {
		return nil, kyc.ErrNotFound()
	}
	c := *s
	if !p.Can(kyc.EditKYC) {
		c.Secret, c.WebhookSecret = "", ""
	}
	return &c, nil
}

func (w flows) Export(ctx context.Context, p *kyc.Principal, id string) (scenario.Code, error) {
	s, err := w.Get(ctx, p, id)
	if err != nil {
		return scenario.Code{}, err
	}
	return scenario.Code{ID: id, Definition: s.Definition}, nil
}

func (w flows) Create(_ context.Context, p *kyc.Principal, d kyc.Definition) (*kyc.Scenario, error) {
	d.Normalise()
	if faults := d.Validate(); len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	id := "5e0f7a21-c5d1-11f0-9a01-010203040506"
	w.scenarios[id] = &kyc.Scenario{ID: id, AccountID: p.AccountID, Revision: 1, Definition: d, Secret: "made", WebhookSecret: "whsec_made", CreatedAt: w.now, RevisedAt: w.now}
	return w.scenarios[id], nil
}

func (w flows) Update(ctx context.Context, p *kyc.Principal, id string, d kyc.Definition) (*kyc.Scenario, error) {
	if _, err := w.Get(ctx, p, id); err != nil {
		return nil, err
	}
	d.Normalise()
	if faults := d.Validate(); len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	w.scenarios[id].Definition = d
	w.scenarios[id].Revision++
	return w.scenarios[id], nil
}

func (w flows) Rotate(ctx context.Context, p *kyc.Principal, id string, which scenario.Which) (*kyc.Scenario, error) {
	if _, err := w.Get(ctx, p, id); err != nil {
		return nil, err
	}
	w.did("rotated " + string(which))
	return w.scenarios[id], nil
}

func (w flows) Check(ctx context.Context, p *kyc.Principal, id, raw string) (scenario.Trial, error) {
	s, err := w.Get(ctx, p, id)
	if err != nil {
		return scenario.Trial{}, err
	}
	if !kyc.ValidClientKey(raw) {
		return scenario.Trial{}, kyc.ErrInvalid("clientKey: 1 to 36 characters without control characters")
	}
	encrypted, err := client.EncryptKey(s.Secret, raw)
	if err != nil {
		return scenario.Trial{}, err
	}
	decrypted, err := client.DecryptKey(s.Secret, encrypted)
	return scenario.Trial{Encrypted: encrypted, Decrypted: decrypted, OK: err == nil && decrypted == raw}, nil
}

// counter is randomness that repeats, so that pages do.
type counter struct{}

func (counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i * 37)
	}
	return len(p), nil
}

// site is the door behind the real doorstep.
type site struct {
	*world
	door    *Door
	handler http.Handler
}

func newSite(t *testing.T, w *world, publicURL string) *site {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(&w.log, nil))
	now := func() time.Time { return w.now }
	door, err := New(Deps{Auth: w, Scenarios: flows{w}, Sessions: w, Webhooks: hooks{w}, Persons: folk{w}, Privacy: eraser{w}, Decode: func(context.Context, []byte) kyc.Upload { return kyc.Upload{} }, Changes: w, Now: now, Random: counter{}, Logger: logger, PublicURL: publicURL})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	door.Register(mux)
	mux.HandleFunc("GET /images/", drawn)
	return &site{world: w, door: door, handler: edge.Doorstep(edge.Config{Logger: logger, Now: now, Random: counter{}, MaxBody: 1 << 20}, mux)}
}

// ask sends one request as the person with this cookie, "" for nobody.
func (s *site) ask(method, address, cookie string, form url.Values, more ...func(*http.Request)) *httptest.ResponseRecorder {
	var body strings.Reader
	if form != nil {
		body = *strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://kyc.example"+address, &body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: loginCookie, Value: cookie})
	}
	for _, change := range more {
		change(r)
	}
	if strings.HasPrefix(address, "/dashboard/live/") { // a stream does not end by itself
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		r = r.WithContext(ctx)
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, r)
	return answer
}

// drawn answers with a picture that stands for a photograph.
func drawn(w http.ResponseWriter, r *http.Request) {
	face := strings.Contains(r.URL.Path, "face") || strings.Contains(r.URL.Path, "selfie") || strings.Contains(r.URL.Path, "liveness")
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			c := color.RGBA{uint8(150 + x/10), uint8(165 + y/12), 190, 255}
			if dx, dy := float64(x-320)/110, float64(y-220)/140; face && math.Hypot(dx, dy) < 1 {
				c = color.RGBA{214, uint8(170 + y/40), 150, 255}
			}
			if dx, dy := float64(x-320)/210, float64(y-500)/130; face && math.Hypot(dx, dy) < 1 {
				c = color.RGBA{60, 78, 110, 255}
			}
			if !face && x > 60 && x < 580 && y > 70 && y < 410 {
				c = color.RGBA{232, 228, 214, 255}
				if x < 220 && x > 90 && y > 120 && y < 300 {
					c = color.RGBA{170, 176, 186, 255}
				}
				if x > 250 && x < 540 && y%36 < 8 && y < 320 && y > 120 || y > 340 && y < 390 && y%24 < 10 && x > 80 && x < 560 && x%14 < 10 {
					c = color.RGBA{70, 74, 86, 255}
				}
			}
			img.Set(x, y, c)
		}
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Disposition", `attachment; filename="picture.jpg"`)
	_ = jpeg.Encode(w, img, nil)
}
