package dash

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// occurrence is one line of the timeline: an event, or several that say the same.
type occurrence struct {
	kyc.Event
	times int
}

// occurrences folds neighbouring looks at pictures by one person into one
// line, since every page of a session shows a dozen of them.
func occurrences(events []kyc.Event) []occurrence {
	var list []occurrence
	for _, e := range events {
		if n := len(list); n > 0 && e.Kind == viewed && list[n-1].Kind == viewed && list[n-1].Actor == e.Actor {
			list[n-1].times++
			list[n-1].At = e.At
			continue
		}
		list = append(list, occurrence{e, 1})
	}
	return list
}

const viewed = "image.viewed"

func timelineCard(v *visit, x dossier) g.Node {
	return card("", "timeline", v.t("detail.timeline"), h.Ol(h.Class("timeline"), g.Map(occurrences(x.events), func(o occurrence) g.Node {
		return h.Li(h.Class("event "+eventClass(o.Event)),
			h.P(g.Text(eventName(v, o)), h.Span(h.Class("quiet"), g.Text(" · "+actorName(v, o.Actor)))),
			g.Iff(o.Detail != "" && o.Kind != viewed, func() g.Node { return h.P(h.Class("quiet"), g.Text(eventDetail(v, o.Event))) }),
			h.P(h.Class("when"), moment(o.At, false)))
	})))
}

func eventName(v *visit, o occurrence) string {
	if o.Kind == viewed {
		return v.n("event.image.viewed", o.times)
	}
	return v.or("event."+o.Kind, o.Kind)
}

// eventDetail says in words what the rooms recorded in their short form; what
// has another form stays as it was recorded.
func eventDetail(v *visit, e kyc.Event) string {
	var index, try, n int
	switch e.Kind {
	case "session.final":
		return v.or("status."+e.Detail, e.Detail)
	case "session.created":
		if _, err := fmt.Sscanf(e.Detail, "scenario revision %d", &n); err == nil {
			return v.t("scenario.revision", "N", n)
		}
	case "step.started", "step.unlit", "step.sent", "step.checked", "step.compared", "step.shown", "step.confirmed", "step.retaken", "step.excused":
		name, rest, ok := strings.Cut(e.Detail, " try ")
		kind, number, ok2 := cutLast(name, "_")
		if _, err := fmt.Sscanf(number+" "+rest, "%d %d", &index, &try); err != nil || !ok || !ok2 {
			return e.Detail
		}
		said := stepName(v, kyc.StepType(kind)) + ", " + v.t("detail.try", "N", try)
		if _, status, ok := strings.Cut(rest, ": "); ok {
			return said + ": " + v.or("status."+status, status)
		}
		if _, pictures, ok := strings.Cut(rest, ", "); ok {
			if _, err := fmt.Sscanf(pictures, "%d", &n); err == nil {
				return said + ", " + v.n("event.pictures", n)
			}
		}
		return said
	case webhook.EventDelivered, webhook.EventFailed, webhook.EventExhausted:
		number, rest, _ := strings.Cut(strings.TrimPrefix(e.Detail, "attempt "), ", ")
		if try, err := strconv.Atoi(number); err == nil {
			return strings.TrimSuffix(v.t("detail.try", "N", try)+", "+rest, ", ")
		}
	}
	return e.Detail
}

// deliveryFault says why an attempt failed; an answer speaks by its number.
func deliveryFault(v *visit, a kyc.DeliveryAttempt) string {
	if a.Code != 0 && strings.HasPrefix(a.Error, "the receiver answered ") {
		return ""
	}
	return sendingSaid(v, a.Error)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// eventClass colours what went well and what did not.
func eventClass(e kyc.Event) string {
	switch e.Kind {
	case "session.final":
		return resultClass(kyc.Status(e.Detail))
	case webhook.EventDelivered:
		return string(kyc.Success)
	case webhook.EventFailed, webhook.EventExhausted:
		return string(kyc.Failed)
	case "step.checked", "step.compared":
		_, status, _ := strings.Cut(e.Detail, ": ")
		return resultClass(kyc.Status(status))
	}
	return "idle"
}

func actorName(v *visit, actor string) string {
	switch {
	case actor != "" && actor == v.who.UserID:
		return v.t("actor.you")
	case actor == "person" || actor == "system" || actor == "api":
		return v.t("actor." + actor)
	case strings.HasPrefix(actor, "token "):
		return v.t("actor.token")
	}
	return v.t("actor.user")
}

func deliveriesCard(v *visit, x dossier) g.Node {
	if len(x.records) == 0 {
		text := v.t("delivery.none")
		if x.view.Status.Final() && x.scenario != nil && x.scenario.Callback.URL == "" {
			text = v.t("delivery.nowhere")
		}
		return card("", "deliveries", v.t("detail.deliveries"), h.P(h.Class("quiet"), g.Text(text)))
	}
	return card("", "deliveries", v.t("detail.deliveries"), g.Map(x.records, func(r webhook.Record) g.Node { return delivery(v, x, r) }))
}

// delivery shows one notification with its attempts and the way to repeat it.
func delivery(v *visit, x dossier, r webhook.Record) g.Node {
	d := r.Delivery
	return h.Div(h.Class("delivery"),
		h.P(h.Class("delivery-line"), deliveryBadge(v, d.Status), h.A(h.Href(deliveryAddress(d.ID)), g.Text(eventTypeName(v, kyc.EventType(d.Event)))),
			h.Span(h.Class("quiet"), g.Text(v.n("delivery.attempts", d.Attempts)))),
		h.P(h.Class("address"), g.Text(d.URL)),
		h.P(h.Class("hint"), g.Text(v.t("delivery.id")+" "), copyable(v, d.ID)),
		g.If(d.Status == kyc.DeliveryPending && !d.NextAt.IsZero(), h.P(g.Text(v.t("delivery.next")+" "), moment(d.NextAt, true))),
		g.If(len(r.Attempts) > 0, h.Ol(h.Class("attempts"), g.Map(r.Attempts, func(a kyc.DeliveryAttempt) g.Node { return attempt(v, a) }))),
		g.If(v.can(kyc.EditKYC), h.Form(h.Method("post"), h.Action(sessionAddress(x.view.SessionID)+"/replay"), hidden("delivery", d.ID),
			h.Button(h.Type("submit"), h.Class("small"), icon("replay"), g.Text(v.t("delivery.replay"))))),
	)
}

func scenarioAddress(id string) string { return "/dashboard/scenarios/" + url.PathEscape(id) }
