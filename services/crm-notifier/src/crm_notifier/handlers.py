"""From a record of `session-events` to a call of the CRM and a command with the outcome."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple, Protocol

import structlog
from prometheus_client import Counter, Gauge

from crm_notifier.use_cases.telling import tell
from domain.codec import UndecodableMessage, decode_event, encode
from domain.commands import RecordCrm
from domain.ports.crm import (
    EVERYTHING,
    FREQUENT,
    CrmPaused,
    CrmRefused,
    CrmService,
    CrmUnavailable,
    Notable,
)
from domain.topics import SESSION_COMMANDS
from domain.values import EventId, read_uuid, write_uuid, written_command_id
from streaming import cloudevents
from streaming.answering import answer
from streaming.cloudevents import CloudEvent, Headers
from streaming.redriven import times_redriven
from streaming.runner import Record

SERVICE = "crm-notifier"
MOST_REASONS = 50
"""By which calls are counted; a CRM may have ever more codes of its own, and the rest are one."""
OTHER = "other"

TOLD = Counter(
    "crm_notifier_calls", "What came of telling the CRM", ("crm", "event", "outcome", "reason")
)
PAUSED = Gauge(
    "crm_notifier_paused", "1 while the CRM takes nothing from us until a person looks", ("crm",)
)

_log = structlog.get_logger(__name__)
_level = logging.getLogger(__name__)


@cache
def _told(crm: str, event_type: str, outcome: str, reason: str) -> Counter:
    """Give what counts calls that had this outcome: looking it up costs more than counting."""
    return TOLD.labels(crm, event_type, outcome, reason)


class Destination(NamedTuple):
    """A CRM, how this installation calls it, and the events that it is to be told of."""

    crm: CrmService
    name: str
    chosen: frozenset[type[Notable]] = EVERYTHING - FREQUENT

    @property
    def told(self) -> frozenset[type[Notable]]:
        """What was chosen, as far as this CRM can be told."""
        return self.chosen & self.crm.supports


def wanted(told: frozenset[type[Notable]]) -> Callable[[str], bool]:
    """Return a function that says whether an event of a type has to be read.

    A version that we do not know yet has to: it is undecodable, so that it is parked.
    """
    kinds = frozenset(_kind(event.TYPE) for event in told)
    return lambda event_type: _kind(event_type) in kinds


def _kind(event_type: str) -> str:
    """Return the type without its version."""
    return event_type.rpartition(".")[0]


class Commands(Protocol):
    """Where commands go; returns once they are kept."""

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        """Raise PublishFailed when it is not certain that the command is kept."""
        ...


class TellCrm:
    """Handles one record at a time; a repeated record leads to the same command."""

    def __init__(
        self,
        destination: Destination,
        commands: Commands,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._crm = destination.crm
        self._name = destination.name
        self._told = destination.told
        self._commands = commands
        self._now = now
        self._paused = PAUSED.labels(destination.name)
        self._reasons: set[str] = set()

    async def __call__(self, record: Record) -> None:
        """Tell the CRM and send the outcome to the partition that the event came from.

        Raises CrmUnavailable, CrmRefused (the outcome is on its way already), or
        UndecodableMessage for what nobody can read.
        """
        event = decode_event(record.event.type, record.event.data)
        if not isinstance(event, Notable) or type(event) not in self._told:
            return
        outcome = await self._tell(event, record.event)
        if type(event) not in FREQUENT or outcome.outcome == "rejected":
            await self._send(outcome, record)
        if outcome.outcome == "rejected":
            raise CrmRefused(outcome.reason)

    async def _tell(self, event: Notable, envelope: CloudEvent) -> RecordCrm:
        try:
            outcome = await tell(
                self._crm,
                event,
                event_id=_event_id(envelope),
                at=envelope.time,
                name=self._name,
            )
        except CrmUnavailable as failure:
            self._paused.set(isinstance(failure, CrmPaused))
            self._count(event, "unavailable", str(failure))
            raise
        self._paused.set(0)
        self._count(event, outcome.outcome, outcome.reason or "")
        return outcome

    def _count(self, event: Notable, outcome: str, reason: str) -> None:
        _told(self._name, event.TYPE, outcome, self._counted(reason)).inc()
        if outcome == "notified" and not _level.isEnabledFor(logging.DEBUG):
            return  # most are, and nearly nobody looks
        say = {"notified": _log.debug, "rejected": _log.error}.get(outcome, _log.info)
        say("crm told", crm=self._name, event_type=event.TYPE, outcome=outcome, reason=reason)

    def _counted(self, reason: str) -> str:
        """Return the reason as a label; the record and the log have it in any case."""
        if len(self._reasons) < MOST_REASONS:
            self._reasons.add(reason)
        return reason if reason in self._reasons else OTHER

    async def _send(self, outcome: RecordCrm, record: Record) -> None:
        command = answer(
            record.event,
            id=_command_id(outcome, times_redriven(record.headers)),
            type=outcome.TYPE,
            source=SERVICE,
            time=self._now(),
            data=encode(outcome),
            subject=write_uuid(outcome.session_id or outcome.contact_id).decode(),
        )
        await self._commands.publish(
            SESSION_COMMANDS.name,
            command.data,
            key=write_uuid(outcome.contact_id),
            headers=cloudevents.encode(command),
            partition=record.partition,
        )


def _command_id(outcome: RecordCrm, redriven: int) -> str:
    """Give what came of an event that was sent again an id of its own: it may be another."""
    again = (f"redriven {redriven}",) if redriven else ()
    event = write_uuid(outcome.event_id).decode()
    return written_command_id(outcome.TYPE, outcome.crm, event, *again)


def _event_id(envelope: CloudEvent) -> EventId:
    try:
        return EventId(read_uuid(envelope.id))
    except ValueError:
        raise UndecodableMessage("id: uuid_parsing") from None
