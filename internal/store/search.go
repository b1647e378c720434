package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// search is a filter on its way to SQL. A list is read from one index in its
// order, the lead; what else is asked for is looked up for each row of it. So a
// page costs what it shows, unless conditions hardly ever meet.
type search struct {
	args      args
	account   string // the placeholder of the account, "" for all of them
	order     string // ASC or DESC
	after     *position
	created   []bound // of the time of creation
	leads     []lead  // the first is read from, the others are conditions
	onSession []string
	terms     int
}

// bound is one end of a range, such as ">=" and the placeholder of a time.
type bound struct{ operator, mark string }

// lead is one index that a list can be read from in order.
type lead struct {
	table    string   // with the alias d, or sessions as s
	key      string   // column of the session's id
	branches []string // conditions; when there are several the list is their union
	overlap  bool     // a session may be in it more than once
	lookup   string   // the same as a condition, {created} and {id} being those of the session
}

const (
	probed = 1000 // rows that are counted to tell which lead is the shortest

	sessionTable = "sessions s"
	errorTable   = "session_errors d"
	termTable    = "session_terms d"
)

func (s *Store) search(ctx context.Context, u *unit, f kyc.SessionFilter) (*search, error) {
	if len(f.Statuses) > len(kyc.Statuses()) || len(f.Error) > maxTerms || len(f.OCR) > maxTerms {
		return nil, kyc.ErrInvalid(fmt.Sprintf("filters: at most %d values of one kind", maxTerms))
	}
	c := &search{order: "DESC"}
	if f.Ascending {
		c.order = "ASC"
	}
	if f.AccountID != "" {
		c.account = c.args.add(f.AccountID)
	}
	if !f.From.IsZero() {
		c.created = append(c.created, bound{" >= ", c.args.add(micro(f.From))})
	}
	if !f.To.IsZero() {
		c.created = append(c.created, bound{" < ", c.args.add(micro(f.To))})
	}
	sessions := lead{table: sessionTable, key: "s.id", branches: []string{"TRUE"}}
	named, err := s.personalSearch(ctx, u, f, c)
	if err != nil {
		return nil, err
	}
	if f.SessionID != "" {
		named = append(named, "s.id = "+c.args.add(f.SessionID))
	}
	if c.account != "" && len(named) == 0 { // else the account's index would be as good as the right one
		sessions.branches[0] = "s.account_id = " + c.account
	}
	c.onSession = append(c.onSession, named...)
	if f.ScenarioID != "" {
		c.onSession = append(c.onSession, "s.scenario_id = "+c.args.add(f.ScenarioID))
	}
	c.errorSearch(f)
	statuses(&sessions, c, f.Statuses)
	c.leads = append(c.leads, sessions)
	return c, s.choose(ctx, u, c, len(named) > 0)
}

// statuses are one range of the index each, so several are a union.
func statuses(sessions *lead, c *search, all []kyc.Status) {
	switch len(all) {
	case 0:
	case 1:
		c.onSession = append(c.onSession, "s.status = "+c.args.add(all[0]))
	default:
		base := sessions.branches[0]
		sessions.branches = nil
		marks := map[string]bool{}
		for _, status := range all {
			if mark := string(status); !marks[mark] {
				marks[mark] = true
				sessions.branches = append(sessions.branches, base+" AND s.status = "+c.args.add(status))
			}
		}
		sessions.lookup = "s.status IN (" + in(&c.args, all) + ")"
	}
}

// errorSearch adds the codes. Only with an account is there an index in order.
func (c *search) errorSearch(f kyc.SessionFilter) {
	if len(f.Error) == 0 {
		return
	}
	l := lead{table: errorTable, key: "d.session_id", overlap: true,
		lookup: "EXISTS (SELECT 1 FROM session_errors x WHERE x.session_id = {id} AND x.code IN (" + in(&c.args, f.Error) + "))"}
	if c.account == "" {
		c.onSession = append(c.onSession, lookUp(l.lookup, "s.created_at", "s.id"))
		return
	}
	known := map[string]bool{}
	for _, code := range f.Error {
		if !known[code] {
			known[code] = true
			l.branches = append(l.branches, "d.account_id = "+c.account+" AND d.code = "+c.args.add(code))
		}
	}
	l.overlap = len(l.branches) > 1
	c.leads = append(c.leads, l)
}

// personalSearch adds what is searched for by blind index and tells the
// conditions that name one person, of whom there are never many sessions.
func (s *Store) personalSearch(ctx context.Context, u *unit, f kyc.SessionFilter, c *search) (named []string, err error) {
	if f.ClientKey == "" && f.ClientUser == "" && f.ClientID == "" && len(f.OCR) == 0 {
		return nil, nil
	}
	refs, err := s.accountsToSearch(ctx, u, f.AccountID)
	if err != nil {
		return nil, err
	}
	if len(refs) == 0 {
		return []string{"FALSE"}, nil
	}
	for _, exact := range []struct{ column, field, value string }{
		{"client_key_index", fieldClientKey, f.ClientKey},
		{"client_user_index", fieldClientUser, f.ClientUser},
		{"client_id_index", fieldClientID, f.ClientID},
	} {
		if exact.value == "" {
			continue
		}
		indexes := make([][]byte, len(refs))
		for i, ref := range refs {
			if indexes[i], err = s.blind(ref, exact.field, exact.value); err != nil {
				return nil, err
			}
		}
		named = append(named, "s."+exact.column+" IN ("+in(&c.args, indexes)+")")
	}
	for _, title := range sortedKeys(f.OCR) {
		field, texts := sought(f.OCR[title])
		if len(texts) == 0 {
			return nil, kyc.ErrInvalid(fmt.Sprintf("filters.ocr: give at least one letter or digit to search for, and %d before an asterisk", minPrefix))
		}
		if c.terms += len(texts); c.terms > maxTerms {
			return nil, kyc.ErrInvalid(fmt.Sprintf("filters.ocr: at most %d words", maxTerms))
		}
		for _, text := range texts {
			if err := s.termSearch(c, refs, field, title, text); err != nil {
				return nil, err
			}
		}
	}
	return named, nil
}

// termSearch adds one term as a lead. A title only narrows what the term finds.
func (s *Store) termSearch(c *search, refs []kyc.KeyRef, field, title, text string) error {
	l := lead{table: termTable, key: "d.session_id", overlap: title == ""}
	var lookups []string
	for _, ref := range refs {
		anywhere, err := s.term(ref, field, "", text)
		if err != nil {
			return err
		}
		equal := "term = " + c.args.add(anywhere)
		branch, lookup := "d."+equal, "x."+equal
		if title != "" {
			titled, err := s.term(ref, field, title, text)
			if err != nil {
				return err
			}
			equal = "titled = " + c.args.add(titled)
			branch, lookup = branch+" AND d."+equal, lookup+" AND x."+equal
		}
		l.branches, lookups = append(l.branches, branch), append(lookups, "("+lookup+")")
	}
	if len(refs) > 1 { // an administrator's search: few find much, so it is put in order afterwards
		l.branches = []string{"(" + strings.Join(l.branches, " OR ") + ")"}
	}
	l.lookup = "EXISTS (SELECT 1 FROM session_terms x WHERE (" + strings.Join(lookups, " OR ") + ") AND x.created_at = {created} AND x.session_id = {id})"
	c.leads = append(c.leads, l)
	return nil
}

// choose puts the lead with the fewest rows first, counting a few of each. Where
// one person is named, or only one lead was asked for, there is no choice.
func (s *Store) choose(ctx context.Context, u *unit, c *search, named bool) error {
	last := len(c.leads) - 1
	if named {
		c.leads[0], c.leads[last] = c.leads[last], c.leads[0]
		return nil
	}
	if last == 0 || last == 1 && len(c.onSession) == 0 && c.leads[last].lookup == "" {
		return nil
	}
	a := append(args{}, c.args...)
	var counts []string
	for i := range c.leads {
		if i == last && len(c.onSession) == 0 && c.leads[i].lookup == "" {
			break // all sessions: never the shortest
		}
		one := *c
		one.leads = c.leads[i : i+1]
		if i < last {
			one.onSession = nil
		}
		counts = append(counts, "("+one.countText(&a, probed)+")")
	}
	query, a := used("SELECT "+strings.Join(counts, ", "), a) // one question, not one each
	found, into := make([]int, len(counts)), make([]any, len(counts))
	for i := range found {
		into[i] = &found[i]
	}
	if err := u.QueryRowContext(ctx, query, a...).Scan(into...); err != nil {
		return err
	}
	best := slices.Index(found, slices.Min(found))
	c.leads[0], c.leads[best] = c.leads[best], c.leads[0]
	return nil
}

// branch is the list of one branch of the first lead, as "created_at, id".
func (c *search) branch(a *args, condition string) string {
	first := c.leads[0]
	created := strings.TrimSuffix(strings.TrimSuffix(first.key, "session_id"), "id") + "created_at"
	parts := []string{condition}
	operator := " < "
	if c.order == "ASC" {
		operator = " > "
	}
	for _, b := range c.created {
		// A place in the list lies within the range. Were both asked for, a database
		// could begin at the range's end and read all the pages before this one again.
		if c.after == nil || !strings.HasPrefix(b.operator, operator[:2]) {
			parts = append(parts, created+b.operator+b.mark)
		}
	}
	if c.after != nil {
		parts = append(parts, "("+created+", "+first.key+")"+operator+"("+a.add(c.after.created)+", "+a.add(c.after.id)+")")
	}
	table := first.table
	onSession := append([]string{}, c.onSession...)
	for _, l := range c.leads[1:] {
		switch {
		case l.lookup == "":
		case l.table == sessionTable:
			onSession = append(onSession, l.lookup) // of statuses
		default:
			parts = append(parts, lookUp(l.lookup, created, first.key))
		}
	}
	if first.table != sessionTable && len(onSession) > 0 {
		table += " JOIN sessions s ON s.id = " + first.key
	}
	distinct := ""
	if first.overlap {
		distinct = "DISTINCT "
	}
	return "SELECT " + distinct + created + " AS created_at, " + first.key + " AS id FROM " + table + " " + where(append(parts, onSession...))
}

// keys is the statement for a part of the list, in order.
func (c *search) keys(a *args, limit, offset int) string {
	order := " ORDER BY created_at " + c.order + ", id " + c.order
	rest := order + " LIMIT " + a.add(limit) + " OFFSET " + a.add(offset)
	if branches := c.leads[0].branches; len(branches) == 1 {
		return c.branch(a, branches[0]) + rest
	}
	return "SELECT created_at, id FROM (" + c.union(a, order+" LIMIT "+a.add(limit+offset)) + ") u" + rest
}

// union is the list of all branches, each with rest behind it.
func (c *search) union(a *args, rest string) string {
	parts := make([]string, len(c.leads[0].branches))
	for i, condition := range c.leads[0].branches {
		parts[i] = fmt.Sprintf("SELECT created_at, id FROM (%s%s) b%d", c.branch(a, condition), rest, i)
	}
	if c.leads[0].overlap {
		return strings.Join(parts, " UNION ")
	}
	return strings.Join(parts, " UNION ALL ")
}

// everything is the whole search as conditions on the session s.
func (c *search) everything() []string {
	all := append([]string{}, c.onSession...)
	if c.account != "" {
		all = append(all, "s.account_id = "+c.account)
	}
	for _, b := range c.created {
		all = append(all, "s.created_at"+b.operator+b.mark)
	}
	for _, l := range c.leads {
		if l.lookup != "" {
			all = append(all, lookUp(l.lookup, "s.created_at", "s.id"))
		}
	}
	return all
}

func lookUp(condition, created, id string) string {
	return strings.NewReplacer("{created}", created, "{id}", id).Replace(condition)
}
