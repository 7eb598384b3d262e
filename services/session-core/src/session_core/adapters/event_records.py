"""How the events of the store look as records of session-events."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias
from uuid import UUID

from domain.ports.event_store import Origin, RecordedEvent
from domain.values import write_uuid
from streaming.cloudevents import shared_headers

SOURCE = "session-core"

Record: TypeAlias = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value and headers. The value is the stored data, byte by byte."""


def laid_out(events: Iterable[RecordedEvent]) -> Iterator[Record]:
    """Lay events out as records; what the events of one command share is written once.

    Everything of a contact has the same key, and it says nothing of the person.
    """
    origin: Origin | None = None
    key, shared = b"", list[tuple[str, bytes]]()
    for recorded in events:
        event = recorded.event
        if event.origin is not origin:
            origin = event.origin
            key, shared = _written(origin.contact_id), _shared(origin)
        headers = [
            *shared,
            ("ce_id", _written(event.event_id)),
            ("ce_type", event.type.encode()),
            ("ce_subject", _written(event.stream_id)),
            ("ce_streamversion", b"%d" % event.version),
            ("ce_sequence", b"%d" % recorded.sequence),
        ]
        yield key, event.data, headers


def _shared(origin: Origin) -> list[tuple[str, bytes]]:
    return shared_headers(
        source=SOURCE,
        time=origin.at,
        correlation_id=origin.correlation_id,
        causation_id=_written(origin.command_id).decode(),
        traceparent=origin.traceparent,
    )


def _written(identity: UUID) -> bytes:
    """Write an id: asyncpg has a class of its own for those that it read."""
    return write_uuid(identity) if type(identity) is UUID else str(identity).encode()
