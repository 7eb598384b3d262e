"""Fills a store with a million conversations that decode and fold, in minutes and by SQL alone.

What one person's first turns led to is the template. Every id in it becomes a hash of the person's
number, as random as ours are; phone number, name and user id are written in as well. Events of one
command lie side by side, as an append leaves them; what each command of the template led to goes in
for everybody before the next one does, so that what one person did lies as far apart as can be.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.claim import NUMBER, Place, name_of, partition_of, user_id_of, wa_id_of, workload
from bench.facts import Fact, facts
from domain.ports.event_store import NewEvent
from domain.topics import PARTITIONS
from domain.values import ContactId, SessionId
from session_core.adapters import event_rows

TURNS_STORED = 2
_MODEL = 0
_MODEL_COMMANDS = 11
"""Of the first two turns: two messages, their replies sent, six statuses, one call to the CRM."""
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TOKEN = re.compile(
    f"({_UUID}|{wa_id_of(_MODEL)}|{re.escape(user_id_of(_MODEL))}|{name_of(_MODEL)})"
)
_PERSON = {
    wa_id_of(_MODEL): "wa_id",
    user_id_of(_MODEL): "user_id",
    name_of(_MODEL): "name",
}


@dataclass(frozen=True, slots=True)
class Template:
    """What each stored person went through: events, and the ids that stand in them."""

    events: Sequence[NewEvent]
    ids: Sequence[str]
    """Every id of the template; its place in the list is its name in the statements."""

    def place(self, number: int) -> Place:
        """Give where this person's conversation is kept."""
        contact, session = self.events[0].origin.contact_id, self.events[1].stream_id
        return Place(
            ContactId(self._id(number, str(contact))), SessionId(self._id(number, str(session)))
        )

    def _id(self, number: int, model: str) -> UUID:
        name = f"{number}:{self.ids.index(model)}"
        return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())


async def template(flows: Path) -> Template:
    """Let one person say hello and give their name."""
    records = workload(1, begin=datetime.now(UTC), first=_MODEL)[:_MODEL_COMMANDS]
    happened: list[Fact] = await facts(records, flows)
    events = [fact.stored() for fact in happened]
    text = " ".join(f"{one.stream_id} {one.event_id} {_data(one)} {one.origin}" for one in events)
    return Template(events, list(dict.fromkeys(re.findall(_UUID, text))))


async def fill(connection: Any, made: Template, people: int, speakers: Collection[int]) -> None:
    """Store so many people; those who will speak are at home where ingress will write."""
    homes = [(number, partition_of(number)) for number in speakers]
    await connection.execute(_HOMES)
    await connection.copy_records_to_table("home", records=homes)
    await connection.execute(_people(made, people))
    await connection.execute(
        "ALTER TABLE event DROP CONSTRAINT event_pkey; DROP INDEX event_shard_seq"
    )
    for first, events in _appended(made):
        await connection.execute(_together(made, events, first))
    await connection.execute("ALTER TABLE event ADD PRIMARY KEY (stream_id, version)")
    await connection.execute("CREATE UNIQUE INDEX event_shard_seq ON event (shard, seq)")
    await connection.execute(_rest(made))
    for table in ("event", "alias", "session", "timer", "shard"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")


_HOMES = "CREATE UNLOGGED TABLE home (n int PRIMARY KEY, shard smallint NOT NULL)"


def _people(made: Template, people: int) -> str:
    ids = "".join(f", md5(n || ':{number}')::uuid AS u{number}" for number in range(len(made.ids)))
    return f"""
CREATE UNLOGGED TABLE person AS
SELECT n, shard, row_number() OVER (PARTITION BY shard ORDER BY n) AS place,
    count(*) OVER (PARTITION BY shard) AS neighbours,
    '1555' || lpad(n::text, 8, '0') AS wa_id, 'US.' || lpad(n::text, 15, '0') AS user_id,
    'Ana Pérez the ' || n || 'th' AS name{ids}
FROM (
    SELECT n, coalesce(home.shard, n % {PARTITIONS})::smallint AS shard
    FROM generate_series(1, {people}) AS n LEFT JOIN home USING (n)
) AS placed
"""  # noqa: S608 numbers of ours


def _appended(made: Template) -> Iterator[tuple[int, Sequence[NewEvent]]]:
    """Give what each command led to, with the number of events before."""
    first = 0
    for _, group in groupby(made.events, key=lambda event: event.origin.command_id):
        events = list(group)
        yield first, events
        first += len(events)


def _together(made: Template, events: Sequence[NewEvent], first: int) -> str:
    rows = ", ".join(
        _row(made, event, _sequence(first, len(events), number))
        for number, event in enumerate(events, start=1)
    )
    return f"""
INSERT INTO event ({", ".join(event_rows.COLUMNS)}, shard)
SELECT happened.* FROM person CROSS JOIN LATERAL (VALUES {rows}) AS happened
"""  # noqa: S608 ours


def _sequence(first: int, together: int, number: int) -> str:
    return f"{first} * neighbours + {together} * (place - 1) + {number}"


def _row(made: Template, event: NewEvent, sequence: str) -> str:
    def column(identity: object) -> str:
        return f"u{made.ids.index(str(identity))}"

    origin = event.origin
    return f"""
({sequence}, {column(event.stream_id)}, {event.version},
    {column(event.event_id)}, '{event.type}', convert_to({_sql(made, _data(event))}, 'UTF8'),
    {column(origin.command_id)}, '{origin.at.isoformat()}'::timestamptz,
    {column(origin.contact_id)}, {_sql(made, origin.correlation_id)},
    {_sql(made, origin.traceparent or "")}, shard)"""


def _rest(made: Template) -> str:
    contact = f"u{made.ids.index(str(made.events[0].origin.contact_id))}"
    session = f"u{made.ids.index(str(made.events[1].stream_id))}"
    opened = _sequence(0, len(next(_appended(made))[1]), 2)
    return f"""
INSERT INTO alias (phone_number_id, alias, contact_id, shard)
SELECT '{NUMBER}', 'wa:' || wa_id, {contact}, shard FROM person
UNION ALL SELECT '{NUMBER}', 'bsuid:' || user_id, {contact}, shard FROM person;
INSERT INTO session (session_id, contact_id, shard, opened_at, opened_seq)
SELECT {session}, {contact}, shard, now(), {opened} FROM person;
INSERT INTO timer (session_id, kind, shard, contact_id, due_at)
SELECT {session}, 'session-expiry', shard, {contact}, now() + interval '1 day' FROM person;
INSERT INTO shard (shard, last_seq, published_seq)
SELECT s, coalesce(last, 0), coalesce(last, 0) FROM generate_series(0, {PARTITIONS - 1}) AS s
LEFT JOIN (SELECT shard, max(seq) AS last FROM event GROUP BY shard) AS e ON e.shard = s;
DROP TABLE person, home;
"""  # noqa: S608 ours


def _sql(made: Template, text: str) -> str:
    """Write the text as an expression over a row of `person`."""
    parts = []
    for part in _TOKEN.split(text):
        if part in _PERSON:
            parts.append(_PERSON[part])
        elif part in made.ids:
            parts.append(f"u{made.ids.index(part)}")
        elif part:
            parts.append("'" + part.replace("'", "''") + "'")
    return " || ".join(parts)


def _data(event: NewEvent) -> str:
    return event.data.decode()
