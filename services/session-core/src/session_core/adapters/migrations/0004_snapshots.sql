-- A person as they were at an event of their shard, so that a long history need not be replayed.
-- Rows may be deleted at any time.
CREATE TABLE snapshot (
    contact_id     uuid        PRIMARY KEY,
    shard          smallint    NOT NULL,
    seq            bigint      NOT NULL,
    form           text        NOT NULL,
    streams        uuid[]      NOT NULL,
    versions       int[]       NOT NULL,
    state          bytea       NOT NULL,
    taken_at       timestamptz NOT NULL DEFAULT now()
);

-- Where in its shard a session begins tells whether a snapshot knows of it.
ALTER TABLE session ADD COLUMN opened_seq bigint;
UPDATE session SET opened_seq = e.seq FROM event e WHERE e.stream_id = session_id AND e.version = 1;
ALTER TABLE session ALTER COLUMN opened_seq SET NOT NULL;
DROP INDEX session_of_contact;
CREATE INDEX session_of_contact ON session (contact_id, opened_seq);
-- The newest sessions are listed for operators.
CREATE INDEX session_newest ON session (opened_at);

-- Commands that had their effect within the last week, of people who sent so many that their
-- state does not remember them all. Old rows are deleted.
CREATE TABLE spilled_command (
    command_id     uuid        PRIMARY KEY,
    seen_at        timestamptz NOT NULL
);

CREATE INDEX spilled_command_age ON spilled_command (seen_at);
