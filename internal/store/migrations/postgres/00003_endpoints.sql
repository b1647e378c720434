-- +goose Up
-- Several endpoints a scenario, in an order within each session. A delivery
-- need not be about a session any more: tests and an endpoint's own news are not.

CREATE TABLE endpoints (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the scenario's for the callback of its definition
    account_id        TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    scenario_id       TEXT COLLATE "C" NOT NULL REFERENCES scenarios (id),
    name              TEXT COLLATE "C" NOT NULL,
    url               BYTEA  NOT NULL, -- sealed under the account key; empty for the primary one
    mode              TEXT COLLATE "C" NOT NULL,
    append_client_key BOOLEAN NOT NULL,
    events            TEXT COLLATE "C" NOT NULL,
    relaxed           BOOLEAN NOT NULL,
    rate              DOUBLE PRECISION NOT NULL,
    concurrency       BIGINT NOT NULL,
    timeout           BIGINT NOT NULL, -- microseconds
    secrets           BYTEA  NOT NULL, -- sealed under the account key; of the primary one the retired only
    state             TEXT COLLATE "C" NOT NULL,
    state_reason      TEXT COLLATE "C" NOT NULL,
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
SELECT id, account_id, id, '', ''::BYTEA, 'encrypted', FALSE, '', FALSE, 0, 0, 0, ''::BYTEA, 'enabled', '', 0, 0, 0, 0, 0, 0, 0, 0, created_at, 1 FROM scenarios;

-- W8: how many events a session has had.
ALTER TABLE sessions ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET sequence = (SELECT COUNT(*) FROM deliveries d WHERE d.session_id = sessions.id)
WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.session_id = sessions.id);

ALTER TABLE deliveries ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE deliveries
    ADD COLUMN endpoint_id      TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN sequence         BIGINT  NOT NULL DEFAULT 0,
    ADD COLUMN version          BIGINT  NOT NULL DEFAULT 0,
    ADD COLUMN test             BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN replayed         BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN spent            BIGINT  NOT NULL DEFAULT 0, -- attempts of earlier climbs of the ladder
    ADD COLUMN claimed_to       BIGINT  NOT NULL DEFAULT 0, -- an attempt is being made until then
    ADD COLUMN client_key_index BYTEA,
    ADD COLUMN digest           BYTEA   NOT NULL DEFAULT ''::BYTEA;
UPDATE deliveries d SET endpoint_id = d.scenario_id, version = s.lock, client_key_index = s.client_key_index,
    sequence = (SELECT COUNT(*) FROM deliveries e WHERE e.session_id = d.session_id AND (e.created_at, e.id) <= (d.created_at, d.id))
FROM sessions s WHERE s.id = d.session_id;
ALTER TABLE delivery_attempts ADD COLUMN header TEXT COLLATE "C" NOT NULL DEFAULT '';
DROP INDEX deliveries_due;
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, created_at, id);
CREATE INDEX deliveries_client_key ON deliveries (client_key_index, created_at, id);
CREATE INDEX deliveries_failed ON deliveries (endpoint_id, created_at, id) WHERE status = 'exhausted';
CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, next_at, sequence, id) WHERE status = 'pending';
CREATE INDEX deliveries_order ON deliveries (session_id, endpoint_id, sequence) WHERE status = 'pending';
CREATE INDEX deliveries_flight ON deliveries (endpoint_id) WHERE claimed_to > 0;

-- +goose Down
-- There is no way back: deliveries without a session have no place in the old table.
SELECT 1;
