-- +goose Up
-- Lists of faces: who is in them, by which faces they are found, what was done.

CREATE TABLE face_lists (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX face_lists_account ON face_lists (account_id, created_at, id);

CREATE TABLE persons (
    id           TEXT   NOT NULL PRIMARY KEY,
    account_id   TEXT   NOT NULL REFERENCES accounts (id),
    list_id      TEXT   NOT NULL REFERENCES face_lists (id),
    fields       BLOB  NOT NULL, -- sealed
    subject_key  BLOB  NOT NULL, -- wrapped by the account key
    template_key BLOB  NOT NULL, -- the same, for face templates only; empty once they were destroyed
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX persons_list ON persons (list_id, created_at, id);

-- Numbers grow in the order of commits and never repeat: whoever has seen one
-- has seen all before it. A person who moves to another list gets new ones.
CREATE TABLE person_faces (
    seq              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT   NOT NULL UNIQUE,
    account_id       TEXT   NOT NULL REFERENCES accounts (id),
    list_id          TEXT   NOT NULL REFERENCES face_lists (id),
    person_id        TEXT   NOT NULL REFERENCES persons (id),
    picture_id       TEXT   NOT NULL,
    model            TEXT   NOT NULL,
    template         BLOB  NOT NULL, -- sealed under template_key
    session_id       TEXT   NOT NULL,
    client_key_index BLOB,           -- keyed blind index of the account
    created_at       BIGINT NOT NULL
);
CREATE INDEX person_faces_person ON person_faces (person_id, seq);
CREATE INDEX person_faces_list ON person_faces (list_id, model);

-- Numbers that are no more, for nodes that hold them in memory.
CREATE TABLE person_faces_gone (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    number  BIGINT NOT NULL,
    list_id TEXT   NOT NULL,
    gone_at BIGINT NOT NULL
);
CREATE INDEX person_faces_gone_at ON person_faces_gone (gone_at);

CREATE TABLE person_pictures (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT   NOT NULL UNIQUE,
    person_id  TEXT   NOT NULL REFERENCES persons (id),
    session_id TEXT   NOT NULL,
    blob_key   TEXT   NOT NULL,
    digest     BLOB  NOT NULL,
    size       BIGINT NOT NULL,
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX person_pictures_person ON person_pictures (person_id, seq);
CREATE INDEX person_pictures_blob ON person_pictures (blob_key);

-- Outlive what they tell of and hold nothing personal.
CREATE TABLE person_events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    list_id    TEXT   NOT NULL,
    person_id  TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    detail     TEXT   NOT NULL
);
CREATE INDEX person_events_person ON person_events (person_id, seq);

CREATE TABLE face_searches (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    lists      TEXT   NOT NULL,
    probes     BIGINT NOT NULL,
    threshold  DOUBLE PRECISION NOT NULL,
    hits       BIGINT NOT NULL
);
CREATE INDEX face_searches_account ON face_searches (account_id, at, id);

-- +goose Down
DROP TABLE face_searches;
DROP TABLE person_events;
DROP TABLE person_pictures;
DROP TABLE person_faces_gone;
DROP TABLE person_faces;
DROP TABLE persons;
DROP TABLE face_lists;
