package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/openkyc/openkyc/internal/kyc"
)

const scenarioQuery = `
	SELECT c.id, c.account_id, c.created_at, c.secret, c.webhook_secret, c.webhook_key_hint,
	       r.revision, r.revised_at, r.definition, a.key
	FROM scenarios c
	JOIN scenario_revisions r ON r.scenario_id = c.id
	JOIN accounts a ON a.id = c.account_id `

// SaveScenario writes a scenario's first revision together with its secrets,
// or the next one of a scenario that is there already, whose secrets stay. A
// revision that was read must still be the newest, else kyc.ErrConflict; zero
// does not ask. On return Revision, the times and the hint are what is stored.
func (s *Store) SaveScenario(ctx context.Context, tx kyc.Tx, c *kyc.Scenario) error {
	u := use(tx)
	definition, err := list(c.Definition)
	if err != nil {
		return err
	}
	known, err := s.nextRevision(ctx, u, c)
	if err != nil {
		return err
	}
	if !known {
		if err := s.createScenario(ctx, u, c); err != nil {
			return err
		}
	}
	c.RevisedAt = u.now
	_, err = u.ExecContext(ctx, `INSERT INTO scenario_revisions (scenario_id, revision, revised_at, definition) VALUES ($1, $2, $3, $4)`,
		c.ID, c.Revision, micro(c.RevisedAt), definition)
	return err
}

// nextRevision raises the counter of a known scenario, in one statement so
// that two writers never get the same number.
func (s *Store) nextRevision(ctx context.Context, u *unit, c *kyc.Scenario) (known bool, err error) {
	n, err := affected(u.ExecContext(ctx,
		`UPDATE scenarios SET revision = revision + 1 WHERE id = $1 AND account_id = $2 AND ($3 = 0 OR revision = $3)`,
		c.ID, c.AccountID, c.Revision))
	if err != nil {
		return false, err
	}
	if n == 1 {
		err = u.QueryRowContext(ctx, `SELECT revision, created_at, webhook_key_hint FROM scenarios WHERE id = $1`, c.ID).
			Scan(&c.Revision, clock{&c.CreatedAt}, &c.WebhookKeyHint)
		return true, err
	}
	if c.Revision != 0 {
		return false, kyc.ErrConflict
	}
	return false, nil
}

func (s *Store) createScenario(ctx context.Context, u *unit, c *kyc.Scenario) error {
	ref, err := s.account(ctx, u, c.AccountID)
	if err != nil {
		return err
	}
	secret, webhookSecret, err := s.sealSecrets(ref, c.ID, c.Secret, c.WebhookSecret)
	if err != nil {
		return err
	}
	if c.CreatedAt.IsZero() {
		c.CreatedAt = u.now
	}
	c.Revision, c.WebhookKeyHint = 1, lastFour(c.WebhookSecret)
	_, err = u.ExecContext(ctx, `
		INSERT INTO scenarios (id, account_id, revision, created_at, secret, webhook_secret, webhook_key_hint)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.ID, c.AccountID, c.Revision, micro(c.CreatedAt), secret, webhookSecret, c.WebhookKeyHint)
	if err != nil {
		return taken(err, "a scenario with this id exists already")
	}
	primary := &kyc.Endpoint{ID: c.ID, AccountID: c.AccountID, ScenarioID: c.ID, CreatedAt: c.CreatedAt}
	primary.Normalise()
	return s.CreateEndpoint(ctx, u, primary)
}

func (s *Store) sealSecrets(ref kyc.KeyRef, id, secret, webhookSecret string) (sealed, sealedWebhook []byte, err error) {
	if sealed, err = s.seal(ref, []byte(secret), place("scenarios", "secret", id)); err != nil {
		return nil, nil, err
	}
	sealedWebhook, err = s.seal(ref, []byte(webhookSecret), place("scenarios", "webhook_secret", id))
	return sealed, sealedWebhook, err
}

// lastFour is what a list may show of a secret.
func lastFour(secret string) string { return secret[max(0, len(secret)-4):] }

// UpdateSecrets replaces both secrets of a scenario at once.
func (s *Store) UpdateSecrets(ctx context.Context, tx kyc.Tx, id, secret, webhookSecret string) error {
	u := use(tx)
	var accountID string
	if err := u.QueryRowContext(ctx, `SELECT account_id FROM scenarios WHERE id = $1`, id).Scan(&accountID); err != nil {
		return missing(err)
	}
	ref, err := s.account(ctx, u, accountID)
	if err != nil {
		return err
	}
	sealed, sealedWebhook, err := s.sealSecrets(ref, id, secret, webhookSecret)
	if err != nil {
		return err
	}
	return one(u.ExecContext(ctx, `UPDATE scenarios SET secret = $2, webhook_secret = $3, webhook_key_hint = $4 WHERE id = $1`,
		id, sealed, sealedWebhook, lastFour(webhookSecret)))
}

// Scenario reads the newest revision.
func (s *Store) Scenario(ctx context.Context, tx kyc.Tx, id string) (*kyc.Scenario, error) {
	c, err := s.scanScenario(use(tx).QueryRowContext(ctx, scenarioQuery+`WHERE c.id = $1 AND r.revision = c.revision`, id))
	return c, missing(err)
}

// ScenarioRevision reads one revision, with the secrets of today.
func (s *Store) ScenarioRevision(ctx context.Context, tx kyc.Tx, id string, revision int) (*kyc.Scenario, error) {
	c, err := s.scanScenario(use(tx).QueryRowContext(ctx, scenarioQuery+`WHERE c.id = $1 AND r.revision = $2`, id, revision))
	return c, missing(err)
}

const shownQuery = `
	SELECT c.id, c.account_id, c.created_at, r.revision, r.revised_at, r.definition
	FROM scenarios c JOIN scenario_revisions r ON r.scenario_id = c.id WHERE c.id = $1 AND r.revision = $2`

// ShownScenario reads one revision without secrets, for sessions to be shown. A
// revision never changes, so it is remembered; callers must not change what it
// refers to.
func (s *Store) ShownScenario(ctx context.Context, tx kyc.Tx, id string, revision int) (*kyc.Scenario, error) {
	u, name := use(tx), revisionName{id, revision}
	if known, ok := s.revisions.find(name); ok {
		return &known, nil
	}
	var c kyc.Scenario
	err := u.QueryRowContext(ctx, shownQuery, id, revision).
		Scan(&c.ID, &c.AccountID, clock{&c.CreatedAt}, &c.Revision, clock{&c.RevisedAt}, unlist{&c.Definition})
	if err != nil {
		return nil, missing(err)
	}
	if u.reading { // else it might never be committed
		s.revisions.keep(name, c)
	}
	return &c, nil
}

// revisionsKnown bounds what is remembered, about 2 kB each.
const revisionsKnown = 1000

type revisionName struct {
	id     string
	number int
}

type revisions struct {
	mu    sync.Mutex
	known map[revisionName]kyc.Scenario
}

func (r *revisions) find(name revisionName) (c kyc.Scenario, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok = r.known[name]
	return c, ok
}

func (r *revisions) keep(name revisionName, c kyc.Scenario) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= revisionsKnown {
		r.known = map[revisionName]kyc.Scenario{}
	}
	r.known[name] = c
}

// Scenarios reads the newest revisions of an account's scenarios, oldest
// scenario first; "" reads those of all accounts.
func (s *Store) Scenarios(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.Scenario, error) {
	rows, err := use(tx).QueryContext(ctx,
		scenarioQuery+`WHERE r.revision = c.revision AND ($1 = '' OR c.account_id = $1) ORDER BY c.created_at, c.id`, accountID)
	return collect(rows, err, s.scanScenario)
}

func (s *Store) scanScenario(r row) (*kyc.Scenario, error) {
	c := &kyc.Scenario{}
	var ref kyc.KeyRef
	var secret, webhookSecret []byte
	if err := r.Scan(&c.ID, &c.AccountID, clock{&c.CreatedAt}, &secret, &webhookSecret, &c.WebhookKeyHint,
		&c.Revision, clock{&c.RevisedAt}, unlist{&c.Definition}, &ref.AccountKey); err != nil {
		return nil, err
	}
	ref.AccountID = c.AccountID
	clear, err := s.unseal(ref, secret, place("scenarios", "secret", c.ID))
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", c.ID, err)
	}
	c.Secret = string(clear)
	if clear, err = s.unseal(ref, webhookSecret, place("scenarios", "webhook_secret", c.ID)); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", c.ID, err)
	}
	c.WebhookSecret = string(clear)
	return c, nil
}
