"""Bytes of a record to a command and its occasion, or to the reason why not."""

from dataclasses import dataclass
from uuid import UUID

from domain.codec import UndecodableMessage, decode_command
from domain.commands import ABOUT_A_SESSION, Command
from domain.ports.command_source import Delivery
from domain.ports.event_store import ParkedCommand
from domain.session import Aliases, Occasion, addressed
from domain.values import CommandId, ContactId, SessionId
from streaming.cloudevents import InvalidCloudEvent, decode


@dataclass(frozen=True, slots=True)
class Request:
    """A command that can be decided."""

    delivery: Delivery
    command: Command
    addressee: ContactId | Aliases
    session_id: SessionId | None
    """The session that it is about, where it names one."""
    occasion: Occasion
    correlation_id: str
    traceparent: str | None


def parse(delivery: Delivery) -> Request | ParkedCommand:
    """Read a record; what cannot be read is to be parked."""
    try:
        event = decode(delivery.value, delivery.headers)
        command = decode_command(event.type, event.data)
        occasion = Occasion(CommandId(UUID(event.id)), event.time)
    except InvalidCloudEvent as error:
        return parked(delivery, f"invalid CloudEvent: {error}")
    except UndecodableMessage as error:
        return parked(delivery, f"undecodable: {error}")
    except ValueError:
        return parked(delivery, "the id of the command is not a UUID")
    return Request(
        delivery,
        command,
        addressed(command),
        _session_of(command),
        occasion,
        event.correlation_id or event.id,
        event.traceparent,
    )


def _session_of(command: Command) -> SessionId | None:
    return command.session_id if isinstance(command, ABOUT_A_SESSION) else None


def parked(delivery: Delivery, reason: str) -> ParkedCommand:
    """Set a record aside for this reason."""
    return ParkedCommand(delivery.offset, reason, delivery.key, delivery.value, delivery.headers)
