package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
)

// TestManySessions holds the store against a crowd of which everything is
// known: every filter finds exactly whom it should, in order, page by page and
// by cursor, and totals are exact up to their limit and honest beyond it.
func TestManySessions(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 10_500)
	for name, s := range c.stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, f := range c.filters() {
				checkList(t, what, s, f.filter, c.matching(f.fits, f.filter.Ascending))
			}
			c.checkEstimate(t, s)
		})
	}
}

type knownFilter struct {
	filter kyc.SessionFilter
	fits   func(i int) bool
}

func (c *crowd) filters() map[string]knownFilter {
	with := func(change func(*kyc.SessionFilter)) kyc.SessionFilter {
		f := kyc.SessionFilter{AccountID: c.account.ID}
		change(&f)
		return f
	}
	ocr := func(title, value string) kyc.SessionFilter {
		return with(func(f *kyc.SessionFilter) { f.OCR = map[string]string{title: value} })
	}
	failed := func(i int) bool { return c.status(i) == kyc.Failed }
	iva := func(i int) bool { return c.surname(i)[:3] == "Iva" }
	return map[string]knownFilter{
		"status": {with(func(f *kyc.SessionFilter) { f.Statuses = []kyc.Status{kyc.Failed} }), failed},
		"statuses": {with(func(f *kyc.SessionFilter) { f.Statuses = []kyc.Status{kyc.Failed, kyc.Expired, kyc.Failed} }),
			func(i int) bool { return failed(i) || c.status(i) == kyc.Expired }},
		"statuses, ascending": {with(func(f *kyc.SessionFilter) {
			f.Statuses, f.Ascending = []kyc.Status{kyc.Suspicious, kyc.Exception}, true
		}),
			func(i int) bool { return c.status(i) == kyc.Suspicious || c.status(i) == kyc.Exception }},
		"codes": {with(func(f *kyc.SessionFilter) { f.Error = []string{string(kyc.LowLight), string(kyc.NoMRZ)} }),
			func(i int) bool { return failed(i) && (c.code(i) == kyc.LowLight || c.code(i) == kyc.NoMRZ) }},
		"code of all accounts": {kyc.SessionFilter{Error: []string{string(kyc.BadImage)}}, func(i int) bool { return failed(i) && c.code(i) == kyc.BadImage }},
		"scenario":             {with(func(f *kyc.SessionFilter) { f.ScenarioID = c.scenarios[2].ID }), func(i int) bool { return draw(i, 'r') >= 0.99 }},
		"scenario, statuses, code": {with(func(f *kyc.SessionFilter) {
			f.ScenarioID, f.Statuses, f.Error = c.scenarios[1].ID, []kyc.Status{kyc.Failed, kyc.Success}, []string{string(kyc.LowLight)}
		}), func(i int) bool {
			return failed(i) && c.code(i) == kyc.LowLight && draw(i, 'r') >= 0.8 && draw(i, 'r') < 0.99
		}},
		"beginning":               {ocr("", "Iva*"), iva},
		"beginning under a title": {ocr("Surname", "ivano*"), func(i int) bool { return strings.HasPrefix(c.surname(i), "Ivano") }},
		"beginning of a number":   {ocr("Document number", "B1 2*"), func(i int) bool { return c.number(i)[:3] == "B12" }},
		"whole value":             {ocr("Surname", c.surname(5)), func(i int) bool { return c.surname(i) == c.surname(5) }},
		"beginning, status, range": {with(func(f *kyc.SessionFilter) {
			f.OCR, f.Statuses, f.From, f.To = map[string]string{"Surname": "Iva*"}, []kyc.Status{kyc.Success}, c.created(3000), c.created(9000)
		}), func(i int) bool { return iva(i) && c.status(i) == kyc.Success && i >= 3000 && i < 9000 }},
		"two terms": {with(func(f *kyc.SessionFilter) {
			f.OCR = map[string]string{"Surname": "Iva*", "Document number": "b12*"}
		}), func(i int) bool { return iva(i) && c.number(i)[:3] == "B12" }},
		"beginning and codes": {with(func(f *kyc.SessionFilter) {
			f.OCR, f.Error, f.Ascending = map[string]string{"": "Iva*"}, []string{string(kyc.LowLight), string(kyc.TooSmallImage)}, true
		}), func(i int) bool {
			return iva(i) && failed(i) && (c.code(i) == kyc.LowLight || c.code(i) == kyc.TooSmallImage)
		}},
		"client key and status": {with(func(f *kyc.SessionFilter) { f.ClientKey, f.Statuses = c.clientKey(77), []kyc.Status{c.status(77)} }),
			func(i int) bool { return c.clientKey(i) == c.clientKey(77) && c.status(i) == c.status(77) }},
		"client id of all accounts": {kyc.SessionFilter{ClientID: c.clientID(50)}, func(i int) bool { return i/10 == 5 }},
		"range":                     {with(func(f *kyc.SessionFilter) { f.From, f.To = c.created(100), c.created(160) }), func(i int) bool { return i >= 100 && i < 160 }},
	}
}

// matching lists the ids of the sessions that fit, newest first unless ascending.
func (c *crowd) matching(fits func(int) bool, ascending bool) (ids []string) {
	for n := range c.size {
		i := c.size - 1 - n
		if ascending {
			i = n
		}
		if fits(i) {
			ids = append(ids, c.id(i))
		}
	}
	return ids
}

func page(t *testing.T, s *store.Store, f kyc.SessionFilter) (page kyc.SessionPage) {
	t.Helper()
	ctx := context.Background()
	if err := s.View(ctx, func(tx kyc.Tx) (err error) {
		page, err = s.FilterSessions(ctx, tx, f)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return page
}

// checkList reads a whole list by cursor, and one page by its number.
func checkList(t *testing.T, what string, s *store.Store, f kyc.SessionFilter, want []string) {
	t.Helper()
	f.PageSize = 500
	var got []string
	for {
		p := page(t, s, f)
		for _, v := range p.Sessions {
			got = append(got, v.ID)
		}
		if p.Total != len(want) || p.Estimated {
			t.Errorf("%s: a total of %d (an estimate: %v), want %d", what, p.Total, p.Estimated, len(want))
		}
		if f.Cursor = p.Next; f.Cursor == "" || len(got) > len(want) {
			break
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d sessions, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: session %d of the list is another", what, i)
			return
		}
	}
	f.Page, f.PageSize = 2, max(1, len(want)/3)
	if p := page(t, s, f); len(want) >= 3 && (len(p.Sessions) != f.PageSize || p.Sessions[0].ID != want[f.PageSize] || p.Sessions[f.PageSize-1].ID != want[2*f.PageSize-1]) {
		t.Errorf("%s: page 2 of %d is another part of the list", what, f.PageSize)
	}
}

// checkEstimate: beyond the limit a total is an estimate that says so; a client
// that knows only the contract and reads until it has the total has everybody.
func (c *crowd) checkEstimate(t *testing.T, s *store.Store) {
	t.Helper()
	f := kyc.SessionFilter{AccountID: c.account.ID, PageSize: 1000}
	first := page(t, s, f)
	if !first.Estimated || first.Total < 10_001 || first.Total > 2*c.size {
		t.Errorf("%d sessions are estimated as %d (%v)", c.size, first.Total, first.Estimated)
	}
	seen := map[string]bool{}
	for f.Page = 1; f.Page < 100; f.Page++ {
		p := page(t, s, f)
		for _, v := range p.Sessions {
			seen[v.ID] = true
		}
		if len(seen) >= p.Total {
			break
		}
	}
	if len(seen) != c.size {
		t.Errorf("reading until the total of each page finds %d of %d", len(seen), c.size)
	}
	if p := page(t, s, f); p.Estimated || p.Total != c.size {
		t.Errorf("the last page says %d (an estimate: %v)", p.Total, p.Estimated)
	}
	f.Page = 40
	if p := page(t, s, f); len(p.Sessions) != 0 || p.Total < 10_001 || p.Total > 39_000 {
		t.Errorf("behind the end: %d sessions, a total of %d", len(p.Sessions), p.Total)
	}
	f.Page = 1
	for f.Cursor = first.Next; f.Cursor != ""; {
		p := page(t, s, f)
		if f.Cursor = p.Next; f.Cursor == "" && (p.Estimated || p.Total != c.size) {
			t.Errorf("the end by cursor says %d (an estimate: %v)", p.Total, p.Estimated)
		}
	}
}
