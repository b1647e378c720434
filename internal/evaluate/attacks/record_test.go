package attacks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// trusting lets pass whoever sends three frames.
type trusting struct{ seen []kyc.LivenessInput }

func (r *trusting) Liveness(_ context.Context, in kyc.LivenessInput) (*kyc.Finding, error) {
	r.seen = append(r.seen, in)
	if len(in.Frames) != 3 {
		return &kyc.Finding{Errors: []kyc.Code{kyc.LivenessFrames}}, nil
	}
	return &kyc.Finding{}, nil
}

func (*trusting) Describe(context.Context, *image.RGBA) (*face.Description, error) { return nil, nil }

func (*trusting) Match(context.Context, []kyc.Template, kyc.FaceLimit) (*kyc.Finding, error) {
	return nil, nil
}

type recordingSite struct {
	t   *testing.T
	url string
}

func (s recordingSite) post(path, contentType string, body io.Reader) (int, string) {
	s.t.Helper()
	answer, err := http.Post(s.url+path, contentType, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (s recordingSite) send(label string, frames int) (int, string) {
	s.t.Helper()
	_, text := s.post("/challenge", "", nil)
	var drawn struct {
		ID    string
		Moves []kyc.Move
	}
	if err := json.Unmarshal([]byte(text), &drawn); err != nil || len(drawn.Moves) < 3 {
		s.t.Fatalf("%v %s", err, text)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	var marks []string
	for i := range frames {
		file, err := vision.EncodeJPEG(image.NewRGBA(image.Rect(0, 0, 400, 300)), 80)
		if err != nil {
			s.t.Fatal(err)
		}
		part, _ := w.CreateFormFile("images", "x.jpg")
		_, _ = part.Write(file)
		marks = append(marks, fmt.Sprintf(`{"atMs":%d,"move":%d}`, 300*i, i))
	}
	_ = w.WriteField("frames", "["+strings.Join(marks, ",")+"]")
	_ = w.Close()
	return s.post("/recording?id="+drawn.ID+"&label="+strings.ReplaceAll(label, " ", "%20"), w.FormDataContentType(), &b)
}

// What the page sends is what the bench measures, under the label it was given.
func TestRecordAndMeasure(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	recorder := &Recorder{Dir: dir, Script: []byte("1"), Now: func() time.Time { now = now.Add(time.Second); return now }}
	server := httptest.NewServer(recorder.Handler())
	defer server.Close()
	site := recordingSite{t, server.URL}
	for _, c := range []struct {
		label  string
		frames int
	}{{"genuine", 3}, {"genuine", 2}, {"silicone mask", 3}, {"still picture", 2}} {
		if code, text := site.send(c.label, c.frames); code != 200 || !strings.Contains(text, c.label) {
			t.Fatalf("%s: %d %s", c.label, code, text)
		}
	}
	room := &trusting{}
	r, err := Recorded(t.Context(), room, os.DirFS(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := r.Rows()
	if len(rows) != 3 || rows[0].All.String() != "50 % (9–91)" || rows[1].Species != "still picture" || rows[1].Kind != Presented || rows[1].All.Count != 0 || rows[2].Species != "silicone mask" || rows[2].All.Count != 1 {
		t.Errorf("%+v", rows)
	}
	for _, in := range room.seen {
		if in.Challenge.Nonce == "" || len(in.Marks) != len(in.Frames) || in.Marks[1].AtMS != 300 || in.Frames[0].Width != 400 || !in.SentAt.After(in.Challenge.IssuedAt) {
			t.Errorf("measured was %+v", in.Marks)
		}
	}
	for _, label := range []string{"../outside", "a/b", ".", "", strings.Repeat("a", 41)} {
		if code, _ := site.send(label, 3); code != 400 {
			t.Errorf("the label %q: %d", label, code)
		}
	}
	if code, text := site.post("/recording?id=unknown&label=x", "text/plain", nil); code != 400 || !strings.Contains(text, "record again") {
		t.Errorf("an unknown challenge: %d %s", code, text)
	}
	if _, err := Recorded(t.Context(), room, os.DirFS(t.TempDir()), nil); err == nil || !strings.Contains(err.Error(), "no recording") {
		t.Error(err)
	}
}

// A page of another site, or another name for this machine, gets nothing.
func TestRecorderIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	handler := (&Recorder{Dir: t.TempDir(), Now: time.Now}).Handler()
	for name, change := range map[string]func(r *http.Request){
		"another host": func(r *http.Request) { r.Host = "evil.example:8095" },
		"another site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8095/challenge", nil)
		change(req)
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, req); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// The page chooses what is asked for beside turns; colours come with their order.
func TestRecordedChallenges(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer((&Recorder{Dir: t.TempDir(), Now: time.Now}).Handler())
	defer server.Close()
	site := recordingSite{t, server.URL}
	for wish, want := range map[string][]kyc.Move{
		"":                              {},
		"?moves=false&light=false":      {},
		"?moves=true&light=false":       {kyc.MoveNod, kyc.MoveBlink, kyc.MoveCloser},
		"?moves=false&light=true":       {kyc.MoveLight},
		"?moves=true&light=true&dance=": {kyc.MoveNod, kyc.MoveBlink, kyc.MoveCloser, kyc.MoveLight},
	} {
		_, text := site.post("/challenge"+wish, "", nil)
		var drawn struct {
			Moves []kyc.Move
			Light []kyc.Colour
		}
		if err := json.Unmarshal([]byte(text), &drawn); err != nil {
			t.Fatal(err)
		}
		for _, m := range []kyc.Move{kyc.MoveNod, kyc.MoveBlink, kyc.MoveCloser, kyc.MoveLight} {
			if slices.Contains(drawn.Moves, m) != slices.Contains(want, m) {
				t.Errorf("%q asks for %v", wish, drawn.Moves)
			}
		}
		if (len(drawn.Light) == 6) != slices.Contains(want, kyc.MoveLight) {
			t.Errorf("%q lights with %v", wish, drawn.Light)
		}
	}
}
