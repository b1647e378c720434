package e2e

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// solid is a picture of one colour.
func solid(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{120, 130, 140, 255}), image.Point{}, draw.Src)
	return img
}

// filtered is the answer of sessions/filter.
type filtered struct {
	Status, Cursor        string
	Sessions              []wireSession
	Total, Page, PageSize int
}

func (f filtered) ids() string {
	ids := make([]string, len(f.Sessions))
	for i, s := range f.Sessions {
		ids[i] = s.SessionID
	}
	return strings.Join(ids, " ")
}

func (w *wire) filter(body any) (f filtered) {
	w.t.Helper()
	w.post("/v1/kyc/sessions/filter", body).is(200).into(&f)
	return f
}

func (c *contract) filter(t *testing.T) {
	w, good := c.api(t), c.good.session()
	lone := w.process(fields{"schemaId": c.list.SchemaID, "clientKey": "filter:1", "clientUser": "filter user"}, bad()).is(200).session()
	waiting := c.wire(t, "").open(c.list.SchemaID, cbc(c.list.ScenarioSecret, nil, []byte("waits")))
	now := time.Now().UTC()
	today, yesterday, tomorrow := now.Format(time.DateOnly), now.AddDate(0, 0, -1).Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly)
	type m = map[string]any
	within := func(filters m) m { return m{"filters": filters, "pageSize": 1000} }
	all := w.filter(m{"pageSize": 1000})
	if all.Status != "ok" || all.Page != 1 || all.PageSize != 1000 || all.Total != len(all.Sessions) || all.Total < 10 {
		t.Fatalf("all: %s page %d size %d total %d, %d sessions", all.Status, all.Page, all.PageSize, all.Total, len(all.Sessions))
	}
	for name, call := range map[string]struct {
		body m
		want string // ids
	}{
		"clientKey":           {within(m{"clientKey": "filter:1"}), lone.SessionID},
		"clientKey on top":    {m{"clientKey": "filter:1"}, lone.SessionID},
		"clientKey is exact":  {within(m{"clientKey": "filter"}), ""},
		"clientUser":          {within(m{"clientUser": "filter user"}), lone.SessionID},
		"sessionId":           {within(m{"sessionId": good.SessionID}), good.SessionID},
		"two together":        {within(m{"sessionId": good.SessionID, "clientKey": "filter:1"}), ""},
		"OCR by title":        {within(m{"schemaId": c.pair.SchemaID, "ocr": m{"Document number": c.passport.Number}}), good.SessionID},
		"OCR in small":        {within(m{"schemaId": c.pair.SchemaID, "ocr": m{"Surname": strings.ToLower(c.passport.Surname)}}), good.SessionID},
		"OCR by text":         {within(m{"schemaId": c.pair.SchemaID, "ocr": c.passport.Number}), good.SessionID},
		"OCR of other title":  {within(m{"ocr": m{"Surname": c.passport.Number}}), ""},
		"OCR unknown":         {within(m{"ocr": "Nobodyatall"}), ""},
		"status and scenario": {within(m{"schemaId": c.list.SchemaID, "status": "idle"}), waiting.id},
		"scenarioId":          {within(m{"scenarioId": c.pair.SchemaID, "status": []string{"success"}}), good.SessionID},
		"an unknown scenario": {within(m{"schemaId": uuid.Must(uuid.NewUUID()).String()}), ""},
		"clientId":            {within(m{"clientId": "nobody"}), ""},
		"yesterday alone":     {within(m{"range": m{"start": yesterday}}), ""},
		"tomorrow alone":      {within(m{"range": m{"end": tomorrow}}), ""},
		"today":               {within(m{"range": m{"start": today, "end": today}}), all.ids()},
		"today by start":      {within(m{"range": m{"start": today}}), all.ids()},
		"today by end":        {within(m{"range": m{"end": today + "T05:00:00.000Z"}}), all.ids()},
		"three days":          {within(m{"range": m{"start": yesterday, "end": tomorrow, "sortOrder": "DESC"}}), all.ids()},
	} {
		got := w.filter(call.body)
		if got.ids() != call.want || got.Total != len(got.Sessions) {
			t.Errorf("%s found %d, total %d: %s", name, len(got.Sessions), got.Total, got.ids())
		}
	}
	for name, statuses := range map[string]any{"one": "failed", "a list": []string{"failed", "idle"}} {
		wanted := fmt.Sprint(statuses)
		for _, s := range w.filter(within(m{"status": statuses})).Sessions {
			if !strings.Contains(wanted, s.Status) {
				t.Errorf("status %s: found %s", name, s.Status)
			}
		}
	}
	for _, codes := range []any{"[general] bad image", []string{"[general] bad image", "[general] too small image"}} {
		got := w.filter(within(m{"errors": codes, "schemaId": c.plain.SchemaID}))
		if got.Total == 0 {
			t.Errorf("errors %v finds nothing", codes)
		}
		for _, s := range got.Sessions {
			if !strings.Contains(fmt.Sprint(codes), strings.Join(s.Errors, "")) {
				t.Errorf("errors %v finds %v", codes, s.Errors)
			}
		}
	}
	admin := c.wire(t, c.login(t, c.adminMail, c.pass))
	if got := admin.filter(within(m{"userId": c.account})); got.ids() != all.ids() {
		t.Errorf("an ADMIN finds %d of %d sessions by userId", got.Total, all.Total)
	}
	if got := admin.filter(within(m{"userId": c.otherAcct})); got.Total != 0 {
		t.Errorf("an ADMIN finds %d sessions of an account without any", got.Total)
	}
	if got := w.filter(within(m{"userId": c.otherAcct})); got.ids() != all.ids() {
		t.Errorf("userId is for an ADMIN, others ignore it: %d", got.Total)
	}
	for name, body := range map[string]string{
		"a status": `{"filters":{"status":"done"}}`, "a range": `{"filters":{"range":{"start":"today"}}}`,
		"an order": `{"filters":{"range":{"start":"2026-01-01","sortOrder":"UP"}}}`, "an end before": `{"filters":{"range":{"start":"2026-01-02","end":"2026-01-01"}}}`,
		"a session of v4": `{"filters":{"sessionId":"` + uuid.NewString() + `"}}`, "page 0": `{"page":0}`, "page size 0": `{"pageSize":0}`,
		"page size 1001": `{"pageSize":1001}`, "a cursor": `{"cursor":"made up"}`, "limit 1001": `{"limit":1001}`,
	} {
		if r := w.post("/kyc/sessions/filter", body); r.code != 400 || r.text("message") != "invalid schema" {
			t.Errorf("%s: %d %s", name, r.code, r.body)
		}
	}
}

// filterPages: by numbers and by cursor, forwards and backwards.
func (c *contract) filterPages(t *testing.T) {
	w := c.api(t)
	type m = map[string]any
	for i := range 5 {
		w.process(fields{"schemaId": c.query.SchemaID, "clientKey": fmt.Sprintf("page:%d", i)}, bad()).is(200)
	}
	base := m{"schemaId": c.query.SchemaID}
	all := w.filter(m{"filters": base})
	if all.PageSize != 20 || all.Page != 1 || all.Total != 5 || all.Cursor != "" {
		t.Fatalf("page %d size %d total %d cursor %q", all.Page, all.PageSize, all.Total, all.Cursor)
	}
	keys := func(f filtered) (list string) {
		for _, s := range f.Sessions {
			list += s.ClientKey + " "
		}
		return strings.TrimSpace(list)
	}
	if got, want := keys(all), "page:4 page:3 page:2 page:1 page:0"; got != want {
		t.Errorf("the newest come first: %s", got)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	up := m{"schemaId": c.query.SchemaID, "range": m{"start": today, "sortOrder": "ASC"}}
	if got, want := keys(w.filter(m{"filters": up})), "page:0 page:1 page:2 page:3 page:4"; got != want {
		t.Errorf("ASC: %s", got)
	}
	for page, want := range []string{"page:4 page:3", "page:2 page:1", "page:0", ""} {
		got := w.filter(m{"filters": base, "page": page + 1, "pageSize": 2})
		if keys(got) != want || got.Total != 5 || got.Page != page+1 || got.PageSize != 2 {
			t.Errorf("page %d: %s, total %d", page+1, keys(got), got.Total)
		}
	}
	if got := w.filter(m{"filters": base, "limit": 2}); len(got.Sessions) != 2 || got.PageSize != 2 {
		t.Errorf("limit: %d sessions, page size %d", len(got.Sessions), got.PageSize)
	}
	for name, filters := range map[string]m{"DESC": base, "ASC": up} {
		walked, cursor := "", ""
		for range 4 {
			page := w.filter(m{"filters": filters, "pageSize": 2, "cursor": cursor})
			walked = strings.TrimSpace(walked + " " + keys(page))
			if cursor = page.Cursor; cursor == "" {
				break
			}
		}
		if whole := keys(w.filter(m{"filters": filters})); walked != whole || cursor != "" {
			t.Errorf("%s by cursor: %s instead of %s", name, walked, whole)
		}
	}
	first := w.filter(m{"filters": base, "pageSize": 2})
	w.post("/kyc/sessions/filter", m{"filters": m{"schemaId": c.list.SchemaID}, "cursor": first.Cursor}).fault(400, "invalid schema") // of another filter
}
