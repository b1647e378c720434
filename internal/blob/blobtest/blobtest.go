// Package blobtest is the contract of blob stores: every store passes Run.
package blobtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Run checks a store against the contract. open gives an empty store.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, blob.Store){
		"put, get, stat, delete": roundTrip, "missing": missing, "put if absent": putIfAbsent, "concurrent puts of one key": concurrentPuts,
		"put beside delete": putBesideDelete, "listing": listing, "large": large, "bad keys": badKeys, "stopped": stopped,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func roundTrip(t *testing.T, s blob.Store) {
	for _, data := range [][]byte{{}, []byte("x"), bytes.Repeat([]byte{0, 255}, 100_000)} {
		key := fmt.Sprintf("session-1/document_0/%d.jpg", len(data))
		given := bytes.Clone(data)
		if err := s.Put(t.Context(), key, given); err != nil {
			t.Fatal(err)
		}
		clear(given) // the store must not hold on to the caller's bytes
		got, err := s.Get(t.Context(), key)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back as %d, %v", len(data), len(got), err)
		}
		info, err := s.Stat(t.Context(), key)
		if err != nil || info.Key != key || info.Size != int64(len(data)) || info.ModTime.IsZero() {
			t.Errorf("stat: %+v, %v", info, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), key); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("after deletion: %v", err)
		}
		if err := s.Put(t.Context(), key, data); err != nil {
			t.Errorf("a deleted key cannot be put again: %v", err)
		}
	}
}

func missing(t *testing.T, s blob.Store) {
	if err := s.Put(t.Context(), "a/b/c", nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"nothing", "a", "a/b", "a/b/c/d", "a/b/d", strings.Repeat("x/", 200) + "x"} {
		if _, err := s.Get(t.Context(), key); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("get %s: %v", key, err)
		}
		if _, err := s.Stat(t.Context(), key); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("stat %s: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %s: %v", key, err)
		}
	}
	if _, err := s.Get(t.Context(), "a/b/c"); err != nil {
		t.Errorf("deleting its neighbours deleted the object: %v", err)
	}
}

func putIfAbsent(t *testing.T, s blob.Store) {
	if err := s.Put(t.Context(), "k", []byte("first")); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"second", "first", ""} {
		if err := s.Put(t.Context(), "k", []byte(data)); kyc.KindOf(err) != kyc.Conflict {
			t.Errorf("put over an object: %v", err)
		}
	}
	if got, err := s.Get(t.Context(), "k"); string(got) != "first" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func concurrentPuts(t *testing.T, s blob.Store) {
	const writers = 16
	for round := range 5 {
		key := fmt.Sprintf("shared/%d", round)
		var winners atomic.Int32
		var winner atomic.Value
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				data := bytes.Repeat([]byte{byte(w)}, 10_000+w)
				err := s.Put(t.Context(), key, data)
				if err == nil {
					winners.Add(1)
					winner.Store(data)
				} else if kyc.KindOf(err) != kyc.Conflict {
					t.Errorf("the loser is told %v", err)
				}
			})
			group.Go(func() { // whoever reads sees a whole object or none
				if data, err := s.Get(t.Context(), key); err == nil && (len(data) < 10_000 || len(data) != 10_000+int(data[0])) {
					t.Errorf("half an object of %d bytes was read", len(data))
				}
			})
		}
		group.Wait()
		got, err := s.Get(t.Context(), key)
		if winners.Load() != 1 || err != nil || !bytes.Equal(got, winner.Load().([]byte)) {
			t.Errorf("%d writers won; %d bytes, %v", winners.Load(), len(got), err)
		}
	}
}

// putBesideDelete deletes one object of a folder while others come in.
func putBesideDelete(t *testing.T, s blob.Store) {
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for i := range 20 {
				key := fmt.Sprintf("busy/deep/%d-%d", w, i)
				if err := s.Put(t.Context(), key, []byte(key)); err != nil {
					t.Errorf("put: %v", err)
				}
				if got, err := s.Get(t.Context(), key); string(got) != key || err != nil {
					t.Errorf("get: %q, %v", got, err)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
		})
	}
	group.Wait()
}

func listing(t *testing.T, s blob.Store) {
	keys := []string{"s1/a/0", "s1/a/1", "s1/b", "s10/a", "s2/a", "top"}
	for _, k := range keys {
		if err := s.Put(t.Context(), k, []byte(k)); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string][]string{
		"": keys, "s1/": {"s1/a/0", "s1/a/1", "s1/b"}, "s1": {"s1/a/0", "s1/a/1", "s1/b", "s10/a"}, "s1/a/": {"s1/a/0", "s1/a/1"},
		"s1/a/1": {"s1/a/1"}, "top": {"top"}, "none/": nil, "../": nil,
	} {
		var got []string
		for info, err := range s.List(t.Context(), prefix) {
			if err != nil || info.Size != int64(len(info.Key)) {
				t.Fatalf("%q: %+v, %v", prefix, info, err)
			}
			got = append(got, info.Key)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("prefix %q lists %v, want %v", prefix, got, want)
		}
	}
	seen := 0
	for range s.List(t.Context(), "") {
		if seen++; seen == 2 {
			break // the caller may stop early
		}
	}
}

func large(t *testing.T, s blob.Store) {
	data := make([]byte, 40<<20)
	for i := range data {
		data[i] = byte(i * i >> 7)
	}
	if err := s.Put(t.Context(), "large", data); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "large"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

func badKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{"", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/..", ".hidden", "a/.b", "a\\b", "a b", "a\x00b", "é", "a\n", "C:a",
		strings.Repeat("x", 129), strings.Repeat("x/", 256) + "x"} {
		_, errGet := s.Get(t.Context(), key)
		_, errStat := s.Stat(t.Context(), key)
		for call, err := range map[string]error{"put": s.Put(t.Context(), key, nil), "get": errGet, "stat": errStat, "delete": s.Delete(t.Context(), key)} {
			if kyc.KindOf(err) != kyc.Invalid || err == nil {
				t.Errorf("%s %q: %v", call, key, err)
			}
		}
	}
}

func stopped(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "k", []byte("x")); err == nil {
		t.Error("put although the caller has given up")
	}
	if _, err := s.Get(t.Context(), "k"); kyc.KindOf(err) != kyc.NotFound {
		t.Errorf("it was stored: %v", err)
	}
}
