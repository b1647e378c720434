package persons_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/gallery"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// BenchmarkRoom keeps OPENKYC_BENCH_TEMPLATES persons (20,000 when that is not
// set), one face each, in one list of a real store, every template sealed with a
// key of its own:
//
//	OPENKYC_BENCH_TEMPLATES=1000000 go test -run '^$' -bench Room -benchtime 1x -timeout 60m ./internal/persons
//
// load: from the start of a node until its index answers, twice, the second time
// as after a restart, and what the index takes of memory. search: a call by one
// vector as the API makes it, with its line in the history. follow: from the
// moment somebody was added until a search by another node has found them.
// recall: hits within the working threshold (90 %) beside a scan of all vectors
// in full precision; half of the questions are faces near that threshold.
// verdict: how long a session that ends as a new client keeps others from
// writing, with the scan inside of its unit of work and, as it is, before it.
//
// Templates are drawn: a mean that all faces share, and a person's own part, so
// that strangers lie about 0.8 apart.
func BenchmarkRoom(b *testing.B) {
	size := 20_000
	if n, err := strconv.Atoi(os.Getenv("OPENKYC_BENCH_TEMPLATES")); err == nil {
		size = n
	}
	c := newCity(b, size)
	c.settle(b)
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) { c.measure(b, name) })
	}
}

// city is many persons in two databases that hold the same rows.
type city struct {
	size    int
	keys    *seal.Keyring
	stores  map[string]*store.Store
	who     *kyc.Principal
	list    *kyc.FaceList
	vectors []float32 // of all, one behind the other
	ids     []string
	random  *mathrand.Rand
}

func newCity(b *testing.B, size int) *city {
	b.Helper()
	keys, err := seal.Create(filepath.Join(b.TempDir(), "master.key"))
	if err != nil {
		b.Fatal(err)
	}
	c := &city{size: size, keys: keys, stores: map[string]*store.Store{}, random: mathrand.New(mathrand.NewPCG(5, 6))}
	for name, address := range map[string]string{"sqlite": filepath.Join(b.TempDir(), "city.db"), "postgres": storetest.PostgresURL(b)} {
		if c.stores[name], err = store.Open(b.Context(), store.Config{Address: address, Keys: keys, Migrate: true}); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.stores[name].Close() })
	}
	return c
}

const vectorLength = 128

// draw makes a vector of about a length.
func (c *city) draw(length float64) []float32 {
	v := make([]float32, vectorLength)
	for i := range v {
		v[i] = float32(c.random.NormFloat64() * length / math.Sqrt(vectorLength))
	}
	return v
}

func plus(v, w []float32) []float32 {
	sum := make([]float32, len(v))
	for i := range v {
		sum[i] = v[i] + w[i]
	}
	return sum
}

// settle fills SQLite by units of work, and PostgreSQL with its rows.
func (c *city) settle(b *testing.B) {
	b.Helper()
	db, begun := c.stores["sqlite"], time.Now()
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err == nil {
		err = db.Do(b.Context(), func(tx kyc.Tx) error { return db.CreateAccount(b.Context(), tx, &kyc.Account{ID: id, Name: "City"}) })
	}
	c.who = &kyc.Principal{AccountID: id, UserID: "user", Role: kyc.RoleOwner}
	if err == nil {
		c.list, err = c.node(b, "sqlite").CreateList(b.Context(), c.who, "", "Clients")
	}
	shared := c.draw(1.1)
	for len(c.ids) < c.size && err == nil {
		err = db.Do(b.Context(), func(tx kyc.Tx) error {
			for range min(1000, c.size-len(c.ids)) {
				v := plus(shared, c.draw(0.57))
				if err := c.add(b.Context(), db, tx, v); err != nil {
					return err
				}
				c.vectors = append(c.vectors, v...)
			}
			return nil
		})
	}
	for _, table := range []string{"accounts", "face_lists", "persons", "person_faces"} {
		if err == nil {
			err = c.copyTable(b.Context(), table)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d persons are in two databases after %v", c.size, time.Since(begun).Round(time.Second))
}

func (c *city) add(ctx context.Context, db *store.Store, tx kyc.Tx, v []float32) error {
	id, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		return err
	}
	p := &kyc.Person{ID: id, AccountID: c.who.AccountID, ListID: c.list.ID, Fields: []kyc.PersonField{{Name: "Surname", Value: fmt.Sprint(len(c.ids))}}}
	if err := db.NewPersonKeys(ctx, tx, p); err != nil {
		return err
	}
	if err := db.CreatePerson(ctx, tx, p); err != nil {
		return err
	}
	c.ids = append(c.ids, id)
	return db.AddPersonFace(ctx, tx, p, &kyc.PersonFace{ID: "face of " + id, Model: "m1", Vector: v})
}

func (c *city) copyTable(ctx context.Context, table string) (err error) {
	from, to := c.stores["sqlite"], c.stores["postgres"]
	for after, rows := []byte(nil), [][]byte(nil); ; after = rows[len(rows)-1] {
		if err := from.View(ctx, func(tx kyc.Tx) (err error) { rows, err = from.ReadRows(ctx, tx, table, after, 5000); return err }); err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		if err := to.Do(ctx, func(tx kyc.Tx) error { return to.WriteRows(ctx, tx, table, rows) }); err != nil {
			return err
		}
	}
	if table == "person_faces" { // rows that were copied drew no number
		err = to.Do(ctx, func(tx kyc.Tx) error {
			_, err := to.SQL(tx).ExecContext(ctx, `SELECT setval(pg_get_serial_sequence('person_faces', 'seq'), (SELECT MAX(seq) FROM person_faces))`)
			return err
		})
	}
	return err
}

// node is a room on one of the databases that does not run yet.
func (c *city) node(b *testing.B, name string) *persons.Room {
	b.Helper()
	objects, err := blob.Open(b.Context(), b.TempDir(), blob.Credentials{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = objects.Close() })
	return persons.New(persons.Deps{Store: c.stores[name], Blobs: objects, Sealer: c.keys, Measurer: measurer{"m1"},
		NewIndex: func() persons.Index { return slice{gallery.New()} }, Now: time.Now, Random: rand.Reader, Logger: slog.New(slog.DiscardHandler)})
}

// start runs a node until stop, and tells how long its index took.
func (c *city) start(b *testing.B, name string) (n *persons.Room, took time.Duration, stop func()) {
	b.Helper()
	n = c.node(b, name)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	begun := time.Now()
	running.Go(func() { n.Run(ctx) })
	for n.Loaded(ctx) != nil {
		time.Sleep(5 * time.Millisecond)
	}
	return n, time.Since(begun), func() { cancel(); running.Wait() }
}

func living() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (c *city) measure(b *testing.B, name string) {
	for b.Loop() { // once: -benchtime 1x
		before := living()
		n, took, stop := c.start(b, name)
		defer stop()
		b.ReportMetric(took.Seconds(), "load-s")
		b.ReportMetric(float64(living()-before)/float64(c.size), "B/template")
		c.searches(b, n)
		c.recall(b, n)
		other, again, stopOther := c.start(b, name)
		defer stopOther()
		b.ReportMetric(again.Seconds(), "restart-s")
		c.follow(b, n, other)
		c.verdicts(b, n, c.stores[name])
	}
	b.ReportMetric(0, "ns/op") // is the sum of all of it
}

// report tells median and 95th percentile in milliseconds.
func report(b *testing.B, what string, times []time.Duration) {
	slices.Sort(times)
	ms := func(share float64) float64 { return times[int(share*float64(len(times)-1))].Seconds() * 1000 }
	b.ReportMetric(ms(.5), what+"-p50-ms")
	b.ReportMetric(ms(.95), what+"-p95-ms")
}

// asked is somebody of the city from a distance.
func (c *city) asked(i int, distance float64) []float32 {
	i %= c.size
	return plus(c.vectors[i*vectorLength:(i+1)*vectorLength], c.draw(distance))
}

func (c *city) searches(b *testing.B, n *persons.Room) {
	var times []time.Duration
	for k := range 100 {
		begun := time.Now()
		found, err := n.Search(b.Context(), c.who, persons.Question{Vectors: [][]float32{c.asked(k*7919, 0.2)}})
		times = append(times, time.Since(begun))
		if err != nil || len(found[0].Hits) == 0 {
			b.Fatal(found, err)
		}
	}
	report(b, "search", times)
}

func (c *city) recall(b *testing.B, n *persons.Room) {
	within := (&kyc.FaceCalibration{Steepness: kyc.BuiltinFaceCalibration().Steepness, Even: kyc.BuiltinFaceCalibration().Even}).DistanceOf(kyc.DefaultFaceHit)
	var there, found, wrong int
	for k := range 60 {
		q := c.asked(k*104729, within*(0.8+0.4*float64(k%30)/29))
		if k >= 30 {
			q = c.asked(k*104729, 0.2)
		}
		want := c.fully(q, within)
		hits, err := n.Search(b.Context(), c.who, persons.Question{Vectors: [][]float32{q}})
		if err != nil {
			b.Fatal(err)
		}
		there += len(want)
		for _, h := range hits[0].Hits {
			if want[h.Person.ID] {
				found++
			} else {
				wrong++
			}
		}
	}
	b.ReportMetric(100*float64(found)/float64(there), "recall-%")
	b.ReportMetric(float64(there), "hits-of-the-full-scan")
	b.ReportMetric(float64(wrong), "hits-too-many")
}

// fully is the scan in full precision.
func (c *city) fully(q []float32, within float64) map[string]bool {
	all := map[string]bool{}
	for i := range c.size {
		var sum float64
		for j, x := range c.vectors[i*vectorLength : (i+1)*vectorLength] {
			d := float64(x) - float64(q[j])
			sum += d * d
		}
		if math.Sqrt(sum) <= within {
			all[c.ids[i]] = true
		}
	}
	return all
}

func (c *city) follow(b *testing.B, n, other *persons.Room) {
	var times []time.Duration
	for k := range 20 {
		v := c.draw(1.3)
		made, err := n.Create(b.Context(), c.who, persons.NewPerson{ListID: c.list.ID, Vectors: [][]float32{v}})
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		found, err := other.Search(b.Context(), c.who, persons.Question{Vectors: [][]float32{v}})
		times = append(times, time.Since(begun))
		if err != nil || len(found[0].Hits) != 1 || found[0].Hits[0].Person.ID != made.ID {
			b.Fatal(k, found, err)
		}
	}
	report(b, "follow", times)
}

// verdicts end sessions of new clients, by turns with the scan in the unit of
// work and before it.
func (c *city) verdicts(b *testing.B, n *persons.Room, db *store.Store) {
	times := map[string][]time.Duration{}
	for k := range 60 {
		way := []string{"scan-inside", "scan-before"}[k%2]
		in := kyc.FaceProbe{AccountID: c.who.AccountID, ClientKey: "client", Rules: kyc.FaceRules{AddTo: c.list.ID, Threshold: kyc.DefaultFaceHit},
			Templates: []kyc.Template{{Label: "selfie", Model: "m1", Vector: c.draw(1.3)}}}
		scan, err := n.Scan(b.Context(), in)
		if err != nil {
			b.Fatal(err)
		}
		err = db.Do(b.Context(), func(tx kyc.Tx) error {
			begun := time.Now()
			defer func() { times[way] = append(times[way], time.Since(begun)) }()
			if k%2 == 0 {
				if scan, err = n.Scan(b.Context(), in); err != nil {
					return err
				}
			}
			if _, err := n.Recognise(b.Context(), tx, in, scan); err != nil {
				return err
			}
			_, err := n.Enrol(b.Context(), tx, kyc.Enrolment{AccountID: in.AccountID, ListID: c.list.ID, SessionID: "session", ClientKey: "client",
				Template: in.Templates[0], Picture: &kyc.Picture{JPEG: make([]byte, 8000)}})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	report(b, "lock-scan-inside", times["scan-inside"])
	report(b, "lock-scan-before", times["scan-before"])
}
