-- +goose Up
-- What frames of liveness recordings are recognised by when they come again, in
-- another session of the same account. The rows are an index; they go with their
-- session.
CREATE TABLE frame_prints (
    band       BLOB NOT NULL, -- keyed blind index of the account, 8 bytes
    created_at BIGINT NOT NULL, -- when the recording was sent
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    step       BIGINT NOT NULL,
    try        BIGINT NOT NULL,
    frame      BIGINT NOT NULL,
    PRIMARY KEY (band, created_at, session_id, step, try, frame)
) WITHOUT ROWID;
CREATE INDEX frame_prints_session ON frame_prints (session_id);

-- +goose Down
DROP TABLE frame_prints;
