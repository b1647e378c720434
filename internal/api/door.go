// Package api is the integrator's door: the REST calls of the wire contract,
// section 4, under /v1 and without it, and the OpenAPI document that describes
// them.
//
// In come requests with a token; out go session objects, cut down to what the
// token may see. A body that does not fit its schema answers 400 "invalid
// schema" with one sentence a fault, a missing or bad token 401, somebody
// else's id the same 404 as one that does not exist. app mounts the door.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/report"
	"github.com/openkyc/openkyc/internal/verify"
)

// Sessions is what the door asks of the state machine.
type Sessions interface {
	Status(ctx context.Context, p *kyc.Principal, req verify.StatusRequest) (kyc.SessionView, error)
	Filter(ctx context.Context, p *kyc.Principal, f kyc.SessionFilter) (verify.Page, error)
	Process(ctx context.Context, p *kyc.Principal, req verify.ProcessRequest) (kyc.SessionView, error)
}

// Images opens stored pictures and notes who looked.
type Images interface {
	Image(ctx context.Context, p *kyc.Principal, req verify.ImageRequest) ([]byte, error)
	Thumb(ctx context.Context, p *kyc.Principal, ownerID, sessionID, label string) ([]byte, error)
	ViewedImage(ctx context.Context, p *kyc.Principal, sessionID, what string) error
}

// Reports writes tables of sessions. It writes nothing before it has read the
// source to its end once, so that errors until then can still be answered.
type Reports interface {
	Write(ctx context.Context, w io.Writer, format report.Format, source report.Source) error
}

// Credentials proves who asks and manages tokens.
type Credentials interface {
	Authenticate(ctx context.Context, credential string) (*kyc.Principal, error)
	Login(ctx context.Context, email, password string, validDays int) (string, error)
	CreateToken(ctx context.Context, p *kyc.Principal, n auth.NewToken) (*kyc.APIToken, string, error)
	ListTokens(ctx context.Context, p *kyc.Principal) ([]*kyc.APIToken, error)
	UpdateToken(ctx context.Context, p *kyc.Principal, id string, expires time.Time) error
	DeleteToken(ctx context.Context, p *kyc.Principal, id string) error
}

// Cookies tells whose browser asks, so that dashboard pages can show pictures.
type Cookies interface {
	Principal(r *http.Request) (*kyc.Principal, error)
}

// Deps is what the door is built from.
type Deps struct {
	Sessions    Sessions
	Images      Images
	Reports     Reports
	Webhooks    Webhooks
	Persons     Persons
	Privacy     Privacy
	FaceModel   string // that measures faces now
	Credentials Credentials
	Cookies     Cookies // nil: tokens only
	// Decode turns one file into an upload; a bad file is an upload with a fault.
	Decode     func(ctx context.Context, file []byte) kyc.Upload
	SigningKey []byte // signs addresses of pictures
	Now        func() time.Time
	Logger     *slog.Logger
	Version    string
}

// Door serves the integrator.
type Door struct {
	Deps
	book       *book
	operations []operation
	logins     *edge.Limiter // failed logins, by address
	failures   *edge.Limiter // failed credentials, by address
	exports    chan struct{} // places for tables that are being written
}

// Limits of the door.
const (
	maxJSON       = 64 << 10
	maxUpload     = 100 << 20 // one process call
	maxExports    = 2         // tables written at one time
	rememberedIPs = 10000
)

// New builds the door.
func New(deps Deps) *Door {
	d := &Door{Deps: deps, book: newBook(), exports: make(chan struct{}, maxExports),
		logins:   edge.NewLimiter(edge.Rate{Events: 10, Per: time.Minute, Burst: 10}, rememberedIPs, deps.Now),
		failures: edge.NewLimiter(edge.Rate{Events: 60, Per: time.Minute, Burst: 60}, rememberedIPs, deps.Now),
	}
	d.operations = d.describe()
	return d
}

// Register mounts every operation on the mux, with /v1 and without.
func (d *Door) Register(mux *http.ServeMux) {
	cors := edge.CORS{Methods: []string{http.MethodGet, http.MethodPost}, Headers: []string{"Content-Type", "Authorization", "token"}}
	for _, op := range d.operations {
		handler := cors.Middleware(op.handler)
		for _, prefix := range []string{"", "/v1"} {
			mux.Handle(op.method+" "+prefix+op.path, handler)
			if op.method == http.MethodPost {
				mux.Handle(http.MethodOptions+" "+prefix+op.path, handler)
			}
		}
	}
	d.registerImages(mux)
	mux.HandleFunc("GET /openapi.json", d.serveDocument)
	mux.HandleFunc("GET /docs", d.serveReference)
	mux.HandleFunc("GET /docs/reference.css", d.serveStyle)
}

func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	edge.WriteError(w, r, d.Logger, err)
}
