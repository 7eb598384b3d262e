"""From a record of `session-events` to a kept file and a command with the outcome."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog
from prometheus_client import Counter

from domain.codec import decode_event, encode
from domain.commands import RecordFileStored
from domain.events import FileUploaded
from domain.topics import SESSION_COMMANDS
from domain.values import command_id
from file_manager.use_cases.keeping import FileKeeper, Outcome
from streaming import cloudevents
from streaming.answering import answer
from streaming.cloudevents import Headers
from streaming.runner import Record

SERVICE = "file-manager"

FILES = Counter("file_manager_files", "What became of the files people sent", ("outcome", "reason"))
STORED_BYTES = Counter("file_manager_stored_bytes", "Size of the files stored")

_UPLOADED = FileUploaded.TYPE.rpartition(".")[0]
_log = structlog.get_logger(__name__)


def is_wanted(event_type: str) -> bool:
    """Say whether an event has to be handled in its turn.

    A version that we do not know yet has to: it is undecodable, so that it is parked.
    """
    return event_type.rpartition(".")[0] == _UPLOADED


class Commands(Protocol):
    """Where commands go; returns once they are kept."""

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        """Raise PublishFailed when it is not certain that the command is kept."""
        ...


class KeepFile:
    """Handles one record at a time; a repeated record leads to the same command."""

    def __init__(
        self,
        keeper: FileKeeper,
        commands: Commands,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keeper = keeper
        self._commands = commands
        self._now = now

    async def __call__(self, record: Record) -> None:
        """Keep the file and send the outcome to the partition that the event came from.

        Raises MediaUnavailable, StorageUnavailable, StorageRefused, PublishFailed, or
        UndecodableMessage for an upload that nobody can read.
        """
        file = decode_event(record.event.type, record.event.data)
        if isinstance(file, FileUploaded):
            outcome = await self._keeper.keep(file, uploaded_at=record.event.time)
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
        STORED_BYTES.inc(outcome.size)
        _log.info("file stored", file_id=str(outcome.file_id), size=outcome.size)
    else:
        FILES.labels("rejected", outcome.reason).inc()
        _log.warning("file rejected", file_id=str(outcome.file_id), reason=outcome.reason)
