-- +goose Up
-- Belongs to the queue, see the file for SQLite.
CREATE TABLE job_nodes (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pid     BIGINT NOT NULL,
    born    BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE job_series (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_series;
DROP TABLE job_nodes;
