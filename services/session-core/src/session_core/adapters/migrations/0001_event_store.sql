-- One row per partition of session-commands: offset store, fence and sequence counter at once.
CREATE TABLE shard (
    shard          smallint    PRIMARY KEY,
    epoch          bigint      NOT NULL DEFAULT 0,
    owner          text        NOT NULL DEFAULT '',
    next_offset    bigint      NOT NULL DEFAULT 0,
    last_seq       bigint      NOT NULL DEFAULT 0,
    published_seq  bigint      NOT NULL DEFAULT 0,
    updated_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- The event store, and the outbox. The primary key is the optimistic concurrency check.
CREATE TABLE event (
    shard          smallint    NOT NULL,
    seq            bigint      NOT NULL,
    stream_id      uuid        NOT NULL,
    version        integer     NOT NULL,
    event_id       uuid        NOT NULL,
    type           text        NOT NULL,
    data           bytea       NOT NULL,
    meta           bytea       NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, version)
) WITH (autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);

CREATE UNIQUE INDEX event_shard_seq ON event (shard, seq);
-- Few rows: lets operators list who waits for a human without reading every event.
CREATE INDEX event_handed_off ON event (stream_id) WHERE type LIKE 'session.handed-off.%';

-- Which contact answers to a name on a business number, and where the contact is at home.
CREATE TABLE alias (
    phone_number_id text     NOT NULL,
    alias           text     NOT NULL,
    contact_id      uuid     NOT NULL,
    shard           smallint NOT NULL,
    PRIMARY KEY (phone_number_id, alias)
);

CREATE TABLE session (
    session_id     uuid        PRIMARY KEY,
    contact_id     uuid        NOT NULL,
    shard          smallint    NOT NULL,
    opened_at      timestamptz NOT NULL
);

CREATE INDEX session_of_contact ON session (contact_id, opened_at DESC);

-- Commands that could not be read or decided, with their bytes.
CREATE TABLE parked_command (
    shard          smallint    NOT NULL,
    kafka_offset   bigint      NOT NULL,
    reason         text        NOT NULL,
    key            bytea,
    value          bytea,
    headers        bytea       NOT NULL,
    parked_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, kafka_offset)
);

-- Every version of a flow that a session may be pinned to.
CREATE TABLE flow (
    name           text        NOT NULL,
    version        text        NOT NULL,
    source         text        NOT NULL,
    registered_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);
