"""From records of `session-events` to kept files, commands with the outcome, and erased files."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from domain.codec import decode_event, encode
from domain.commands import RecordFileStored
from domain.events import ContactAbsorbed, ContactErased, FileUploaded
from domain.ports.files import FileStorage
from domain.topics import SESSION_COMMANDS
from domain.values import command_id
from file_manager.handlers import SERVICE
from file_manager.handlers.metrics import DELETED, DUPLICATES, FILES, STORED_BYTES
from file_manager.use_cases.keeping import FileKeeper, Outcome
from streaming import cloudevents
from streaming.answering import answer
from streaming.cloudevents import Headers
from streaming.redriven import times_redriven
from streaming.runner import Record

_WANTED = frozenset(
    event.TYPE.rpartition(".")[0] for event in (FileUploaded, ContactErased, ContactAbsorbed)
)
_log = structlog.get_logger(__name__)


def is_wanted(event_type: str) -> bool:
    """Say whether an event has to be handled in its turn.

    A version that we do not know yet has to: it is undecodable, so that it is parked.
    """
    return event_type.rpartition(".")[0] in _WANTED


class Commands(Protocol):
    """Where commands go; returns once they are kept."""

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        """Raise PublishFailed when it is not certain that the command is kept."""
        ...


class KeepFiles:
    """Handles one record at a time; a repeated record leads to the same."""

    def __init__(
        self,
        keeper: FileKeeper,
        storage: FileStorage,
        commands: Commands,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keeper = keeper
        self._storage = storage
        self._commands = commands
        self._now = now

    async def __call__(self, record: Record) -> None:
        """Keep a file and send the outcome to the partition that the event came from.

        Or delete all files of somebody who is to be forgotten. Raises MediaUnavailable,
        InspectionUnavailable, StorageUnavailable, StorageRefused, PublishFailed, or
        UndecodableMessage for an event that nobody can read.
        """
        event = decode_event(record.event.type, record.event.data)
        match event:
            case FileUploaded():
                await self._keep(event, record)
            case ContactErased():
                deleted = await self._storage.erase(event.contact_id, at=record.event.time)
                DELETED.labels("erased").inc(deleted)
                _log.info("files of a person erased", files=deleted)
            case ContactAbsorbed():
                await self._storage.merge(event.absorbed, event.contact_id)
            case _:
                pass

    async def _keep(self, file: FileUploaded, record: Record) -> None:
        outcome = await self._keeper.keep(
            file,
            uploaded_at=record.event.time,
            redriven=times_redriven(record.headers) > 0,
        )
        await self._send(outcome, record)
        _tell(outcome)

    async def _send(self, outcome: Outcome, record: Record) -> None:
        command = answer(
            record.event,
            id=str(command_id(outcome.TYPE, str(outcome.file_id))),
            type=outcome.TYPE,
            source=SERVICE,
            time=self._now(),
            data=encode(outcome),
            subject=str(outcome.session_id),
        )
        await self._commands.publish(
            SESSION_COMMANDS.name,
            command.data,
            key=str(outcome.contact_id).encode(),
            headers=cloudevents.encode(command),
            partition=record.partition,
        )


def _tell(outcome: Outcome) -> None:
    if isinstance(outcome, RecordFileStored):
        FILES.labels("stored", "").inc()
        if outcome.duplicate_of is None:
            STORED_BYTES.inc(outcome.size)
        else:
            DUPLICATES.inc()
        _log.info("file stored", file_id=str(outcome.file_id), size=outcome.size)
    else:
        FILES.labels("rejected", outcome.reason).inc()
        _log.warning("file rejected", file_id=str(outcome.file_id), reason=outcome.reason)
