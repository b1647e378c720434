package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// found filters and returns the ids of one page.
func (b *bench) found(f kyc.SessionFilter) []string {
	b.t.Helper()
	return ids(b.page(f).Sessions)
}

func (b *bench) page(f kyc.SessionFilter) (page kyc.SessionPage) {
	b.t.Helper()
	b.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		page, err = b.FilterSessions(ctx, tx, f)
		return err
	})
	return page
}

func ids(sessions []*kyc.Session) []string {
	all := make([]string, len(sessions))
	for i, v := range sessions {
		all[i] = v.ID
	}
	return all
}

func filter(t *testing.T, b *bench) {
	second := &kyc.Scenario{ID: id(t), AccountID: b.account.ID, Definition: definition("Second")}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.SaveScenario(ctx, tx, second) })
	one, two, three := b.session("client-1", day(1)), b.session("client-2", day(2)), b.session("client-1", day(3))
	two.Status, two.ClientUser, two.ScenarioID = kyc.Success, "user-2", second.ID
	three.Status, three.ClientID = kyc.Failed, "id-3"
	b.create(three, one, two)
	account := b.account.ID
	for _, c := range []struct {
		name   string
		filter kyc.SessionFilter
		want   []*kyc.Session
	}{
		{"all, newest first", kyc.SessionFilter{AccountID: account}, []*kyc.Session{three, two, one}},
		{"all, oldest first", kyc.SessionFilter{AccountID: account, Ascending: true}, []*kyc.Session{one, two, three}},
		{"from is within", kyc.SessionFilter{AccountID: account, From: day(2)}, []*kyc.Session{three, two}},
		{"to is outside", kyc.SessionFilter{AccountID: account, To: day(2)}, []*kyc.Session{one}},
		{"range in another zone", kyc.SessionFilter{AccountID: account, From: day(2).In(time.FixedZone("", 7200)), To: day(3)}, []*kyc.Session{two}},
		{"status", kyc.SessionFilter{AccountID: account, Statuses: []kyc.Status{kyc.Success}}, []*kyc.Session{two}},
		{"statuses", kyc.SessionFilter{AccountID: account, Statuses: []kyc.Status{kyc.Success, kyc.Failed}}, []*kyc.Session{three, two}},
		{"client key", kyc.SessionFilter{AccountID: account, ClientKey: "client-1"}, []*kyc.Session{three, one}},
		{"client key is exact", kyc.SessionFilter{AccountID: account, ClientKey: "client"}, nil},
		{"client key is not another field", kyc.SessionFilter{AccountID: account, ClientUser: "client-1"}, nil},
		{"client user", kyc.SessionFilter{AccountID: account, ClientUser: "user-2"}, []*kyc.Session{two}},
		{"client id", kyc.SessionFilter{AccountID: account, ClientID: "id-3"}, []*kyc.Session{three}},
		{"session", kyc.SessionFilter{AccountID: account, SessionID: one.ID}, []*kyc.Session{one}},
		{"scenario", kyc.SessionFilter{AccountID: account, ScenarioID: second.ID}, []*kyc.Session{two}},
		{"all together", kyc.SessionFilter{AccountID: account, ClientKey: "client-1", Statuses: []kyc.Status{kyc.Failed}, From: day(1), ClientID: "id-3"}, []*kyc.Session{three}},
		{"contradiction", kyc.SessionFilter{AccountID: account, ClientKey: "client-1", Statuses: []kyc.Status{kyc.Success}}, nil},
	} {
		got := b.page(c.filter)
		same(t, c.name, ids(got.Sessions), ids(c.want))
		same(t, c.name+": total", got.Total, len(c.want))
	}
	// What comes out is whole, sealed parts included.
	same(t, "content", b.page(kyc.SessionFilter{AccountID: account}).Sessions, []*kyc.Session{three, two, one})
}

func filterOCR(t *testing.T, b *bench) {
	eriksson, ivanov := b.stored("client-1", day(1)), b.stored("client-2", day(2))
	index := func(v *kyc.Session, fields ...kyc.Field) {
		b.do(func(ctx context.Context, tx kyc.Tx) error {
			return errors.Join(b.IndexOCR(ctx, tx, v.ID, v.AccountID, fields), b.IndexOCR(ctx, tx, v.ID, v.AccountID, fields)) // twice is no fault
		})
	}
	index(eriksson, kyc.Field{Title: "Surname", Value: "ERIKSSON"}, kyc.Field{Title: "Given name(s)", Value: "ANNA MARÍA"},
		kyc.Field{Title: "Document number", Value: "L898902C3"}, kyc.Field{Title: "Place of birth", Value: "Ivanov"},
		kyc.Field{Title: "Sex", Value: "???"}, kyc.Field{Title: "Issuing authority", Value: "Utopia", IsUnreadable: true})
	index(ivanov, kyc.Field{Title: "Surname", Value: "Иванов-Ёлкин"}, kyc.Field{Title: "Document number", Value: "45 08 123456"},
		kyc.Field{Title: "Place of birth", Value: "Konstantinopolskobulgarino, O’Brien St."})
	for _, v := range []*kyc.Session{eriksson, ivanov} {
		index(v, kyc.Field{Title: "Date of birth", Value: "12.08.1974", ValueUTC: "1974-08-12T00:00:00Z"})
	}
	for _, c := range []struct {
		ocr  map[string]string
		want []*kyc.Session
	}{
		{map[string]string{"Surname": "ERIKSSON"}, []*kyc.Session{eriksson}},
		{map[string]string{"surname": " eriksson"}, []*kyc.Session{eriksson}},
		{map[string]string{"": "Eriksson"}, []*kyc.Session{eriksson}},
		{map[string]string{"": "ERIKSSO"}, nil},
		{map[string]string{"Given name(s)": "anna maria"}, []*kyc.Session{eriksson}},
		{map[string]string{"": "ANNAMARÍA"}, []*kyc.Session{eriksson}},
		{map[string]string{"Surname": "Ivanov"}, nil}, // that is the other one's place of birth
		{map[string]string{"": "иванов елкин"}, []*kyc.Session{ivanov}},
		{map[string]string{"Document number": "4508123456"}, []*kyc.Session{ivanov}},
		{map[string]string{"": "45-08-123456"}, []*kyc.Session{ivanov}},
		{map[string]string{"Surname": "Eriksson", "Document number": "l898902c3"}, []*kyc.Session{eriksson}},
		{map[string]string{"Surname": "Eriksson", "Document number": "4508123456"}, nil},
		{map[string]string{"": "Utopia"}, nil}, // unreadable is not a value
		// With an asterisk it is words and their beginnings.
		{map[string]string{"": "Eri*"}, []*kyc.Session{eriksson}},
		{map[string]string{"Surname": "eriksson*"}, []*kyc.Session{eriksson}},
		{map[string]string{"Surname": "erikssons*"}, nil},
		{map[string]string{"Given name(s)": "mar*"}, []*kyc.Session{eriksson}}, // any word of the value
		{map[string]string{"Given name(s)": "maría ann*"}, []*kyc.Session{eriksson}},
		{map[string]string{"Given name(s)": "ann mar*"}, nil}, // without an asterisk the word is whole
		{map[string]string{"": "anna* mar*"}, []*kyc.Session{eriksson}},
		{map[string]string{"": "Иван*"}, []*kyc.Session{ivanov}},
		{map[string]string{"Surname": "ёлк*"}, []*kyc.Session{ivanov}},
		{map[string]string{"": "иванов-елк*"}, []*kyc.Session{ivanov}},
		{map[string]string{"": "ванов*"}, nil}, // the middle of a word
		{map[string]string{"": "Ivan*"}, []*kyc.Session{eriksson}},
		{map[string]string{"Surname": "Ivan*"}, nil},
		{map[string]string{"Document number": "45 08 12*"}, []*kyc.Session{ivanov}},
		{map[string]string{"": "l8989*"}, []*kyc.Session{eriksson}},
		{map[string]string{"": "1208*"}, nil}, // dates are found whole
		{map[string]string{"": "12.08.1974"}, []*kyc.Session{ivanov, eriksson}},
		{map[string]string{"": "Konstantinopolskobulgarin*"}, []*kyc.Session{ivanov}}, // sixteen letters decide
		{map[string]string{"": "Konstantin*", "Surname": "Иванов-Ёлкин"}, []*kyc.Session{ivanov}},
		{map[string]string{"": "Konstantin*", "Surname": "Eriksson"}, nil},
		{map[string]string{"": "O'Bri*"}, []*kyc.Session{ivanov}},
		{map[string]string{"": "obrien*"}, []*kyc.Session{ivanov}},
	} {
		same(t, fmt.Sprint(c.ocr), b.found(kyc.SessionFilter{AccountID: b.account.ID, OCR: c.ocr}), ids(c.want))
	}
	other, _ := b.tenant("Bank")
	same(t, "another account", len(b.found(kyc.SessionFilter{AccountID: other.ID, OCR: map[string]string{"": "Eriksson"}})), 0)
	same(t, "all accounts", b.found(kyc.SessionFilter{OCR: map[string]string{"": "Eriksson"}}), []string{eriksson.ID})
}

func filterErrors(t *testing.T, b *bench) {
	own, tried, faces, clean := b.session("a", day(1)), b.stored("b", day(2)), b.stored("c", day(3)), b.stored("d", day(4))
	own.Errors = []string{string(kyc.TooManyAttempts)}
	b.create(own)
	faces.Faces = finding(kyc.FacesNothing)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(
			b.PutAttempt(ctx, tx, &kyc.Attempt{SessionID: tried.ID, Try: 1, Status: kyc.Failed, Finding: finding(kyc.NoMRZ, kyc.LowLight)}),
			b.PutAttempt(ctx, tx, &kyc.Attempt{SessionID: clean.ID, Try: 1, Status: kyc.Success, Finding: finding()}),
			b.UpdateSession(ctx, tx, faces))
	})
	for _, c := range []struct {
		codes []kyc.Code
		want  []*kyc.Session
	}{
		{[]kyc.Code{kyc.TooManyAttempts}, []*kyc.Session{own}},
		{[]kyc.Code{kyc.NoMRZ}, []*kyc.Session{tried}},
		{[]kyc.Code{kyc.NoMRZ, kyc.LowLight}, []*kyc.Session{tried}},
		{[]kyc.Code{kyc.FacesNothing, kyc.NoMRZ}, []*kyc.Session{faces, tried}},
		{[]kyc.Code{kyc.BadImage}, nil},
	} {
		var codes []string
		for _, code := range c.codes {
			codes = append(codes, string(code))
		}
		same(t, fmt.Sprint(codes), b.found(kyc.SessionFilter{AccountID: b.account.ID, Error: codes}), ids(c.want))
	}
}

// filterTenants proves that accounts never see each other, and that the same
// client key has unlike blind indexes in two accounts yet is found in both by
// an administrator.
func filterTenants(t *testing.T, b *bench) {
	other, scenario := b.tenant("Bank")
	mine, theirs := b.stored("client-1", day(1)), b.session("client-1", day(2))
	theirs.AccountID, theirs.ScenarioID = other.ID, scenario.ID
	b.create(theirs)
	same(t, "mine", b.found(kyc.SessionFilter{AccountID: b.account.ID}), []string{mine.ID})
	same(t, "mine by key", b.found(kyc.SessionFilter{AccountID: b.account.ID, ClientKey: "client-1"}), []string{mine.ID})
	same(t, "theirs by id", len(b.found(kyc.SessionFilter{AccountID: b.account.ID, SessionID: theirs.ID})), 0)
	same(t, "nobody's", len(b.found(kyc.SessionFilter{AccountID: "nobody", ClientKey: "client-1"})), 0)
	same(t, "everybody's", b.found(kyc.SessionFilter{}), []string{theirs.ID, mine.ID})
	same(t, "everybody's by key", b.found(kyc.SessionFilter{ClientKey: "client-1"}), []string{theirs.ID, mine.ID})
}

// crowd stores n sessions, several of which share each moment of creation.
func (b *bench) crowd(n int) []string {
	b.t.Helper()
	all := make([]*kyc.Session, n)
	for i := range all {
		all[i] = b.session(fmt.Sprintf("client-%d", i%3), day(1).Add(time.Duration(i/4)*time.Second))
	}
	b.create(all...)
	slices.SortFunc(all, func(x, y *kyc.Session) int { // newest first, ids decide ties
		if c := y.CreatedAt.Compare(x.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(y.ID, x.ID)
	})
	return ids(all)
}

func filterPages(t *testing.T, b *bench) {
	want := b.crowd(25)
	f := kyc.SessionFilter{AccountID: b.account.ID}
	same(t, "the default page is 20", b.found(f), want[:20])
	f.PageSize = 7
	for f.Page = 1; f.Page <= 5; f.Page++ {
		page := b.page(f)
		same(t, fmt.Sprint("page ", f.Page), ids(page.Sessions), want[min(25, 7*(f.Page-1)):min(25, 7*f.Page)])
		same(t, "total", page.Total, 25)
		if last := f.Page >= 4; last != (page.Next == "") {
			t.Errorf("page %d of 4: next is %q", f.Page, page.Next)
		}
	}
}

// walk reads everything by cursor and lets a newcomer in after the second page.
func (b *bench) walk(f kyc.SessionFilter, newcomer time.Time) (got []string) {
	b.t.Helper()
	for len(got) < 100 {
		page := b.page(f)
		got = append(got, ids(page.Sessions)...)
		same(b.t, "total of the first page", page.Total, 25)
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
		if len(got) == 2*f.PageSize {
			b.stored("client-9", newcomer) // shifts pages by number, but not by cursor
		}
	}
	return got
}

func filterCursors(t *testing.T, b *bench) {
	want := b.crowd(25)
	f := kyc.SessionFilter{AccountID: b.account.ID, PageSize: 4}
	same(t, "newest first", b.walk(f, day(5)), want)
	f.To, f.Ascending = day(5), true
	slices.Reverse(want)
	same(t, "oldest first", b.walk(f, day(1).Add(-time.Hour)), want)
	same(t, "both newcomers are there", b.page(kyc.SessionFilter{AccountID: b.account.ID}).Total, 27)
}

func filterRefusals(t *testing.T, b *bench) {
	b.crowd(5)
	base := kyc.SessionFilter{AccountID: b.account.ID, PageSize: 1, ClientKey: "client-0"}
	cursor := b.page(base).Next
	with := func(change func(*kyc.SessionFilter)) kyc.SessionFilter {
		f := base
		f.Cursor = cursor
		change(&f)
		return f
	}
	b.page(with(func(f *kyc.SessionFilter) { f.PageSize = 3 })) // the size may change on the way
	flipped := []byte(cursor)
	flipped[2] ^= 1
	for name, f := range map[string]kyc.SessionFilter{
		"flipped":           with(func(f *kyc.SessionFilter) { f.Cursor = string(flipped) }),
		"cut":               with(func(f *kyc.SessionFilter) { f.Cursor = cursor[:len(cursor)-2] }),
		"not base64":        with(func(f *kyc.SessionFilter) { f.Cursor = "%%%" }),
		"another filter":    with(func(f *kyc.SessionFilter) { f.ClientKey = "client-1" }),
		"another order":     with(func(f *kyc.SessionFilter) { f.Ascending = true }),
		"another account":   with(func(f *kyc.SessionFilter) { f.AccountID = "" }),
		"another range":     with(func(f *kyc.SessionFilter) { f.From = day(1) }),
		"page below one":    {AccountID: b.account.ID, Page: -1},
		"page too far":      {AccountID: b.account.ID, Page: 1 << 40},
		"size below one":    {AccountID: b.account.ID, PageSize: -1},
		"size over 1000":    {AccountID: b.account.ID, PageSize: 1001},
		"nothing to search": {AccountID: b.account.ID, OCR: map[string]string{"Surname": " - "}},
		"a short beginning": {AccountID: b.account.ID, OCR: map[string]string{"": "Li*"}},
		"only an asterisk":  {AccountID: b.account.ID, OCR: map[string]string{"": "*"}},
		"too many words":    {AccountID: b.account.ID, OCR: map[string]string{"": strings.Repeat("word* ", 21)}},
		"too many codes":    {AccountID: b.account.ID, Error: make([]string, 21)},
	} {
		err := b.View(context.Background(), func(tx kyc.Tx) error {
			_, err := b.FilterSessions(context.Background(), tx, f)
			return err
		})
		var fault *kyc.Error
		if !errors.As(err, &fault) || fault.Kind != kyc.Invalid || len(fault.Details) != 1 || fault.Details[0] == "" {
			t.Errorf("%s: got %v, want an invalid request with a sentence", name, err)
		}
	}
}
