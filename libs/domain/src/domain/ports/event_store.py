"""Where events are kept and how the world hears of them, shard by shard.

A shard is one partition of `session-commands`, its events, and the same partition of
`session-events`. It has one owner at a time, told from a former one by its epoch.

StoreFailure
├── StoreUnavailable    nothing was written; trying again later can help
├── StoreConflict       nothing was written: what was known is out of date, load and decide again
├── StoreRefused        nothing was written: something in it can never be stored
└── AppendUnanswered    written or not: taking the shard again tells
PublishFailed           published or not: opening the shard again tells
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.values import CommandId, ContactId, EventId, SessionId, TimerKind


class StoreFailure(Exception):
    """The store did not do as asked. The reason holds nothing personal."""


class StoreUnavailable(StoreFailure):
    """Nothing was written. Trying again later can help."""


class StoreConflict(StoreFailure):
    """Nothing was written: a version or an alias was taken meanwhile by somebody else."""


class StoreRefused(StoreFailure):
    """Nothing was written: something in it can never be stored."""


class AppendUnanswered(StoreFailure):
    """Written or not: `take` the shard again, and believe what it says."""


class PublishFailed(Exception):
    """Published or not, all or nothing: `open` the shard again, and believe what it says."""


class Origin(NamedTuple):
    """The command that led to an event, and what travels on from it."""

    command_id: CommandId
    at: datetime
    contact_id: ContactId
    correlation_id: str
    traceparent: str | None = None


class NewEvent(NamedTuple):
    """An event as it is stored and published: `data` is encoded once."""

    stream_id: UUID
    version: int
    """Within the stream, dense from 1."""
    event_id: EventId
    type: str
    data: bytes
    origin: Origin


def fingerprint(
    stream_id: UUID | str, version: int, event_id: UUID | str, type_: str, data: bytes
) -> bytes:
    """Give what is the same for two events only if readers cannot tell them apart."""
    head = f"{stream_id}/{version}/{event_id}/{type_}/".encode()
    return blake2b(head + data, digest_size=16).digest()


class RecordedEvent(NamedTuple):
    """An event of a shard under its number: dense from 1, in the order of commits."""

    sequence: int
    event: NewEvent


class PastEvent(NamedTuple):
    """What is needed of a recorded event to know again what it led to."""

    sequence: int
    stream_id: UUID
    version: int
    type: str
    data: bytes
    command_id: CommandId
    at: datetime

    @classmethod
    def of(cls, sequence: int, event: NewEvent) -> "PastEvent":
        """Leave out of an event what only concerns its readers."""
        stream, version, _, kind, data, origin = event
        return cls(sequence, stream, version, kind, data, origin.command_id, origin.at)


class AliasKey(NamedTuple):
    """A name of a person on one business number, such as `wa:15550001111`."""

    phone_number_id: str
    name: str


@dataclass(frozen=True, slots=True)
class NewAlias:
    """A name that belongs to this contact from now on. It must be free, else StoreConflict."""

    key: AliasKey
    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class MovedAlias:
    """A name that passes from one contact to another.

    It must still be that of the contact `before`, else StoreConflict.
    """

    key: AliasKey
    before: ContactId
    contact_id: ContactId
    shard: int
    """Where the new owner is at home."""


@dataclass(frozen=True, slots=True)
class FreedAlias:
    """A name that is nobody's from now on, if it was this contact's before the append."""

    key: AliasKey
    contact_id: ContactId


@dataclass(frozen=True, slots=True)
class NewSession:
    """Which contact a session belongs to."""

    session_id: SessionId
    contact_id: ContactId
    opened_at: datetime
    number: int
    """Which event of the append begins it, from 1."""


@dataclass(frozen=True, slots=True)
class TimerKey:
    """Which timer: a session has one of each kind at most."""

    session_id: SessionId
    kind: TimerKind


@dataclass(frozen=True, slots=True)
class Timer:
    """When somebody is to look at a session again: no later than at `due_at`."""

    key: TimerKey
    contact_id: ContactId
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ParkedCommand:
    """A command that could not be read or decided, whole. The reason holds nothing personal."""

    offset: int
    reason: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class ParkingPermit:
    """Leave that a person gave, having looked, to park more of a shard than would stop it."""

    most: int
    """Commands within five minutes."""
    seconds: float
    """For how much longer."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A shard in our hands until somebody takes it with a higher epoch."""

    shard: int
    epoch: int
    next_offset: int
    """Of the partition of commands: what is below has had its effect."""
    last_sequence: int
    published_sequence: int
    """At least so far the events are known to be published."""
    parked_lately: int = 0
    """Commands of this shard parked within the last five minutes and not redriven since."""
    permit: ParkingPermit | None = None


@dataclass(frozen=True, slots=True)
class SpilledCommand:
    """A command that had its effect and may still come again, but is not remembered elsewhere."""

    command_id: CommandId
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Append:
    """What a batch of commands of one shard led to; written whole or not at all."""

    shard: int
    epoch: int
    offset: int
    """The `next_offset` on which this builds."""
    next_offset: int
    published_sequence: int = 0
    events: Sequence[NewEvent] = ()
    aliases: Sequence[NewAlias] = ()
    moved: Sequence[MovedAlias] = ()
    freed: Sequence[FreedAlias] = ()
    """All appends of one call together name no name twice."""
    sessions: Sequence[NewSession] = ()
    parked: Sequence[ParkedCommand] = ()
    spilled: Sequence[SpilledCommand] = ()
    timers: Sequence[Timer] = ()
    """Set to this, whatever they were; no two of the same key."""
    cleared: Sequence[TimerKey] = ()
    """Timers that are not needed any more, or never were; none that is also set."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A person as they were when the shard had come to `sequence`; may be lost at any time."""

    contact_id: ContactId
    shard: int
    sequence: int
    form: str
    """Names the version of the code that made it; no other can read it."""
    versions: Mapping[UUID, int]
    """How far each stream had come that the state tells of."""
    state: bytes


@dataclass(frozen=True, slots=True)
class History:
    """What happened to one person, and the shard where all of it is kept."""

    shard: int
    events: Sequence[PastEvent]
    """Since the snapshot, in the order of the shard; of sessions that were asked for and that
    the snapshot does not tell of, all."""
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Histories:
    """What the store knows of the people asked for; who is missing is unknown to it."""

    names: Mapping[AliasKey, ContactId] = field(default_factory=dict)
    people: Mapping[ContactId, History] = field(default_factory=dict)


class EventStore(Protocol):
    """Append-only streams. The same rows are the outbox, the offsets and the fence.

    Every method may raise StoreUnavailable.
    """

    async def provide(self, shards: int) -> int:
        """Create the shards if there are none yet; return how many there are."""
        ...

    async def take(self, shard: int, *, owner: str) -> Lease:
        """Raise the shard's epoch: no append of a former owner has an effect from now on.

        Waits for one that is under way, and sees what it wrote.
        """
        ...

    async def epoch(self, shard: int) -> int:
        """Return the epoch of the shard's owner, 0 if it never had one."""
        ...

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        """Return the histories of people by name and by id, in one go.

        Each begins at the person's snapshot if there is one of this form. Their sessions named
        here are part of it, however old; those of others are not.
        """
        ...

    async def keep_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Keep these instead of older ones of the same people."""
        ...

    async def spilled(self, commands: Sequence[CommandId]) -> Collection[CommandId]:
        """Return those of the commands that were ever appended as spilled and not forgotten."""
        ...

    async def forget_spilled(self, before: datetime) -> int:
        """Drop spilled commands that were seen before this instant; return how many."""
        ...

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        """Write all that the epochs and offsets let through; number the events.

        Returns the number before the first new event for each shard written; a shard that is
        missing is in other hands, or was moved on by an append whose answer was lost.
        Raises StoreConflict, StoreRefused or AppendUnanswered for all of them together.
        """
        ...

    async def record_published(self, shard: int, *, epoch: int, sequence: int) -> None:
        """Remember how far the shard is published, if the epoch still is the owner's."""
        ...

    async def read(self, shard: int, *, after: int, limit: int) -> Sequence[RecordedEvent]:
        """Return the next events of the shard, in order."""
        ...

    async def due_timers(
        self, shards: Collection[int], *, until: datetime, limit: int
    ) -> Mapping[int, Sequence[Timer]]:
        """Return the timers that are due by then, at most `limit` of a shard, earliest first."""
        ...

    async def next_offsets(self) -> Mapping[int, int]:
        """Return of every shard the offset below which each command had its effect."""
        ...


class ShardPublisher(Protocol):
    """The only one who can publish to its shard, until somebody opens it anew."""

    @property
    def published(self) -> int:
        """The number of the last event that readers can see, 0 if there is none."""
        ...

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """Let readers see all of these or none.

        Raises PublishFailed, after which only `close` helps.
        """
        ...

    async def close(self) -> None:
        """Let go, without waiting for what is not published."""
        ...


class EventPublisher(Protocol):
    """Opens shards for publishing."""

    async def open(self, shard: int) -> ShardPublisher:
        """Shut out whoever had it open, and find out what is published. Raises PublishFailed."""
        ...

    async def told(self, shard: int, *, after: int) -> Mapping[int, bytes]:
        """Return the fingerprints, by number, of what readers can see beyond this event.

        What cannot be read as an event of ours is left out. Raises PublishFailed.
        """
        ...
