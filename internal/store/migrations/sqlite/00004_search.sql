-- +goose Up
-- What sessions are found by carries their time of creation: a page is then read
-- in order from one index, however many sessions have the same in common.

-- Values, words and beginnings of words that were read off documents. The rows
-- are an index and no facts: they refer to their session without saying so.
CREATE TABLE session_terms (
    created_at BIGINT NOT NULL, -- the session's
    term       BLOB   NOT NULL, -- blind index, 8 bytes
    titled     BLOB   NOT NULL, -- blind index of the same under its title
    session_id TEXT   NOT NULL,
    PRIMARY KEY (term, created_at, session_id, titled)
) WITHOUT ROWID;
INSERT INTO session_terms (created_at, term, titled, session_id)
SELECT DISTINCT s.created_at, substr(w.anywhere, 1, 8), substr(w.titled, 1, 8), s.id
FROM session_words w JOIN sessions s ON s.id = w.session_id;
CREATE INDEX session_terms_session ON session_terms (session_id);
DROP TABLE session_words;

ALTER TABLE session_errors ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
ALTER TABLE session_errors ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
UPDATE session_errors SET account_id = (SELECT account_id FROM sessions s WHERE s.id = session_id),
    created_at = (SELECT created_at FROM sessions s WHERE s.id = session_id);
DROP INDEX session_errors_code;
CREATE INDEX session_errors_code ON session_errors (account_id, code, created_at, session_id);

-- With the account and the status in it the index answers alone.
DROP INDEX sessions_scenario;
CREATE INDEX sessions_scenario ON sessions (scenario_id, created_at, id, account_id, status);

-- +goose Down
-- There is no way back: the old table had whole blind indexes.
SELECT 1;
