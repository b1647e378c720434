package store

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Names under which OCR values are blinded. Values of different titles give
// different indexes, so a name and a place of birth do not reveal each other.
const fieldAnywhere = "ocr"

func fieldTitled(title string) string { return "ocr:" + normalise(title) }

// IndexOCR makes a session findable by what was read off its documents: each
// value as a whole, under its title and under any, normalised and blinded with
// the account's key (S25). Nothing readable is kept.
func (s *Store) IndexOCR(ctx context.Context, tx kyc.Tx, sessionID, accountID string, fields []kyc.Field) error {
	u := use(tx)
	ref, err := s.account(ctx, u, accountID)
	if err != nil {
		return err
	}
	for _, f := range fields {
		value := normalise(f.Value)
		if value == "" || f.IsUnreadable {
			continue
		}
		titled, err := s.blind(ref, fieldTitled(f.Title), value)
		if err != nil {
			return err
		}
		anywhere, err := s.blind(ref, fieldAnywhere, value)
		if err != nil {
			return err
		}
		_, err = u.ExecContext(ctx, `INSERT INTO session_words (session_id, titled, anywhere) VALUES ($1, $2, $3)
			ON CONFLICT (session_id, titled) DO NOTHING`, sessionID, titled, anywhere)
		if err != nil {
			return taken(err, "")
		}
	}
	return nil
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
