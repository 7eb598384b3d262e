"""How a command that session-core gives itself looks as a record of session-commands."""

from domain import codec
from domain.ports.command_source import OwnCommand
from streaming.cloudevents import CloudEvent, Headers, encode

SOURCE = "session-core"


def record(own: OwnCommand) -> tuple[bytes, Headers]:
    """Give the value and the headers."""
    event = CloudEvent(
        id=str(own.command_id),
        type=own.command.TYPE,
        source=SOURCE,
        time=own.at,
        data=codec.encode(own.command),
        correlation_id=str(own.command_id),
    )
    return event.data, encode(event)


def key(own: OwnCommand) -> bytes:
    """Give the key, which says nothing of the person."""
    return str(own.contact_id).encode()
