package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/openkyc/openkyc/internal/kyc"
)

// schemas compiles what the committed document publishes of each event; strictly,
// so that nothing may be there that is not described.
func schemas(t *testing.T, strictly bool) map[string]*jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../../docs/integrator/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if strictly {
		text = []byte(strings.ReplaceAll(string(text), `"additionalProperties": true`, `"additionalProperties": false`))
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	all := map[string]*jsonschema.Schema{}
	for _, event := range kyc.EventTypes() {
		all[string(event)], err = compiler.Compile("openapi.json#/webhooks/" + string(event) + "/post/requestBody/content/application~1json/schema")
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestEventsFitTheirSchemaW29: what is sent of each event, in each mode, for a
// test and in earnest, is what the published schema describes, and nothing more;
// it says its version, stays under 20 kB, and whoever checks by the schema lets a
// new field pass.
func TestEventsFitTheirSchemaW29(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	for _, mode := range []string{"thin", "plain", "encrypted"} {
		id := h.ok("/webhook/endpoint/create", object{"schemaId": h.scenario.ID, "name": mode, "url": "https://" + mode + ".example", "mode": mode, "events": kyc.EventTypes()})["endpoint"].(object)["endpointId"]
		for _, event := range kyc.EventTypes() {
			h.ok("/webhook/endpoint/test", object{"endpointId": id, "event": event})
		}
	}
	h.earnest()
	open, strict := schemas(t, false), schemas(t, true)
	came := map[string]int{}
	for _, m := range h.await(t, 2*3*len(kyc.EventTypes())+1) { // the callback itself hears of the end
		event := m.header.Get("openkyc-event")
		came[event]++
		var body map[string]any
		if err := json.Unmarshal(m.body, &body); err != nil || len(m.body) >= 20<<10 {
			t.Fatalf("%s has %d bytes: %v", event, len(m.body), err)
		}
		if err := open[event].Validate(body); err != nil {
			t.Errorf("%s: %s: %v", event, m.body, err)
		}
		if sample := body["test"] == true && body["sessionId"] != nil; !sample { // the contract's object has no such mark
			if err := strict[event].Validate(body); err != nil {
				t.Errorf("%s: more than is described: %s: %v", event, m.body, err)
			}
		}
		if version, there := body["schemaVersion"]; there && version != 1.0 {
			t.Errorf("%s: version %v", event, version)
		}
		body["newField"] = object{"a": 1}
		if err := open[event].Validate(body); err != nil {
			t.Errorf("%s: an unknown field is not tolerated: %v", event, err)
		}
		delete(body, "type")
		delete(body, "status")
		delete(body, "encrypted")
		if open[event].Validate(body) == nil {
			t.Errorf("%s: anything fits the schema", event)
		}
	}
	for _, event := range kyc.EventTypes() {
		if want := map[kyc.EventType]int{kyc.EventSessionFinal: 7}[event]; came[string(event)] != max(want, 6) {
			t.Errorf("%s came %d times", event, came[string(event)])
		}
	}
}

// earnest lets each event really happen.
func (h *hooks) earnest() {
	h.t.Helper()
	v := &kyc.Session{ID: h.id(), AccountID: h.scenario.AccountID, ScenarioID: h.scenario.ID, Revision: 1, ClientKey: "юзер <1>", Origin: kyc.OriginWidget, Status: kyc.Idle,
		ExpiresAt: time.Now().Add(time.Hour)}
	h.do(func(ctx context.Context, tx kyc.Tx) error {
		v.CreatedAt = tx.Now()
		if err := errors.Join(h.CreateSession(ctx, tx, v), h.room.Notify(ctx, tx, kyc.EventSessionStarted, h.scenario, v, kyc.EventDetail{}),
			h.room.Notify(ctx, tx, kyc.EventStepFinished, h.scenario, v, kyc.EventDetail{Step: &kyc.StepNews{Type: kyc.StepDocument, Try: 1, Status: kyc.Failed}})); err != nil {
			return err
		}
		v.Status = kyc.Success
		view := kyc.SessionView{Status: v.Status, SessionID: v.ID, SchemaID: v.ScenarioID, ClientKey: v.ClientKey, Errors: []string{}, CreatedAt: kyc.Stamp(tx.Now()), ResponseTime: kyc.Stamp(tx.Now()),
			Results: []kyc.Result{{Status: kyc.Success, Type: kyc.StepDocument, Errors: []kyc.Code{}, History: []kyc.Past{}, StartedAt: kyc.Stamp(tx.Now()),
				Checks: kyc.Guarded[[]kyc.CheckGroup]{Value: []kyc.CheckGroup{{Caption: "fraud", Items: []kyc.CheckItem{kyc.Passed("isMRZValid", true)}}}},
				OCR:    kyc.Guarded[kyc.OCR]{Value: kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "Surname", Value: "ERIKSSON", Conf: "high"}}}}}}}
		return h.room.Announce(ctx, tx, h.scenario, v, func() ([]byte, error) { return kyc.JSON(view) })
	})
	h.settled(v.ID)
	h.ok("/webhook/endpoint/disable", object{"endpointId": h.scenario.ID}) // the others hear of it
}
