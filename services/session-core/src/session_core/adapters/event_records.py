"""How an event of the store looks as a record of session-events."""

from domain.ports.event_store import RecordedEvent
from streaming.cloudevents import CloudEvent, encode

SOURCE = "session-core"


def headers(recorded: RecordedEvent) -> list[tuple[str, bytes]]:
    """Give the headers; the value is the stored data, byte by byte."""
    event, origin = recorded.event, recorded.event.origin
    return encode(
        CloudEvent(
            id=str(event.event_id),
            type=event.type,
            source=SOURCE,
            time=origin.at,
            data=event.data,
            subject=str(event.stream_id),
            correlation_id=origin.correlation_id,
            causation_id=str(origin.command_id),
            traceparent=origin.traceparent,
            stream_version=event.version,
            sequence=recorded.sequence,
        )
    )


def key(recorded: RecordedEvent) -> bytes:
    """Give the key: everything of a contact has the same, and it says nothing of the person."""
    return str(recorded.event.origin.contact_id).encode()
