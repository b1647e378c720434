-- +goose Up
-- Belongs to the queue. The processes that work on the jobs of one PostgreSQL
-- database: who has not been seen for a while is dead, and its jobs are taken
-- up. Empty on SQLite, which has one process.
CREATE TABLE job_nodes (
    id      TEXT   NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL -- by the database's clock
);

-- The unique keys whose jobs are at work, and where.
CREATE TABLE job_runs (
    kind   TEXT   NOT NULL,
    key    TEXT   NOT NULL,
    node   TEXT   NOT NULL,
    run    BIGINT NOT NULL, -- the node's own number of it
    PRIMARY KEY (kind, key)
);

-- What is to be done again and again, and when it is due next.
CREATE TABLE job_series (
    name    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_series;
DROP TABLE job_runs;
DROP TABLE job_nodes;
