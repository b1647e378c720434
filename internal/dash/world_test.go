package dash

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
	"github.com/openkyc/openkyc/internal/webhook"
)

// sessionN names the sessions of the world.
func sessionN(n int) string { return fmt.Sprintf("5e0f7b%02d-c5d1-11f0-9a01-010203040506", n) }

// newWorld is a day in the life of an account: one session of each status.
func newWorld() *world { return newWorldAt(time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)) }

func newWorldAt(now time.Time) *world {
	w := &world{now: now, account: ours, listName: "Clients", secret: "one-time", passwords: map[string]string{"owner@shop.example": "correct horse"},
		people: map[string]*kyc.Principal{
			"owner":    {AccountID: ours, UserID: ownerID, Name: "owner@shop.example", Role: kyc.RoleOwner},
			"stranger": {AccountID: theirs, UserID: "them", Name: "them@other.example", Role: kyc.RoleOwner},
			"reader":   {AccountID: ours, UserID: "reader", Name: "reader@shop.example", Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC}},
			"nobody":   {AccountID: ours, UserID: "nobody", Name: "nobody@shop.example", Role: kyc.RoleSubordinate},
		},
		events: map[string][]kyc.Event{}, records: map[string][]webhook.Record{}, scenarios: map[string]*kyc.Scenario{},
	}
	d := kyc.Definition{Name: "Passport and face", Steps: []kyc.Step{{Type: kyc.StepDocument, Attempts: 3}, {Type: kyc.StepSelfie, Attempts: 3}, {Type: kyc.StepLiveness, Attempts: 2}},
		Callback: kyc.Callback{URL: "https://shop.example/hooks/kyc"}, Soft: kyc.SoftChecks{"isCropped", kyc.CheckAge}, AllowedOrigins: []string{"https://shop.example"}}
	d.Normalise()
	w.scenarios[flowID] = &kyc.Scenario{ID: flowID, AccountID: ours, Revision: 4, CreatedAt: now.AddDate(0, -1, 0), RevisedAt: now.Add(-50 * time.Hour),
		Secret: "the-scenario-secret", WebhookSecret: "whsec_dGhlLXdlYmhvb2stc2VjcmV0", Definition: d}
	for i, s := range kyc.Statuses() {
		view := sessionOf(i, s, now.Add(-time.Duration(i*i*23+4)*time.Minute))
		w.sessions = append(w.sessions, view)
		w.events[view.SessionID] = eventsOf(view)
		if s.Final() {
			w.records[view.SessionID] = recordsOf(i, view, s)
		}
	}
	w.endpoints = endpointsOf(now)
	w.tokens = []*kyc.APIToken{
		{ID: "5e0f7a31-c5d1-11f0-9a01-010203040506", AccountID: ours, Name: "shop backend", CreatedAt: now.AddDate(0, -1, 0), LastUsedAt: now.Add(-3 * time.Minute)},
		{ID: "5e0f7a32-c5d1-11f0-9a01-010203040506", AccountID: ours, Name: "reports", Permissions: []kyc.Permission{kyc.LogsKYC, kyc.ViewChecks}, CreatedAt: now.AddDate(0, 0, -9), ExpiresAt: now.AddDate(0, 0, 21)},
		{ID: "5e0f7a33-c5d1-11f0-9a01-010203040506", AccountID: ours, Name: "old trial", Permissions: []kyc.Permission{kyc.CreateKYC}, CreatedAt: now.AddDate(0, -6, 0), ExpiresAt: now.AddDate(0, -3, 0)},
	}
	return w
}

func guarded[T any](v T) *kyc.Guarded[T] { return &kyc.Guarded[T]{Value: v} }

func ptr[T any](v T) *T { return &v }

func sessionOf(i int, s kyc.Status, at time.Time) kyc.SessionView {
	keys := []string{"user_1042", "order:77-aa41", "user_1040", "Иван-0917", "user_1033", "b7:customer:00000000000000000000551", "user_0999"}
	view := kyc.SessionView{Status: s, SessionID: sessionN(i), Errors: []string{}, Version: 4, SchemaID: flowID, Spent: kyc.Seconds(time.Duration(i*i*31+42) * time.Second),
		CreatedAt: kyc.Stamp(at), ClientKey: keys[i], ResponseTime: kyc.Stamp(at), Results: []kyc.Result{}}
	if !s.Final() {
		view.SecondsToLive = 2714
	}
	switch s {
	case kyc.Success, kyc.Failed, kyc.Suspicious:
		view.Results = []kyc.Result{documentOf(view, s), selfieOf(view, s), livenessOf(view), facesOf(view, s)}
	case kyc.Exception:
		r := documentOf(view, kyc.Success)
		r.Status, r.Errors, r.Checks.Value, r.OCR.Value.Fields = kyc.Failed, []kyc.Code{kyc.InternalCheckError}, nil, nil
		view.Results = []kyc.Result{r}
	case kyc.Processing, kyc.Expired:
		view.Results = []kyc.Result{documentOf(view, kyc.Success)}
	case kyc.Idle:
	}
	return view
}

func images(v kyc.SessionView, step, file string) string {
	return "/images/kyc/" + ours + "/" + v.SessionID + "/" + step + "/" + file + ".jpg"
}

func documentOf(v kyc.SessionView, s kyc.Status) kyc.Result {
	field := func(title, value string) kyc.Field {
		return kyc.Field{Title: title, Value: value, Conf: kyc.High, LCID: 1033}
	}
	fields := []kyc.Field{field("Surname", "SPECIMEN"), field("Given name(s)", "ANNA MARIA"), field("Sex", "F"), field("Date of birth", "14.07.1990"),
		{Title: "Document number", Value: "UTO4711023", Conf: kyc.Medium}, field("DateOfExpiry", "13.07.2031"), field("NationalityCode", "UTO"), field("IssuingStateCode", "UTO"),
		field("DocumentClassCode", "P"), field("DocumentNumberCheckdigit", "4"), field("MRZStrings", "P<UTOSPECIMEN<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<^UTO4711023<4UTO9007145F3107136<<<<<<<<<<<<<<02"), field("MRZType", "ID-3")}
	r := kyc.Result{Status: kyc.Success, Type: kyc.StepDocument, Spent: kyc.Seconds(9 * time.Second), Errors: []kyc.Code{}, History: []kyc.Past{}, StartedAt: v.CreatedAt, Tries: 1,
		DocName: "Passport", CountryCode: ptr("UTO"), IsBackSide: ptr(false),
		Images: guarded([]string{images(v, "document_0", "1_0")}), ImagesFull: guarded([]string{"/images/kycfull/" + ours + "/2026/03/02/" + v.SessionID + "/document_0_1_0.jpg"}),
		ImageObjects: guarded([]kyc.ImageObject{{Type: "face", Image: images(v, "document_0", "1_face")}, {Type: "document", Image: images(v, "document_0", "1_document")}})}
	mrz, logic, crop := kyc.Passed("isMRZValid", true), kyc.Passed("isLogicalMismatch", true), kyc.Passed("isCropped", true)
	mrz.Confidence = ptr(.984)
	if s == kyc.Failed {
		logic = kyc.Passed("isLogicalMismatch", false)
		logic.Value = "surname differs from the page, expired"
		fields[0].IsMismatch, fields[0].Conf = true, kyc.Low
		r.Status, r.Tries = kyc.Failed, 2
		r.History = []kyc.Past{{Status: kyc.Failed, Errors: []kyc.Code{kyc.UncertainMRZ}, StartedAt: v.CreatedAt, Spent: kyc.Seconds(6 * time.Second)}}
	}
	if s == kyc.Suspicious {
		crop, r.Status = kyc.Passed("isCropped", false), kyc.Failed
	}
	r.Checks.Value = []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{mrz, logic, crop}}}
	r.OCR.Value = kyc.OCR{Status: kyc.Success, Fields: fields}
	return r
}

func selfieOf(v kyc.SessionView, s kyc.Status) kyc.Result {
	r := kyc.Result{Status: kyc.Success, Type: kyc.StepSelfie, Spent: kyc.Seconds(4 * time.Second), StartedAt: v.CreatedAt, Tries: 1,
		Images: guarded([]string{images(v, "selfie_1", "1_0")}), ImagesFull: guarded([]string{images(v, "selfie_1", "1_0")}), FaceSelfie: guarded(images(v, "selfie_1", "1_face"))}
	items := []kyc.CheckItem{kyc.Passed("isCropped", true)}
	if s == kyc.Suspicious {
		age, gender := kyc.Passed(kyc.CheckAge, false), kyc.Passed(kyc.CheckGender, true)
		age.Value, gender.Value, gender.Confidence = "41", "female", ptr(.993)
		items, r.Status, r.Errors = append(items, age, gender), kyc.Failed, []kyc.Code{kyc.AgeMismatch}
	}
	r.Checks.Value = []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: items}}
	return r
}

func livenessOf(v kyc.SessionView) kyc.Result {
	return kyc.Result{Status: kyc.Success, Type: kyc.StepLiveness, Spent: kyc.Seconds(11 * time.Second), StartedAt: v.CreatedAt, Tries: 1,
		Checks: kyc.Guarded[[]kyc.CheckGroup]{Value: []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{kyc.Passed(kyc.CheckCapture, true)}}}},
		Faces:  guarded([]string{images(v, "liveness_2", "1_face"), images(v, "liveness_2", "1_left"), images(v, "liveness_2", "1_right")})}
}

func facesOf(v kyc.SessionView, s kyc.Status) kyc.Result {
	pictures := map[string]string{"document_0": images(v, "document_0", "1_face"), "selfie": images(v, "selfie_1", "1_face"), "liveness_0": images(v, "liveness_2", "1_face")}
	pair := func(a, b, value string, ok bool) kyc.CheckItem {
		item := kyc.Passed(a+" & "+b, ok)
		item.Value, item.Images = value, []string{pictures[a], pictures[b]}
		return item
	}
	r := kyc.Result{Status: kyc.Success, Type: kyc.StepFaces, Tries: 1, StartedAt: v.CreatedAt}
	items := []kyc.CheckItem{pair("document_0", "selfie", "82%", true), pair("document_0", "liveness_0", "79%", true), pair("selfie", "liveness_0", "96%", true)}
	if s == kyc.Failed {
		r.Status = kyc.Failed
		items[0], items[1] = pair("document_0", "selfie", "31%", false), pair("document_0", "liveness_0", "28%", false)
	}
	r.Checks.Value = []kyc.CheckGroup{{Caption: kyc.GroupFaceMatching, Items: items}}
	return r
}

func eventsOf(v kyc.SessionView) []kyc.Event {
	at := time.Time(v.CreatedAt)
	var events []kyc.Event
	add := func(kind, actor, detail string) {
		at = at.Add(7 * time.Second)
		events = append(events, kyc.Event{SessionID: v.SessionID, At: at, Kind: kind, Actor: actor, Detail: detail})
	}
	add("session.created", "person", "scenario revision 4")
	for i, r := range v.Results {
		if r.Type == kyc.StepFaces {
			continue
		}
		name := fmt.Sprintf("%s_%d try %d", r.Type, i, r.Tries)
		add("step.started", "person", name)
		add("step.sent", "person", name+", 1 picture(s)")
		add("step.checked", "system", name+": "+string(r.Status))
	}
	if v.Status.Final() {
		add("session.final", "system", string(v.Status))
		add(webhook.EventFailed, "system", "attempt 1, HTTP 503")
		add(webhook.EventDelivered, "system", "attempt 2, HTTP 204")
		for range 6 {
			add(viewed, ownerID, "document_0 1_0")
		}
	}
	return events
}

func recordsOf(i int, v kyc.SessionView, s kyc.Status) []webhook.Record {
	at := time.Time(v.CreatedAt).Add(70 * time.Second)
	digest := sha256.Sum256([]byte(v.SessionID))
	d := kyc.Delivery{ID: deliveryN(i), AccountID: ours, SessionID: v.SessionID, ScenarioID: flowID, EndpointID: flowID, Sequence: 4, Version: 6, Digest: digest[:], URL: "https://shop.example/hooks/kyc?clientKey=" + "raw", Event: "session.final",
		Status: kyc.DeliveryDelivered, Attempts: 2, CreatedAt: at, DoneAt: at.Add(5 * time.Second), LastCode: 204}
	attempts := []kyc.DeliveryAttempt{{DeliveryID: d.ID, Number: 1, At: at, Code: 503, Latency: 1240 * time.Millisecond, Error: "the receiver answered 503", Answer: "upstream is asleep", Header: headersOf(d, at)},
		{DeliveryID: d.ID, Number: 2, At: at.Add(5 * time.Second), Code: 204, Latency: 87 * time.Millisecond, Header: headersOf(d, at.Add(5*time.Second))}}
	if s == kyc.Failed {
		d.Status, d.NextAt, d.Attempts, d.LastCode, d.LastError = kyc.DeliveryPending, at.Add(3*time.Hour), 1, 503, "the receiver answered 503"
		attempts = attempts[:1]
	}
	return []webhook.Record{{Delivery: d, Attempts: attempts}}
}

func headersOf(d kyc.Delivery, at time.Time) map[string]string {
	return map[string]string{"content-type": "application/json", "webhook-id": d.ID, "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "openkyc-event": d.Event,
		"openkyc-sequence": "4", "openkyc-version": "6"}
}

// insightsOf is what an operator sees of the document beyond the session object.
func insightsOf(id string, p *kyc.Principal) []verify.Insight {
	v := kyc.SessionView{SessionID: id}
	at := func(x, y, w, h float64) kyc.Outline {
		return kyc.Outline{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
	}
	in := verify.Insight{
		Proofs: []verify.ProofView{
			{Proof: kyc.Proof{Caption: "isMRZValid", Test: "grid", Score: .42, Limit: 1.8, Cut: "check-isDisplay"}, Image: images(v, "document_0", "1_check-isDisplay")},
			{Proof: kyc.Proof{Caption: "isLogicalMismatch", Test: "noise", Score: 2.31, Limit: .77, Of: "Surname", Cut: "check-isFieldsModified"}, Image: images(v, "document_0", "1_check-isFieldsModified")},
		},
		Places: []kyc.Place{{Title: "Surname", Value: "SPECIMEM", Outline: at(560, 300, 260, 40)}, {Title: "Date of birth", Value: "14 JUL 1990", Outline: at(560, 520, 220, 40)},
			{Title: "MRZ", Value: "P<UTOSPECIMEN<<ANNA<MARIA", Zone: true, Outline: at(140, 800, 1300, 40)}},
		Pictures: []verify.Canvas{{Small: images(v, "document_0", "1_0"), Full: images(v, "document_0", "1_0"), Width: 1600, Height: 1200}},
	}
	face := images(v, "selfie_1", "1_face")
	selfie := verify.Insight{Proofs: []verify.ProofView{
		{Proof: kyc.Proof{Caption: kyc.CheckAge, Test: kyc.ProofAge, Score: 31.4, Limit: 25, Of: "±5.4", Cut: "face"}, Image: face},
		{Proof: kyc.Proof{Caption: kyc.CheckGender, Test: kyc.ProofGender, Score: 99.3, Limit: 98, Of: "3 %", Cut: "face"}, Image: face}},
		Seen: &kyc.Sighting{SessionID: sessionN(8), Sighted: kyc.Sighted{Frames: 1, Mirrored: 1, Of: 1}}}
	all := []verify.Insight{in, selfie, liveInsight()}
	for i := range all {
		in := &all[i]
		if !p.Can(kyc.ViewImages) {
			in.Pictures = nil
			for i := range in.Proofs {
				in.Proofs[i].Image = ""
			}
		}
		if !p.Can(kyc.ViewChecks) {
			in.Proofs, in.Measures, in.Seen, in.Elsewhere = nil, nil, nil, nil
		}
		if !p.Can(kyc.ViewOCR) {
			in.Places = nil
		}
	}
	return all
}

// liveInsight is what an operator sees of how the recording was captured.
func liveInsight() verify.Insight {
	return verify.Insight{
		Proofs:    []verify.ProofView{{Proof: kyc.Proof{Caption: kyc.CheckCapture, Test: "capture", Score: .28, Limit: .5, Of: "seen"}}},
		Measures:  map[string]string{"capture.risk": "0.28", "capture.signals": "grid 2.90 (0.00), rhythm 0.88 (0.00), seen 0.47 (0.70)"},
		Seen:      &kyc.Sighting{SessionID: sessionN(9), Sighted: kyc.Sighted{Frames: 7, Mirrored: 2, Of: 15}},
		Elsewhere: &kyc.Sighted{Frames: 9, Of: 15},
	}
}
