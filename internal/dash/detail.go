package dash

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
	"github.com/openkyc/openkyc/internal/webhook"
)

// dossier is all that the page of one session shows.
type dossier struct {
	view     kyc.SessionView
	scenario *kyc.Scenario // nil when it is gone
	events   []kyc.Event
	records  []webhook.Record
	insights []verify.Insight // one a result, but for faces
}

// soft tells whether a failed check only makes a session suspicious. Only the
// revision that judged the session may say so.
func (x dossier) soft(caption string) bool {
	return x.scenario != nil && x.scenario.Revision == x.view.Version && x.scenario.SoftFor().Has(caption)
}

// status of one step: the wire knows success and failed only, but in a
// suspicious session whatever failed was soft.
func (x dossier) status(r kyc.Result) kyc.Status {
	if r.Status == kyc.Failed && x.view.Status == kyc.Suspicious {
		return kyc.Suspicious
	}
	return r.Status
}

// session loads the session that the address names; a foreign one and a
// missing one give the same answer (S9).
func (d *Door) session(v *visit) (kyc.SessionView, error) {
	id := v.r.PathValue("id")
	if !kyc.ValidID(id) {
		return kyc.SessionView{}, kyc.ErrNotFound()
	}
	return d.Sessions.Status(v.r.Context(), v.who, verify.StatusRequest{SessionID: id})
}

func (d *Door) dossier(v *visit) (x dossier, err error) {
	ctx := v.r.Context()
	if x.view, err = d.session(v); err != nil {
		return x, err
	}
	x.scenario, err = d.Scenarios.Get(ctx, v.who, x.view.SchemaID)
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return x, err
	}
	if x.events, err = d.Sessions.Timeline(ctx, v.who, x.view.SessionID); err != nil {
		return x, err
	}
	if x.insights, err = d.Sessions.Insights(ctx, v.who, x.view.SessionID); err != nil {
		return x, err
	}
	x.records, err = d.Webhooks.Log(ctx, v.who, x.view.SessionID)
	return x, err
}

func (d *Door) showSession(v *visit) error {
	x, err := d.dossier(v)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(x.view, "", "  ")
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, sessionPage(v, x, string(raw)))
	return nil
}

// replay sends a notification of this session once more.
func (d *Door) replay(v *visit) error {
	view, err := d.session(v)
	if err != nil {
		return err
	}
	records, err := d.Webhooks.Log(v.r.Context(), v.who, view.SessionID)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Delivery.ID != v.form("delivery") {
			continue
		}
		if err := d.Webhooks.Replay(v.r.Context(), v.who, r.Delivery.ID); err != nil {
			return err
		}
		return d.done(v, sessionAddress(view.SessionID)+"#deliveries", "notice.replay")
	}
	return kyc.ErrNotFound()
}

func sessionPage(v *visit, x dossier, raw string) page {
	s := x.view
	address := sessionAddress(s.SessionID)
	content := h.Div(h.Class("columns detail"),
		h.Div(h.Class("wide"),
			part("why", whyCard(v, x)),
			part("results", resultCards(v, x),
				g.If(len(s.Results) == 0, h.Section(h.Class("card"), h.P(h.Class("quiet"), g.Text(v.t("detail.no-results"))))))),
		h.Div(h.Class("narrow"), part("facts", factsCard(v, x)), part("timeline", timelineCard(v, x)), part("deliveries", deliveriesCard(v, x)), part("erase", eraseCard(v, s))),
	)
	return page{title: sessionTitle(v, s), nav: "sessions", path: address, body: lively(v, "session", s.SessionID, address,
		h.P(h.Class("crumb"), h.A(h.Href(home), icon("back"), g.Text(v.t("nav.sessions")))),
		part("head", head(g.Group{g.Text(sessionTitle(v, s)), badge(v, s.Status)}, g.Group{g.Text(scenarioName(x)), g.Text(" · "), moment(time.Time(s.CreatedAt), true)})),
		g.El("dash-zoom", content),
		h.Details(h.Class("card raw"), h.Summary(h.H2(g.Text(v.t("detail.raw")))),
			part("raw", g.El("dash-copy", copyButton(v), h.Pre(h.Code(g.Text(raw)))))))}
}

func scenarioName(x dossier) string {
	if x.scenario == nil {
		return x.view.SchemaID
	}
	return x.scenario.Name
}

func factsCard(v *visit, x dossier) g.Node {
	s := x.view
	return card("", "", v.t("detail.facts"), h.Dl(h.Class("facts"),
		fact(v.t("detail.session"), copyable(v, s.SessionID)),
		g.If(s.ErasedAt == nil, fact(v.t("list.clientKey"), copyable(v, s.ClientKey))),
		g.If(s.ClientUser != "", fact(v.t("detail.clientUser"), copyable(v, s.ClientUser))),
		g.If(s.ClientID != "", fact(v.t("detail.client"), copyable(v, s.ClientID))),
		fact(v.t("list.scenario"), h.A(h.Href(scenarioAddress(s.SchemaID)), g.Text(scenarioName(x))),
			h.Span(h.Class("quiet"), g.Text(" "+v.t("scenario.revision", "N", s.Version)))),
		fact(v.t("list.created"), moment(time.Time(s.CreatedAt), false)),
		fact(v.t("list.spent"), g.Text(v.spent(time.Duration(s.Spent)))),
		g.If(!s.Status.Final(), fact(v.t("detail.left"), g.Text(v.spent(time.Duration(s.SecondsToLive)*time.Second)))),
	))
}

// reason is one line of why a session ended as it did.
type reason struct {
	status kyc.Status
	where  string
	text   string
	detail string
}

// whyCard says the verdict in plain words.
func whyCard(v *visit, x dossier) g.Node {
	s := x.view
	reasons := reasonsOf(v, x)
	return h.Section(h.Class("card why "+resultClass(s.Status)), h.Aria("label", v.t("detail.why")),
		h.Div(h.Class("why-mark"), statusIcon(s.Status)),
		h.Div(
			h.H2(g.Text(v.or("why."+string(s.Status), string(s.Status)))),
			g.If(len(reasons) > 0, h.Ul(h.Class("reasons"), g.Map(reasons, func(r reason) g.Node {
				return h.Li(h.Class(string(r.status)), statusIcon(r.status), h.Div(
					h.P(g.If(r.where != "", h.Strong(g.Text(r.where+": "))), g.Text(r.text)),
					g.If(r.detail != "", h.P(h.Class("quiet"), g.Text(r.detail)))))
			})))))
}

func reasonsOf(v *visit, x dossier) []reason {
	var reasons []reason
	for _, e := range x.view.Errors {
		reasons = append(reasons, reason{status: kyc.Failed, text: explain(v, kyc.Code(e)), detail: e})
	}
	hiddenChecks := false
	for _, r := range x.view.Results {
		if r.Status == kyc.Success {
			continue
		}
		for _, code := range r.Errors {
			reasons = append(reasons, reason{status: x.codeStatus(code), where: stepName(v, r.Type), text: explain(v, code), detail: string(code)})
		}
		hiddenChecks = hiddenChecks || r.Checks.Hidden
		for _, group := range r.Checks.Value {
			for _, item := range group.Items {
				if item.Status != kyc.Success {
					reasons = append(reasons, failedCheck(v, x, r, item))
				}
			}
		}
	}
	if hiddenChecks {
		reasons = append(reasons, reason{status: kyc.Idle, text: v.t("detail.checks.hidden")})
	}
	return reasons
}

// codeStatus is how badly a code counts: as its check does, where it tells of one.
func (x dossier) codeStatus(c kyc.Code) kyc.Status {
	if check := c.Check(); check != "" && x.soft(check) {
		return kyc.Suspicious
	}
	return kyc.Failed
}

func failedCheck(v *visit, x dossier, r kyc.Result, item kyc.CheckItem) reason {
	failed := reason{status: kyc.Failed, where: stepName(v, r.Type), text: v.or("check."+item.Caption+".failed", item.Caption), detail: said(v, item.Value)}
	if r.Type == kyc.StepFaces {
		failed.text, failed.detail = v.t("faces.differ", "Pair", pairName(v, item.Caption)), pairDetail(v, x, item)
	}
	if x.soft(item.Caption) {
		failed.status = kyc.Suspicious
		failed.where += " (" + v.t("detail.soft") + ")"
	}
	return failed
}

// pairDetail says how alike two faces are and how alike they had to be.
func pairDetail(v *visit, x dossier, item kyc.CheckItem) string {
	if _, ok := percent(item.Value); !ok {
		return said(v, item.Value)
	}
	if far := x.rate(); far > 0 {
		return v.t("faces.rate", "Value", item.Value, "N", strconv.FormatFloat(math.Round(1/far), 'f', -1, 64))
	}
	if limit, ok := x.threshold(); ok {
		return v.t("faces.measured", "Value", item.Value, "Limit", strconv.FormatFloat(limit, 'f', -1, 64)+"%")
	}
	return item.Value
}

// rate of false accepts that face pairs were judged by; 0 when they were not, or
// when the revision is not known.
func (x dossier) rate() float64 {
	if x.scenario == nil || x.scenario.Revision != x.view.Version {
		return 0
	}
	return x.scenario.Thresholds.FaceFAR
}

// threshold of face pairs, known only for the revision that judged the session.
func (x dossier) threshold() (float64, bool) {
	if x.scenario == nil || x.scenario.Revision != x.view.Version || x.scenario.Thresholds.FaceFAR > 0 {
		return 0, false
	}
	return x.scenario.Thresholds.FaceMatch, true
}

// explain says what an error code means, in the reader's language.
func explain(v *visit, c kyc.Code) string { return v.or(codeKey(c), kyc.Explain(c).Operator) }
