package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// encryptedBody is a notification in mode encrypted.
type encryptedBody struct {
	Encrypted string `json:"encrypted" doc:"base64 of IV and AES-256-CBC ciphertext, by the endpoint's secret, of what mode plain would send"`
}

// describeEvents publishes what endpoints get (W29). The schemas are those of
// the types that are sent, and let unknown fields pass: new ones may come.
func (d *Door) describeEvents(doc *huma.OpenAPI) {
	header := func(name, note string, required bool) *huma.Param {
		return &huma.Param{Name: name, In: "header", Description: note, Required: required, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	doc.Webhooks = map[string]*huma.PathItem{}
	for _, event := range kyc.EventTypes() {
		bodies := []*huma.Schema{d.book.answer(reflect.TypeFor[webhook.Notification]()), d.book.answer(reflect.TypeFor[encryptedBody]())}
		if event == kyc.EventSessionFinal {
			bodies = append(bodies, d.book.answer(reflect.TypeFor[kyc.SessionView]()))
		}
		doc.Webhooks[string(event)] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "on " + string(event), Summary: eventSummaries()[event],
			Description: "Any 2xx is success, everything else is tried again. At least once: the same webhook-id means the same notification.",
			Parameters: []*huma.Param{
				header("webhook-id", "the same for every attempt and replay", true),
				header("webhook-timestamp", "Unix seconds of this attempt", true),
				header("webhook-signature", "one or more of v1,<base64 of HMAC-SHA256 of id.timestamp.body>, separated by spaces", true),
				header(webhook.HeaderEvent, string(event), true),
				header(webhook.HeaderSequence, "number of the session's event, from 1", false),
				header(webhook.HeaderVersion, "of the session's state", false),
				header(webhook.HeaderTest, "true: a test event", false),
				header(webhook.HeaderReplay, "true: sent again by hand", false),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: jsonContent(&huma.Schema{AnyOf: bodies})},
			Responses:   map[string]*huma.Response{"204": {Description: "taken"}},
		}}
	}
}

func eventSummaries() map[kyc.EventType]string {
	return map[kyc.EventType]string{
		kyc.EventSessionStarted:   "A person has begun a session",
		kyc.EventStepFinished:     "A try at a step has ended and the session goes on",
		kyc.EventSessionFinal:     "A session is final. In mode plain the body is the session object itself, in mode encrypted the same sealed",
		kyc.EventEndpointDisabled: "Another endpoint of the scenario was disabled",
	}
}

// answer is the schema of what goes out. Whoever checks by it lets pass what a
// later version adds.
func (b *book) answer(t reflect.Type) *huma.Schema {
	schema := b.registry.Schema(t, true, t.Name())
	b.open(schema, map[string]bool{})
	return schema
}

func (b *book) open(s *huma.Schema, seen map[string]bool) {
	if s == nil || seen[s.Ref] {
		return
	}
	if s.Ref != "" {
		seen[s.Ref] = true
		b.open(b.registry.SchemaFromRef(s.Ref), seen)
		return
	}
	if closed, ok := s.AdditionalProperties.(bool); ok && !closed {
		s.AdditionalProperties = true
	}
	b.open(s.Items, seen)
	for _, name := range sortedKeys(s.Properties) {
		b.open(s.Properties[name], seen)
	}
}
