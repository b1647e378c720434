package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	sessionKeys = "status sessionId errors version schemaId clientId spent createdAt isClientNew clientKey clientUser secondsToLive responseTime results"
	resultKeys  = "status type spent errors history startedAt tries checks docName ocr" // on every result
)

var (
	stamp    = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$`)
	decimals = regexp.MustCompile(`^\d+\.\d{3}$`)
)

// raw takes an object apart without reading its values.
func raw(t *testing.T, object []byte) (m map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatalf("%v in %.200s", err, object)
	}
	return m
}

// sessionObject: the object of section 5, as status and filter and process
// send it, key by key.
func (c *contract) sessionObject(t *testing.T) {
	w, id := c.api(t), c.good.session().SessionID
	status := w.post("/kyc/session/status", fields{"sessionId": id}).is(200).body
	var list struct{ Sessions []json.RawMessage }
	w.post("/kyc/sessions/filter", map[string]any{"filters": fields{"sessionId": id}}).is(200).into(&list)
	if len(list.Sessions) != 1 {
		t.Fatalf("filter finds %d", len(list.Sessions))
	}
	for from, object := range map[string][]byte{"status": status, "filter": list.Sessions[0], "process": c.good.body} {
		if got := strings.Join(keysOf(t, object), " "); got != sessionKeys {
			t.Errorf("%s: keys %s", from, got)
		}
		s := raw(t, object)
		if !decimals.Match(s["spent"]) || !stamp.Match(s["createdAt"]) || !stamp.Match(s["responseTime"]) {
			t.Errorf("%s: spent %s, createdAt %s, responseTime %s", from, s["spent"], s["createdAt"], s["responseTime"])
		}
		if string(s["errors"]) != "[]" || string(s["clientId"]) != `""` || string(s["secondsToLive"]) != "0" || string(s["version"]) != "1" || string(s["isClientNew"]) != "true" {
			t.Errorf("%s: errors %s clientId %s secondsToLive %s version %s isClientNew %s", from, s["errors"], s["clientId"], s["secondsToLive"], s["version"], s["isClientNew"])
		}
		var created, answered time.Time
		if json.Unmarshal(s["createdAt"], &created) != nil || json.Unmarshal(s["responseTime"], &answered) != nil ||
			time.Since(answered).Abs() > time.Hour || answered.Before(created) {
			t.Errorf("%s: created %v, answered %v", from, created, answered)
		}
		if v, err := uuid.Parse(strings.Trim(string(s["sessionId"]), `"`)); err != nil || v.Version() != 1 {
			t.Errorf("%s: sessionId %s", from, s["sessionId"])
		}
		var results []json.RawMessage
		if err := json.Unmarshal(s["results"], &results); err != nil || len(results) != 3 {
			t.Fatalf("%s: %d results, %v", from, len(results), err)
		}
		own := map[string]string{"document": " isBackSide countryCode images imagesFull imageObjects", "selfie": " images imagesFull withDoc faceSelfie faceDoc", "faces": ""}
		if from == "process" {
			own["document"] += " image imageFull"
			own["selfie"] = " images imagesFull image imageFull withDoc faceSelfie faceDoc"
		}
		for i, kind := range []string{"document", "selfie", "faces"} {
			r := raw(t, results[i])
			if got, want := strings.Join(keysOf(t, results[i]), " "), resultKeys+own[kind]; got != want || string(r["type"]) != `"`+kind+`"` {
				t.Errorf("%s: result %d has\n%s instead of\n%s", from, i, got, want)
			}
			if !decimals.Match(r["spent"]) || !stamp.Match(r["startedAt"]) || string(r["status"]) != `"success"` || string(r["tries"]) != "1" || string(r["errors"]) != "[]" || string(r["history"]) != "[]" {
				t.Errorf("%s: result %d: %.300s", from, i, results[i])
			}
			if got := strings.Join(keysOf(t, r["ocr"]), " "); got != "status fields" {
				t.Errorf("%s: ocr has %s", from, got)
			}
		}
	}
	s := c.good.session()
	c.documentResult(t, s.result(t, 0))
	c.selfieResult(t, s.result(t, 1))
	c.facesResult(t, s.result(t, 2))
}

// checkItems reads a result's checks and holds their form.
func checkItems(t *testing.T, r wireResult, caption string) map[string]map[string]any {
	t.Helper()
	var groups []struct {
		Caption string
		Items   []map[string]any
	}
	if err := json.Unmarshal(r.Checks, &groups); err != nil || len(groups) != 1 || groups[0].Caption != caption || len(groups[0].Items) == 0 {
		t.Fatalf("checks of %s: %.300s", r.Type, r.Checks)
	}
	items := map[string]map[string]any{}
	for _, item := range groups[0].Items {
		name, _ := item["caption"].(string)
		if item["status"] != "success" && item["status"] != "failed" || items[name] != nil {
			t.Errorf("check %v", item)
		}
		items[name] = item
	}
	return items
}

// known are the captions of the contract.
const known = " isMRZValid isStampsOk isPrinted isDamaged isOtherObjectsOk isXerocopy isEdited isSignatureOwnerOk isSignatureIssuerOk isDisplay isFieldsModified isCropped isFieldsCorrected isMobile isPhotoApplication isLogicalMismatch isFaceDeepFake isAgeMismatch isEditedSelfie isGenderMismatch isDisplaySelfie "

func (c *contract) documentResult(t *testing.T, r wireResult) {
	items := checkItems(t, r, "fraud")
	for name := range items {
		if !strings.Contains(known, " "+name+" ") {
			t.Logf("a check of ours: %s", name)
		}
	}
	if items["isMRZValid"]["status"] != "success" || items["isLogicalMismatch"]["status"] != "success" {
		t.Errorf("checks of a genuine document: %v", items)
	}
	if r.CountryCode != "UTO" || r.DocName == "" || r.IsBackSide == nil || *r.IsBackSide {
		t.Errorf("countryCode %q, docName %q, isBackSide %v", r.CountryCode, r.DocName, r.IsBackSide)
	}
	var ocr struct {
		Status string
		Fields []json.RawMessage
	}
	if err := json.Unmarshal(r.OCR, &ocr); err != nil || ocr.Status != "success" {
		t.Fatalf("ocr %s", r.OCR)
	}
	form := regexp.MustCompile(`^title value conf lcid isUnreadable isModified isEdited isMismatch imageIndex( isMRZOk)?( valueUTC)?$`)
	values, utc := map[string]string{}, map[string]string{}
	for _, text := range ocr.Fields {
		var f struct{ Title, Value, Conf, ValueUTC string }
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		if names := strings.Join(keysOf(t, text), " "); !form.MatchString(names) || !strings.Contains(" high medium low ", " "+f.Conf+" ") || values[f.Title] != "" {
			t.Errorf("field %s", text)
		}
		values[f.Title], utc[f.Title] = f.Value, f.ValueUTC
	}
	p := c.passport
	zone := p.MRZ()
	names := strings.SplitN(strings.TrimRight(zone[0][5:], "<"), "<<", 2)
	for title, want := range map[string]string{
		"Surname": strings.ReplaceAll(names[0], "<", " "), "Given name(s)": strings.ReplaceAll(names[1], "<", " "), "Sex": p.Sex,
		"Date of birth": p.BirthDate.Format("02.01.2006"), "DateOfExpiry": p.ExpiryDate.Format("02.01.2006"),
		"Document number": p.Number, "MRZ string": strings.Join(zone, ""), "MRZStrings": strings.Join(zone, "^"),
		"DocumentClassCode": "P", "IssuingStateCode": "UTO", "NationalityCode": "UTO", "MRZType": "ID-3",
		"DocumentNumberCheckdigit": zone[1][9:10], "DateOfBirthCheckdigit": zone[1][19:20],
		"DateOfExpiryCheckdigit": zone[1][27:28], "FinalCheckdigit": zone[1][43:44],
	} {
		if !strings.EqualFold(values[title], want) {
			t.Errorf("field %s is %q, the specimen has %q", title, values[title], want)
		}
	}
	for title, day := range map[string]time.Time{"Date of birth": p.BirthDate, "DateOfExpiry": p.ExpiryDate} {
		if want := day.Format("2006-01-02") + "T00:00:00Z"; utc[title] != want {
			t.Errorf("valueUTC of %s is %q, not %q", title, utc[title], want)
		}
	}
	var objects []struct{ Type, Image string }
	if err := json.Unmarshal(r.ImageObjects, &objects); err != nil || len(objects) == 0 || !strings.HasPrefix(objects[0].Image, "/images/kyc/") {
		t.Errorf("imageObjects %s", r.ImageObjects)
	}
}

func (c *contract) selfieResult(t *testing.T, r wireResult) {
	for name := range checkItems(t, r, "fraud") {
		if !strings.Contains(known, " "+name+" ") {
			t.Logf("a check of ours: %s", name)
		}
	}
	var face string
	if json.Unmarshal(r.FaceSelfie, &face) != nil || !strings.HasPrefix(face, "/images/kyc/") || string(r.WithDoc) != "[]" || string(r.FaceDoc) != `""` {
		t.Errorf("faceSelfie %s withDoc %s faceDoc %s", r.FaceSelfie, r.WithDoc, r.FaceDoc)
	}
}

func (c *contract) facesResult(t *testing.T, r wireResult) {
	items := checkItems(t, r, "Face matching")
	pair := items["document_0 & selfie"]
	value, _ := pair["value"].(string)
	images, _ := pair["images"].([]any)
	if len(items) != 1 || pair["status"] != "success" || !regexp.MustCompile(`^\d{1,3}%$`).MatchString(value) || len(images) != 2 {
		t.Fatalf("faces: %s", r.Checks)
	}
	for _, address := range images {
		c.api(t).get(address.(string)).is(200)
	}
	t.Logf("document and selfie of one specimen person: %s", value)
}

// history: an earlier try stays, reduced; and every final object has the same keys.
func (c *contract) history(t *testing.T) {
	o := c.wire(t, "").open(c.pair.SchemaID, cbc(c.pair.ScenarioSecret, nil, []byte("history")))
	if state := o.try(0); state.Try != 1 || !state.Open {
		t.Fatalf("first try: %+v", state)
	}
	o.evidence(0, 1, file{data: bad()}).is(200)
	if state := o.try(0); state.Try != 2 || !state.Open || len(state.Errors) != 1 || state.Errors[0].Code != "[general] bad image" || state.Errors[0].Hint == "" {
		t.Fatalf("second try: %+v", state)
	}
	o.evidence(0, 2, file{data: c.page}).is(200)
	if state := o.settled(); state.Status != "idle" || state.Step != 1 {
		t.Fatalf("after the document: %+v", state)
	}
	s := c.api(t).post("/kyc/session/status", fields{"sessionId": o.id}).is(200)
	view := s.session()
	r := view.result(t, 0)
	if view.Status != "idle" || view.SecondsToLive <= 0 || view.SecondsToLive > 3600 || len(view.Results) != 1 || r.Status != "success" || r.Tries != 2 || len(r.History) != 1 {
		t.Fatalf("an open session: %s", s.body)
	}
	past := raw(t, r.History[0])
	if string(past["status"]) != `"failed"` || string(past["errors"]) != `["[general] bad image"]` || !stamp.Match(past["startedAt"]) || past["ocr"] != nil {
		t.Errorf("history: %s", r.History[0])
	}
	for range 2 { // the last try decides: no picture, no success
		state := o.try(1)
		o.evidence(1, state.Try, file{data: bad()}).is(200)
	}
	end := c.untilFinal(t, o.id)
	if end.Status != "failed" || len(end.Results) != 2 || end.result(t, 1).Tries != 2 || end.SecondsToLive != 0 || end.IsClientNew != true {
		t.Errorf("the end: %s after %d results, %d s to live, new %v", end.Status, len(end.Results), end.SecondsToLive, end.IsClientNew)
	}
	if again := c.api(t).process(fields{"schemaId": c.list.SchemaID, "clientKey": "history"}, bad()).is(200).session(); again.IsClientNew {
		t.Error("a client key that was seen before is not new")
	}
}

// idle: what a session looks like before anything was sent.
func (c *contract) idle(t *testing.T) {
	o := c.wire(t, "").open(c.list.SchemaID, cbc(c.list.ScenarioSecret, nil, []byte("idle")))
	r := c.api(t).post("/kyc/session/status", fields{"sessionId": o.id}).is(200)
	s := raw(t, r.body)
	if got := strings.Join(keysOf(t, r.body), " "); got != sessionKeys || string(s["results"]) != "[]" || string(s["status"]) != `"idle"` || !decimals.Match(s["spent"]) {
		t.Errorf("an idle session: %s", r.body)
	}
}
