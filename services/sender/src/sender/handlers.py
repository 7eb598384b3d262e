"""From an event to a call: which events matter here, and how an outcome goes back."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import structlog

from domain import codec, values
from domain.commands import RecordReplyFailed
from domain.events import (
    ContactOptedIn,
    ContactOptedOut,
    MessageReceived,
    ReplyDelivered,
    ReplyFailed,
    ReplyPlayed,
    ReplyRead,
    ReplyRequested,
    ReplySent,
)
from domain.messages import WINDOWLESS_INBOUND
from domain.topics import SESSION_COMMANDS
from domain.values import ReplyId
from sender.use_cases.book import Outcome, Place
from sender.use_cases.sending import ReplySending
from streaming.answering import answer
from streaming.cloudevents import CloudEvent, Headers, encode
from streaming.runner import Record

GROUP = "sender"
SOURCE = "sender"
_REQUESTED = ReplyRequested.TYPE.rpartition(".")[0]
_OUTCOMES = tuple(
    one.TYPE for one in (ReplySent, ReplyDelivered, ReplyRead, ReplyPlayed, ReplyFailed)
)
_RECEIVED_AT, _KIND, _PERSONAL = b'"received_at":"', b'"kind":"', b'"personal"'
_IN_GROUP = b'"in_group":true'
_NO_MESSAGES = frozenset(kind.encode() for kind in WINDOWLESS_INBOUND)

_log = structlog.get_logger(__name__)


def is_wanted(event_type: str) -> bool:
    """Say whether an event has to be handled in its turn.

    A version that we do not know yet has to: it is undecodable, so that it is parked.
    """
    return event_type.rpartition(".")[0] == _REQUESTED


class Publishes(Protocol):
    """Writes a record durably, as streaming's `Publisher` does."""

    async def publish(  # noqa: D102 the class says it
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> None: ...


class Handlers:
    """What the keyed runner calls."""

    def __init__(self, sending: ReplySending, publisher: Publishes) -> None:
        self._sending = sending
        self._publisher = publisher
        self._news: Mapping[str, Callable[[Record], None]] = {
            **dict.fromkeys(_OUTCOMES, self._outcome),
            MessageReceived.TYPE: self._message,
            ContactOptedOut.TYPE: lambda record: self._consent(record, opted_out=True),
            ContactOptedIn.TYPE: lambda record: self._consent(record, opted_out=False),
        }

    async def on_assigned(self, begins: Mapping[int, int]) -> None:
        """Read the ledger before the first event of these partitions."""
        await self._sending.take_over(begins)

    def on_fetched(self, record: Record) -> None:
        """Hear what concerns replies ahead of the queue in which their requests may wait."""
        if hear := self._news.get(record.event.type):
            hear(record)

    def _outcome(self, record: Record) -> None:
        if self._sending.awaits_news(record.partition):
            reply = _reply_of(record.event.data)
            if reply is not None:
                self._sending.hear(record.partition, reply)

    def _message(self, record: Record) -> None:
        at = _received_at(record.event.data)
        if at and record.key:
            self._sending.hearsay.wrote(record.key, at)

    def _consent(self, record: Record, *, opted_out: bool) -> None:
        if record.key:
            self._sending.hearsay.consented(record.key, opted_out=opted_out)

    async def handle(self, record: Record) -> None:
        """Send what was asked for. Raises UndecodableMessage when that cannot be read."""
        request = codec.decode_event(record.event.type, record.event.data)
        if isinstance(request, ReplyRequested):
            place = Place(record.partition, record.offset)
            await self._sending.fulfil(request, place, _Reporter(self._publisher, record).report)


class _Reporter:
    """Answers one event with a command, to the partition the event came from."""

    def __init__(self, publisher: Publishes, record: Record) -> None:
        self._publisher = publisher
        self._record = record

    async def report(self, outcome: Outcome) -> None:
        command = _command(outcome, self._record.event)
        await self._publisher.publish(
            SESSION_COMMANDS.name,
            command.data,
            key=str(outcome.contact_id).encode(),
            headers=encode(command),
            partition=self._record.partition,
        )
        _tell(outcome)


def _command(outcome: Outcome, cause: CloudEvent) -> CloudEvent:
    return answer(
        cause,
        id=str(values.command_id(outcome.TYPE, str(outcome.reply_id))),
        type=outcome.TYPE,
        source=SOURCE,
        time=datetime.now(UTC),
        data=codec.encode(outcome),
        subject=str(outcome.session_id),
    )


def _tell(outcome: Outcome) -> None:
    if isinstance(outcome, RecordReplyFailed):
        _log.warning(
            "reply.failed",
            reply_id=str(outcome.reply_id),
            reason=outcome.reason,
            code=outcome.code,
        )
    else:
        _log.info("reply.accepted", reply_id=str(outcome.reply_id))


def _reply_of(data: bytes) -> ReplyId | None:
    """Return whom the news concern; None when it cannot be read: it settles nothing here."""
    try:
        return ReplyId(UUID(json.loads(data)["reply_id"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _received_at(data: bytes) -> bytes | None:
    """Return when a message was written that opens a window, as it stands there, else None.

    Looked for, not parsed: there are as many messages as replies, and most concern none.
    """
    head = data[: data.find(_PERSONAL)]
    if _IN_GROUP in head or _found(head, _KIND) in _NO_MESSAGES:
        return None
    return _found(head, _RECEIVED_AT)


def _found(head: bytes, name: bytes) -> bytes | None:
    begin = head.find(name) + len(name)
    end = head.find(b'"', begin)
    return head[begin:end] if begin >= len(name) and end > 0 else None
