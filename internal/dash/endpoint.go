package dash

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// endpointSheet is all that the page of one endpoint shows.
type endpointSheet struct {
	endpoint *kyc.Endpoint // nil while it is new
	scenario *kyc.Scenario
	standing kyc.EndpointStanding
	form     endpointForm
	secret   string             // shown this once
	trouble  map[string][]fault // of the other forms, by name
	replay   replayForm
	now      time.Time
}

// endpoint loads the endpoint that the address names; a foreign one and a
// missing one give the same answer (S9).
func (d *Door) endpoint(v *visit) (*kyc.Endpoint, error) {
	id := v.r.PathValue("id")
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	return d.Webhooks.Endpoint(v.r.Context(), v.who, id)
}

func (d *Door) endpointSheet(v *visit) (x endpointSheet, err error) {
	if x.endpoint, err = d.endpoint(v); err != nil {
		return x, err
	}
	if x.scenario, err = d.Scenarios.Get(v.r.Context(), v.who, x.endpoint.ScenarioID); err != nil {
		return x, err
	}
	standings, err := d.Webhooks.Standings(v.r.Context(), v.who, x.scenario.ID)
	if err != nil {
		return x, err
	}
	x.standing, x.form, x.now = standings[x.endpoint.ID], endpointFormOf(x.endpoint), d.Now()
	x.replay = newReplayForm(x.now)
	return x, nil
}

func (d *Door) showEndpoint(v *visit) error {
	x, err := d.endpointSheet(v)
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, endpointPage(v, x))
	return nil
}

// scenarioOf loads the scenario that a new endpoint is for.
func (d *Door) scenarioOf(v *visit, id string) (*kyc.Scenario, error) {
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	return d.Scenarios.Get(v.r.Context(), v.who, id)
}

func (d *Door) newEndpoint(v *visit) error {
	s, err := d.scenarioOf(v, v.r.URL.Query().Get("scenario"))
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, endpointPage(v, endpointSheet{scenario: s, form: newEndpointForm(s.ID)}))
	return nil
}

// createEndpoint shows the secret in the answer to the form itself: no later
// page could (W5).
func (d *Door) createEndpoint(v *visit) error {
	f := readEndpointForm(v)
	s, err := d.scenarioOf(v, f.scenario)
	if err != nil {
		return err
	}
	e, ok := f.endpoint(v)
	var secret string
	if ok {
		secret, err = d.Webhooks.CreateEndpoint(v.r.Context(), v.who, e)
	}
	if !ok || err != nil {
		return d.refuseEndpoint(v, endpointSheet{scenario: s, form: f}, err)
	}
	d.noted(v, "endpoint created", e.ID)
	v.r.SetPathValue("id", e.ID)
	return d.showSecret(v, secret)
}

// showSecret shows the endpoint's page with a secret that was made just now.
func (d *Door) showSecret(v *visit, secret string) error {
	x, err := d.endpointSheet(v)
	if err != nil {
		return err
	}
	x.secret = secret
	d.show(v, http.StatusOK, endpointPage(v, x))
	return nil
}

// refuseEndpoint shows the settings again with what is wrong with them.
func (d *Door) refuseEndpoint(v *visit, x endpointSheet, err error) error {
	status := http.StatusBadRequest
	if err != nil {
		if !correctable(err) {
			return err
		}
		x.form.faults, status = v.sentences(err), edge.HTTPStatus(kyc.KindOf(err))
		if kyc.KindOf(err) == kyc.Conflict && x.endpoint != nil {
			x.form.lock = strconv.FormatInt(x.endpoint.Lock, 10)
		}
	}
	d.show(v, status, endpointPage(v, x))
	return nil
}

func (d *Door) saveEndpoint(v *visit) error {
	x, err := d.endpointSheet(v)
	if err != nil {
		return err
	}
	x.form = readEndpointForm(v)
	x.form.scenario = x.endpoint.ScenarioID
	e, ok := x.form.endpoint(v)
	if ok {
		e.ID = x.endpoint.ID
		err = d.Webhooks.UpdateEndpoint(v.r.Context(), v.who, e)
	}
	if !ok || err != nil {
		return d.refuseEndpoint(v, x, err)
	}
	d.noted(v, "endpoint changed", x.endpoint.ID)
	return d.done(v, endpointAddress(x.endpoint.ID), "notice.endpoint.saved")
}

// noted writes down who did what to an endpoint.
func (d *Door) noted(v *visit, what, id string) {
	d.Logger.InfoContext(v.r.Context(), "an operator acted on an endpoint", "action", what, "requestId", edge.RequestID(v.r.Context()), "endpoint", id, "user", v.who.UserID)
}

// overlaps are the choices of how long a replaced secret goes on signing (W4).
func overlaps() []option {
	return []option{{"0s", "endpoint.overlap.0"}, {"1h", "endpoint.overlap.1"}, {"24h", "endpoint.overlap.24"}, {"168h", "endpoint.overlap.168"}, {"720h", "endpoint.overlap.720"}}
}

func (d *Door) rotateEndpoint(v *visit) error {
	e, err := d.endpoint(v)
	if err != nil {
		return err
	}
	chosen := v.form("overlap")
	overlap, err := time.ParseDuration(chosen)
	if err != nil || !slices.ContainsFunc(overlaps(), func(o option) bool { return o.value == chosen }) {
		return kyc.ErrInvalid("overlap: choose one of the offered times")
	}
	if !asked(v) {
		return d.ask(v, "webhooks", endpointAddress(e.ID), v.t("endpoint.rotate.question"), v.t("endpoint.rotate"), hidden("overlap", chosen))
	}
	secret, err := d.Webhooks.RotateEndpointSecret(v.r.Context(), v.who, e.ID, overlap)
	if err != nil {
		return err
	}
	d.noted(v, "endpoint secret rotated", e.ID)
	return d.showSecret(v, secret)
}

func (d *Door) enableEndpoint(v *visit) error {
	e, err := d.endpoint(v)
	if err != nil {
		return err
	}
	if err := d.Webhooks.EnableEndpoint(v.r.Context(), v.who, e.ID); err != nil {
		return err
	}
	return d.done(v, endpointAddress(e.ID), "notice.endpoint.enabled")
}

func (d *Door) disableEndpoint(v *visit) error {
	e, err := d.endpoint(v)
	if err != nil {
		return err
	}
	if !asked(v) {
		return d.ask(v, "webhooks", endpointAddress(e.ID), v.t("endpoint.disable.question"), v.t("endpoint.disable"))
	}
	if err := d.Webhooks.DisableEndpoint(v.r.Context(), v.who, e.ID); err != nil {
		return err
	}
	return d.done(v, endpointAddress(e.ID), "notice.endpoint.disabled")
}

func (d *Door) deleteEndpoint(v *visit) error {
	e, err := d.endpoint(v)
	if err != nil {
		return err
	}
	if !asked(v) {
		return d.ask(v, "webhooks", endpointAddress(e.ID), v.t("endpoint.delete.question", "Name", endpointName(v, e)), v.t("endpoint.delete"))
	}
	if err := d.Webhooks.DeleteEndpoint(v.r.Context(), v.who, e.ID); err != nil {
		return err
	}
	d.noted(v, "endpoint deleted", e.ID)
	return d.done(v, webhooksAddress, "notice.endpoint.deleted")
}

// testEndpoint leads to the page of the test's delivery, which shows how it goes (W27).
func (d *Door) testEndpoint(v *visit) error {
	e, err := d.endpoint(v)
	if err != nil {
		return err
	}
	id, err := d.Webhooks.TestEndpoint(v.r.Context(), v.who, e.ID, kyc.EventType(v.form("event")))
	if err != nil {
		return d.refuseForm(v, "test", err)
	}
	return d.done(v, deliveryAddress(id), "notice.test")
}

// refuseForm shows the endpoint's page with what is wrong with one of its
// smaller forms.
func (d *Door) refuseForm(v *visit, form string, err error) error {
	if kind := kyc.KindOf(err); !correctable(err) && kind != kyc.TooLarge {
		return err
	}
	x, loadErr := d.endpointSheet(v)
	if loadErr != nil {
		return loadErr
	}
	x.trouble = map[string][]fault{form: v.sentences(err)}
	if form == "replay" {
		x.replay = readReplayForm(v)
	}
	d.show(v, edge.HTTPStatus(kyc.KindOf(err)), endpointPage(v, x))
	return nil
}

// replayForm is which deliveries of an endpoint to send again (W26).
type replayForm struct{ what, since, from, to string }

// clockForm is how a browser writes a time of a form; ours are in UTC.
const clockForm = "2006-01-02T15:04"

func newReplayForm(now time.Time) replayForm {
	now = now.UTC()
	return replayForm{since: now.Add(-24 * time.Hour).Format(clockForm), from: now.Add(-time.Hour).Format(clockForm), to: now.Format(clockForm)}
}

func readReplayForm(v *visit) replayForm {
	f := newReplayForm(v.began)
	f.what = v.form("what")
	if f.what == "failed" {
		f.since = v.form("since")
	} else {
		f.from, f.to = v.form("from"), v.form("to")
	}
	return f
}

// clockTime reads a time of a form, with or without seconds.
func clockTime(s string) (time.Time, error) {
	t, err := time.Parse(clockForm, s)
	if err != nil {
		t, err = time.Parse(clockForm+":05", s)
	}
	return t, err
}

func (f replayForm) batch(endpointID string) (b kyc.ReplayBatch, err error) {
	b = kyc.ReplayBatch{EndpointID: endpointID, Failed: f.what == "failed"}
	if f.what == "failed" {
		if b.From, err = clockTime(f.since); err != nil {
			return b, kyc.ErrInvalid("since: must be a time")
		}
		return b, nil
	}
	var faults []string
	if b.From, err = clockTime(f.from); err != nil {
		faults = append(faults, "from: must be a time")
	}
	if b.To, err = clockTime(f.to); err != nil {
		faults = append(faults, "to: must be a time")
	} else if !b.From.Before(b.To) && len(faults) == 0 {
		faults = append(faults, "to: must be later than from")
	}
	if len(faults) > 0 {
		return b, kyc.ErrInvalid(faults...)
	}
	return b, nil
}

// replayMany counts first and asks, then sends again (W26).
func (d *Door) replayMany(v *visit) error {
	e, err := d.endpoint(v)
	if err != nil {
		return err
	}
	f := readReplayForm(v)
	b, err := f.batch(e.ID)
	if err != nil {
		return d.refuseForm(v, "replay", err)
	}
	if asked(v) {
		return d.sendAgain(v, b)
	}
	n, err := d.Webhooks.Replayable(v.r.Context(), v.who, b)
	if err != nil {
		return d.refuseForm(v, "replay", err)
	}
	if n == 0 {
		return d.done(v, endpointAddress(e.ID), "notice.replay.none")
	}
	keep := []g.Node{hidden("what", f.what), hidden("since", f.since)}
	if f.what != "failed" {
		keep = []g.Node{hidden("what", f.what), hidden("from", f.from), hidden("to", f.to)}
	}
	return d.ask(v, "webhooks", endpointAddress(e.ID), v.n("replay.question", n), v.t("replay.submit"), keep...)
}

func (d *Door) sendAgain(v *visit, b kyc.ReplayBatch) (err error) {
	var n int
	if b.Failed {
		n, err = d.Webhooks.ReplayFailed(v.r.Context(), v.who, b.EndpointID, b.From)
	} else {
		n, err = d.Webhooks.ReplayRange(v.r.Context(), v.who, b.EndpointID, b.From, b.To)
	}
	if err != nil {
		return d.refuseForm(v, "replay", err)
	}
	d.noted(v, "deliveries replayed", b.EndpointID)
	return d.done(v, endpointAddress(b.EndpointID), "notice.replay.many"+"="+strconv.Itoa(n))
}
