package store

import (
	"bytes"
	"context"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// ClaimKeyBlocks notes the ciphertext blocks of a client key, each a pair of
// the block's hash and the hash of the block before it. It tells false when a
// block is known behind another predecessor: then the key was put together
// from pieces of others, and the caller rolls back.
func (s *Store) ClaimKeyBlocks(ctx context.Context, tx kyc.Tx, scenarioID string, pairs [][2][]byte, sessionID string) (bool, error) {
	u := use(tx)
	for _, pair := range pairs {
		block, previous := pair[0], pair[1]
		n, err := affected(u.ExecContext(ctx, `
			INSERT INTO client_key_blocks (scenario_id, block, previous, session_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (scenario_id, block) DO NOTHING`, scenarioID, block, previous, sessionID))
		if err != nil {
			return false, taken(err, "")
		}
		if n == 1 {
			continue
		}
		var known []byte
		err = u.QueryRowContext(ctx, `SELECT previous FROM client_key_blocks WHERE scenario_id = $1 AND block = $2`,
			scenarioID, block).Scan(&known)
		if err != nil {
			return false, err
		}
		if !bytes.Equal(known, previous) {
			return false, nil
		}
	}
	return true, nil
}

// ClaimKeyID notes the id of a client key of version 2 and tells whether this
// was its first use. Ids are forgotten once their key has expired.
func (s *Store) ClaimKeyID(ctx context.Context, tx kyc.Tx, scenarioID, id string, expires time.Time) (bool, error) {
	n, err := affected(use(tx).ExecContext(ctx, `
		INSERT INTO client_key_ids (scenario_id, id, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (scenario_id, id) DO NOTHING`, scenarioID, id, micro(expires)))
	return n == 1, taken(err, "")
}

// Prune forgets what has run out and nobody may use any more: ids of expired
// client keys and expired logins, at most limit of each. It tells how many.
func (s *Store) Prune(ctx context.Context, tx kyc.Tx, now time.Time, limit int) (int, error) {
	total := 0
	for _, statement := range []string{
		`DELETE FROM client_key_ids WHERE (scenario_id, id) IN (SELECT scenario_id, id FROM client_key_ids WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`,
		`DELETE FROM logins WHERE hash IN (SELECT hash FROM logins WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`,
	} {
		n, err := affected(use(tx).ExecContext(ctx, statement, micro(now), limit))
		if err != nil {
			return total, err
		}
		total += int(n)
	}
	return total, nil
}
