package dash

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// EndpointReader shows who is told.
type EndpointReader interface {
	Endpoints(ctx context.Context, p *kyc.Principal, scenarioID string) ([]*kyc.Endpoint, error)
	Endpoint(ctx context.Context, p *kyc.Principal, id string) (*kyc.Endpoint, error)
	Disabled(ctx context.Context, p *kyc.Principal) ([]*kyc.Endpoint, error)
	Standings(ctx context.Context, p *kyc.Principal, scenarioID string) (map[string]kyc.EndpointStanding, error)
}

// EndpointEditor changes who is told.
type EndpointEditor interface {
	CreateEndpoint(ctx context.Context, p *kyc.Principal, e *kyc.Endpoint) (secret string, err error)
	UpdateEndpoint(ctx context.Context, p *kyc.Principal, e *kyc.Endpoint) error
	DeleteEndpoint(ctx context.Context, p *kyc.Principal, id string) error
	RotateEndpointSecret(ctx context.Context, p *kyc.Principal, id string, overlap time.Duration) (secret string, err error)
}

// EndpointSwitch turns an endpoint on and off and tries it.
type EndpointSwitch interface {
	EnableEndpoint(ctx context.Context, p *kyc.Principal, id string) error
	DisableEndpoint(ctx context.Context, p *kyc.Principal, id string) error
	TestEndpoint(ctx context.Context, p *kyc.Principal, id string, event kyc.EventType) (deliveryID string, err error)
}

// DeliveryLog tells what was sent.
type DeliveryLog interface {
	List(ctx context.Context, p *kyc.Principal, f kyc.DeliveryFilter) (kyc.DeliveryPage, error)
	Record(ctx context.Context, p *kyc.Principal, deliveryID string) (webhook.Record, error)
	Log(ctx context.Context, p *kyc.Principal, sessionID string) ([]webhook.Record, error)
}

// Replayer sends again.
type Replayer interface {
	Replay(ctx context.Context, p *kyc.Principal, deliveryID string) error
	Replayable(ctx context.Context, p *kyc.Principal, b kyc.ReplayBatch) (int, error)
	ReplayFailed(ctx context.Context, p *kyc.Principal, endpointID string, since time.Time) (int, error)
	ReplayRange(ctx context.Context, p *kyc.Principal, endpointID string, from, to time.Time) (int, error)
}

// Webhooks is the room of notifications.
type Webhooks interface {
	EndpointReader
	EndpointEditor
	EndpointSwitch
	DeliveryLog
	Replayer
}

const webhooksAddress = "/dashboard/webhooks"

func endpointAddress(id string) string { return webhooksAddress + "/" + url.PathEscape(id) }

// receivers are the endpoints of one scenario with how they stand.
type receivers struct {
	scenario  *kyc.Scenario
	endpoints []*kyc.Endpoint
	standings map[string]kyc.EndpointStanding
}

// receivers reads the endpoints of all scenarios of the account.
func (d *Door) receivers(v *visit) ([]receivers, error) {
	ctx := v.r.Context()
	scenarios, err := d.Scenarios.List(ctx, v.who)
	if err != nil {
		return nil, err
	}
	all := make([]receivers, len(scenarios))
	for i, s := range scenarios {
		all[i].scenario = s
		if all[i].endpoints, err = d.Webhooks.Endpoints(ctx, v.who, s.ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (d *Door) listEndpoints(v *visit) error {
	all, err := d.receivers(v)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].standings, err = d.Webhooks.Standings(v.r.Context(), v.who, all[i].scenario.ID); err != nil {
			return err
		}
	}
	d.show(v, http.StatusOK, endpointsPage(v, all, d.Now()))
	return nil
}

func endpointsPage(v *visit, all []receivers, now time.Time) page {
	content := empty("scenarios", v.t("scenario.empty.title"), v.t("endpoint.none.text"), h.A(h.Class("button primary"), h.Href(scenariosAddress), g.Text(v.t("list.empty.action"))))
	if len(all) > 0 {
		content = g.Map(all, func(x receivers) g.Node { return part("scenario-"+x.scenario.ID, receiversCard(v, x, now)) })
	}
	return page{title: v.t("nav.webhooks"), nav: "webhooks", path: webhooksAddress, body: lively(v, "endpoints", "", webhooksAddress,
		head(g.Text(v.t("nav.webhooks")), g.Text(v.t("endpoint.list.text")),
			h.A(h.Class("button"), h.Href(deliveriesAddress), icon("log"), g.Text(v.t("log.title")))),
		content)}
}

func receiversCard(v *visit, x receivers, now time.Time) g.Node {
	return h.Section(h.Class("card flush receivers"), h.Aria("label", x.scenario.Name),
		h.Header(h.H2(h.A(h.Href(scenarioAddress(x.scenario.ID)), g.Text(x.scenario.Name))),
			g.If(v.can(kyc.EditKYC), h.A(h.Class("button small"), h.Href(newEndpointAddress(x.scenario.ID)), icon("plus"), g.Text(v.t("endpoint.new"))))),
		h.Table(h.Class("list"),
			headings(v.t("endpoint.state"), v.t("endpoint.name"), v.t("endpoint.events"), v.t("endpoint.delivered"), v.t("endpoint.waiting"), v.t("endpoint.trouble")),
			h.TBody(g.Map(x.endpoints, func(e *kyc.Endpoint) g.Node { return endpointRow(v, e, x.standings[e.ID], now) }))))
}

func newEndpointAddress(scenarioID string) string {
	return webhooksAddress + "/new?" + url.Values{"scenario": {scenarioID}}.Encode()
}

func endpointRow(v *visit, e *kyc.Endpoint, s kyc.EndpointStanding, now time.Time) g.Node {
	return h.Tr(
		cell(v.t("endpoint.state"), stateBadge(v, stateOf(e, now))),
		cell(v.t("endpoint.name"), h.Div(h.A(h.Class("row"), h.Href(endpointAddress(e.ID)), g.Text(endpointName(v, e))), h.Span(h.Class("clip quiet under"), g.Text(e.URL)))),
		cell(v.t("endpoint.events"), h.Span(g.Text(eventList(v, e)))),
		cell(v.t("endpoint.delivered"), moment(s.DeliveredAt, true)),
		cell(v.t("endpoint.waiting"), counted(v, s.Waiting)),
		cell(v.t("endpoint.trouble"), troubles(v, e, s, now)))
}

// counted is a number that was counted up to the limit of a standing.
func counted(v *visit, n int) g.Node {
	if n >= kyc.StandingLimit {
		return h.Span(h.Class("number"), g.Text(v.t("endpoint.many", "N", kyc.StandingLimit)))
	}
	return h.Span(h.Class("number"), g.Text(v.number(n)))
}

// endpointState is what a person needs to know of an endpoint first.
type endpointState string

const (
	stateWorks    endpointState = "works"
	stateNowhere  endpointState = "nowhere"  // the scenario has no callback address
	stateFailing  endpointState = "failing"  // the last attempts failed
	stateResting  endpointState = "resting"  // W18
	stateSlowed   endpointState = "slowed"   // W14
	stateOff      endpointState = "off"      // by hand
	stateDisabled endpointState = "disabled" // by the platform, W17
)

func stateOf(e *kyc.Endpoint, now time.Time) endpointState {
	switch {
	case e.State == kyc.EndpointDisabled && e.StateReason == webhook.ByHand:
		return stateOff
	case e.State == kyc.EndpointDisabled:
		return stateDisabled
	case e.URL == "":
		return stateNowhere
	case e.OpenUntil.After(now):
		return stateResting
	case e.Failures > 0:
		return stateFailing
	case e.Throttle > 0:
		return stateSlowed
	}
	return stateWorks
}

func stateBadge(v *visit, s endpointState) g.Node {
	look := map[endpointState]kyc.Status{stateWorks: kyc.Success, stateNowhere: kyc.Idle, stateFailing: kyc.Suspicious, stateResting: kyc.Suspicious,
		stateSlowed: kyc.Processing, stateOff: kyc.Expired, stateDisabled: kyc.Failed}[s]
	return h.Span(h.Class("badge still "+string(look)), statusIcon(look), h.Span(g.Text(v.t("endpoint.state."+string(s)))))
}

// endpointName of a scenario's own callback is a word of ours.
func endpointName(v *visit, e *kyc.Endpoint) string {
	if e.Primary() && (e.Name == "" || e.Name == webhook.PrimaryName) {
		return v.t("endpoint.primary")
	}
	return e.Name
}

// eventList names the events that an endpoint gets.
func eventList(v *visit, e *kyc.Endpoint) string {
	var names []string
	for _, event := range kyc.EventTypes() {
		if e.Wants(event) {
			names = append(names, eventTypeName(v, event))
		}
	}
	return strings.Join(names, ", ")
}

func eventTypeName(v *visit, event kyc.EventType) string {
	return v.or("webhook."+string(event), string(event))
}

// troubles say what is not as it should be, a line each.
func troubles(v *visit, e *kyc.Endpoint, s kyc.EndpointStanding, now time.Time) g.Node {
	var list []g.Node
	add := func(more ...g.Node) { list = append(list, h.Li(more...)) }
	switch {
	case e.State == kyc.EndpointDisabled:
		add(disabledReason(v, e))
	case !e.FailingSince.IsZero():
		add(g.Text(v.t("endpoint.failing.since")+": "), moment(e.FailingSince, true), g.Text(", "+v.n("endpoint.failures", e.Failures)))
	}
	if s.LastError != "" {
		add(g.Text(sendingSaid(v, s.LastError)))
	}
	if e.OpenUntil.After(now) {
		add(g.Text(v.t("endpoint.open.until")+": "), moment(e.OpenUntil, true))
	}
	if e.Throttle > 0 {
		add(g.Text(v.t("endpoint.throttled", "Times", 1<<e.Throttle)))
	}
	if s.GivenUp > 0 {
		add(g.Text(v.n("endpoint.given-up", s.GivenUp)))
	}
	if len(list) == 0 {
		return h.Span(g.Text(v.t("endpoint.fine")))
	}
	return h.Ul(h.Class("troubles"), g.Group(list))
}

// disabledReason says in words why an endpoint gets nothing, and since when.
func disabledReason(v *visit, e *kyc.Endpoint) g.Node {
	return g.Group{g.Text(sendingSaid(v, e.StateReason) + " " + v.t("endpoint.disabled.since") + " "), moment(e.StateAt, true), g.Text(".")}
}

// sendingSaid translates what the sender notes of attempts and endpoints. What
// has another form stays as it was noted.
func sendingSaid(v *visit, s string) string {
	var code, failures int
	var day, clock string
	if _, err := fmt.Sscanf(s, "the receiver answered %d", &code); err == nil {
		return v.t("sending.answered", "Code", code)
	}
	if _, err := fmt.Sscanf(s, "nothing but failures since %s %s UTC, %d in a row", &day, &clock, &failures); err == nil {
		return v.t("sending.failures", "Since", day+" "+clock+" UTC", "N", failures)
	}
	return v.or("delivery.fault."+slug(strings.TrimPrefix(s, "the receiver")), s)
}

// banner tells, on every page, of endpoints that the platform has disabled (W17).
func (d *Door) banner(v *visit) g.Node {
	if v.who == nil || !v.can(kyc.LogsKYC) {
		return nil
	}
	all, err := d.Webhooks.Disabled(v.r.Context(), v.who)
	if err != nil {
		d.Logger.ErrorContext(v.r.Context(), "disabled endpoints not read", "route", v.r.Pattern, "error", err.Error())
		return notice("bad", v.t("banner.unknown"))
	}
	var lost []*kyc.Endpoint
	for _, e := range all {
		if e.StateReason != webhook.ByHand {
			lost = append(lost, e)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return h.Div(h.Class("notice bad banner"), h.Role("alert"), icon("failed"), h.Div(
		h.P(h.Strong(g.Text(v.n("banner.disabled", len(lost)))), g.Text(" "+v.t("banner.kept"))),
		h.Ul(g.Map(lost, func(e *kyc.Endpoint) g.Node {
			return h.Li(h.A(h.Href(endpointAddress(e.ID)), g.Text(endpointName(v, e))), g.Text(": "), disabledReason(v, e))
		}))))
}
