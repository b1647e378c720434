package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// subject holds the two data keys of one session: one for everything, one for
// face templates, which can therefore be destroyed alone (S26).
type subject struct {
	data      kyc.KeyRef
	templates kyc.KeyRef
}

// templateSubject names the second data key of a session.
func templateSubject(sessionID string) string { return sessionID + "/faces" }

// newSubject draws the data keys of a new session.
func (s *Store) newSubject(ctx context.Context, u *unit, accountID, sessionID string) (subject, error) {
	ref, err := s.account(ctx, u, accountID)
	if err != nil {
		return subject{}, err
	}
	k := subject{data: ref, templates: ref}
	k.data.SubjectID, k.templates.SubjectID = sessionID, templateSubject(sessionID)
	if k.data.SubjectKey, err = s.keys.NewSubjectKey(k.data); err != nil {
		return subject{}, fmt.Errorf("draw a data key: %w", err)
	}
	if k.templates.SubjectKey, err = s.keys.NewSubjectKey(k.templates); err != nil {
		return subject{}, fmt.Errorf("draw a template key: %w", err)
	}
	u.subjects[sessionID] = k
	return k, nil
}

// account reads the reference to an account's own key.
func (s *Store) account(ctx context.Context, u *unit, accountID string) (kyc.KeyRef, error) {
	ref := kyc.KeyRef{AccountID: accountID}
	err := u.QueryRowContext(ctx, `SELECT key FROM accounts WHERE id = $1`, accountID).Scan(&ref.AccountKey)
	return ref, missing(err)
}

// Account keys that were read are remembered for a short while: they are only
// ever wrapped anew, which leaves the older form good for as long.
const (
	accountMemory = time.Minute
	accountsKnown = 10_000
)

type accountKeys struct {
	mu   sync.Mutex
	refs map[string]knownAccount
}

type knownAccount struct {
	kyc.KeyRef
	until time.Time
}

// knownAccount is account for reading units, which need not ask every time.
func (s *Store) knownAccount(ctx context.Context, u *unit, accountID string) (kyc.KeyRef, error) {
	if !u.reading { // might see what is never committed
		return s.account(ctx, u, accountID)
	}
	s.known.mu.Lock()
	found, ok := s.known.refs[accountID]
	s.known.mu.Unlock()
	if ok && u.now.Before(found.until) {
		return found.KeyRef, nil
	}
	ref, err := s.account(ctx, u, accountID)
	if err != nil {
		return ref, err
	}
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	if len(s.known.refs) >= accountsKnown {
		clear(s.known.refs)
	}
	s.known.refs[accountID] = knownAccount{ref, u.now.Add(accountMemory)}
	return ref, nil
}

// subject reads the data keys of one session, once a unit.
func (s *Store) subject(ctx context.Context, u *unit, sessionID string) (subject, error) {
	if k, ok := u.subjects[sessionID]; ok {
		return k, nil
	}
	if err := s.loadSubjects(ctx, u, []string{sessionID}); err != nil {
		return subject{}, err
	}
	k, ok := u.subjects[sessionID]
	if !ok {
		return subject{}, kyc.ErrNotFound()
	}
	return k, nil
}

// loadSubjects reads the data keys of many sessions in one question.
func (s *Store) loadSubjects(ctx context.Context, u *unit, sessionIDs []string) error {
	var a args
	type keyed struct {
		id string
		subject
	}
	rows, err := u.QueryContext(ctx, `
		SELECT s.id, s.account_id, a.key, s.subject_key, s.template_key
		FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id IN (`+in(&a, sessionIDs)+`)`, a...)
	all, err := collect(rows, err, func(r row) (keyed, error) {
		var id, accountID string
		var accountKey, data, templates []byte
		err := r.Scan(&id, &accountID, &accountKey, &data, &templates)
		return keyed{id, newSubjectOf(id, accountID, accountKey, data, templates)}, err
	})
	for _, k := range all {
		u.subjects[k.id] = k.subject
	}
	return err
}

func newSubjectOf(sessionID, accountID string, accountKey, data, templates []byte) subject {
	return subject{
		data:      kyc.KeyRef{AccountID: accountID, AccountKey: accountKey, SubjectID: sessionID, SubjectKey: data},
		templates: kyc.KeyRef{AccountID: accountID, AccountKey: accountKey, SubjectID: templateSubject(sessionID), SubjectKey: templates},
	}
}

// place is the authenticated context of a sealed column: a value that is moved
// to another row or column does not open.
func place(table, column string, row ...any) []byte {
	parts := make([]string, len(row))
	for i, r := range row {
		parts[i] = fmt.Sprint(r)
	}
	return []byte(table + "/" + column + "/" + strings.Join(parts, "/"))
}

// seal writes under a data key. A reference that lost its key is refused: an
// empty one would silently mean the account's key.
func (s *Store) seal(ref kyc.KeyRef, plaintext, where []byte) ([]byte, error) {
	if ref.SubjectID != "" && len(ref.SubjectKey) == 0 {
		return nil, kyc.Errorf(kyc.Gone, "the data of this session was destroyed")
	}
	sealed, err := s.keys.Seal(ref, plaintext, where)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", where, err)
	}
	return sealed, nil
}

func (s *Store) unseal(ref kyc.KeyRef, sealed, where []byte) ([]byte, error) {
	if ref.SubjectID != "" && len(ref.SubjectKey) == 0 {
		return nil, kyc.Errorf(kyc.Gone, "the data of this session was destroyed")
	}
	plaintext, err := s.keys.Open(ref, sealed, where)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", where, err)
	}
	return plaintext, nil
}

// sealJSON seals the JSON of v; later versions read it by the same types.
func (s *Store) sealJSON(ref kyc.KeyRef, v any, where []byte) ([]byte, error) {
	plaintext, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", where, err)
	}
	return s.seal(ref, plaintext, where)
}

func (s *Store) unsealJSON(ref kyc.KeyRef, sealed []byte, v any, where []byte) error {
	plaintext, err := s.unseal(ref, sealed, where)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plaintext, v); err != nil {
		return fmt.Errorf("read %s: %w", where, err)
	}
	return nil
}

// sealFinding seals a finding without its templates, and those apart under
// their own key. Nothing becomes nil.
func (s *Store) sealFinding(k subject, f *kyc.Finding, table, column, templateColumn string, row ...any) (finding, templates []byte, err error) {
	if f == nil {
		return nil, nil, nil
	}
	bare := storedFinding{Finding: *f, Labels: labels(f)}
	bare.Templates = nil
	if finding, err = s.sealJSON(k.data, bare, place(table, column, row...)); err != nil {
		return nil, nil, err
	}
	if len(f.Templates) > 0 {
		templates, err = s.sealJSON(k.templates, f.Templates, place(table, templateColumn, row...))
	}
	return finding, templates, err
}

// storedFinding is a finding as it is sealed: without its templates, which are
// sealed apart, but with what they are called. So that faces can be shown
// without opening a vector of a thousand numbers.
type storedFinding struct {
	kyc.Finding
	Labels []string `json:"labels,omitempty"` // missing in what was written before 2026-11-25
}

func labels(f *kyc.Finding) (all []string) {
	for _, t := range f.Templates {
		all = append(all, t.Label)
	}
	return all
}

// unsealFinding reverses sealFinding. Destroyed templates leave the rest readable.
func (s *Store) unsealFinding(k subject, finding, templates []byte, table, column, templateColumn string, row ...any) (*kyc.Finding, error) {
	if finding == nil {
		return nil, nil
	}
	f := &storedFinding{}
	if err := s.unsealJSON(k.data, finding, f, place(table, column, row...)); err != nil {
		return nil, err
	}
	if templates == nil || len(k.templates.SubjectKey) == 0 {
		return &f.Finding, nil
	}
	return &f.Finding, s.unsealJSON(k.templates, templates, &f.Templates, place(table, templateColumn, row...))
}

// blind is the blind index of a value under a field name; nil for no value.
func (s *Store) blind(ref kyc.KeyRef, field, value string) ([]byte, error) {
	if value == "" {
		return nil, nil
	}
	ref.SubjectID, ref.SubjectKey = "", nil // the account's, so that all its sessions agree
	index, err := s.keys.Index(ref, field, value)
	if err != nil {
		return nil, fmt.Errorf("blind %s: %w", field, err)
	}
	return index, nil
}
