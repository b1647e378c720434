package dash

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

// scenarioForm holds a definition as it was typed, so that a mistake costs
// nothing but its correction.
type scenarioForm struct {
	name, url, mode, redirect, match, version string
	strangers                                 string // one of so many may be accepted; "" for no such limit
	life, unit                                string
	ageTolerance, genderCertainty             string // "" for not compared
	appendKey, correction, excuse             bool
	steps                                     []stepRow
	captureRisk                               string            // from which on a recording fails; "" for never
	fraud                                     map[string]string // levels by caption
	proofKinds                                []string          // ticked
	proofAge, proofUnit, proofMatch           string
	proofAnyName                              bool
	moves                                     []string // of liveness, beside turns; ticked
	light                                     string
	soft                                      []string // ticked
	otherSoft, origins                        string   // one a line
	revision                                  string   // that the form was made from
	addTo, duplicates, faceHit                string
	blacklists                                []string        // ticked
	lists                                     []*kyc.FaceList // to choose from
	faults                                    []fault
}

type stepRow struct{ kind, attempts string }

// maxRows bounds what a form may hold; a definition allows fewer.
const maxRows = 20

// softChoices are the checks that can be made soft by a tick.
func softChoices() []string {
	return []string{"isMRZValid", "isLogicalMismatch", "isCropped", "isXerocopy", "isDisplay", "isMobile", "isEdited", "isFieldsModified", "isPhotoApplication",
		"isFieldsCorrected", kyc.CheckTaken, kyc.CheckCapture, kyc.CheckAge, kyc.CheckGender, "isDateFresh", "isNameMatch", "document_0 & selfie", "document_0 & liveness_0", "selfie & liveness_0"}
}

// units of the time to live, largest first.
func units() []option {
	return []option{{"86400", "days"}, {"3600", "hours"}, {"60", "minutes"}, {"1", "seconds"}}
}

func formOf(d kyc.Definition, revision int) scenarioForm {
	f := scenarioForm{name: d.Name, url: d.Callback.URL, mode: string(d.Callback.Mode), redirect: d.SuccessRedirect, correction: d.AllowCorrection, excuse: d.AllowExcuse, appendKey: d.Callback.AppendClientKey,
		match: strconv.FormatFloat(d.Thresholds.FaceMatch, 'f', -1, 64), version: strconv.Itoa(d.RequireKeyVersion), revision: strconv.Itoa(revision),
		origins: strings.Join(d.AllowedOrigins, "\n")}
	if far := d.Thresholds.FaceFAR; far > 0 {
		f.strangers = strconv.FormatFloat(math.Round(1e4/far)/1e4, 'f', -1, 64)
	}
	if risk := d.Thresholds.CaptureRisk; risk > 0 {
		f.captureRisk = strconv.FormatFloat(risk, 'f', -1, 64)
	}
	f.appearance(d.Thresholds)
	f.fraud = map[string]string{}
	for _, c := range kyc.FraudChecks() {
		f.fraud[c.Caption] = string(d.Thresholds.Fraud.Of(c.Caption))
	}
	f.proof(d.AddressProof)
	f.rules(d.FaceLists)
	f.light = string(d.Liveness.Light)
	for _, m := range d.Liveness.Moves {
		f.moves = append(f.moves, string(m))
	}
	for _, s := range d.Steps {
		f.steps = append(f.steps, stepRow{string(s.Type), strconv.Itoa(s.Attempts)})
	}
	for _, u := range units() {
		if n, err := strconv.Atoi(u.value); err == nil && d.SecondsToLive%n == 0 {
			f.life, f.unit = strconv.Itoa(d.SecondsToLive/n), u.value
			break
		}
	}
	var others []string
	for _, c := range d.Soft {
		if slices.Contains(softChoices(), c) {
			f.soft = append(f.soft, c)
		} else {
			others = append(others, c)
		}
	}
	f.otherSoft = strings.Join(others, "\n")
	return f
}

func readScenarioForm(v *visit) scenarioForm {
	f := scenarioForm{name: v.form("name"), url: v.form("callback.url"), mode: v.form("callback.mode"), redirect: v.form("successRedirect"),
		match: v.form("thresholds.faceMatch"), strangers: v.form("thresholds.faceFAR"), ageTolerance: v.form("thresholds.ageTolerance"), genderCertainty: v.form("thresholds.genderCertainty"), version: v.form("requireKeyVersion"), life: v.form("secondsToLive"), unit: v.form("unit"),
		appendKey: v.form("callback.appendClientKey") != "", correction: v.form("allowCorrection") != "", excuse: v.form("allowExcuse") != "", proofAge: v.form("addressProof.maxAge"), proofUnit: v.form("addressProof.unit"),
		proofMatch: v.form("addressProof.nameMatch"), proofAnyName: v.form("addressProof.ignoreName") != "", proofKinds: v.posted("addressProof.kinds"),
		otherSoft: v.form("soft"), origins: v.form("allowedOrigins"), revision: v.form("revision")}
	kinds, attempts := v.posted("steps.type"), v.posted("steps.attempts")
	for i := 0; i < min(len(kinds), len(attempts), maxRows); i++ {
		f.steps = append(f.steps, stepRow{strings.TrimSpace(kinds[i]), strings.TrimSpace(attempts[i])})
	}
	f.addTo, f.duplicates, f.faceHit, f.blacklists = v.form("faceLists.addTo"), v.form("faceLists.duplicates"), v.form("faceLists.threshold"), v.posted("faceLists.blacklists")
	f.captureRisk = v.form("thresholds.captureRisk")
	f.moves, f.light = v.posted("liveness.moves"), v.form("liveness.light")
	f.fraud = map[string]string{}
	for _, c := range kyc.FraudChecks() {
		f.fraud[c.Caption] = v.form("thresholds.fraud." + c.Caption)
	}
	for _, c := range v.posted("softCheck") {
		if slices.Contains(softChoices(), c) {
			f.soft = append(f.soft, c)
		}
	}
	return f
}

// definition turns the form into a definition. What is not a number becomes
// one that the room refuses, so that every fault is found in one place.
func (f scenarioForm) definition() kyc.Definition {
	d := kyc.Definition{Name: f.name, SuccessRedirect: f.redirect, AllowCorrection: f.correction, AllowExcuse: f.excuse, RequireKeyVersion: number(f.version),
		Callback:   kyc.Callback{URL: f.url, Mode: kyc.CallbackMode(f.mode), AppendClientKey: f.appendKey},
		Thresholds: kyc.Thresholds{FaceMatch: decimal(f.match), FaceFAR: f.rate(), Fraud: f.levels(), CaptureRisk: optional(f.captureRisk), AgeTolerance: optional(f.ageTolerance), GenderCertainty: optional(f.genderCertainty)}, AllowedOrigins: lines(f.origins), Soft: kyc.SoftChecks(append(slices.Clone(f.soft), lines(f.otherSoft)...))}
	d.FaceLists = f.faceRules()
	d.Liveness.Light = kyc.LightRule(f.light)
	for _, m := range f.moves[:min(len(f.moves), maxRows)] {
		d.Liveness.Moves = append(d.Liveness.Moves, kyc.Move(m))
	}
	for _, s := range f.steps {
		d.Steps = append(d.Steps, kyc.Step{Type: kyc.StepType(s.kind), Attempts: number(s.attempts)})
	}
	if f.asksForProof() {
		d.AddressProof = f.addressProof()
	}
	life, unit := number(f.life), number(f.unit)
	if life > 0 && unit > 0 && life <= math.MaxInt32/unit {
		d.SecondsToLive = life * unit
	} else {
		d.SecondsToLive = -1
	}
	return d
}

// rate of false accepts: one in so many strangers; 0 when that was left empty.
func (f scenarioForm) rate() float64 {
	if strings.TrimSpace(f.strangers) == "" {
		return 0
	}
	return 1 / decimal(f.strangers)
}

// levels are those that differ from their defaults; nil when none does.
func (f scenarioForm) levels() (levels kyc.FraudLevels) {
	for _, c := range kyc.FraudChecks() {
		if level := kyc.Level(f.fraud[c.Caption]); level != "" && level != c.Default {
			if levels == nil {
				levels = kyc.FraudLevels{}
			}
			levels[c.Caption] = level
		}
	}
	return levels
}

// number reads a whole number over 0, else -1, since 0 would stand for a default.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

func decimal(s string) float64 {
	f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || math.IsNaN(f) || f == 0 {
		return -1
	}
	return f
}

func lines(text string) []string {
	list := []string{}
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && len(list) < 200 {
			list = append(list, line)
		}
	}
	return list
}

// rearrange does what a button beside a step asks for: "add", "remove:1",
// "up:2", "down:0". It tells whether the button was one of these.
func (f *scenarioForm) rearrange(do string) bool {
	verb, index, _ := strings.Cut(do, ":")
	i, err := strconv.Atoi(index)
	inside := err == nil && i >= 0 && i < len(f.steps)
	switch {
	case verb == "add":
		if len(f.steps) < maxRows {
			f.steps = append(f.steps, stepRow{string(kyc.StepDocument), strconv.Itoa(kyc.DefaultAttempts)})
		}
	case verb == "remove" && inside:
		f.steps = slices.Delete(f.steps, i, i+1)
	case verb == "up" && inside && i > 0:
		f.steps[i-1], f.steps[i] = f.steps[i], f.steps[i-1]
	case verb == "down" && inside && i+1 < len(f.steps):
		f.steps[i+1], f.steps[i] = f.steps[i], f.steps[i+1]
	default:
		return verb == "remove" || verb == "up" || verb == "down"
	}
	return true
}

// scenarioFields is the form's body; readers without editKYC get it locked.
func scenarioFields(v *visit, f scenarioForm) g.Node {
	named := func(name, hint string) field {
		x := field{name: name, label: v.t("scenario." + name), faults: f.faults}
		if hint != "" {
			x.hint = v.t(hint)
		}
		return x
	}
	modes := []option{{string(kyc.CallbackEncrypted), v.t("scenario.mode.encrypted")}, {string(kyc.CallbackPlain), v.t("scenario.mode.plain")}}
	versions := []option{{"1", v.t("scenario.version.1")}, {"2", v.t("scenario.version.2")}}
	lifeUnits := make([]option, len(units()))
	for i, u := range units() {
		lifeUnits[i] = option{u.value, v.t("unit." + u.label)}
	}
	return g.Group{
		faultList(v, orphans(f.faults, "name", "steps", "steps.type", "steps.attempts", "secondsToLive", "callback.mode", "callback.url", "successRedirect",
			"thresholds.faceMatch", "thresholds.faceFAR", "thresholds.captureRisk", "thresholds.ageTolerance", "thresholds.genderCertainty", "thresholds.fraud", "requireKeyVersion", "allowedOrigins", "soft", "addressProof.kinds", "addressProof.maxAge",
			"addressProof.unit", "addressProof.nameMatch", "liveness.moves", "liveness.light", "faceLists.addTo", "faceLists.duplicates", "faceLists.blacklists", "faceLists.threshold")),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.what"))),
			named("name", "").input("text", f.name, h.Required(), h.MaxLength("100"), h.AutoComplete("off")),
			stepsField(v, f),
			tick("allowCorrection", "1", f.correction, v.t("scenario.allowCorrection"), ""), h.P(h.Class("hint"), g.Text(v.t("scenario.allowCorrection.hint"))),
			tick("allowExcuse", "1", f.excuse, v.t("scenario.allowExcuse"), ""), h.P(h.Class("hint"), g.Text(v.t("scenario.allowExcuse.hint"))),
			h.Div(h.Class("pairwise"),
				named("secondsToLive", "scenario.secondsToLive.hint").input("number", f.life, h.Required(), h.Min("1"), g.Attr("inputmode", "numeric")),
				field{name: "unit", label: v.t("scenario.unit")}.choice(f.unit, lifeUnits))),
		proofFields(v, f, named),
		movesField(v, f, named),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.judge"))),
			named("thresholds.faceMatch", "scenario.thresholds.faceMatch.hint").input("number", f.match, h.Required(), h.Min("1"), h.Max("100"), h.Step("any"), g.Attr("inputmode", "decimal")),
			named("thresholds.faceFAR", "scenario.thresholds.faceFAR.hint").input("number", f.strangers, h.Min("10"), h.Step("any"), g.Attr("inputmode", "decimal")),
			named("thresholds.captureRisk", "scenario.thresholds.captureRisk.hint").input("number", f.captureRisk, h.Min("0.1"), h.Max("0.9"), h.Step("any"), g.Attr("inputmode", "decimal")),
			appearanceFields(v, f, named),
			fraudField(v, f),
			softField(v, f)),
		listFields(v, f, named),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.tell"))),
			named("callback.url", "scenario.callback.url.hint").input("url", f.url, h.Placeholder("https://shop.example/kyc"), h.AutoComplete("off")),
			named("callback.mode", "").choice(f.mode, modes),
			tick("callback.appendClientKey", "1", f.appendKey, v.t("scenario.callback.appendClientKey"), ""),
			named("successRedirect", "scenario.successRedirect.hint").input("url", f.redirect, h.AutoComplete("off"))),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.guard"))),
			named("requireKeyVersion", "").choice(f.version, versions),
			named("allowedOrigins", "scenario.allowedOrigins.hint").with(func(own ...g.Node) g.Node {
				return h.Textarea(g.Group(own), h.Rows("3"), h.Placeholder("https://shop.example"), g.Attr("spellcheck", "false"), g.Text(f.origins))
			})),
	}
}

func tick(name, value string, on bool, label, title string) g.Node {
	return h.Label(h.Class("tick"), g.If(title != "", h.Title(title)), h.Input(h.Type("checkbox"), h.Name(name), h.Value(value), g.If(on, h.Checked())), h.Span(g.Text(label)))
}

// fraudField chooses how strictly each check against fraud judges.
func fraudField(v *visit, f scenarioForm) g.Node {
	levels := make([]option, 0, 4)
	for _, l := range kyc.Levels() {
		levels = append(levels, option{string(l), v.t("level." + string(l))})
	}
	return h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("scenario.fraud"))), h.P(h.Class("hint"), g.Text(v.t("scenario.fraud.hint"))),
		g.Map(field{name: "thresholds.fraud", faults: f.faults}.wrong(), func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) }),
		h.Div(h.Class("levels"), g.Map(kyc.FraudChecks(), func(c kyc.FraudCheck) g.Node {
			return field{name: "thresholds.fraud." + c.Caption, label: v.t("check." + c.Caption)}.choice(f.fraud[c.Caption], levels)
		})))
}

// movesField chooses what liveness may ask for beside turns of the head.
func movesField(v *visit, f scenarioForm, named func(name, hint string) field) g.Node {
	var rules []option
	for _, r := range kyc.LightRules() {
		rules = append(rules, option{string(r), v.t("light." + cmp.Or(string(r), "off"))})
	}
	return h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.liveness"))),
		h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("scenario.moves"))), h.P(h.Class("hint"), g.Text(v.t("scenario.moves.hint"))),
			g.Map(field{name: "liveness.moves", faults: f.faults}.wrong(), func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) }),
			h.Div(h.Class("ticks"), g.Map(kyc.ExtraMoves(), func(m kyc.Move) g.Node {
				return tick("liveness.moves", string(m), slices.Contains(f.moves, string(m)), v.t("move."+string(m)), "")
			}))),
		named("liveness.light", "scenario.light.hint").choice(f.light, rules))
}

func softField(v *visit, f scenarioForm) g.Node {
	return g.Group{
		h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("scenario.soft"))), h.P(h.Class("hint"), g.Text(v.t("scenario.soft.hint"))),
			h.Div(h.Class("ticks"), g.Map(softChoices(), func(c string) g.Node {
				label := v.or("check."+c, "")
				if label == "" {
					label = pairName(v, c)
				}
				return tick("softCheck", c, slices.Contains(f.soft, c), label, c)
			}))),
		field{name: "soft", label: v.t("scenario.soft.other"), hint: v.t("scenario.soft.other.hint"), faults: f.faults}.with(func(own ...g.Node) g.Node {
			return h.Textarea(g.Group(own), h.Rows("2"), g.Attr("spellcheck", "false"), g.Text(f.otherSoft))
		}),
	}
}

// stepsField is the ordered list of steps. Its buttons are plain submits that
// the script answers by itself where it runs.
func stepsField(v *visit, f scenarioForm) g.Node {
	kinds := []option{{string(kyc.StepDocument), ""}, {string(kyc.StepSelfie), ""}, {string(kyc.StepLiveness), ""}, {string(kyc.StepAddressProof), ""}}
	for i := range kinds {
		kinds[i].label = stepName(v, kyc.StepType(kinds[i].value))
	}
	row := func(i int, s stepRow) g.Node {
		button := func(verb, shape string) g.Node {
			label := v.t("scenario.step." + verb)
			return h.Button(h.Type("submit"), h.Class("mini"), h.Name("do"), h.Value(verb+":"+strconv.Itoa(i)), h.FormNoValidate(), h.Title(label), h.Aria("label", label), icon(shape))
		}
		options := kinds
		if !slices.ContainsFunc(kinds, func(o option) bool { return o.value == s.kind }) {
			options = append([]option{{s.kind, s.kind}}, kinds...)
		}
		return h.Li(
			h.Select(h.Name("steps.type"), h.Aria("label", v.t("scenario.step.type")), g.Map(options, func(o option) g.Node {
				return h.Option(h.Value(o.value), g.If(o.value == s.kind, h.Selected()), g.Text(o.label))
			})),
			h.Label(h.Class("tries"), h.Span(g.Text(v.t("scenario.step.attempts"))),
				h.Input(h.Type("number"), h.Name("steps.attempts"), h.Value(s.attempts), h.Min("1"), h.Max("10"), h.Required(), g.Attr("inputmode", "numeric"))),
			h.Span(h.Class("step-buttons"), button("up", "up"), button("down", "down"), button("remove", "remove")),
			g.Map(f.faults, func(x fault) g.Node {
				if x.index != i || !strings.HasPrefix(x.field, "steps") {
					return nil
				}
				return h.P(h.Class("fault"), g.Text(x.text))
			}))
	}
	rows := make([]g.Node, len(f.steps))
	for i, s := range f.steps {
		rows[i] = row(i, s)
	}
	return h.FieldSet(h.Class("field steps"), h.ID("steps"), h.Legend(g.Text(v.t("scenario.steps"))),
		g.Map(field{name: "steps", faults: f.faults}.wrong(), func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) }),
		g.El("dash-steps", h.Ol(g.Group(rows)),
			h.Template(row(0, stepRow{string(kyc.StepDocument), strconv.Itoa(kyc.DefaultAttempts)})),
			h.Button(h.Type("submit"), h.Class("small"), h.Name("do"), h.Value("add"), h.FormNoValidate(), icon("plus"), g.Text(v.t("scenario.step.add")))))
}
