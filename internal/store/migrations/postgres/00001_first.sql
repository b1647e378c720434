-- +goose Up
-- The same tables as for SQLite, see there; a test compares them. BYTEA stands
-- for BLOB, an identity column for AUTOINCREMENT. Texts are compared by bytes, as
-- SQLite and Go do: indexes then outlive changes of the system's locales.

CREATE TABLE accounts (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    key        BYTEA  NOT NULL, -- wrapped by the master key
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account_id    TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    email         TEXT COLLATE "C" NOT NULL UNIQUE, -- lower case
    role          TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    permissions   TEXT COLLATE "C" NOT NULL,
    disabled      BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL
);
CREATE INDEX users_account ON users (account_id, created_at, id);

CREATE TABLE logins (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    address    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_user ON logins (user_id);
CREATE INDEX logins_expiry ON logins (expires_at);

CREATE TABLE api_tokens (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account_id   TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    name         TEXT COLLATE "C" NOT NULL,
    hash         BYTEA  NOT NULL UNIQUE,
    permissions  TEXT COLLATE "C" NOT NULL,
    expires_at   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX api_tokens_account ON api_tokens (account_id, created_at, id);

CREATE TABLE scenarios (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account_id       TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    revision         BIGINT NOT NULL, -- the newest
    created_at       BIGINT NOT NULL,
    secret           BYTEA  NOT NULL, -- sealed under the account key
    webhook_secret   BYTEA  NOT NULL, -- sealed under the account key
    webhook_key_hint TEXT COLLATE "C" NOT NULL
);
CREATE INDEX scenarios_account ON scenarios (account_id, created_at, id);

CREATE TABLE scenario_revisions (
    scenario_id TEXT COLLATE "C" NOT NULL REFERENCES scenarios (id),
    revision    BIGINT NOT NULL,
    revised_at  BIGINT NOT NULL,
    definition  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scenario_id, revision)
);

CREATE TABLE sessions (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account_id        TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    scenario_id       TEXT COLLATE "C" NOT NULL,
    revision          BIGINT NOT NULL,
    origin            TEXT COLLATE "C" NOT NULL,
    status            TEXT COLLATE "C" NOT NULL,
    step              BIGINT NOT NULL,
    errors            TEXT COLLATE "C" NOT NULL, -- codes
    lock              BIGINT NOT NULL, -- compare and set
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    finished_at       BIGINT NOT NULL,
    capture           BYTEA,            -- SHA-256 of the widget's credential
    client            BYTEA  NOT NULL, -- sealed: client key, user and id
    client_key_index  BYTEA  NOT NULL, -- keyed blind indexes of the account
    client_user_index BYTEA,
    client_id_index   BYTEA,
    faces             BYTEA,            -- sealed finding
    face_templates    BYTEA,            -- sealed apart
    subject_key       BYTEA  NOT NULL, -- wrapped by the account key
    template_key      BYTEA  NOT NULL, -- the same, for face templates only
    FOREIGN KEY (scenario_id, revision) REFERENCES scenario_revisions (scenario_id, revision)
);
CREATE INDEX sessions_account ON sessions (account_id, created_at, id);
CREATE INDEX sessions_status ON sessions (account_id, status, created_at, id);
CREATE INDEX sessions_scenario ON sessions (scenario_id, created_at, id);
CREATE INDEX sessions_created ON sessions (created_at, id);
CREATE INDEX sessions_client_key ON sessions (client_key_index, created_at, id);
CREATE INDEX sessions_client_user ON sessions (client_user_index, created_at, id);
CREATE INDEX sessions_client_id ON sessions (client_id_index, created_at, id);
CREATE UNIQUE INDEX sessions_capture ON sessions (capture);
CREATE INDEX sessions_due ON sessions (expires_at) WHERE finished_at = 0;

-- What a session is found by, apart from its own columns.
CREATE TABLE session_errors (
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    code       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (session_id, code)
);
CREATE INDEX session_errors_code ON session_errors (code, session_id);

CREATE TABLE session_words (
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    titled     BYTEA NOT NULL, -- blind index of a value under its title
    anywhere   BYTEA NOT NULL, -- blind index of the value alone
    PRIMARY KEY (session_id, titled)
);
CREATE INDEX session_words_titled ON session_words (titled, session_id);
CREATE INDEX session_words_anywhere ON session_words (anywhere, session_id);

CREATE TABLE attempts (
    session_id  TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    step        BIGINT NOT NULL,
    try         BIGINT NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    started_at  BIGINT NOT NULL,
    sent_at     BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    challenge   TEXT COLLATE "C" NOT NULL,
    frames      TEXT COLLATE "C" NOT NULL,
    finding     BYTEA, -- sealed
    templates   BYTEA, -- sealed apart
    PRIMARY KEY (session_id, step, try)
);

CREATE TABLE evidence (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    step       BIGINT  NOT NULL,
    try        BIGINT  NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    derived    BOOLEAN NOT NULL,
    blob_key   TEXT COLLATE "C" NOT NULL,
    digest     BYTEA   NOT NULL,
    size       BIGINT  NOT NULL,
    width      BIGINT  NOT NULL,
    height     BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX evidence_session ON evidence (session_id, step, try, seq);

CREATE TABLE events (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    at         BIGINT NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    detail     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX events_session ON events (session_id, seq);

-- Ciphertext blocks and ids of client keys that were used, so that no block is
-- ever accepted behind another predecessor and no id twice.
CREATE TABLE client_key_blocks (
    scenario_id TEXT COLLATE "C" NOT NULL REFERENCES scenarios (id),
    block       BYTEA NOT NULL,
    previous    BYTEA NOT NULL,
    session_id  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scenario_id, block)
);

CREATE TABLE client_key_ids (
    scenario_id TEXT COLLATE "C" NOT NULL REFERENCES scenarios (id),
    id          TEXT COLLATE "C" NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (scenario_id, id)
);
CREATE INDEX client_key_ids_expiry ON client_key_ids (expires_at);

CREATE TABLE deliveries (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account_id  TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    session_id  TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    scenario_id TEXT COLLATE "C" NOT NULL,
    event       TEXT COLLATE "C" NOT NULL,
    url         BYTEA  NOT NULL, -- sealed: it may carry the client key
    body        BYTEA  NOT NULL, -- sealed
    status      TEXT COLLATE "C" NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    done_at     BIGINT NOT NULL,
    last_code   BIGINT NOT NULL,
    last_error  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX deliveries_session ON deliveries (session_id, created_at, id);
CREATE INDEX deliveries_account ON deliveries (account_id, created_at, id);
CREATE INDEX deliveries_scenario ON deliveries (scenario_id, created_at, id);
CREATE INDEX deliveries_created ON deliveries (created_at, id);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE status = 'pending';

CREATE TABLE delivery_attempts (
    delivery_id TEXT COLLATE "C" NOT NULL REFERENCES deliveries (id),
    number      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    code        BIGINT NOT NULL,
    latency     BIGINT NOT NULL, -- microseconds
    error       TEXT COLLATE "C" NOT NULL,
    answer      BYTEA  NOT NULL, -- sealed
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE settings (
    key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- Belongs to the queue: the newest job of each unique key. Whether that job is
-- still waiting is asked of the queue's own table.
CREATE TABLE job_keys (
    kind   TEXT COLLATE "C" NOT NULL,
    key    TEXT COLLATE "C" NOT NULL,
    job_id BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX job_keys_job ON job_keys (job_id);

-- +goose Down
DROP TABLE job_keys;
DROP TABLE settings;
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
DROP TABLE client_key_ids;
DROP TABLE client_key_blocks;
DROP TABLE events;
DROP TABLE evidence;
DROP TABLE attempts;
DROP TABLE session_words;
DROP TABLE session_errors;
DROP TABLE sessions;
DROP TABLE scenario_revisions;
DROP TABLE scenarios;
DROP TABLE api_tokens;
DROP TABLE logins;
DROP TABLE users;
DROP TABLE accounts;
