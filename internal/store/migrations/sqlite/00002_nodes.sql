-- +goose Up
-- Belongs to the queue. The processes that work on the jobs of one PostgreSQL
-- database: who has not been seen for a while is dead, and its jobs are taken
-- up. Empty on SQLite, which has one process.
CREATE TABLE job_nodes (
    id      TEXT   NOT NULL PRIMARY KEY,
    pid     BIGINT NOT NULL, -- the server's process behind the connection that holds the node's locks
    born    BIGINT NOT NULL, -- when that connection began
    seen_at BIGINT NOT NULL  -- by the database's clock
);

-- What is to be done again and again, and when it is due next.
CREATE TABLE job_series (
    name    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_series;
DROP TABLE job_nodes;
