package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/jpeg"
	"net/http"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// contract is one running installation on which the wire contract is held
// against the program, row by row. The files contract_*_test.go follow its sections.
type contract struct {
	*platform
	hooks *receiver

	// Scenarios by what they are for.
	keys, keysV2       applied // document; the first has the secret of the published vectors
	pair               applied // document and selfie, two tries each
	list               applied // document, one try; nothing else uses it
	plain, query       applied // selfie; webhooks plain, with ?clientKey=
	broken, moved      applied // selfie; the receiver fails or redirects
	foreign            applied // of another account
	returning          applied // selfie; adds to a list of clients and looks in a blacklist, which are
	clients, blocked   string
	foreignToken       string
	adminMail, pass    string // an administrator of the installation
	account, otherAcct string

	good     reply // what process answered about the genuine person
	passport specimen.Passport
	page     []byte // photograph of it
	selfie   []byte // of its holder
}

// The secret of the published vectors (section 2).
const vectorSecret = "s3cret"

// TestContract starts the program once; its parts run one after another.
func TestContract(t *testing.T) {
	c := newContract(t)
	for _, part := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"2 client keys", c.clientKeys}, {"2 client keys version 2", c.clientKeys2}, {"2 failures are limited", c.keyFailures},
		{"3 where a token may stand", c.tokenPlaces}, {"3 errors", c.errors}, {"4 accounts and tokens", c.tokens},
		{"4 process", c.process}, {"4 process with bad files", c.processFaults}, {"4 process attaches", c.processAttach}, {"4 persons", c.persons},
		{"4 status", c.status}, {"4 filter", c.filter}, {"4 filter by pages", c.filterPages}, {"4 images", c.images},
		{"3 permissions", c.permissions}, {"3 other accounts", c.otherAccounts},
		{"5 the session object", c.sessionObject}, {"5 history", c.history}, {"5 an idle session", c.idle},
		{"6 the script", c.script}, {"6 the hosted page", c.hosted}, {"6 the widget's calls", c.widgetCalls},
		{"7 encrypted", c.webhookEncrypted}, {"7 plain", c.webhookPlain}, {"7 retries and redirects", c.webhookRetries},
		{"S33 nothing personal in the log", c.silentLog},
	} {
		t.Run(part.name, part.run)
	}
}

func newContract(t *testing.T) *contract {
	t.Helper()
	c := &contract{platform: quickstart(t), adminMail: "admin@openkyc.example", pass: "correct horse battery 9"}
	c.hooks = receive(t, func(n notification, before int, w http.ResponseWriter) {
		switch {
		case n.path == "/broken" && before == 0:
			w.WriteHeader(http.StatusInternalServerError)
		case n.path == "/moved" && before == 0:
			w.Header().Set("Location", "/stolen")
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			w.WriteHeader(http.StatusAccepted) // any 2xx is success, the body is ignored
			_, _ = w.Write([]byte("<html>thank you</html>"))
		}
	})
	back := func(path, mode string, withKey bool) map[string]any {
		return map[string]any{"url": c.hooks.URL + path, "mode": mode, "appendClientKey": withKey}
	}
	c.keys = c.apply(map[string]any{"name": "keys", "steps": steps(3, "document")})
	c.keysV2 = c.apply(map[string]any{"name": "keys v2", "steps": steps(3, "document"), "requireKeyVersion": 2})
	c.pair = c.apply(map[string]any{"name": "pair", "steps": steps(2, "document", "selfie"), "callback": back("/pair", "encrypted", false)})
	c.list = c.apply(map[string]any{"name": "list", "steps": steps(1, "document")})
	c.plain = c.apply(map[string]any{"name": "plain", "steps": steps(1, "selfie"), "callback": back("/plain", "plain", true)})
	c.query = c.apply(map[string]any{"name": "query", "steps": steps(1, "selfie"), "callback": back("/query?shop=1", "plain", true)})
	c.broken = c.apply(map[string]any{"name": "broken", "steps": steps(1, "selfie"), "callback": back("/broken", "encrypted", false)})
	c.moved = c.apply(map[string]any{"name": "moved", "steps": steps(1, "selfie"), "callback": back("/moved", "plain", false)})
	c.keys.ScenarioSecret = vectorSecret
	c.people()
	c.passport = specimen.Sample(specimen.TD3, personSeed, time.Now())
	c.page = specimen.Scene{Difficulty: specimen.Easy, Seed: personSeed}.Photograph(c.passport.Render()).JPEG()
	c.selfie = jpegOf(t, specimen.Face{Seed: c.passport.Seed, Sex: c.passport.Sex}.Render(640, 480))
	c.serve()
	return c
}

// personSeed draws the one person of these tests.
const personSeed = 7

// people puts a second account, an administrator and the vectors' secret into
// the data folder: things that no door of this program makes.
func (c *contract) people() {
	c.folder(func(ctx context.Context, in *app.Installation) error {
		own, err := in.Operator(ctx)
		if err != nil {
			return err
		}
		c.account = own.AccountID
		other, err := in.Auth.CreateOwner(ctx, auth.NewOwner{AccountName: "Other", Email: "other@openkyc.example", Password: c.pass})
		if err != nil {
			return err
		}
		c.otherAcct = other.AccountID
		d := kyc.Definition{Name: "foreign", Steps: []kyc.Step{{Type: kyc.StepDocument}}}
		s, err := in.Scenarios.Create(ctx, other, d)
		if err != nil {
			return err
		}
		c.foreign = applied{SchemaID: s.ID, ScenarioSecret: s.Secret}
		if err := c.lists(ctx, in, own); err != nil {
			return err
		}
		if _, c.foreignToken, err = in.Auth.CreateToken(ctx, other, auth.NewToken{Name: "foreign"}); err != nil {
			return err
		}
		admin, err := in.Auth.CreateOwner(ctx, auth.NewOwner{AccountName: "Installation", Email: c.adminMail, Password: c.pass})
		if err != nil {
			return err
		}
		return in.Store.Do(ctx, func(tx kyc.Tx) error {
			user, err := in.Store.User(ctx, tx, admin.UserID)
			if err != nil {
				return err
			}
			user.Role = kyc.RoleAdmin
			if err := in.Store.UpdateUser(ctx, tx, user); err != nil {
				return err
			}
			return in.Store.UpdateSecrets(ctx, tx, c.keys.SchemaID, vectorSecret, c.keys.WebhookSecret)
		})
	})
}

func jpegOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// api is the integrator's client.
func (c *contract) api(t *testing.T) *wire {
	t.Helper()
	return c.wire(t, c.quick.APIToken)
}

// bad is a file that is no picture: it ends a session without any computing.
func bad() []byte { return []byte("GIF89a this is no JPEG") }

// keysOf lists the names of a JSON object in the order in which they stand.
func keysOf(t *testing.T, object []byte) (names []string) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(object))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		t.Fatalf("not an object: %.100s", object)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// wireSession is the session object with its results left raw, for looking at
// what a type would hide.
type wireSession struct {
	Status, SessionID, SchemaID, ClientID, ClientKey, ClientUser, CreatedAt, ResponseTime string
	Errors                                                                                []string
	Version                                                                               int
	Spent                                                                                 json.Number
	SecondsToLive                                                                         int
	IsClientNew                                                                           bool
	Results                                                                               []json.RawMessage
}

// wireResult is one result; what can be replaced by "Access denied" is raw.
type wireResult struct {
	Status, Type, DocName, CountryCode string
	Errors                             []string
	History                            []json.RawMessage
	Tries                              int
	Checks, OCR, Images, ImagesFull    json.RawMessage
	ImageObjects, Image, ImageFull     json.RawMessage
	WithDoc, FaceSelfie, FaceDoc       json.RawMessage
	IsBackSide                         *bool
	StartedAt                          string
	Spent                              json.Number
}

func (r reply) session() (s wireSession) {
	r.t.Helper()
	r.into(&s)
	return s
}

func (s wireSession) result(t *testing.T, i int) (r wireResult) {
	t.Helper()
	if i >= len(s.Results) {
		t.Fatalf("the session (%s %v) has %d results", s.Status, s.Errors, len(s.Results))
	}
	if err := json.Unmarshal(s.Results[i], &r); err != nil {
		t.Fatal(err)
	}
	return r
}
