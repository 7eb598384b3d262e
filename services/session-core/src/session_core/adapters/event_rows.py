"""How events lie in their table, and come back from it."""

from collections.abc import Iterable
from typing import Any

from domain.ports.event_store import NewEvent, Origin, RecordedEvent

COLUMNS = (
    "seq",
    "stream_id",
    "version",
    "event_id",
    "type",
    "data",
    "command_id",
    "happened_at",
    "contact_id",
    "correlation_id",
    "traceparent",
)
"""What makes a RecordedEvent, in the order of its fields."""
_OF_ORIGIN = len(Origin._fields)


def selected(table: str = "event") -> str:
    """Give the columns for a SELECT."""
    return ", ".join(f"{table}.{column}" for column in COLUMNS)


def recorded(rows: Iterable[Any]) -> list[RecordedEvent]:
    """Give the events of rows that begin with these columns.

    Rows of one command that follow each other share their origin.
    """
    events: list[RecordedEvent] = []
    origin: Origin | None = None
    for seq, stream, version, identity, kind, data, *told in rows:
        if origin is None or [*origin] != told[:_OF_ORIGIN]:
            origin = Origin(*told[:_OF_ORIGIN])
        events.append(RecordedEvent(seq, NewEvent(stream, version, identity, kind, data, origin)))
    return events
