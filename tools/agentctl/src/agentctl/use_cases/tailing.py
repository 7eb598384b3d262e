"""What comes by on a topic, as far as somebody wants to see it."""

from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from pydantic_core import from_json

from agentctl import acts
from agentctl.adapters.kafka_topic import Bounds, KafkaRecord, KafkaTopic
from agentctl.masking import MASK, masked
from domain.topics import OPERATOR_ACTS, SESSION_COMMANDS
from streaming.cloudevents import CloudEvent, InvalidCloudEvent, decode


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records are meant; what is empty or None does not matter."""

    types: tuple[str, ...] = ()
    """Patterns such as `reply.*`; a type without its version will do."""
    session: str | None = None
    contacts: frozenset[str] | None = None
    partitions: frozenset[int] = field(default_factory=frozenset)

    def takes(self, seen: "Seen") -> bool:
        """Say whether the record is meant."""
        at = seen.record.partition
        return (
            (not self.partitions or at in self.partitions)
            and (not self.types or any(_matches(seen.kind, one) for one in self.types))
            and (self.session is None or seen.session == self.session)
            and (self.contacts is None or seen.contact in self.contacts)
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A record, and what could be read of it."""

    record: KafkaRecord
    event: CloudEvent | None
    data: Any

    @property
    def kind(self) -> str:
        """Its type, or which act of an operator it is; empty where it is neither."""
        return self.event.type if self.event else _text(self.data, "act") or ""

    @property
    def session(self) -> str | None:
        """The session that it is about."""
        return _text(self.data, "session_id")

    @property
    def contact(self) -> str | None:
        """The contact that it is about."""
        return _text(self.data, "contact_id") or _text(self.data, "from_contact_id")

    def shown(self, *, unmasked: bool) -> Mapping[str, Any]:
        """Return all of it for people and programs, personal parts hidden unless asked for."""
        event = self.event
        given = {
            "topic": self.record.topic,
            "partition": self.record.partition,
            "offset": self.record.offset,
            "timestamp": self.record.timestamp,
            "key": _key(self.record, unmasked=unmasked),
            "id": event and event.id,
            "type": event and event.type,
            "time": event and event.time.isoformat(),
            "source": event and event.source,
            "subject": event and event.subject,
            "causation_id": event and event.causation_id,
            "correlation_id": event and event.correlation_id,
            "sequence": event and event.sequence,
            "stream_version": event and event.stream_version,
            "traceparent": event and event.traceparent,
            "data": self.data if unmasked else masked(self.kind, self.data),
        }
        return {name: value for name, value in given.items() if value is not None}


def seen(record: KafkaRecord) -> Seen:
    """Read a record as far as it can be read."""
    try:
        event = decode(record.value, record.headers)
    except InvalidCloudEvent:
        return Seen(record, None, _act(record))
    try:
        return Seen(record, event, from_json(event.data))
    except ValueError:
        return Seen(record, event, None)


def _act(record: KafkaRecord) -> Any:
    """Return what an operator did; elsewhere nobody knows what is personal in what is no event."""
    is_act = OPERATOR_ACTS.name in record.topic and acts.read(record.value)
    return from_json(record.value or b"") if is_act else None


async def past(
    topic: KafkaTopic, wanted: Selection, *, since: datetime | None, last: int | None
) -> list[Seen]:
    """Return what was written until now, the oldest first; of it the `last` alone.

    Raises KafkaTrouble. Without a time to begin at, and with filters, all of the topic is read.
    """
    topic.require(wanted.partitions)
    bounds = await topic.bounds()
    begins = {at: one.begin for at, one in bounds.items()}
    if since is not None:
        begins = dict(await topic.offsets_at(since))
    begins = {at: it for at, it in begins.items() if _is_read(at, wanted)}
    ends = {at: one.end for at, one in bounds.items()}
    unfiltered = since is None and wanted == Selection(partitions=wanted.partitions)
    kept: list[Seen] = []
    for at, begin in begins.items():
        if unfiltered and last is not None:
            kept.extend(await _newest(topic, at, Bounds(begin, ends[at]), last))
        else:
            kept.extend(await _chosen(topic, at, Bounds(begin, ends[at]), wanted, last))
    kept.sort(key=lambda one: (one.record.timestamp, one.record.partition, one.record.offset))
    return kept if last is None else kept[len(kept) - min(last, len(kept)) :]


async def _newest(topic: KafkaTopic, partition: int, there: Bounds, last: int) -> Iterable[Seen]:
    """Look back as far as `last` records need: transactions leave marks between them."""
    reach = 2 * last
    while True:
        since = max(there.begin, there.end - reach)
        found = await _chosen(topic, partition, Bounds(since, there.end), Selection(), last)
        if len(found) >= last or since == there.begin:
            return found
        reach *= 4


async def _chosen(
    topic: KafkaTopic, partition: int, within: Bounds, wanted: Selection, last: int | None
) -> Collection[Seen]:
    found: deque[Seen] = deque(maxlen=last)
    ends = {partition: within.end}
    async for portion in topic.between({partition: within.begin}, ends):
        found.extend(one for one in map(seen, portion) if wanted.takes(one))
    return found


async def coming(topic: KafkaTopic, wanted: Selection) -> AsyncIterator[Seen]:
    """Yield what is written from now on, for ever. Raises KafkaTrouble."""
    topic.require(wanted.partitions)
    bounds = await topic.bounds()
    begins = {at: one.end for at, one in bounds.items() if _is_read(at, wanted)}
    async for record in topic.follow(begins):
        if wanted.takes(one := seen(record)):
            yield one


def _is_read(partition: int, wanted: Selection) -> bool:
    return not wanted.partitions or partition in wanted.partitions


def _matches(kind: str, pattern: str) -> bool:
    bare = kind.rpartition(".")[0]
    return fnmatchcase(kind, pattern) or fnmatchcase(bare, pattern)


def _key(record: KafkaRecord, *, unmasked: bool) -> str | None:
    if record.key is None:
        return None
    # ingress keys commands by the person's number.
    if not unmasked and SESSION_COMMANDS.name in record.topic:
        return MASK
    return record.key.decode(errors="replace")


def _text(data: Any, name: str) -> str | None:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, str) else None
