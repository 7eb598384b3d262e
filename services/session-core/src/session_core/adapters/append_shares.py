"""What each table gets of a batch: SQL that joins the shards which the batch was let into."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from domain.ports.event_store import Append, FreedAlias, NewAlias
from session_core.adapters import parked_records

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What one table gets: `{rows}` in `sql` stands for rows of these types, in this order.

    It joins `claim`, which gives each shard with the number before its first new event.
    """

    types: tuple[str, ...]
    sql: str
    columns: Callable[[Sequence[Append]], Sequence[list[Any]]]
    """The values of all rows, by type; none if there are no rows."""


def _by_column(
    rows: Callable[[Sequence[Append]], list[Row]],
) -> Callable[[Sequence[Append]], list[list[Any]]]:
    def columns(appends: Sequence[Append]) -> list[list[Any]]:
        return [list(column) for column in zip(*rows(appends), strict=True)]

    return columns


def _claims(appends: Sequence[Append]) -> list[Row]:
    return [
        (
            append.shard,
            append.epoch,
            append.offset,
            append.next_offset,
            len(append.events),
            append.published_sequence,
        )
        for append in appends
    ]


def _events(appends: Sequence[Append]) -> list[list[Any]]:
    """Give columns at once: most rows are events, and a tuple for each would cost as much again."""
    every = [event for append in appends for event in append.events]
    return [
        [append.shard for append in appends for _ in append.events],
        [number for append in appends for number in range(1, len(append.events) + 1)],
        [event.stream_id for event in every],
        [event.version for event in every],
        [event.event_id for event in every],
        [event.type for event in every],
        [event.data for event in every],
        [event.origin.command_id for event in every],
        [event.origin.at for event in every],
        [event.origin.contact_id for event in every],
        [event.origin.correlation_id for event in every],
        [event.origin.traceparent for event in every],
    ]


def _aliases(appends: Sequence[Append]) -> list[Row]:
    return [_named(append.shard, alias) for append in appends for alias in append.aliases]


def _moved(appends: Sequence[Append]) -> list[Row]:
    return [
        (
            append.shard,
            alias.key.phone_number_id,
            alias.key.name,
            alias.before,
            alias.contact_id,
            alias.shard,
        )
        for append in appends
        for alias in append.moved
    ]


def _freed(appends: Sequence[Append]) -> list[Row]:
    return [_named(append.shard, alias) for append in appends for alias in append.freed]


def _named(shard: int, alias: NewAlias | FreedAlias) -> Row:
    return shard, alias.key.phone_number_id, alias.key.name, alias.contact_id


def _sessions(appends: Sequence[Append]) -> list[Row]:
    return [
        (append.shard, session.number, session.session_id, session.contact_id, session.opened_at)
        for append in appends
        for session in append.sessions
    ]


def _parked(appends: Sequence[Append]) -> list[Row]:
    return [
        (
            append.shard,
            command.offset,
            command.reason,
            command.key,
            command.value,
            parked_records.written(command.headers),
        )
        for append in appends
        for command in append.parked
    ]


def _spilled(appends: Sequence[Append]) -> list[Row]:
    return [
        (append.shard, command.command_id, command.seen_at)
        for append in appends
        for command in append.spilled
    ]


def _timers(appends: Sequence[Append]) -> list[Row]:
    return [
        (
            append.shard,
            timer.key.session_id,
            timer.key.kind,
            timer.contact_id,
            timer.due_at,
        )
        for append in appends
        for timer in append.timers
    ]


def _cleared(appends: Sequence[Append]) -> list[Row]:
    return [
        (append.shard, key.session_id, key.kind) for append in appends for key in append.cleared
    ]


CLAIM = Share(
    ("smallint", "bigint", "bigint", "bigint", "int", "bigint"),
    """
claim AS (
    UPDATE shard s SET next_offset = c.next_offset, last_seq = s.last_seq + c.events,
        published_seq = greatest(s.published_seq, c.published), updated_at = now()
    FROM {rows} AS c (shard, epoch, old_offset, next_offset, events, published)
    WHERE s.shard = c.shard AND s.epoch = c.epoch AND s.next_offset = c.old_offset
    RETURNING s.shard, s.last_seq - c.events AS base
)""",
    _by_column(_claims),
)
EVENTS = Share(
    (
        *("smallint", "int", "uuid", "int", "uuid", "text", "bytea"),
        *("uuid", "timestamptz", "uuid", "text", "text"),
    ),
    """
added AS (
    INSERT INTO event (shard, seq, stream_id, version, event_id, type, data,
        command_id, happened_at, contact_id, correlation_id, traceparent)
    SELECT e.shard, k.base + e.number, e.stream_id, e.version, e.event_id, e.type, e.data,
        e.command_id, e.happened_at, e.contact_id, e.correlation_id, e.traceparent
    FROM {rows} AS e (shard, number, stream_id, version, event_id, type, data,
        command_id, happened_at, contact_id, correlation_id, traceparent)
    JOIN claim k USING (shard)
)""",
    _events,
)
OTHERS = (
    Share(
        ("smallint", "text", "text", "uuid"),
        """
named AS (
    INSERT INTO alias (phone_number_id, alias, contact_id, shard)
    SELECT a.phone_number_id, a.alias, a.contact_id, a.shard
    FROM {rows} AS a (shard, phone_number_id, alias, contact_id)
    JOIN claim USING (shard)
    ORDER BY a.phone_number_id, a.alias  -- two that want the same names wait, never for each other
)""",
        _by_column(_aliases),
    ),
    Share(
        ("smallint", "text", "text", "uuid", "uuid", "smallint"),
        """
moving AS (
    SELECT m.* FROM {rows} AS m (shard, phone_number_id, alias, before, contact_id, home)
    JOIN claim USING (shard)
), moved AS (
    UPDATE alias a SET shard = m.home,  -- nobody, which is refused, if it changed hands meanwhile
        contact_id = CASE WHEN a.contact_id = m.before THEN m.contact_id END
    FROM moving m WHERE (a.phone_number_id, a.alias) = (m.phone_number_id, m.alias)
), vanished AS (
    INSERT INTO alias (phone_number_id, alias, contact_id, shard)
    SELECT m.phone_number_id, m.alias, NULL, m.home
    FROM moving m LEFT JOIN alias a USING (phone_number_id, alias)
    WHERE a.alias IS NULL
)""",
        _by_column(_moved),
    ),
    Share(
        ("smallint", "text", "text", "uuid"),
        """
freed AS (
    DELETE FROM alias a
    USING {rows} AS f (shard, phone_number_id, alias, contact_id) JOIN claim USING (shard)
    WHERE (a.phone_number_id, a.alias, a.contact_id) = (f.phone_number_id, f.alias, f.contact_id)
)""",
        _by_column(_freed),
    ),
    Share(
        ("smallint", "int", "uuid", "uuid", "timestamptz"),
        """
opened AS (
    INSERT INTO session (session_id, contact_id, shard, opened_at, opened_seq)
    SELECT o.session_id, o.contact_id, o.shard, o.opened_at, k.base + o.number
    FROM {rows} AS o (shard, number, session_id, contact_id, opened_at)
    JOIN claim k USING (shard)
)""",
        _by_column(_sessions),
    ),
    Share(
        ("smallint", "bigint", "text", "bytea", "bytea", "bytea"),
        """
parked AS (
    INSERT INTO parked_command (shard, kafka_offset, reason, key, value, headers)
    SELECT p.shard, p.kafka_offset, p.reason, p.key, p.value, p.headers
    FROM {rows} AS p (shard, kafka_offset, reason, key, value, headers)
    JOIN claim USING (shard)
)""",
        _by_column(_parked),
    ),
    Share(
        ("smallint", "uuid", "timestamptz"),
        """
spilled AS (
    INSERT INTO spilled_command (command_id, seen_at)
    SELECT s.command_id, s.seen_at
    FROM {rows} AS s (shard, command_id, seen_at)
    JOIN claim USING (shard)
    ON CONFLICT DO NOTHING
)""",
        _by_column(_spilled),
    ),
    Share(
        ("smallint", "uuid", "text", "uuid", "timestamptz"),
        """
timed AS (
    INSERT INTO timer (shard, session_id, kind, contact_id, due_at)
    SELECT t.shard, t.session_id, t.kind, t.contact_id, t.due_at
    FROM {rows} AS t (shard, session_id, kind, contact_id, due_at)
    JOIN claim USING (shard)
    ON CONFLICT (session_id, kind) DO UPDATE SET due_at = excluded.due_at
)""",
        _by_column(_timers),
    ),
    Share(
        ("smallint", "uuid", "text"),
        """
cleared AS (
    DELETE FROM timer t USING {rows} AS c (shard, session_id, kind)
    JOIN claim USING (shard)
    WHERE t.session_id = c.session_id AND t.kind = c.kind
)""",
        _by_column(_cleared),
    ),
)
