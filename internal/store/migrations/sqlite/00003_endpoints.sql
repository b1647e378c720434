-- +goose Up
-- Several endpoints a scenario, in an order within each session. A delivery
-- need not be about a session any more: tests and an endpoint's own news are not.

CREATE TABLE endpoints (
    id                TEXT   NOT NULL PRIMARY KEY, -- the scenario's for the callback of its definition
    account_id        TEXT   NOT NULL REFERENCES accounts (id),
    scenario_id       TEXT   NOT NULL REFERENCES scenarios (id),
    name              TEXT   NOT NULL,
    url               BLOB   NOT NULL, -- sealed under the account key; empty for the primary one
    mode              TEXT   NOT NULL,
    append_client_key BOOLEAN NOT NULL,
    events            TEXT   NOT NULL,
    relaxed           BOOLEAN NOT NULL,
    rate              DOUBLE PRECISION NOT NULL,
    concurrency       BIGINT NOT NULL,
    timeout           BIGINT NOT NULL, -- microseconds
    secrets           BLOB   NOT NULL, -- sealed under the account key; of the primary one the retired only
    state             TEXT   NOT NULL,
    state_reason      TEXT   NOT NULL,
    state_at          BIGINT NOT NULL,
    failing_since     BIGINT NOT NULL,
    failures          BIGINT NOT NULL,
    opens             BIGINT NOT NULL,
    open_until        BIGINT NOT NULL,
    throttle          BIGINT NOT NULL,
    throttled_at      BIGINT NOT NULL,
    paced_at          BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    lock              BIGINT NOT NULL  -- compare and set
);
CREATE INDEX endpoints_scenario ON endpoints (scenario_id, created_at, id);
CREATE INDEX endpoints_account ON endpoints (account_id, state);

-- Every scenario has its primary endpoint; empty sealed columns mean "nothing".
INSERT INTO endpoints (id, account_id, scenario_id, name, url, mode, append_client_key, events, relaxed, rate, concurrency, timeout,
    secrets, state, state_reason, state_at, failing_since, failures, opens, open_until, throttle, throttled_at, paced_at, created_at, lock)
SELECT id, account_id, id, '', x'', 'encrypted', FALSE, '', FALSE, 0, 0, 0, x'', 'enabled', '', 0, 0, 0, 0, 0, 0, 0, 0, created_at, 1 FROM scenarios;

-- W8: how many events a session has had.
ALTER TABLE sessions ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET sequence = (SELECT COUNT(*) FROM deliveries d WHERE d.session_id = sessions.id)
WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.session_id = sessions.id);

-- SQLite cannot take NOT NULL off a column, so both tables are written anew.
CREATE TABLE deliveries_new (
    id               TEXT    NOT NULL PRIMARY KEY,
    account_id       TEXT    NOT NULL REFERENCES accounts (id),
    session_id       TEXT    REFERENCES sessions (id), -- NULL: sealed under the account key
    scenario_id      TEXT    NOT NULL,
    event            TEXT    NOT NULL,
    url              BLOB    NOT NULL, -- sealed: it may carry the client key
    body             BLOB    NOT NULL, -- sealed
    status           TEXT    NOT NULL,
    attempts         BIGINT  NOT NULL,
    next_at          BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    done_at          BIGINT  NOT NULL,
    last_code        BIGINT  NOT NULL,
    last_error       TEXT    NOT NULL,
    endpoint_id      TEXT    NOT NULL,
    sequence         BIGINT  NOT NULL,
    version          BIGINT  NOT NULL,
    test             BOOLEAN NOT NULL,
    replayed         BOOLEAN NOT NULL,
    spent            BIGINT  NOT NULL, -- attempts of earlier climbs of the ladder
    claimed_to       BIGINT  NOT NULL, -- an attempt is being made until then
    client_key_index BLOB,             -- the session's
    digest           BLOB    NOT NULL  -- SHA-256 of the body; empty in rows older than this column
);
INSERT INTO deliveries_new
SELECT d.id, d.account_id, d.session_id, d.scenario_id, d.event, d.url, d.body, d.status, d.attempts, d.next_at, d.created_at, d.done_at,
    d.last_code, d.last_error, d.scenario_id,
    (SELECT COUNT(*) FROM deliveries e WHERE e.session_id = d.session_id AND (e.created_at, e.id) <= (d.created_at, d.id)),
    s.lock, FALSE, FALSE, 0, 0, s.client_key_index, x''
FROM deliveries d JOIN sessions s ON s.id = d.session_id;
CREATE TABLE delivery_attempts_new (
    delivery_id TEXT   NOT NULL REFERENCES deliveries_new (id),
    number      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    code        BIGINT NOT NULL,
    latency     BIGINT NOT NULL, -- microseconds
    error       TEXT   NOT NULL,
    answer      BLOB   NOT NULL, -- sealed
    header      TEXT   NOT NULL, -- of the request, without signatures
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO delivery_attempts_new SELECT delivery_id, number, at, code, latency, error, answer, '' FROM delivery_attempts;
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
ALTER TABLE deliveries_new RENAME TO deliveries;
ALTER TABLE delivery_attempts_new RENAME TO delivery_attempts;
CREATE INDEX deliveries_session ON deliveries (session_id, created_at, id);
CREATE INDEX deliveries_account ON deliveries (account_id, created_at, id);
CREATE INDEX deliveries_scenario ON deliveries (scenario_id, created_at, id);
CREATE INDEX deliveries_created ON deliveries (created_at, id);
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, created_at, id);
CREATE INDEX deliveries_client_key ON deliveries (client_key_index, created_at, id);
CREATE INDEX deliveries_failed ON deliveries (endpoint_id, created_at, id) WHERE status = 'exhausted';
CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, next_at, sequence, id) WHERE status = 'pending';
CREATE INDEX deliveries_order ON deliveries (session_id, endpoint_id, sequence) WHERE status = 'pending';
CREATE INDEX deliveries_flight ON deliveries (endpoint_id) WHERE claimed_to > 0;

-- +goose Down
-- There is no way back: deliveries without a session have no place in the old table.
SELECT 1;
