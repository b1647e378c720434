package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// crowd is many made-up sessions, each sealed with keys of its own, in stores
// that hold the same rows. Every figure of session i follows from i.
type crowd struct {
	size      int
	account   kyc.Account
	scenarios [3]kyc.Scenario // 80, 19 and 1 % of the sessions
	stores    map[string]*store.Store
	first     time.Time
	step      time.Duration
}

func newCrowd(tb testing.TB, size int) *crowd {
	tb.Helper()
	keys, err := seal.Create(filepath.Join(tb.TempDir(), "master.key"))
	if err != nil {
		tb.Fatal(err)
	}
	c := &crowd{size: size, account: kyc.Account{ID: crowdID(0, 1), Name: "Shop"}, stores: map[string]*store.Store{},
		first: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), step: 300 * 24 * time.Hour / time.Duration(size)}
	ctx := context.Background()
	bulk := store.Bulk{Size: size, Make: c.session}
	var rows map[string][][]byte
	for _, at := range []struct{ name, address string }{{"sqlite", filepath.Join(tb.TempDir(), "crowd.db")}, {"postgres", storetest.PostgresURL(tb)}} {
		s, err := store.Open(ctx, store.Config{Address: at.address, Keys: keys, Migrate: true})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = s.Close() })
		c.stores[at.name], bulk.Stores = s, append(bulk.Stores, s)
		if rows, err = c.furnish(ctx, s, rows); err != nil {
			tb.Fatal(err)
		}
	}
	if bulk.Ref, err = bulk.Stores[0].AccountRef(ctx, c.account.ID); err != nil {
		tb.Fatal(err)
	}
	begin := time.Now()
	if err := bulk.Write(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Logf("%d sessions are in %d databases after %v", size, len(bulk.Stores), time.Since(begin).Round(time.Second/10))
	return c
}

// furnish makes account and scenarios in the first store and copies them to the
// others, so that all have the same keys.
func (c *crowd) furnish(ctx context.Context, s *store.Store, rows map[string][][]byte) (map[string][][]byte, error) {
	tables := []string{"accounts", "scenarios", "scenario_revisions"}
	err := s.Do(ctx, func(tx kyc.Tx) error {
		for _, table := range tables {
			if rows == nil {
				break
			}
			if err := s.WriteRows(ctx, tx, table, rows[table]); err != nil {
				return err
			}
		}
		if rows != nil {
			return nil
		}
		if err := s.CreateAccount(ctx, tx, &c.account); err != nil {
			return err
		}
		for i := range c.scenarios {
			c.scenarios[i] = kyc.Scenario{ID: crowdID(0, byte(i+2)), AccountID: c.account.ID, Secret: "secret", WebhookSecret: "whsec_0123456789",
				Definition: kyc.Definition{Name: fmt.Sprint("Scenario ", i), Steps: []kyc.Step{{Type: kyc.StepDocument}}}}
			c.scenarios[i].Normalise()
			if err := s.SaveScenario(ctx, tx, &c.scenarios[i]); err != nil {
				return err
			}
		}
		rows = map[string][][]byte{}
		for _, table := range tables {
			var err error
			if rows[table], err = s.ReadRows(ctx, tx, table, nil, 100); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

// draw is a number from 0 to 1 that follows from i.
func draw(i int, what byte) float64 {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte{what}, uint64(i))) //nolint:gosec // not negative
	return float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32)
}

// numbered is a source of ids that follow from i.
type numbered struct {
	i    int
	what byte
}

func (n numbered) Read(p []byte) (int, error) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte{'i', n.what}, uint64(n.i))) //nolint:gosec // not negative
	return copy(p, sum[:]), nil
}

func crowdID(i int, what byte) string {
	id, err := kyc.NewID(time.Date(2026, 1, 1, 0, 0, 0, i*100, time.UTC), numbered{i, what})
	if err != nil {
		panic(err)
	}
	return id
}

func (c *crowd) id(i int) string { return crowdID(i, 0) }
func (c *crowd) clientKey(i int) string {
	return fmt.Sprintf("client-%07d", int(draw(i, 'k')*float64(c.size)*0.6))
}
func (c *crowd) clientUser(i int) string { return fmt.Sprintf("user-%07d", i/2) }
func (c *crowd) clientID(i int) string   { return crowdID(i/10, 9) }
func (c *crowd) number(i int) string     { return fmt.Sprintf("%c%08d", 'A'+i%26, int(draw(i, 'n')*1e8)) }
func (c *crowd) created(i int) time.Time {
	return c.first.Add(time.Duration(i) * c.step).Truncate(time.Microsecond)
}

// surname has few frequent and many rare values.
func (c *crowd) surname(i int) string {
	d := draw(i, 's')
	return surnameOf(int(5000 * d * d * d))
}

func surnameOf(n int) string {
	heads := []string{"Iva", "Pet", "Mull", "Schm", "Gar", "Mart", "Kowal", "Novak", "Dub", "Ross", "Lind", "Hans", "Kuz", "Sok", "Bern", "Fern", "Lop", "Ner", "Ols", "Tan"}
	tails := []string{"nov", "rov", "er", "idt", "cia", "inez", "ski", "ova", "ois", "i", "berg", "sen", "netsov", "olov", "ard", "andez", "ez", "uda", "son", "aka"}
	return heads[n%20] + tails[n/20%20] + []string{"", "a", "in", "off", "ler", "man", "stein", "wood", "field", "dorf", "ton", "by", "well"}[n/400%13]
}

func (c *crowd) status(i int) kyc.Status {
	switch d := draw(i, 'z'); {
	case d < 0.78:
		return kyc.Success
	case d < 0.96:
		return kyc.Failed
	case d < 0.99:
		return kyc.Suspicious
	case d < 0.999:
		return kyc.Expired
	}
	return kyc.Exception
}

func (c *crowd) code(i int) kyc.Code {
	return []kyc.Code{kyc.LowLight, kyc.NoMRZ, kyc.BadImage, kyc.TooSmallImage, kyc.NoDocuments}[int(draw(i, 'c')*5)]
}

// session is one that has been checked: one document, its picture, two fields.
func (c *crowd) session(i int) store.BulkSession {
	id, at, scenario := c.id(i), c.created(i), 0
	switch d := draw(i, 'r'); {
	case d >= 0.99:
		scenario = 2
	case d >= 0.8:
		scenario = 1
	}
	fields := []kyc.Field{{Title: "Surname", Value: c.surname(i), Conf: kyc.High, LCID: 1033}, {Title: "Document number", Value: c.number(i), Conf: kyc.High, LCID: 1033}}
	finding := &kyc.Finding{CountryCode: "UTO", DocName: "Passport", OCR: kyc.OCR{Status: kyc.Success, Fields: fields},
		Checks:   []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{kyc.Passed("isMRZValid", true), kyc.Passed("isXerocopy", true), kyc.Passed("isCropped", true), kyc.Passed("isLogicalMismatch", true)}}},
		Measures: map[string]string{"reader": "zone 1", "sharpness": "0.71"}}
	status, tried := c.status(i), kyc.Success
	if status == kyc.Failed {
		finding.Errors, tried = []kyc.Code{c.code(i)}, kyc.Failed
	}
	return store.BulkSession{
		Session: kyc.Session{ID: id, AccountID: c.account.ID, ScenarioID: c.scenarios[scenario].ID, Revision: 1, ClientKey: c.clientKey(i), ClientUser: c.clientUser(i), ClientID: c.clientID(i),
			Origin: kyc.OriginWidget, Status: status, Step: 1, CreatedAt: at, ExpiresAt: at.Add(time.Hour), FinishedAt: at.Add(40 * time.Second)},
		Attempts: []kyc.Attempt{{SessionID: id, Try: 1, Type: kyc.StepDocument, Status: tried, StartedAt: at, SentAt: at.Add(20 * time.Second), FinishedAt: at.Add(22 * time.Second), Finding: finding}},
		Evidence: []kyc.Evidence{{ID: crowdID(i, 8), SessionID: id, Try: 1, Name: "0", BlobKey: "p/" + id, Digest: make([]byte, 32), Size: 180_000, Width: 1600, Height: 1200, CreatedAt: at}},
		Fields:   fields,
	}
}
