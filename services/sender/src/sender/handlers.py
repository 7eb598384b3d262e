"""From an event to a call: which events matter here, and how an outcome goes back."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from domain import codec, values
from domain.codec import UndecodableMessage
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
from domain.ports.sending_ledger import Deferred
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from domain.values import ReplyId
from sender.use_cases.book import Outcome, Place
from sender.use_cases.deferring import Asked, Deferring
from sender.use_cases.hearsay import Hearsay
from streaming import tracing
from streaming.answering import answer
from streaming.cloudevents import (
    STRUCTURED,
    CloudEvent,
    Headers,
    InvalidCloudEvent,
    decode,
    encode,
    encode_structured,
)
from streaming.handling import Parks
from streaming.runner import Record
from streaming.traced import PROCESS, SpanKind, Traced

GROUP = "sender"
SOURCE = "sender"
RESUME = Traced(
    "process {}",
    SpanKind.CONSUMER,
    "One attempt at a reply that had been set aside in the ledger",
    attributes=PROCESS.attributes,
    below=PROCESS.below,
)
_REQUESTED = ReplyRequested.TYPE.rpartition(".")[0]
OUTCOMES = tuple(
    one.TYPE for one in (ReplySent, ReplyDelivered, ReplyRead, ReplyPlayed, ReplyFailed)
)
"""Types of events that tell what came of a reply."""
_RECEIVED_AT, _KIND, _PERSONAL = b'"received_at":"', b'"kind":"', b'"personal"'
_IN_GROUP = b'"in_group":true'
_NO_MESSAGES = frozenset(kind.encode() for kind in WINDOWLESS_INBOUND)

_log = structlog.get_logger(__name__)
_level = logging.getLogger(__name__)


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

    def __init__(
        self,
        deferring: Deferring,
        hearsay: Hearsay,
        publisher: Publishes,
        park: Parks,
        topic: str = SESSION_EVENTS.name,
    ) -> None:
        self._topic = topic
        self._deferring = deferring
        self._hearsay = hearsay
        self._publisher = publisher
        self._park = park
        self._read_to: dict[int, int] = {}
        self._news: Mapping[str, Callable[[Record], bool]] = {
            **dict.fromkeys(OUTCOMES, self._outcome),
            MessageReceived.TYPE: self._message,
            ContactOptedOut.TYPE: lambda record: self._consent(record, opted_out=True),
            ContactOptedIn.TYPE: lambda record: self._consent(record, opted_out=False),
        }

    async def on_assigned(self, begins: Mapping[int, int]) -> None:
        """Read the ledger before the first event of these partitions."""
        self._read_to = dict(begins)
        await self._deferring.take_over(begins, self._revive, self._park_deferred)

    async def on_released(self, grace: float) -> None:
        """Let go of the replies that were set aside."""
        await self._deferring.let_go(grace)

    def on_fetched(self, record: Record) -> bool:
        """Hear what concerns replies ahead of the queue in which their requests may wait.

        Say whether it has to be kept, because a reply waits for it whose request is not read again.
        """
        self._read_to[record.partition] = record.offset + 1
        hear = self._news.get(record.event.type)
        return hear is not None and hear(record)

    def read_to(self, partition: int) -> int:
        """Return the offset up to which `on_fetched` was shown what there is."""
        return self._read_to.get(partition, 0)

    def hear_of_outcome(self, partition: int, data: bytes) -> bool:
        """Take note of an event of one of the types OUTCOMES; say what `on_fetched` says."""
        if not self._deferring.awaits_news(partition):
            return False
        reply = _reply_of(data)
        return reply is not None and self._deferring.hears_of_reply(partition, reply)

    async def handle(self, record: Record) -> None:
        """Send what was asked for. Raises UndecodableMessage when that cannot be read."""
        if not is_wanted(record.event.type):
            await self._keep(record)
            return
        event, age = record.event, time.time() - record.timestamp / 1000
        if asked := self._asked(event, Place(record.partition, record.offset), age):
            await self._deferring.handle(asked)

    async def handle_redriven(self, record: Record) -> None:
        """Handle what was parked, unless that could send a reply twice.

        Raises MayHaveBeenSent, or what `handle` raises.
        """
        if is_wanted(record.event.type) and (reply := _reply_of(record.event.data)):
            place = Place(record.partition, record.offset)
            await self._deferring.remember(reply, place)
        await self.handle(record)

    def _outcome(self, record: Record) -> bool:
        return self.hear_of_outcome(record.partition, record.event.data)

    def _message(self, record: Record) -> bool:
        at = _received_at(record.event.data)
        if not (at and record.key):
            return False
        self._hearsay.wrote(record.key, at)
        return self._deferring.hears_of_person(record.key)

    def _consent(self, record: Record, *, opted_out: bool) -> bool:
        if not record.key:
            return False
        self._hearsay.consented(record.key, opted_out=opted_out)
        return self._deferring.hears_of_person(record.key)

    async def _keep(self, record: Record) -> None:
        if record.event.type not in OUTCOMES:
            await self._deferring.keep_news(record.key or b"")
        elif reply := _reply_of(record.event.data):
            failed = record.event.type == ReplyFailed.TYPE
            await self._deferring.keep_outcome(
                record.partition, reply, "failed" if failed else "accepted"
            )

    def _asked(self, event: CloudEvent, place: Place, age: float = 0.0) -> Asked | None:
        request = codec.decode_event(event.type, event.data)
        if not isinstance(request, ReplyRequested):
            return None
        report = _Reporter(self._publisher, event, place.partition).report
        return Asked(request, place, report, lambda: encode_structured(event), age)

    def _revive(self, partition: int, deferred: Deferred) -> Asked:
        """Read what was set aside. Raises InvalidCloudEvent and UndecodableMessage."""
        event, place = decode(deferred.event, STRUCTURED), Place(partition, deferred.offset)
        asked = self._asked(event, place)
        if asked is None:
            raise UndecodableMessage("set aside, but no request for a reply")
        return asked._replace(followed=lambda: self._span(event, place))

    def _span(self, event: CloudEvent, place: Place) -> AbstractContextManager[object]:
        return tracing.span(
            RESUME,
            self._topic,
            parent=event.traceparent,
            attributes=lambda: {
                **tracing.messaging("process", "process", self._topic),
                "messaging.consumer.group.name": GROUP,
                "messaging.destination.partition.id": str(place.partition),
                "messaging.kafka.offset": place.offset,
                "messaging.message.id": event.id,
            },
        )

    async def _park_deferred(self, partition: int, deferred: Deferred, error: Exception) -> None:
        value, headers = _as_it_came(deferred.event)
        key = str(deferred.contact_id).encode()
        record = _SetAside(self._topic, partition, deferred.offset, key, value, headers)
        await self._park.park(record, f"bug:{type(error).__name__}", error=error)


class _SetAside(NamedTuple):
    """A record that was set aside, as it is parked."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: Headers


class _Reporter:
    """Answers one event with a command, to the partition the event came from."""

    def __init__(self, publisher: Publishes, cause: CloudEvent, partition: int) -> None:
        self._publisher = publisher
        self._cause = cause
        self._partition = partition

    async def report(self, outcome: Outcome) -> None:
        command = _command(outcome, self._cause)
        await self._publisher.publish(
            SESSION_COMMANDS.name,
            command.data,
            key=values.write_uuid(outcome.contact_id),
            headers=encode(command),
            partition=self._partition,
        )
        _tell(outcome)


def _as_it_came(event: bytes) -> tuple[bytes, Headers]:
    """Return value and headers of the record; what cannot be read stays as it was set aside."""
    try:
        readable = decode(event, STRUCTURED)
    except InvalidCloudEvent:
        return event, STRUCTURED
    return readable.data, encode(readable)


def _command(outcome: Outcome, cause: CloudEvent) -> CloudEvent:
    return answer(
        cause,
        id=values.written_command_id(outcome.TYPE, values.write_uuid(outcome.reply_id).decode()),
        type=outcome.TYPE,
        source=SOURCE,
        time=datetime.now(UTC),
        data=codec.encode(outcome),
        subject=values.write_uuid(outcome.session_id).decode(),
    )


def _tell(outcome: Outcome) -> None:
    if isinstance(outcome, RecordReplyFailed):
        _log.warning(
            "reply.failed",
            reply_id=str(outcome.reply_id),
            reason=outcome.reason,
            code=outcome.code,
        )
    elif _level.isEnabledFor(logging.DEBUG):  # most are accepted, and nearly nobody looks
        _log.debug("reply.accepted", reply_id=str(outcome.reply_id))


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
