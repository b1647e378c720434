package dash

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
)

const scenariosAddress = "/dashboard/scenarios"

func (d *Door) listScenarios(v *visit) error {
	list, err := d.Scenarios.List(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, scenariosPage(v, list))
	return nil
}

func (d *Door) newScenario(v *visit) error {
	def := kyc.Definition{Steps: []kyc.Step{{Type: kyc.StepDocument, Attempts: kyc.DefaultAttempts}, {Type: kyc.StepSelfie, Attempts: kyc.DefaultAttempts}, {Type: kyc.StepLiveness, Attempts: kyc.DefaultAttempts}}}
	def.Normalise()
	d.show(v, http.StatusOK, d.edit(v, scenarioSheet{form: formOf(def, 0)}))
	return nil
}

// scenarioSheet is all that the page of one scenario shows.
type scenarioSheet struct {
	scenario *kyc.Scenario // nil while it is new
	form     scenarioForm
	base     string
	shown    scenario.Which  // the secret that was asked for
	key      string          // what the Check button was given
	trial    *scenario.Trial // what it found
	trouble  []fault         // why it could not be tried
}

// sheet loads the scenario of the address, with its newest definition in the form.
func (d *Door) sheet(v *visit) (scenarioSheet, error) {
	id := v.r.PathValue("id")
	if !kyc.ValidID(id) {
		return scenarioSheet{}, kyc.ErrNotFound()
	}
	s, err := d.Scenarios.Get(v.r.Context(), v.who, id)
	if err != nil {
		return scenarioSheet{}, err
	}
	var random [3]byte
	if _, err := io.ReadFull(d.Random, random[:]); err != nil {
		return scenarioSheet{}, fmt.Errorf("draw a test key: %w", err)
	}
	return scenarioSheet{scenario: s, form: formOf(s.Definition, s.Revision), base: d.base(v), key: "test:" + hex.EncodeToString(random[:])}, nil
}

func (d *Door) showScenario(v *visit) error {
	sheet, err := d.sheet(v)
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, d.edit(v, sheet))
	return nil
}

// saveScenario writes a new scenario or the next revision of one. A button
// beside a step only changes the form.
func (d *Door) saveScenario(v *visit) error {
	sheet := scenarioSheet{}
	isNew := v.r.PathValue("id") == ""
	if !isNew {
		var err error
		if sheet, err = d.sheet(v); err != nil {
			return err
		}
	}
	sheet.form = readScenarioForm(v)
	if sheet.form.rearrange(v.form("do")) {
		d.show(v, http.StatusOK, d.edit(v, sheet))
		return nil
	}
	saved, err := d.save(v, sheet, isNew)
	if err != nil {
		if !correctable(err) {
			return err
		}
		sheet.form.faults = v.sentences(err)
		if kyc.KindOf(err) == kyc.Conflict {
			sheet.form.revision = strconv.Itoa(sheet.scenario.Revision)
		}
		d.show(v, edge.HTTPStatus(kyc.KindOf(err)), d.edit(v, sheet))
		return nil
	}
	return d.done(v, scenarioAddress(saved.ID), "notice.saved")
}

// save refuses to overwrite a revision that the form was not made from.
func (d *Door) save(v *visit, sheet scenarioSheet, isNew bool) (*kyc.Scenario, error) {
	definition := sheet.form.definition()
	if isNew {
		return d.Scenarios.Create(v.r.Context(), v.who, definition)
	}
	if sheet.form.revision != strconv.Itoa(sheet.scenario.Revision) {
		return nil, kyc.Errorf(kyc.Conflict, "changed by somebody else in the meantime; save again to replace it")
	}
	return d.Scenarios.Update(v.r.Context(), v.who, sheet.scenario.ID, definition)
}

func (d *Door) exportScenario(v *visit) error {
	id := v.r.PathValue("id")
	if !kyc.ValidID(id) {
		return kyc.ErrNotFound()
	}
	code, err := d.Scenarios.Export(v.r.Context(), v.who, id)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(code, "", "  ")
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="scenario-`+id+`.json"`)
	_, _ = v.w.Write(append(text, '\n')) // the client has gone when this fails
	return nil
}

// which secret a form is about.
func which(v *visit) (scenario.Which, error) {
	switch w := scenario.Which(v.form("which")); w {
	case scenario.ClientKeySecret, scenario.WebhookSecret:
		return w, nil
	default:
		return "", kyc.ErrInvalid("which: choose secret or webhookSecret")
	}
}

func secretOf(s *kyc.Scenario, w scenario.Which) string {
	if w == scenario.WebhookSecret {
		return s.WebhookSecret
	}
	return s.Secret
}

// revealSecret shows a secret; it is in no page before it is asked for, and
// asking is logged (S10).
func (d *Door) revealSecret(v *visit) error {
	w, err := which(v)
	if err != nil {
		return err
	}
	sheet, err := d.sheet(v)
	if err != nil {
		return err
	}
	d.Logger.InfoContext(v.r.Context(), "secret revealed", "requestId", edge.RequestID(v.r.Context()), "scenario", sheet.scenario.ID, "secret", string(w), "user", v.who.UserID)
	if wantsJSON(v.r) {
		edge.WriteJSON(v.w, http.StatusOK, map[string]string{"value": secretOf(sheet.scenario, w)})
		return nil
	}
	sheet.shown = w
	d.show(v, http.StatusOK, d.edit(v, sheet))
	return nil
}

func (d *Door) rotateSecret(v *visit) error {
	w, err := which(v)
	if err != nil {
		return err
	}
	sheet, err := d.sheet(v)
	if err != nil {
		return err
	}
	address := scenarioAddress(sheet.scenario.ID)
	if !asked(v) {
		return d.ask(v, "scenarios", address, v.t("secret.rotate.question."+string(w)), v.t("secret.rotate"), hidden("which", string(w)))
	}
	if _, err := d.Scenarios.Rotate(v.r.Context(), v.who, sheet.scenario.ID, w); err != nil {
		return err
	}
	d.Logger.InfoContext(v.r.Context(), "secret rotated", "requestId", edge.RequestID(v.r.Context()), "scenario", sheet.scenario.ID, "secret", string(w), "user", v.who.UserID)
	return d.done(v, address+"#secrets", "notice.rotated")
}

// checkScenario proves that a key survives its way through the browser.
func (d *Door) checkScenario(v *visit) error {
	sheet, err := d.sheet(v)
	if err != nil {
		return err
	}
	sheet.key = v.form("key")
	trial, err := d.Scenarios.Check(v.r.Context(), v.who, sheet.scenario.ID, sheet.key)
	status := http.StatusOK
	if err != nil {
		if !correctable(err) {
			return err
		}
		status, sheet.trouble = edge.HTTPStatus(kyc.KindOf(err)), v.sentences(err)
	} else {
		sheet.trial = &trial
	}
	d.show(v, status, d.edit(v, sheet))
	return nil
}

func scenariosPage(v *visit, list []*kyc.Scenario) page {
	create := h.A(h.Class("button primary"), h.Href(scenariosAddress+"/new"), icon("plus"), g.Text(v.t("scenario.new")))
	if !v.can(kyc.EditKYC) {
		create = nil
	}
	content := empty("scenarios", v.t("scenario.empty.title"), v.t("scenario.empty.text"), create)
	if len(list) > 0 {
		content = h.Ul(h.Class("tiles"), g.Map(list, func(s *kyc.Scenario) g.Node { return scenarioTile(v, s) }))
	}
	var action []g.Node
	if create != nil && len(list) > 0 {
		action = []g.Node{create}
	}
	return page{title: v.t("nav.scenarios"), nav: "scenarios", path: scenariosAddress, body: g.Group{
		head(g.Text(v.t("nav.scenarios")), g.Text(v.t("scenario.list.text")), action...), content}}
}

func scenarioTile(v *visit, s *kyc.Scenario) g.Node {
	callback := v.t("scenario.callback.none")
	if s.Callback.URL != "" {
		callback = s.Callback.URL
	}
	return h.Li(h.Class("card tile"),
		h.H2(h.A(h.Href(scenarioAddress(s.ID)), g.Text(s.Name))),
		h.Ol(h.Class("way"), g.Map(s.Steps, func(step kyc.Step) g.Node {
			return h.Li(stepIcon(step.Type), h.Span(g.Text(stepName(v, step.Type))))
		})),
		h.P(h.Class("clip quiet"), icon("webhook"), g.Text(callback)),
		h.P(h.Class("quiet"), g.Text(v.t("scenario.revision", "N", s.Revision)+" · "), moment(s.RevisedAt, true)))
}
