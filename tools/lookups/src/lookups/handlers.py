"""From a `lookup.requested` event to the `lookup.record` command that answers it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from domain.codec import decode_event, encode
from domain.commands import Found, RecordLookup
from domain.events import LookupRequested
from domain.topics import SESSION_COMMANDS
from domain.values import command_id
from lookups.knowledge import Knowledge
from lookups.use_cases import Answer, find
from streaming import cloudevents
from streaming.answering import answer
from streaming.cloudevents import Headers
from streaming.runner import Record

SERVICE = "lookups"

_log = structlog.get_logger(__name__)


def is_wanted(event_type: str) -> bool:
    """Say whether somebody may have asked for something; nothing else is read."""
    return event_type == LookupRequested.TYPE


class Commands(Protocol):
    """Where commands go; returns once they are kept."""

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        """Raise PublishFailed when it is not certain that the command is kept."""
        ...


class AnswerLookups:
    """Handles one record at a time; a repeated record leads to the same command."""

    def __init__(
        self,
        knowledge: Knowledge,
        commands: Commands,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._knowledge = knowledge
        self._commands = commands
        self._now = now

    async def __call__(self, record: Record) -> None:
        """Answer to the partition that the event came from. Raises UndecodableMessage."""
        asked = decode_event(record.event.type, record.event.data)
        if not isinstance(asked, LookupRequested):
            return
        if self._now() > asked.answer_by:
            _log.info("asked too long ago", name=asked.name, lookup_id=str(asked.lookup_id))
            return
        found = find(self._knowledge, asked.name, asked.personal.query, self._now())
        if found is not None:
            await self._send(found, asked, record)

    async def _send(self, found: Answer, asked: LookupRequested, record: Record) -> None:
        told = RecordLookup(
            contact_id=asked.contact_id,
            session_id=asked.session_id,
            lookup_id=asked.lookup_id,
            outcome=found.outcome,
            personal=Found(data=dict(found.data)),
        )
        command = answer(
            record.event,
            id=str(command_id(told.TYPE, str(asked.lookup_id))),
            type=told.TYPE,
            source=SERVICE,
            time=self._now(),
            data=encode(told),
            subject=str(asked.session_id),
        )
        await self._commands.publish(
            SESSION_COMMANDS.name,
            command.data,
            key=str(asked.contact_id).encode(),
            headers=cloudevents.encode(command),
            partition=record.partition,
        )
        _log.info("answered", name=asked.name, outcome=found.outcome)
