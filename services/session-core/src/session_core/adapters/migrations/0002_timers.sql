-- When the owner of a shard is to look at a session again: no later than due_at.
-- A person's answer leaves the row alone; what is due too early is set to the true deadline then.
CREATE TABLE timer (
    session_id     uuid        NOT NULL,
    kind           text        NOT NULL,
    shard          smallint    NOT NULL,
    contact_id     uuid        NOT NULL,
    due_at         timestamptz NOT NULL,
    PRIMARY KEY (session_id, kind)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE INDEX timer_due ON timer (shard, due_at, session_id);

-- Sessions that are open already are looked at once, at once, and get their true deadline then.
INSERT INTO timer (session_id, kind, shard, contact_id, due_at)
SELECT s.session_id, 'session-expiry', s.shard, s.contact_id, s.opened_at FROM session s
WHERE NOT EXISTS (
    SELECT FROM event e WHERE e.stream_id = s.session_id
    AND e.type IN ('session.completed.v1', 'session.expired.v1', 'session.cancelled.v1')
);
