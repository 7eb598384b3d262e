"""People as they were at an event of their shard, so that a long history need not be replayed."""

import hashlib
import json
from collections.abc import Iterable

import structlog
from pydantic import TypeAdapter, ValidationError

from domain.ports.event_store import EventStore, Snapshot, StoreFailure
from domain.session import Person
from domain.values import ContactId
from session_core.use_cases.people import Known
from streaming.counting import counted

LONG_HISTORY = 50
"""Events after which a person is worth a snapshot."""
MOST_WAITING = 5_000
_EVOLUTION = 1
"""To be raised when the same events mean another state, although its shape is the same."""

_STATE: TypeAdapter[Person] = TypeAdapter(Person)
_SHAPE = json.dumps(_STATE.json_schema(), sort_keys=True)
FORM = hashlib.sha256(f"{_EVOLUTION}{_SHAPE}".encode()).hexdigest()[:16]
"""Changes with the shape of the state: no version reads what another one took."""

_log = structlog.get_logger(__name__)


class UnreadableSnapshot(Exception):
    """The snapshot is not one of this form; the events still tell everything."""


def take(contact: ContactId, known: Known, *, shard: int, sequence: int) -> Snapshot:
    """Write down a person as they are when their shard has come to this event."""
    state = _STATE.dump_json(known.person)
    return Snapshot(contact, shard, sequence, FORM, dict(known.versions), state)


def restore(snapshot: Snapshot) -> Known:
    """Give the person of a snapshot. Raises UnreadableSnapshot."""
    try:
        return Known(_STATE.validate_json(snapshot.state), snapshot.versions)
    except ValidationError as error:
        raise UnreadableSnapshot(f"not fitting: {counted(error.error_count(), 'part')}") from None


class Album:
    """Brings snapshots to the store beside the appends. One that is lost costs a replay."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._waiting: dict[ContactId, Snapshot] = {}

    def add(self, snapshots: Iterable[Snapshot]) -> None:
        """Take in snapshots of what is stored; with too many waiting, new ones are dropped."""
        for one in snapshots:
            if one.contact_id in self._waiting or len(self._waiting) < MOST_WAITING:
                self._waiting[one.contact_id] = one

    async def keep(self) -> None:
        """Store what is waiting; on failure it is dropped."""
        if not self._waiting:
            return
        kept = list(self._waiting.values())
        self._waiting.clear()
        try:
            await self._store.keep_snapshots(kept)
        except StoreFailure as failure:
            _log.info("snapshots not kept", snapshots=len(kept), reason=str(failure))
