package dash

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
	"github.com/openkyc/openkyc/internal/verify"
)

// Browsers tells whose a browser is; StillSignedIn does not count as a use.
type Browsers interface {
	SignedIn(ctx context.Context, cookie string) (*kyc.Principal, error)
	StillSignedIn(ctx context.Context, cookie string) (*kyc.Principal, error)
}

// People signs browsers in and out.
type People interface {
	SignIn(ctx context.Context, email, password, address string) (*kyc.Principal, string, error)
	SignOut(ctx context.Context, cookie string) error
	ChangePassword(ctx context.Context, p *kyc.Principal, old, password string) error
	AcceptInvite(ctx context.Context, secret string, n auth.NewOwner) (*kyc.Principal, error)
}

// Tokens manages the account's API tokens.
type Tokens interface {
	CreateToken(ctx context.Context, p *kyc.Principal, n auth.NewToken) (*kyc.APIToken, string, error)
	ListTokens(ctx context.Context, p *kyc.Principal) ([]*kyc.APIToken, error)
	DeleteToken(ctx context.Context, p *kyc.Principal, id string) error
}

// Auth is the room of people and credentials.
type Auth interface {
	Browsers
	People
	Tokens
}

// ScenarioReader shows scenarios to whoever may see them.
type ScenarioReader interface {
	List(ctx context.Context, p *kyc.Principal) ([]*kyc.Scenario, error)
	Get(ctx context.Context, p *kyc.Principal, id string) (*kyc.Scenario, error)
	Export(ctx context.Context, p *kyc.Principal, id string) (scenario.Code, error)
}

// ScenarioEditor changes and tries scenarios.
type ScenarioEditor interface {
	Create(ctx context.Context, p *kyc.Principal, d kyc.Definition) (*kyc.Scenario, error)
	Update(ctx context.Context, p *kyc.Principal, id string, d kyc.Definition) (*kyc.Scenario, error)
	Rotate(ctx context.Context, p *kyc.Principal, id string, which scenario.Which) (*kyc.Scenario, error)
	Check(ctx context.Context, p *kyc.Principal, id, raw string) (scenario.Trial, error)
}

// Scenarios is the room of scenarios.
type Scenarios interface {
	ScenarioReader
	ScenarioEditor
}

// Sessions is what the door asks of the state machine.
type Sessions interface {
	Filter(ctx context.Context, p *kyc.Principal, f kyc.SessionFilter) (verify.Page, error)
	Status(ctx context.Context, p *kyc.Principal, req verify.StatusRequest) (kyc.SessionView, error)
	Timeline(ctx context.Context, p *kyc.Principal, sessionID string) ([]kyc.Event, error)
	Insights(ctx context.Context, p *kyc.Principal, sessionID string) ([]verify.Insight, error)
}

// Changes tells of what changed in the whole installation, once it has committed.
type Changes interface {
	OnChange(f func(kyc.Change)) (cancel func())
}

// Deps is what the door is built from.
type Deps struct {
	Auth      Auth
	Scenarios Scenarios
	Sessions  Sessions
	Webhooks  Webhooks
	Persons   Persons
	Privacy   Privacy
	Decode    func(ctx context.Context, file []byte) kyc.Upload // opens a picture; a bad file is an upload with a fault
	Changes   Changes
	Now       func() time.Time
	Random    io.Reader
	Logger    *slog.Logger
	PublicURL string // what browsers reach this node by; "" is taken from the request
}

// Door serves the operator.
type Door struct {
	Deps
	hub       *hub
	rhythm    rhythm
	texts     *catalogue
	assets    map[string]asset
	origin    *http.CrossOriginProtection
	addresses *edge.Limiter // tries to sign in, by address
	accounts  *edge.Limiter // tries to sign in, by e-mail address
}

// Limits of the door.
const (
	maxForm       = 256 << 10
	rememberedIPs = 10000
)

// New builds the door. It fails when a text or a web file that is built into
// the program is broken, or the public address is not one.
func New(deps Deps) (*Door, error) {
	texts, err := loadCatalogue()
	if err != nil {
		return nil, err
	}
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	d := &Door{Deps: deps, hub: newHub(deps.Now), rhythm: standardRhythm(), texts: texts, assets: files, origin: http.NewCrossOriginProtection(),
		addresses: edge.NewLimiter(edge.Rate{Events: 10, Per: time.Minute, Burst: 10}, rememberedIPs, deps.Now),
		accounts:  edge.NewLimiter(edge.Rate{Events: 10, Per: time.Minute, Burst: 30}, rememberedIPs, deps.Now),
	}
	if deps.PublicURL != "" {
		// A proxy may change Host; the public address is ours all the same.
		if err := d.origin.AddTrustedOrigin(strings.TrimRight(deps.PublicURL, "/")); err != nil {
			return nil, fmt.Errorf("dash: the public address: %w", err)
		}
	}
	deps.Changes.OnChange(d.hub.hear) // for as long as the process lives
	return d, nil
}

// Register mounts every page on the mux.
func (d *Door) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /dashboard/assets/{file}", d.serveAsset)
	mux.Handle("GET /dashboard", http.RedirectHandler(home, http.StatusSeeOther))

	d.open(mux, "GET /dashboard/login", d.showLogin)
	d.open(mux, "POST /dashboard/login", d.login)
	d.open(mux, "GET /dashboard/welcome", d.showWelcome)
	d.open(mux, "POST /dashboard/welcome", d.welcome)
	d.open(mux, "POST /dashboard/preferences", d.prefer)
	d.signed(mux, "POST /dashboard/logout", "", d.logout)
	d.signed(mux, "GET /dashboard/account", "", d.showAccount)
	d.signed(mux, "POST /dashboard/account", "", d.changePassword)
	d.signed(mux, "GET /dashboard/{$}", "", d.goHome)
	d.signed(mux, "GET /dashboard/", "", d.nowhere)

	d.signed(mux, "GET /dashboard/sessions", kyc.LogsKYC, d.listSessions)
	d.signed(mux, "POST /dashboard/sessions", kyc.LogsKYC, d.listSessions)
	d.signed(mux, "GET /dashboard/sessions/{id}", kyc.LogsKYC, d.showSession)
	d.signed(mux, "POST /dashboard/sessions/{id}/replay", kyc.LogsKYC, d.replay)
	d.signed(mux, "POST /dashboard/sessions/{id}/erase", kyc.EraseKYC, d.eraseSession)

	d.signed(mux, "GET /dashboard/scenarios", "", d.listScenarios)
	d.signed(mux, "GET /dashboard/scenarios/new", kyc.EditKYC, d.newScenario)
	d.signed(mux, "POST /dashboard/scenarios/new", kyc.EditKYC, d.saveScenario)
	d.signed(mux, "GET /dashboard/scenarios/{id}", "", d.showScenario)
	d.signed(mux, "POST /dashboard/scenarios/{id}", kyc.EditKYC, d.saveScenario)
	d.signed(mux, "GET /dashboard/scenarios/{id}/export", "", d.exportScenario)
	d.signed(mux, "POST /dashboard/scenarios/{id}/reveal", kyc.EditKYC, d.revealSecret)
	d.signed(mux, "POST /dashboard/scenarios/{id}/rotate", kyc.EditKYC, d.rotateSecret)
	d.signed(mux, "POST /dashboard/scenarios/{id}/check", kyc.EditKYC, d.checkScenario)

	d.signed(mux, "GET /dashboard/webhooks", kyc.LogsKYC, d.listEndpoints)
	d.signed(mux, "GET /dashboard/webhooks/new", kyc.EditKYC, d.newEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/new", kyc.EditKYC, d.createEndpoint)
	d.signed(mux, "GET /dashboard/webhooks/{id}", kyc.LogsKYC, d.showEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}", kyc.EditKYC, d.saveEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}/rotate", kyc.EditKYC, d.rotateEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}/enable", kyc.EditKYC, d.enableEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}/disable", kyc.EditKYC, d.disableEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}/delete", kyc.EditKYC, d.deleteEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}/test", kyc.EditKYC, d.testEndpoint)
	d.signed(mux, "POST /dashboard/webhooks/{id}/replay", kyc.EditKYC, d.replayMany)
	d.signed(mux, "GET /dashboard/deliveries", kyc.LogsKYC, d.listDeliveries)
	d.signed(mux, "POST /dashboard/deliveries", kyc.LogsKYC, d.listDeliveries)
	d.signed(mux, "GET /dashboard/deliveries/{id}", kyc.LogsKYC, d.showDelivery)
	d.signed(mux, "POST /dashboard/deliveries/{id}/replay", kyc.EditKYC, d.replayDelivery)

	d.signed(mux, "GET /dashboard/live/{what}", kyc.LogsKYC, d.live)
	d.signed(mux, "GET /dashboard/live/{what}/{id}", kyc.LogsKYC, d.live)

	d.signed(mux, "GET /dashboard/lists", kyc.ViewPersons, d.listLists)
	d.signed(mux, "POST /dashboard/lists", kyc.EditPersons, d.createList)
	d.signed(mux, "GET /dashboard/lists/search", kyc.ViewPersons, d.showSearch)
	d.signedUpload(mux, "POST /dashboard/lists/search", kyc.ViewPersons, d.searchFaces)
	d.signed(mux, "GET /dashboard/lists/history", kyc.ViewPersons, d.showPast)
	d.signed(mux, "GET /dashboard/lists/{id}", kyc.ViewPersons, d.showList)
	d.signed(mux, "POST /dashboard/lists/{id}", kyc.EditPersons, d.renameList)
	d.signedUpload(mux, "POST /dashboard/lists/{id}/add", kyc.EditPersons, d.addPerson)
	d.signed(mux, "POST /dashboard/lists/{id}/delete", kyc.EditPersons, d.deleteList)
	d.signed(mux, "GET /dashboard/persons/{id}", kyc.ViewPersons, d.showPerson)
	d.signed(mux, "POST /dashboard/persons/{id}", kyc.EditPersons, d.savePerson)
	d.signed(mux, "POST /dashboard/persons/{id}/templates", kyc.EditPersons, d.eraseTemplates)
	d.signed(mux, "POST /dashboard/persons/{id}/delete", kyc.EditPersons, d.deletePerson)
	d.signed(mux, "POST /dashboard/persons/{id}/doubles", kyc.ViewPersons, d.doubles)
	d.signed(mux, "POST /dashboard/persons/{id}/merge", kyc.EditPersons, d.mergePerson)

	d.signed(mux, "GET /dashboard/tokens", kyc.ManageTokens, d.listTokens)
	d.signed(mux, "POST /dashboard/tokens", kyc.ManageTokens, d.createToken)
	d.signed(mux, "POST /dashboard/tokens/{id}/delete", kyc.ManageTokens, d.deleteToken)
}

// Principal tells whose browser asks, for doors that show pictures on our pages.
func (d *Door) Principal(r *http.Request) (*kyc.Principal, error) {
	return d.Auth.SignedIn(r.Context(), d.cookieValue(r))
}
