"""I3: session-events as its readers see it, record by record beside the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.ports.command_source import Bounds, Delivery
from domain.ports.event_store import EventStore, RecordedEvent
from domain.ports.verifying import Horizon, TopicHistory
from session_core.use_cases.findings import Findings
from streaming.cloudevents import CloudEvent, InvalidCloudEvent, decode
from streaming.counting import counted

_PAGE = 500


async def check_topic(
    store: EventStore,
    topic: TopicHistory,
    horizons: Sequence[Horizon],
    figures: dict[str, int | float],
    findings: Findings,
) -> None:
    """Compare every partition with its shard, from its first record to what is published."""
    logs = await topic.bounds()
    if len(logs) != len(horizons):
        partitions, shards = counted(len(logs), "partition"), counted(len(horizons), "shard")
        findings.add(f"session-events has {partitions}, the store {shards}")
    records = bytes_ = removed = 0
    for horizon in horizons:
        if horizon.shard not in logs:
            continue
        walk = _Walk(horizon, store, logs[horizon.shard], findings)
        async for portion in topic.read(horizon.shard):
            for record in portion:
                await walk.step(record)
                bytes_ += record.size
            records += len(portion)
        walk.end()
        removed += walk.removed
    figures.update(records=records, bytes=bytes_, removed_by_retention=removed)


@dataclass(slots=True)
class _Walk:
    """Goes along one partition; `expected` is the number that has to come next."""

    horizon: Horizon
    store: EventStore
    log: Bounds
    findings: Findings
    expected: int | None = None
    removed: int = 0
    _page: dict[int, RecordedEvent] = field(default_factory=dict)

    async def step(self, record: Delivery) -> None:
        """Compare one record."""
        place = f"offset {record.offset} of shard {self.horizon.shard}"
        try:
            told = decode(record.value, record.headers)
        except InvalidCloudEvent as error:
            self.findings.add(f"{place} is not one of our events: {error}")
            return
        if told.sequence is None:
            self.findings.add(f"{place} has no number")
            return
        stored = await self._stored(told.sequence)
        if stored is None:
            self.findings.add(f"{place} is event {told.sequence}, which the store does not have")
        elif self._follows(told.sequence, place):
            self.findings.extend(_differs(record, told, stored))

    def end(self) -> None:
        """Tell what is published, as the store says, but not there."""
        first = self._first() if self.expected is None else self.expected
        if first is not None:
            self._missing(first, self.horizon.published_sequence)
        elif self.horizon.published_sequence:
            self.removed = self.horizon.published_sequence

    def _first(self) -> int | None:
        """Say which number has to come first: nobody knows once retention took some away."""
        return 1 if self.log.begin == 0 else None

    def _follows(self, sequence: int, place: str) -> bool:
        expected = self.expected or self._first()
        if expected is None:
            self.removed, expected = sequence - 1, sequence
        if sequence < expected:
            self.findings.add(f"{place} is event {sequence}, after event {expected - 1}")
            return False
        self._missing(expected, sequence - 1)
        self.expected = sequence + 1
        return True

    def _missing(self, first: int, last: int) -> None:
        if last >= first:
            shard, count = self.horizon.shard, last - first + 1
            which = f"event {first}" if count == 1 else f"events {first} to {last}"
            self.findings.add(f"shard {shard}: the topic lacks {which}", times=count)

    async def _stored(self, sequence: int) -> RecordedEvent | None:
        """Give the event; it was stored before it was published, so it is there to be read."""
        if sequence not in self._page:
            page = await self.store.read(self.horizon.shard, after=sequence - 1, limit=_PAGE)
            self._page = {one.sequence: one for one in page}
        return self._page.get(sequence)


def _differs(record: Delivery, told: CloudEvent, stored: RecordedEvent) -> Iterator[str]:
    event = stored.event
    pairs = (
        ("id", told.id, str(event.event_id)),
        ("type", told.type, event.type),
        ("subject", told.subject, str(event.stream_id)),
        ("version", told.stream_version, event.version),
        ("key", record.key, str(event.origin.contact_id).encode()),
        ("data", record.value, event.data),
    )
    different = [name for name, one, other in pairs if one != other]
    if different:
        where = f"offset {record.offset} of shard {record.shard}"
        yield f"{where} is not event {event.event_id} as stored: {', '.join(different)}"
