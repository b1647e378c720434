package kyc

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestNewIDIsVersionOne(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 11, 12, 345678900, time.UTC)
	seen := map[string]bool{}
	for range 1000 {
		id, err := NewID(now, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		u, err := uuid.Parse(id) // an outside party reads it
		if err != nil || u.Version() != 1 || u.Variant() != uuid.RFC4122 {
			t.Fatalf("%s: version %d variant %v err %v", id, u.Version(), u.Variant(), err)
		}
		sec, nsec := u.Time().UnixTime()
		if got := time.Unix(sec, nsec).UTC(); !got.Equal(now) {
			t.Fatalf("time in the id is %v, want %v", got, now)
		}
		if u.NodeID()[0]&1 == 0 {
			t.Fatal("the node id must carry the multicast bit: it is not a machine's")
		}
		if !ValidID(id) || seen[id] {
			t.Fatalf("%s: valid %v, seen before %v", id, ValidID(id), seen[id])
		}
		seen[id] = true
	}
}

func TestValidIDRefusesOthers(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "x", uuid.NewString(), strings.Repeat("-", 36), "00000000-0000-1000-0000-000000000000",
		"b5e2a0f4-c7b1-11f0-8de9-0242ac12000g", "b5e2a0f4c7b111f08de90242ac120002", "{b5e2a0f4-c7b1-11f0-8de9-0242ac120002}"} {
		if ValidID(s) {
			t.Errorf("%q accepted", s)
		}
	}
	if !ValidID("b5e2a0f4-c7b1-11f0-8de9-0242ac120002") {
		t.Error("a good version 1 id refused")
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	good, bad := Passed("isMRZValid", true), Passed("isCropped", false)
	group := func(items ...CheckItem) []CheckGroup { return []CheckGroup{{Caption: GroupFraud, Items: items}} }
	for _, c := range []struct {
		name    string
		finding *Finding
		soft    SoftChecks
		want    Status
	}{
		{"not computed", nil, nil, Exception},
		{"nothing to complain", &Finding{}, nil, Success},
		{"all passed", &Finding{Checks: group(good)}, nil, Success},
		{"an error", &Finding{Errors: []Code{NoFace}, Checks: group(good)}, nil, Failed},
		{"an error is never soft", &Finding{Errors: []Code{NoFace}}, SoftChecks{string(NoFace)}, Failed},
		{"a failed check", &Finding{Checks: group(good, bad)}, nil, Failed},
		{"a failed soft check", &Finding{Checks: group(good, bad)}, SoftChecks{"isCropped"}, Suspicious},
		{"soft and hard", &Finding{Checks: group(bad, Passed("isMRZValid", false))}, SoftChecks{"isCropped"}, Failed},
		{"a check without a status fails closed", &Finding{Checks: group(CheckItem{Caption: "isEdited"})}, SoftChecks{"isEdited"}, Failed},
	} {
		if got := c.finding.Verdict(c.soft); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// The contract's rule as a property: success exactly when there is something
// and all of it is a success; one failure is enough to fail.
func TestOverallProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		verdicts := rapid.SliceOf(rapid.SampledFrom([]Status{Success, Failed, Suspicious, Exception})).Draw(t, "verdicts")
		got := Overall(verdicts)
		count := map[Status]int{}
		for _, v := range verdicts {
			count[v]++
		}
		want := Success
		switch {
		case len(verdicts) == 0 || count[Exception] > 0:
			want = Exception
		case count[Failed] > 0:
			want = Failed
		case count[Suspicious] > 0:
			want = Suspicious
		}
		if got != want {
			t.Fatalf("%v: %s, want %s", verdicts, got, want)
		}
		if !got.Final() {
			t.Fatalf("a verdict must be final, got %s", got)
		}
	})
}

func TestOverallNeverTrustsUnfinished(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{Idle, Processing, "", "nonsense"} {
		if got := Overall([]Status{Success, s}); got != Exception {
			t.Errorf("%q: %s, want exception", s, got)
		}
	}
}

func TestSessionViewKeyOrder(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(SessionView{Spent: Seconds(1234567 * time.Microsecond), CreatedAt: Stamp(time.Unix(0, 0)), Errors: []string{}, Results: []Result{}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"status":"","sessionId":"","errors":[],"version":0,"schemaId":"","clientId":"","spent":1.235,"createdAt":"1970-01-01T00:00:00.000Z",` +
		`"isClientNew":false,"clientKey":"","clientUser":"","secondsToLive":0,"responseTime":null,"results":[]}`
	if got := string(b); !strings.HasPrefix(got, `{"status":"","sessionId"`) || strings.ReplaceAll(got, `"0001-01-01T00:00:00.000Z"`, "null") != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestForHidesWholeValues(t *testing.T) {
	t.Parallel()
	images := &Guarded[[]string]{Value: []string{"/images/secret"}}
	view := SessionView{Results: []Result{{
		OCR:    Guarded[OCR]{Value: OCR{Fields: []Field{{Title: "Surname", Value: "ERIKSSON"}}}},
		Checks: Guarded[[]CheckGroup]{Value: []CheckGroup{{Caption: "fraud"}}}, Images: images,
	}}}
	none := view.For(&Principal{Role: RoleSubordinate})
	b, _ := json.Marshal(none)
	for _, leaked := range []string{"ERIKSSON", "fraud", "secret"} {
		if strings.Contains(string(b), leaked) {
			t.Errorf("%s leaks: %s", leaked, b)
		}
	}
	if n := strings.Count(string(b), `"Access denied"`); n != 3 {
		t.Errorf("%d values hidden, want 3: %s", n, b)
	}
	for _, p := range []*Principal{{Role: RoleAdmin}, {Role: RoleOwner}, {Permissions: []Permission{ViewOCR, ViewChecks, ViewImages}}} {
		b, _ := json.Marshal(view.For(p))
		if strings.Contains(string(b), Denied) {
			t.Errorf("%+v must see everything: %s", p, b)
		}
	}
	if view.Results[0].OCR.Hidden {
		t.Error("For must not change the view it is called on")
	}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	good := func() Definition {
		d := Definition{Name: "Passport and selfie", Steps: []Step{{Type: StepDocument}, {Type: StepSelfie}, {Type: StepLiveness}}}
		d.Normalise()
		return d
	}
	d := good()
	if faults := d.Validate(); faults != nil {
		t.Fatalf("the default scenario is refused: %v", faults)
	}
	if d.Steps[0].Attempts != DefaultAttempts || d.Callback.Mode != CallbackEncrypted || d.Thresholds.FaceMatch != DefaultFaceMatch {
		t.Fatalf("defaults missing: %+v", d)
	}
	bare := []Step{{Type: StepDocument}}
	other := Definition{Steps: bare}
	if other.Normalise(); bare[0].Attempts != 0 || other.Steps[0].Attempts != DefaultAttempts {
		t.Errorf("normalising changed the caller's steps: %+v, %+v", bare, other.Steps)
	}
	for field, spoil := range map[string]func(*Definition){
		"name":                         func(d *Definition) { d.Name = "" },
		"steps:":                       func(d *Definition) { d.Steps = nil },
		"steps[1].type":                func(d *Definition) { d.Steps[1].Type = "dna" },
		"steps[0].attempts":            func(d *Definition) { d.Steps[0].Attempts = 11 },
		"secondsToLive":                func(d *Definition) { d.SecondsToLive = 5 },
		"callback.mode":                func(d *Definition) { d.Callback.Mode = "xml" },
		"callback.url":                 func(d *Definition) { d.Callback.URL = "ftp://x" },
		"successRedirect":              func(d *Definition) { d.SuccessRedirect = "javascript:alert(1)" },
		"thresholds":                   func(d *Definition) { d.Thresholds.FaceMatch = 101 },
		"thresholds.captureRisk: must": func(d *Definition) { d.Thresholds.CaptureRisk = 0.05 },
		"thresholds.captureRisk: there": func(d *Definition) {
			d.Thresholds.CaptureRisk, d.Steps = 0.5, d.Steps[:1]
		},
		"requireKeyVersion":  func(d *Definition) { d.RequireKeyVersion = 3 },
		"allowedOrigins[0]":  func(d *Definition) { d.AllowedOrigins = []string{"https://a.example/path"} },
		"soft[0]":            func(d *Definition) { d.Soft = SoftChecks{" "} },
		"callback.url: must": func(d *Definition) { d.Callback.URL = "https://user:pw@host/" },
	} {
		d := good()
		spoil(&d)
		faults := d.Validate()
		if len(faults) != 1 || !strings.HasPrefix(faults[0], field) {
			t.Errorf("%s: faults %q", field, faults)
		}
	}
}

func TestValidClientKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"user_123": true, "shop:42": true, strings.Repeat("я", 36): true, strings.Repeat("я", 37): false,
		"": false, "a\nb": false, "\x00": false, "\xff": false, "😀": true,
	} {
		if got := ValidClientKey(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

func TestEveryCodeExplainsItself(t *testing.T) {
	t.Parallel()
	for _, c := range Codes() {
		e := Explain(c)
		if !strings.HasPrefix(string(c), "[") || e.Hint["en"] == "" || e.Hint["ru"] == "" || e.Operator == "" || e.Hint["en"] == e.Hint["ru"] {
			t.Errorf("%s is not explained in both languages", c)
		}
	}
	if len(Codes()) < 20 {
		t.Errorf("only %d codes", len(Codes()))
	}
}

func TestSafeMessageHidesCauses(t *testing.T) {
	t.Parallel()
	cause := Errorf(Internal, "password is hunter2")
	if got := SafeMessage(cause); got != "internal error" {
		t.Errorf("internal sentence leaks: %q", got)
	}
	err := Wrap(Invalid, cause, "the file is damaged")
	if SafeMessage(err) != "the file is damaged" || KindOf(err) != Invalid {
		t.Errorf("got %q, %s", SafeMessage(err), KindOf(err))
	}
}

func TestFraudLevels(t *testing.T) {
	t.Parallel()
	var none FraudLevels
	if none.Of("isDisplay") != FraudChecks()[1].Default || none.Of("isDamaged") != LevelOff {
		t.Error("what a scenario does not say has its default, and what nobody computes is off")
	}
	chosen := FraudLevels{"isDisplay": LevelOff}
	if chosen.Of("isDisplay") != LevelOff {
		t.Error("a choice does not hold")
	}
	d := Definition{Name: "x", Steps: []Step{{Type: StepDocument}}, Thresholds: Thresholds{Fraud: FraudLevels{"isDamaged": LevelStrict, "isEdited": "hard"}}}
	d.Normalise()
	if faults := d.Validate(); len(faults) != 2 {
		t.Errorf("faults %q", faults)
	}
}
