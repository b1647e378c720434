package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// The personal data that is looked for afterwards.
const (
	markName   = "ZYXWVUTSRQ-MUSTERMANN"
	markNumber = "QX7654321Z"
	markKey    = "customer-4711-marker"
	markUser   = "mobile:+4915112345678"
	markID     = "client-id-marker-0815"
	markSecret = "scenario-secret-marker"
)

func markVector() []float32 { return []float32{0.123456789, -0.987654321, 0.5551234, -0.31415926} }

// TestNothingPersonalInTheFile seeds a database with everything that personal
// data can come in with and scans every byte of its files (S24 to S26).
func TestNothingPersonalInTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := storetest.OpenFile(t, filepath.Join(folder, "openkyc.db"), time.Now)
	ctx := context.Background()
	if err := s.Do(ctx, func(tx kyc.Tx) error { return seedPersonal(ctx, s, tx) }); err != nil {
		t.Fatal(err)
	}
	scan := func(when string) {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files: %v", err)
		}
		seen := false
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seen = seen || bytes.Contains(content, []byte("scenario in clear"))
			for what, mark := range marks() {
				if bytes.Contains(bytes.ToLower(content), bytes.ToLower(mark)) {
					t.Errorf("%s: %s holds %s in clear", when, filepath.Base(file), what)
				}
			}
		}
		if !seen { // else the scan looks at the wrong files
			t.Errorf("%s: what is kept in clear was not found", when)
		}
	}
	scan("with the WAL")
	if _, err := s.Writer().ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	scan("after the checkpoint")
	if err := s.Do(ctx, func(tx kyc.Tx) error { // the data must be there, of course
		for title, value := range map[string]string{"Document number": markNumber, "Surname": "muster*", "": "ZYX*"} {
			page, err := s.FilterSessions(ctx, tx, kyc.SessionFilter{OCR: map[string]string{title: value}})
			if err != nil {
				return err
			}
			if len(page.Sessions) != 1 || page.Sessions[0].ClientKey != markKey {
				t.Errorf("the seeded session is not found by %q: %q", title, value)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestNothingPersonalInADump reads every row of both databases as a dump would.
func TestNothingPersonalInADump(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*store.Store{"sqlite": storetest.Open(t), "postgres": storetest.OpenPostgres(t)} {
		ctx := context.Background()
		if err := s.Do(ctx, func(tx kyc.Tx) error { return seedPersonal(ctx, s, tx) }); err != nil {
			t.Fatal(err)
		}
		var tables []string
		if err := s.View(ctx, func(tx kyc.Tx) (err error) { tables, err = s.CarriedTables(ctx, tx); return err }); err != nil || len(tables) == 0 {
			t.Fatal(tables, err)
		}
		for _, table := range tables {
			for _, cell := range cells(t, s, table) {
				for what, mark := range marks() {
					if bytes.Contains(bytes.ToLower(cell), bytes.ToLower(mark)) {
						t.Errorf("%s: %s holds %s in clear", name, table, what)
					}
				}
			}
		}
		if n := len(cells(t, s, "session_terms")); n < 4*20 {
			t.Errorf("%s: the index has %d cells", name, n)
		}
	}
}

// cells reads a table's values as bytes.
func cells(t *testing.T, s *store.Store, table string) (all [][]byte) {
	t.Helper()
	rows, err := s.Writer().QueryContext(context.Background(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, into := make([][]byte, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row...)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// markBand stands for what a frame is recognised by.
const markBand = 0x5a71b94f

// marks are the byte forms that personal data might hide in.
func marks() map[string][]byte {
	all := map[string][]byte{}
	for _, text := range []string{markName, markNumber, markKey, markUser, markID, markSecret, "zyxwvutsrqmustermann", "zyxwvutsrq", "mustermann", "mustermann\x00", "qx7654321z"} {
		all[text] = []byte(text)
		all["hex of "+text] = []byte(hex.EncodeToString([]byte(text)))
		all["base64 of "+text] = []byte(base64.StdEncoding.EncodeToString([]byte(text))[:len(text)/3*4])
	}
	all["band of a print"] = binary.BigEndian.AppendUint32(nil, markBand)
	all["band of a print, the other way"] = binary.LittleEndian.AppendUint32(nil, markBand)
	all["vector as text"] = []byte("0.12345679")
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var raw []byte
		for _, v := range markVector() {
			raw = order.AppendUint32(raw, math.Float32bits(v))
		}
		all["vector as "+order.(interface{ String() string }).String()] = raw[:8]
	}
	return all
}

func seedPersonal(ctx context.Context, s *store.Store, tx kyc.Tx) error {
	steps := []func() error{
		func() error { return s.CreateAccount(ctx, tx, &kyc.Account{ID: "account", Name: "Shop"}) },
		func() error {
			return s.SaveScenario(ctx, tx, &kyc.Scenario{ID: "scenario", AccountID: "account", Secret: markSecret, WebhookSecret: "whsec_" + markSecret,
				Definition: kyc.Definition{Name: "scenario in clear"}})
		},
		func() error {
			return s.CreateSession(ctx, tx, &kyc.Session{ID: "session", AccountID: "account", ScenarioID: "scenario", Revision: 1, ClientKey: markKey, ClientUser: markUser, ClientID: markID,
				Faces: marked()})
		},
		func() error {
			return s.PutAttempt(ctx, tx, &kyc.Attempt{SessionID: "session", Try: 1, Type: kyc.StepDocument, Status: kyc.Processing})
		},
		func() error {
			return s.UpdateAttempt(ctx, tx, &kyc.Attempt{SessionID: "session", Try: 1, Type: kyc.StepDocument, Status: kyc.Success, Finding: marked()}, kyc.Processing)
		},
		func() error { return s.IndexOCR(ctx, tx, "session", "account", marked().OCR.Fields) },
		func() error {
			return s.AddFramePrints(ctx, tx, kyc.Recording{AccountID: "account", SessionID: "session", SentAt: seedDay}, []kyc.FramePrint{{Face: kyc.Print{markBand, 2, markBand}, Whole: &kyc.Print{2, markBand}}})
		},
		func() error {
			return s.CreateDelivery(ctx, tx, &kyc.Delivery{ID: "delivery", AccountID: "account", SessionID: "session", ScenarioID: "scenario", URL: "https://shop.example/?clientKey=" + markKey,
				Body: []byte(markName), Status: kyc.DeliveryPending})
		},
		func() error {
			return s.AddDeliveryAttempts(ctx, tx, kyc.DeliveryAttempt{DeliveryID: "delivery", Number: 1, Answer: "thanks, " + markName})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func marked() *kyc.Finding {
	return &kyc.Finding{
		OCR:       kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "Surname", Value: markName}, {Title: "Document number", Value: markNumber}}},
		Checks:    []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{{Caption: "isAgeMismatch", Value: markName}}}},
		Templates: []kyc.Template{{Label: "document_0", Vector: markVector()}},
		Measures:  map[string]string{"mrz": markNumber},
	}
}

// TestTemplatesHaveTheirOwnKey: without its key the templates are gone and the
// rest of the finding stays readable; without the session's key nothing is (S26).
func TestTemplatesHaveTheirOwnKey(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	ctx := context.Background()
	read := func() (attempt *kyc.Attempt, err error) {
		err = s.View(ctx, func(tx kyc.Tx) error { attempt, err = s.Attempt(ctx, tx, "session", 0, 1); return err })
		return attempt, err
	}
	destroy := func(column string) {
		t.Helper()
		if _, err := s.Writer().ExecContext(ctx, `UPDATE sessions SET `+column+` = x''`); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Do(ctx, func(tx kyc.Tx) error { return seedPersonal(ctx, s, tx) }); err != nil {
		t.Fatal(err)
	}
	got, err := read()
	if err != nil || len(got.Finding.Templates) != 1 {
		t.Fatalf("the template is not there: %v", err)
	}
	destroy("template_key")
	if got, err = read(); err != nil || len(got.Finding.Templates) != 0 || got.Finding.OCR.Fields[0].Value != markName {
		t.Fatalf("without the template key: %+v, %v", got, err)
	}
	destroy("subject_key")
	if _, err = read(); kyc.KindOf(err) != kyc.Gone {
		t.Fatalf("without the session's key: %v, want it gone", err)
	}
}

// TestGlancesAreFresh: what is remembered of findings is never older than the
// row, does not open in another place, and does not outlive its key (S28).
func TestGlancesAreFresh(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	ctx := context.Background()
	glance := func() (f *kyc.Finding, err error) {
		err = s.View(ctx, func(tx kyc.Tx) error {
			all, err := s.AttemptsOf(ctx, tx, []string{"session"})
			if err == nil {
				f = all["session"][0].Finding
			}
			return err
		})
		return f, err
	}
	change := func(statement string) {
		t.Helper()
		if _, err := s.Writer().ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Do(ctx, func(tx kyc.Tx) error { return seedPersonal(ctx, s, tx) }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if f, err := glance(); err != nil || f.OCR.Fields[0].Value != markName || len(f.Templates) != 1 || f.Templates[0].Vector != nil {
			t.Fatalf("%+v, %v", f, err)
		}
	}
	if err := s.Do(ctx, func(tx kyc.Tx) error {
		another := marked()
		another.OCR.Fields[0].Value = "ANOTHER"
		return s.UpdateAttempt(ctx, tx, &kyc.Attempt{SessionID: "session", Try: 1, Type: kyc.StepDocument, Status: kyc.Failed, Finding: another}, kyc.Success)
	}); err != nil {
		t.Fatal(err)
	}
	if f, err := glance(); err != nil || f.OCR.Fields[0].Value != "ANOTHER" {
		t.Fatalf("an older finding is shown: %+v, %v", f, err)
	}
	change(`UPDATE attempts SET try = 2`)
	if _, err := glance(); err == nil {
		t.Error("a finding opens in another place because it is remembered")
	}
	change(`UPDATE attempts SET try = 1`)
	change(`UPDATE sessions SET subject_key = x''`)
	if _, err := glance(); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("a finding outlives its key: %v", err)
	}
}

// TestSealedValuesDoNotMove: a sealed value copied to another row or column
// does not open there.
func TestSealedValuesDoNotMove(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, theft := range []string{
		`UPDATE sessions SET faces = client WHERE id = 'session'`,
		`UPDATE scenarios SET webhook_secret = secret`,
		`UPDATE deliveries SET url = body`,
		`UPDATE attempts SET finding = (SELECT faces FROM sessions)`,
	} {
		s := storetest.Open(t)
		if err := s.Do(ctx, func(tx kyc.Tx) error { return seedPersonal(ctx, s, tx) }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Writer().ExecContext(ctx, theft); err != nil {
			t.Fatal(err)
		}
		err := s.View(ctx, func(tx kyc.Tx) error {
			if _, err := s.Session(ctx, tx, "session"); err != nil {
				return err
			}
			if _, err := s.Attempts(ctx, tx, "session"); err != nil {
				return err
			}
			if _, err := s.Delivery(ctx, tx, "delivery"); err != nil {
				return err
			}
			_, err := s.Scenario(ctx, tx, "scenario")
			return err
		})
		if err == nil {
			t.Errorf("went unnoticed: %s", theft)
		}
	}
}
