-- +goose Up
-- When what was known of a session's person was destroyed, 0: it was not. The row
-- stays, without anything personal and without keys.
ALTER TABLE sessions ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX person_faces_session ON person_faces (session_id);
CREATE INDEX person_pictures_session ON person_pictures (session_id);

-- +goose Down
DROP INDEX person_pictures_session;
DROP INDEX person_faces_session;
ALTER TABLE sessions DROP COLUMN erased_at;
