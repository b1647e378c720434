package dash

import (
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// record loads the delivery that the address names (S9).
func (d *Door) record(v *visit) (webhook.Record, error) {
	id := v.r.PathValue("id")
	if !kyc.ValidID(id) {
		return webhook.Record{}, kyc.ErrNotFound()
	}
	return d.Webhooks.Record(v.r.Context(), v.who, id)
}

func (d *Door) showDelivery(v *visit) error {
	r, err := d.record(v)
	if err != nil {
		return err
	}
	e, err := d.Webhooks.Endpoint(v.r.Context(), v.who, r.Delivery.EndpointID)
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return err
	}
	if err != nil {
		e = nil // deleted meanwhile; its log stays
	}
	d.show(v, http.StatusOK, deliveryPage(v, r, e))
	return nil
}

func (d *Door) replayDelivery(v *visit) error {
	r, err := d.record(v)
	if err != nil {
		return err
	}
	if err := d.Webhooks.Replay(v.r.Context(), v.who, r.Delivery.ID); err != nil {
		return err
	}
	return d.done(v, deliveryAddress(r.Delivery.ID), "notice.replay")
}

func deliveryPage(v *visit, r webhook.Record, e *kyc.Endpoint) page {
	d := r.Delivery
	event := eventTypeName(v, kyc.EventType(d.Event))
	return page{title: event, nav: "webhooks", path: deliveryAddress(d.ID), body: lively(v, "delivery", d.ID, deliveryAddress(d.ID),
		h.P(h.Class("crumb"), h.A(h.Href(deliveriesAddress), icon("back"), g.Text(v.t("log.title")))),
		part("head", head(g.Group{g.Text(event), deliveryBadge(v, d.Status), deliveryTags(v, &d)}, g.Group{g.Text(outcome(v, &d) + " · "), moment(d.CreatedAt, true)},
			g.If(v.can(kyc.EditKYC), h.Form(h.Method("post"), h.Action(deliveryAddress(d.ID)+"/replay"),
				h.Button(h.Type("submit"), icon("replay"), g.Text(v.t("delivery.replay"))))))),
		h.Div(h.Class("columns detail"),
			h.Div(h.Class("wide"), part("attempts", attemptsCard(v, r))),
			h.Div(h.Class("narrow"), part("facts", deliveryFacts(v, d, e)))))}
}

func deliveryFacts(v *visit, d kyc.Delivery, e *kyc.Endpoint) g.Node {
	receiver := g.Text(v.t("log.endpoint.gone"))
	if e != nil {
		receiver = h.A(h.Href(endpointAddress(e.ID)), g.Text(endpointName(v, e)))
	}
	return card("", "", v.t("delivery.title"), h.Dl(h.Class("facts"),
		fact(v.t("delivery.id"), copyable(v, d.ID)),
		fact(v.t("log.event"), h.Code(g.Text(d.Event))),
		fact(v.t("log.endpoint"), receiver),
		fact(v.t("endpoint.url"), h.Span(h.Class("address"), g.Text(d.URL))),
		g.Iff(d.SessionID != "", func() g.Node {
			return fact(v.t("detail.session"), h.A(h.Class("address"), h.Href(sessionAddress(d.SessionID)), g.Text(d.SessionID)))
		}),
		g.If(d.Sequence > 0, fact(v.t("delivery.sequence"), g.Text(strconv.FormatInt(d.Sequence, 10)))),
		fact(v.t("log.created"), moment(d.CreatedAt, false)),
		g.If(!d.DoneAt.IsZero() && d.Status != kyc.DeliveryPending, fact(v.t("delivery.done"), moment(d.DoneAt, false))),
		g.If(d.Status == kyc.DeliveryPending && !d.NextAt.IsZero(), fact(v.t("delivery.next.at"), moment(d.NextAt, true))),
		fact(v.t("log.attempts"), g.Text(strconv.Itoa(d.Attempts))),
		g.If(len(d.Digest) > 0, fact(v.t("delivery.digest"), copyable(v, hex.EncodeToString(d.Digest))))))
}

// attemptsCard shows every attempt with what was sent and what came back, the
// newest first.
func attemptsCard(v *visit, r webhook.Record) g.Node {
	if len(r.Attempts) == 0 {
		return card("", "attempts", v.t("delivery.tries"), h.P(h.Class("quiet"), g.Text(v.t("delivery.tries.none"))))
	}
	newest := slices.Clone(r.Attempts)
	slices.Reverse(newest)
	return card("", "attempts", v.t("delivery.tries"), h.Ol(h.Class("attempts"), g.Map(newest, func(a kyc.DeliveryAttempt) g.Node {
		return attempt(v, a, h.Details(h.ID(attemptID(a, "headers")), h.Summary(g.Text(v.t("delivery.headers"))), headerTable(v, a.Header)))
	})))
}

func headerTable(v *visit, header map[string]string) g.Node {
	if len(header) == 0 {
		return h.P(h.Class("quiet"), g.Text(v.t("delivery.headers.none")))
	}
	return h.Dl(h.Class("facts headers"), g.Map(slices.Sorted(maps.Keys(header)), func(name string) g.Node {
		return fact(name, h.Code(g.Text(header[name])))
	}))
}

// attemptID names what can be unfolded, so that it stays so when the page changes.
func attemptID(a kyc.DeliveryAttempt, what string) string {
	return what + "-" + strconv.Itoa(a.Number) + "-" + a.DeliveryID
}

// attempt is one try at sending; more is what only the delivery's own page shows.
func attempt(v *visit, a kyc.DeliveryAttempt, more ...g.Node) g.Node {
	status, answer, fault := kyc.Failed, v.t("delivery.no-answer"), deliveryFault(v, a)
	if a.Code != 0 {
		answer = "HTTP " + strconv.Itoa(a.Code)
	}
	if a.Code/100 == 2 && a.Error == "" {
		status = kyc.Success
	}
	latency := strconv.FormatInt(a.Latency.Round(time.Millisecond).Milliseconds(), 10)
	return h.Li(h.Class(string(status)), statusIcon(status), h.Div(
		h.P(h.Span(h.Class("quiet"), g.Text(v.t("detail.try", "N", a.Number)+" · ")), h.Strong(g.Text(answer)),
			h.Span(h.Class("quiet"), g.Text(" · "+v.t("delivery.latency", "N", latency)+" · ")), moment(a.At, false)),
		g.If(fault != "", h.P(h.Class("quiet"), g.Text(fault))),
		g.If(a.Answer != "", h.Details(h.ID(attemptID(a, "answer")), h.Summary(g.Text(v.t("delivery.answer"))), h.Pre(h.Code(g.Text(a.Answer))))),
		g.Group(more)))
}
