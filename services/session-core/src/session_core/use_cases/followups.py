"""Commands that follow from a decision, for contacts that may be at home on another shard."""

from domain import codec, commands, values
from domain.ports.command_source import Delivery
from domain.session import Person, Same, estate
from domain.values import CommandId, ContactId
from session_core.use_cases.parsing import Request
from streaming.cloudevents import CloudEvent, encode

SOURCE = "session-core"
_NOT_READ = -1
"""The offset of what was not read from the topic."""


def merge(pair: Same, request: Request, home: int) -> Delivery:
    """Ask the younger contact's home to end it; the same pair leads to the same command."""
    command = commands.MergeContact(contact_id=pair.younger, into=pair.older)
    identity = values.command_id(command.TYPE, str(pair.younger), str(pair.older))
    return _delivery(command, pair.younger, identity, request, home)


def absorb(
    person: Person, who: ContactId, into: ContactId, request: Request, home: int
) -> Delivery:
    """Hand over to the older contact's home what was known of a merged one."""
    command = estate(person, who, into)
    identity = values.command_id(command.TYPE, str(who), str(into))
    return _delivery(command, into, identity, request, home)


def _delivery(
    command: commands.Command,
    contact: ContactId,
    identity: CommandId,
    request: Request,
    home: int,
) -> Delivery:
    envelope = CloudEvent(
        id=str(identity),
        type=command.TYPE,
        source=SOURCE,
        time=request.occasion.at,
        data=codec.encode(command),
        subject=str(contact),
        correlation_id=request.correlation_id,
        causation_id=str(request.occasion.command_id),
        traceparent=request.traceparent,
    )
    key = str(contact).encode()
    return Delivery(home, _NOT_READ, key, envelope.data, encode(envelope))
