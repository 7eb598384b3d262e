"""From an event to a call: which events matter here, and how an outcome goes back."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import structlog

from domain import codec, values
from domain.commands import RecordReplyFailed
from domain.events import (
    ReplyDelivered,
    ReplyFailed,
    ReplyPlayed,
    ReplyRead,
    ReplyRequested,
    ReplySent,
)
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
_NEWS = frozenset(
    one.TYPE for one in (ReplySent, ReplyDelivered, ReplyRead, ReplyPlayed, ReplyFailed)
)

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

    async def on_assigned(self, partitions: Collection[int]) -> None:
        """Read the ledger before the first event of these partitions."""
        await self._sending.take_over(partitions)

    def on_fetched(self, record: Record) -> None:
        """Hear the outcomes of replies ahead of the queue in which their requests may wait."""
        self._sending.reading_from(Place(record.partition, record.offset))
        if record.event.type in _NEWS and self._sending.awaits_news(record.partition):
            reply = _reply_of(record.event.data)
            if reply is not None:
                self._sending.hear(record.partition, reply)

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
