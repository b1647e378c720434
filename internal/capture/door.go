package capture

import (
	"context"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// Opener opens sessions and recognises who holds one.
type Opener interface {
	Scenario(ctx context.Context, id string) (*kyc.Scenario, error)
	Begin(ctx context.Context, req verify.BeginRequest) (verify.Started, error)
	Attach(ctx context.Context, credential string) (*kyc.Session, error)
}

// Handover lets a person go on with a session on another device.
type Handover interface {
	HandOff(ctx context.Context, session *kyc.Session) (verify.Handoff, error)
	TakeOver(ctx context.Context, link string) (verify.Started, error)
	Watch(ctx context.Context, credential string) (session *kyc.Session, taken bool, err error)
}

// Stepper moves a session on.
type Stepper interface {
	State(ctx context.Context, sessionID string) (verify.State, error)
	StartAttempt(ctx context.Context, sessionID string, step int) (verify.State, error)
	StartWithoutLight(ctx context.Context, sessionID string, step int) (verify.State, error)
	Submit(ctx context.Context, sessionID string, req verify.SubmitRequest) (verify.State, error)
	Correct(ctx context.Context, sessionID string, req verify.CorrectRequest) (verify.State, error)
	Retake(ctx context.Context, sessionID string, step int) (verify.State, error)
	Excuse(ctx context.Context, sessionID string, step int) (verify.State, error)
	Changed(sessionID string) (wake <-chan struct{}, cancel func())
	View(ctx context.Context, sessionID string) (kyc.SessionView, error)
}

// Sessions is the room behind this door.
type Sessions interface {
	Opener
	Stepper
	Handover
}

// Looker gives quick looks at preview frames, for hints only; no verdict rests
// on them. It must decode under its own limits.
type Looker interface {
	LookFace(ctx context.Context, jpeg []byte) (kyc.FaceLook, error)
	LookDocument(ctx context.Context, jpeg []byte) (kyc.DocumentLook, error)
}

// Config of the door. Sessions, Looker, Open, Assets, Now and Logger are required.
type Config struct {
	Sessions Sessions
	Looker   Looker
	Open     func(ctx context.Context, step kyc.StepType, file []byte) []kyc.Upload // decodes one file under limits and re-encodes it: pictures, several for a document of several pages
	Assets   fs.FS                                                                  // what sdk/build made: widget-lib.js, widget.js, widget.css
	Now      func() time.Time
	Logger   *slog.Logger
	Limits   Limits
	Stopping <-chan struct{} // closed when the process is about to end: long polls answer then; nil: never
}

// Limits of the door; zero fields get the defaults.
type Limits struct {
	Requests edge.Rate     // per address: the pages and everything under /capture
	Opens    edge.Rate     // per address: sessions opened
	Faults   edge.Rate     // per address: client keys that did not open (wire contract, section 2)
	Looks    edge.Rate     // per session
	Lookers  int           // looks computed at one time
	Uploads  int           // uploads held in memory at one time
	Polls    int           // long polls that wait at one time
	Poll     time.Duration // longest wait of one
	Queue    time.Duration // longest wait for a place among the uploads
}

func (l Limits) withDefaults() Limits {
	rate := func(have edge.Rate, events int, per time.Duration, burst int) edge.Rate {
		if have.Events == 0 {
			return edge.Rate{Events: events, Per: per, Burst: burst}
		}
		return have
	}
	number := func(have, standard int) int {
		if have == 0 {
			return standard
		}
		return have
	}
	l.Requests = rate(l.Requests, 50, time.Second, 300)
	l.Opens = rate(l.Opens, 60, time.Minute, 60)
	l.Faults = rate(l.Faults, 10, time.Minute, 20)
	l.Looks = rate(l.Looks, 6, time.Second, 12)
	l.Lookers, l.Uploads, l.Polls = number(l.Lookers, 2), number(l.Uploads, 8), number(l.Polls, 1000)
	if l.Poll == 0 {
		l.Poll = 25 * time.Second
	}
	if l.Queue == 0 {
		l.Queue = 10 * time.Second
	}
	return l
}

// Limiters remember at most this many addresses or sessions each.
const remembered = 20_000

// Door serves the person. It is safe for concurrent use.
type Door struct {
	Config
	assets   *assets
	document *template.Template
	mux      *http.ServeMux
	requests *edge.Limiter
	opens    *edge.Limiter
	faults   *edge.Limiter
	looks    *edge.Limiter
	lookers  chan struct{}
	uploads  chan struct{}
	polls    chan struct{}
	sameSite *http.CrossOriginProtection
}

// New builds the door. It fails when the web files cannot be read; when they
// have not been built yet it serves a sentence that says so.
func New(cfg Config) (*Door, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	files, err := loadAssets(cfg.Assets)
	if err != nil {
		return nil, err
	}
	document, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	d := &Door{
		Config: cfg, assets: files, document: document, mux: http.NewServeMux(), sameSite: http.NewCrossOriginProtection(),
		requests: edge.NewLimiter(cfg.Limits.Requests, remembered, cfg.Now),
		opens:    edge.NewLimiter(cfg.Limits.Opens, remembered, cfg.Now),
		faults:   edge.NewLimiter(cfg.Limits.Faults, remembered, cfg.Now),
		looks:    edge.NewLimiter(cfg.Limits.Looks, remembered, cfg.Now),
		lookers:  make(chan struct{}, cfg.Limits.Lookers),
		uploads:  make(chan struct{}, cfg.Limits.Uploads),
		polls:    make(chan struct{}, cfg.Limits.Polls),
	}
	d.routes()
	return d, nil
}

func (d *Door) routes() {
	open := edge.CORS{Methods: []string{"GET", "HEAD"}}
	d.mux.Handle("/lib/"+loaderFile, open.Middleware(http.HandlerFunc(d.loader)))
	d.mux.Handle("GET /widget/{$}", d.requests.PerAddress(d.Logger)(http.HandlerFunc(d.widgetPage)))
	d.mux.Handle("GET /widget/continue", d.requests.PerAddress(d.Logger)(http.HandlerFunc(d.continuePage)))
	d.mux.HandleFunc("GET /widget/{file}", d.asset)

	requests := d.requests.PerAddress(d.Logger)
	api := func(pattern string, handle func(http.ResponseWriter, *http.Request) error) {
		d.mux.Handle(pattern, edge.Chain(d.answer(handle), requests, d.ownPagesOnly))
	}
	api("POST /capture/session", d.openSession)
	api("GET /capture/state", d.state)
	api("POST /capture/attempt", d.startAttempt)
	api("POST /capture/unlit", d.startWithoutLight)
	api("POST /capture/evidence", d.evidence)
	api("POST /capture/correction", d.correct)
	api("POST /capture/retake", d.retake)
	api("POST /capture/excuse", d.excuse)
	api("POST /capture/look/{what}", d.look)
	api("GET /capture/result", d.result)
	api("POST /capture/handoff", d.handOff)
	api("POST /capture/takeover", d.takeOver)
	api("GET /capture/watch", d.watch)
}

// Handle puts the door in front of the rest of the process. It looks at the
// path before any mux does: the hosted page's address may hold raw base64 with
// "//" in it, which a mux would clean up by a redirect.
func (d *Door) Handle(next http.Handler) http.Handler {
	limited := d.requests.PerAddress(d.Logger)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if schema, key, ok := parseHosted(r.URL.EscapedPath()); ok {
			r.Pattern = "/{schemaId}/{clientKey}" // what the access log shows instead of the path
			limited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.hostedPage(w, r, schema, key) })).ServeHTTP(w, r)
			return
		}
		if mine(r.URL.Path) {
			d.mux.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mine tells the paths of this door.
func mine(path string) bool {
	return path == "/lib/"+loaderFile || strings.HasPrefix(path, "/widget/") || strings.HasPrefix(path, "/capture/")
}

// answer turns a handler's error into the envelope.
func (d *Door) answer(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := handle(w, r); err != nil {
			edge.WriteError(w, r, d.Logger, err)
		}
	})
}

// ownPagesOnly refuses requests that a page of another origin makes a browser
// send: the API is for our own iframe (S40).
func (d *Door) ownPagesOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := d.sameSite.Check(r); err != nil {
			edge.WriteError(w, r, d.Logger, kyc.Wrap(kyc.Forbidden, err, "only the widget's own page may call this"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// attach recognises the widget by its credential.
func (d *Door) attach(r *http.Request) (*kyc.Session, error) {
	credential := edge.Bearer(r)
	if credential == "" || len(credential) > 200 {
		return nil, kyc.ErrAccessDenied()
	}
	return d.Sessions.Attach(r.Context(), credential)
}

// enter takes a place in a bounded room, waiting no longer than patience.
func enter(ctx context.Context, room chan struct{}, patience time.Duration) (leave func(), err error) {
	leave = func() { <-room }
	select {
	case room <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case room <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, kyc.Errorf(kyc.TooMany, "too busy, try again in a moment")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
