package store

import (
	"crypto/sha256"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of the findings that are remembered, in memory and in time.
const (
	findingsKnown = 2000 // in each of two halves, some 8 kB each
	findingMemory = time.Minute
)

// glanceFinding opens a finding to show it, and may remember it for one or two
// minutes, by the very bytes that it was sealed to, their place and their key.
// Those are read anew each time, and no two seals of anything are alike: so what
// is shown is what the database holds now, and a finding whose key was destroyed
// is gone at once.
func (s *Store) glanceFinding(k subject, sealed []byte, remember bool, where []byte) (*storedFinding, error) {
	if len(k.data.SubjectKey) == 0 {
		return nil, kyc.Errorf(kyc.Gone, "the data of this session was destroyed")
	}
	f := &storedFinding{}
	if !remember {
		return f, s.unsealJSON(k.data, sealed, f, where)
	}
	name := findingName(k.data, sealed, where)
	if known := s.findings.find(name); known != nil {
		return known, nil
	}
	if err := s.unsealJSON(k.data, sealed, f, where); err != nil {
		return nil, err
	}
	s.findings.keep(name, f)
	return f, nil
}

// glanced is the finding with the labels of its templates.
func (f *storedFinding) glanced() *kyc.Finding {
	shown := f.Finding
	for _, label := range f.Labels {
		shown.Templates = append(shown.Templates, kyc.Template{Label: label})
	}
	return &shown
}

// manyToOpen is from how many sealed values on all processors open them: two
// hundred microseconds of a page of twenty on two processors.
const manyToOpen = 16

// each does the work of every index, and tells of one that failed.
func each(n int, work func(i int) error) error {
	workers := 1
	if n >= manyToOpen {
		workers = runtime.GOMAXPROCS(0)
	}
	faults := make([]error, workers)
	var working sync.WaitGroup
	for w := range workers {
		part := func() {
			for i := n * w / workers; i < n*(w+1)/workers && faults[w] == nil; i++ {
				faults[w] = work(i)
			}
		}
		if w == workers-1 {
			part() // here
		} else {
			working.Go(part)
		}
	}
	working.Wait()
	return errors.Join(faults...)
}

func findingName(ref kyc.KeyRef, sealed, where []byte) (name [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(ref.AccountID), ref.AccountKey, ref.SubjectKey, where, sealed} {
		n := len(part)
		h.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		h.Write(part)
	}
	h.Sum(name[:0])
	return name
}

// findings are two halves: when the time is over or the newer one is full, the
// older one is dropped and the newer one grows old. Nothing personal outlives
// two such times, also when nobody asks any more.
type findings struct {
	mu       sync.Mutex
	new, old map[[sha256.Size]byte]*storedFinding
	clock    *time.Timer
	closed   bool
}

func (f *findings) find(name [sha256.Size]byte) *storedFinding {
	f.mu.Lock()
	defer f.mu.Unlock()
	if found, ok := f.new[name]; ok {
		return found
	}
	return f.old[name]
}

func (f *findings) keep(name [sha256.Size]byte, finding *storedFinding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	if len(f.new) >= findingsKnown {
		f.new, f.old = nil, f.new
	}
	if f.new == nil {
		f.new = map[[sha256.Size]byte]*storedFinding{}
	}
	f.new[name] = finding
	if f.clock == nil {
		f.clock = time.AfterFunc(findingMemory, f.age)
	}
}

// age runs while there is anything to forget.
func (f *findings) age() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.new, f.old = nil, f.new
	f.clock = nil
	if len(f.old) > 0 && !f.closed {
		f.clock = time.AfterFunc(findingMemory, f.age)
	}
}

func (f *findings) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.new, f.old = true, nil, nil
	if f.clock != nil {
		f.clock.Stop()
	}
}
