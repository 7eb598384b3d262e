-- A parked command that will never be sent again is no longer one that waits for somebody.
ALTER TABLE parked_command ADD COLUMN dismissed_at timestamptz;
