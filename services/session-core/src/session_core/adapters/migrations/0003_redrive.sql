-- Parked commands can be sent again; the row remembers when, and how often.
ALTER TABLE parked_command
    ADD COLUMN redriven_at timestamptz,
    ADD COLUMN redriven    integer NOT NULL DEFAULT 0;

-- For a while more commands of a shard may be parked than would stop it otherwise.
CREATE TABLE parking_permit (
    shard          smallint    PRIMARY KEY,
    most           integer     NOT NULL,
    until          timestamptz NOT NULL
);
