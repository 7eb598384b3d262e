"""What is known of people, in one query: names, snapshots, and what happened since."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from domain.ports.event_store import AliasKey, Histories, History, PastEvent, Snapshot
from domain.values import ContactId

STATEMENT = """
WITH known AS (
    SELECT a.phone_number_id, a.alias, a.contact_id
    FROM unnest($1::text[], $2::text[]) AS n (phone_number_id, alias)
    JOIN alias a USING (phone_number_id, alias)
), person AS (
    SELECT contact_id FROM known UNION SELECT unnest($3::uuid[])
), taken AS (
    SELECT s.* FROM person JOIN snapshot s USING (contact_id) WHERE s.form = $5
), stream AS (
    SELECT contact_id, stream_id, max(after) AS after FROM (
        SELECT contact_id, contact_id AS stream_id, 0 AS after FROM person
        UNION ALL
        SELECT t.contact_id, u.stream_id, u.version
        FROM taken t CROSS JOIN LATERAL unnest(t.streams, t.versions) AS u (stream_id, version)
        UNION ALL
        SELECT p.contact_id, o.session_id, 0
        FROM person p LEFT JOIN taken t USING (contact_id) CROSS JOIN LATERAL (
            SELECT session_id FROM session
            WHERE contact_id = p.contact_id AND opened_seq > coalesce(t.seq, 0)
        ) o
        UNION ALL
        SELECT p.contact_id, s.session_id, 0
        FROM unnest($4::uuid[]) AS n (session_id) JOIN session s USING (session_id)
        JOIN person p USING (contact_id)
    ) AS every GROUP BY contact_id, stream_id
)
SELECT NULL::bigint AS seq, NULL::uuid AS stream_id, NULL::int AS version, NULL::text AS type,
    NULL::bytea AS data, NULL::uuid AS command_id, NULL::timestamptz AS happened_at,
    contact_id AS person, NULL::smallint AS shard,
    phone_number_id, alias, NULL::uuid[] AS streams, NULL::int[] AS versions
FROM known
UNION ALL
SELECT seq, NULL, NULL, form, state, NULL, NULL, contact_id, shard, NULL, NULL, streams, versions
FROM taken
UNION ALL
SELECT e.seq, e.stream_id, e.version, e.type, e.data, e.command_id, e.happened_at,
    s.contact_id, e.shard, NULL, NULL, NULL, NULL
FROM stream s JOIN event e ON e.stream_id = s.stream_id AND e.version > s.after
ORDER BY person, seq NULLS FIRST
"""
_PERSON = len(PastEvent._fields)
_SHARD = _PERSON + 1
_new = tuple.__new__
"""What `_make` does, without counting anew what the statement gives."""


def histories(rows: Iterable[Any]) -> Histories:
    """Sort the rows into names and people."""
    names: dict[AliasKey, ContactId] = {}
    people: dict[ContactId, History] = {}
    for contact_id, group in groupby(rows, key=itemgetter(_PERSON)):
        facts: list[PastEvent] = []
        shard = 0
        snapshot: Snapshot | None = None
        for row in group:
            if row[0] is None:
                names[AliasKey(row["phone_number_id"], row["alias"])] = contact_id
                continue
            shard = row[_SHARD]
            if row[1] is None:
                snapshot = _snapshot(row)
            else:
                facts.append(_new(PastEvent, row[:_PERSON]))
        if snapshot or facts:
            people[contact_id] = History(shard, facts, snapshot)
    return Histories(names, people)


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(
        contact_id=row["person"],
        shard=row["shard"],
        sequence=row["seq"],
        form=row["type"],
        versions=dict(zip(row["streams"], row["versions"], strict=True)),
        state=row["data"],
    )
