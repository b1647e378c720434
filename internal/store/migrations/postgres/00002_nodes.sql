-- +goose Up
-- Belongs to the queue, see the file for SQLite.
CREATE TABLE job_nodes (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

CREATE TABLE job_runs (
    kind   TEXT COLLATE "C" NOT NULL,
    key    TEXT COLLATE "C" NOT NULL,
    node   TEXT COLLATE "C" NOT NULL,
    run    BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE TABLE job_series (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_series;
DROP TABLE job_runs;
DROP TABLE job_nodes;
