"""Bytes of a record to a command and its occasion, or to the reason why not."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.codec import UndecodableMessage, decode_command
from domain.commands import ABOUT_A_SESSION, Command
from domain.ports.command_source import Delivery
from domain.ports.event_store import AliasKey, ParkedCommand
from domain.session import Aliases, Occasion, addressed
from domain.topics import MAX_COMMAND_BYTES, MAX_HEADER_BYTES
from domain.values import CommandId, ContactId, SessionId, read_uuid
from streaming.cloudevents import InvalidCloudEvent, decode

_ABOUT_A_SESSION = frozenset(ABOUT_A_SESSION)
_new = tuple.__new__
"""In half the time of calling the class: every command comes here, most with two names."""

TOO_LARGE = "too large"
"""Why a command is parked that could not be brought home, or whose event not be published."""


class Request(NamedTuple):
    """A command that can be decided."""

    delivery: Delivery
    command: Command
    addressee: ContactId | Aliases
    session_id: SessionId | None
    """The session that it is about, where it names one."""
    keys: Sequence[AliasKey]
    """The names that it comes under, the most reliable first; none if it names a contact."""
    occasion: Occasion
    correlation_id: str
    traceparent: str | None


def parse(delivery: Delivery) -> Request | ParkedCommand:
    """Read a record; what cannot be read is to be parked."""
    if _is_too_large(delivery):
        return parked(delivery, TOO_LARGE)
    try:
        event = decode(delivery.value, delivery.headers)
        command = decode_command(event.type, event.data)
        occasion = Occasion(CommandId(read_uuid(event.id)), event.time)
    except InvalidCloudEvent as error:
        return parked(delivery, f"invalid CloudEvent: {error}")
    except UndecodableMessage as error:
        return parked(delivery, f"undecodable: {error}")
    except ValueError:
        return parked(delivery, "the id of the command is not a UUID")
    addressee = addressed(command)
    read = (
        delivery,
        command,
        addressee,
        _session_of(command),
        names_of(addressee) if isinstance(addressee, Aliases) else (),
        occasion,
        event.correlation_id or event.id,
        event.traceparent,
    )
    return _new(Request, read)


def _is_too_large(delivery: Delivery) -> bool:
    beside = len(delivery.key or b"")
    for name, content in delivery.headers:
        beside += len(name) + len(content or b"")
    return delivery.size > MAX_COMMAND_BYTES or beside > MAX_HEADER_BYTES


def _session_of(command: Command) -> SessionId | None:
    # Asking for the exact type first: most commands are about none, and would be compared with all.
    if type(command) not in _ABOUT_A_SESSION:
        return None
    return command.session_id if isinstance(command, ABOUT_A_SESSION) else None


def names_of(aliases: Aliases) -> list[AliasKey]:
    """Give the keys under which a person is looked up, the most reliable first."""
    number = aliases.phone_number_id
    return [_new(AliasKey, (number, name)) for name in (*aliases.names, *aliases.becomes)]


def parked(delivery: Delivery, reason: str) -> ParkedCommand:
    """Set a record aside for this reason."""
    return ParkedCommand(delivery.offset, reason, delivery.key, delivery.value, delivery.headers)
