package store

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Names under which OCR values, words and beginnings of words are blinded. Those
// of different titles give different indexes, so that a name and a place of
// birth do not reveal each other.
const (
	fieldAnywhere = "ocr"
	fieldWord     = "ocr word"
)

// Limits of the index of words. A beginning of two letters would find a tenth of
// everybody, and tell who holds the database most about the rest; more than
// sixteen letters make no difference among names.
const (
	minPrefix = 3
	maxPrefix = 16
	maxWords  = 32 // of one value
	termSize  = 8  // bytes: 2^32 different terms have one false match in 2^32 searches
)

// wordEnd stands behind a word that is complete: no letter can be mistaken for it.
const wordEnd = "\x00"

// term is one row of the index: what a session is found by, anywhere and under a title.
type term struct{ anywhere, titled []byte }

// IndexOCR makes a session findable by what was read off its documents: each
// value as a whole, its words and their beginnings, under its title and under
// any, normalised and blinded with the account's key (S25). Nothing readable is
// kept. Doing it twice changes nothing.
func (s *Store) IndexOCR(ctx context.Context, tx kyc.Tx, sessionID, accountID string, fields []kyc.Field) error {
	u := use(tx)
	ref := kyc.KeyRef{AccountID: accountID}
	var created int64
	err := u.QueryRowContext(ctx, `SELECT s.created_at, a.key FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = $1 AND a.id = $2`,
		sessionID, accountID).Scan(&created, &ref.AccountKey)
	if err != nil {
		return missing(err)
	}
	for _, f := range fields {
		terms, err := s.terms(ref, f)
		if err != nil {
			return err
		}
		if err := addTerms(ctx, u, sessionID, created, terms); err != nil {
			return err
		}
	}
	return nil
}

func addTerms(ctx context.Context, u *unit, sessionID string, created int64, terms []term) error {
	if len(terms) == 0 {
		return nil
	}
	a := args{created, sessionID}
	lines := make([]string, len(terms))
	for i, t := range terms {
		lines[i] = "($1, " + a.add(t.anywhere) + ", " + a.add(t.titled) + ", $2)"
	}
	_, err := u.ExecContext(ctx, `INSERT INTO session_terms (created_at, term, titled, session_id) VALUES `+strings.Join(lines, ", ")+
		` ON CONFLICT (term, created_at, session_id, titled) DO NOTHING`, a...)
	return err
}

// terms blinds all that one field is found by.
func (s *Store) terms(ref kyc.KeyRef, f kyc.Field) (all []term, err error) {
	value := normalise(f.Value)
	if value == "" || f.IsUnreadable {
		return nil, nil
	}
	add := func(field, text string) {
		var t term
		if err == nil {
			t.anywhere, err = s.term(ref, field, "", text)
		}
		if err == nil {
			t.titled, err = s.term(ref, field, f.Title, text)
		}
		all = append(all, t)
	}
	add(fieldAnywhere, value)
	if !worded(f) {
		return all, err
	}
	for i, word := range words(f.Value) {
		if i == maxWords {
			break
		}
		for _, part := range beginnings(word) {
			add(fieldWord, part)
		}
	}
	return all, err
}

// term is the blind index of a text under a title, or under any.
func (s *Store) term(ref kyc.KeyRef, field, title, text string) ([]byte, error) {
	if title != "" {
		field += ":" + normalise(title)
	}
	index, err := s.blind(ref, field, text)
	if err != nil {
		return nil, err
	}
	return index[:termSize], nil
}

// worded tells whether anybody would look for a field's words. Dates, codes,
// check digits and the whole zone are found by their values only.
func worded(f kyc.Field) bool {
	return f.ValueUTC == "" && !strings.HasPrefix(f.Title, "MRZ") && !strings.HasSuffix(f.Title, "Code") && !strings.HasSuffix(f.Title, "Checkdigit")
}

// words splits a value where people see words, each normalised. A value that is
// mostly digits is one word: "45 08 123456" is a number.
func words(value string) []string {
	var b strings.Builder
	letters, digits := 0, 0
	for _, r := range norm.NFKD.String(value) {
		switch {
		case unicode.IsLetter(r):
			letters++
			b.WriteRune(fold(r))
		case unicode.IsDigit(r):
			digits++
			b.WriteRune(r)
		case unicode.IsMark(r), strings.ContainsRune("'’ʼ`´", r): // within a word, and no part of it
		default:
			b.WriteByte(' ')
		}
	}
	all := strings.Fields(b.String())
	if digits >= letters && len(all) > 1 {
		return []string{strings.Join(all, "")}
	}
	return all
}

// beginnings of a word, and the word itself with its end.
func beginnings(word string) (all []string) {
	letters := []rune(word)
	for n := minPrefix; n <= min(len(letters), maxPrefix); n++ {
		all = append(all, string(letters[:n]))
	}
	return append(all, word+wordEnd)
}

// sought turns what somebody looks for into the field and the texts that must
// all be in the index. Without an asterisk it is a whole value; with one, "Anna
// Mar*", each word must be there, and those with an asterisk may go on. There
// are no texts when that is too little to look for.
func sought(text string) (field string, texts []string) {
	if !strings.Contains(text, "*") {
		if value := normalise(text); value != "" {
			texts = []string{value}
		}
		return fieldAnywhere, texts
	}
	parts := strings.Fields(text)
	if strings.HasSuffix(text, "*") && len(words(text)) == 1 { // the groups of a number are one word
		parts = []string{strings.Join(parts, "")}
	}
	for _, part := range parts {
		bare, open := strings.CutSuffix(part, "*")
		found := words(bare)
		for i, word := range found {
			letters := []rune(word)
			switch {
			case !open || i < len(found)-1:
				texts = append(texts, word+wordEnd)
			case len(letters) < minPrefix:
				return fieldWord, nil
			default:
				texts = append(texts, string(letters[:min(len(letters), maxPrefix)]))
			}
		}
	}
	return fieldWord, texts
}

// normalise reduces a text to what two people typing it would agree on: no
// case, no accents, no spaces and punctuation, compatibility forms unified.
// So "45 08 123456" and "4508123456" are one number.
func normalise(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(fold(r))
		}
	}
	return b.String()
}

// fold maps all cases of a letter to the same one. Lower after upper, because
// some letters share only their capital.
func fold(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
