"""What waits on the topics of parked records, and what became of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from typing import NamedTuple

from agentctl.acts import Act, ParkedPlace, read
from agentctl.adapters.kafka_topic import KafkaRecord, KafkaTopic, topic
from domain.topics import (
    OPERATOR_ACTS,
    PARKED_BY_CRM_NOTIFIER,
    PARKED_BY_FILE_MANAGER,
    PARKED_BY_SENDER,
    REDRIVEN_TO_CRM_NOTIFIER,
    REDRIVEN_TO_FILE_MANAGER,
    REDRIVEN_TO_SENDER,
    WEBHOOK_PARKED,
    Topic,
    parked_by_crm_notifier,
    redriven_to_crm_notifier,
)
from streaming.kafka import KafkaSettings

WEBHOOKS = "webhooks"
_CRM = "crm-notifier-"
_SETTLED = frozenset({"redriven", "skipped"})


class NotParked(Exception):
    """There is no such parked record."""


@dataclass(frozen=True, slots=True)
class Source:
    """A topic of parked records, and the one on which they are sent again; webhooks have none."""

    name: str
    parked: Topic
    redriven: Topic | None


SOURCES: Mapping[str, Source] = {
    one.name: one
    for one in (
        Source(WEBHOOKS, WEBHOOK_PARKED, None),
        Source("sender", PARKED_BY_SENDER, REDRIVEN_TO_SENDER),
        Source("file-manager", PARKED_BY_FILE_MANAGER, REDRIVEN_TO_FILE_MANAGER),
        Source("crm-notifier", PARKED_BY_CRM_NOTIFIER, REDRIVEN_TO_CRM_NOTIFIER),
    )
}


def source_of(name: str) -> Source | None:
    """Return the source of this name; `crm-notifier-NAME` is the CRM that was given that name."""
    if name.startswith(_CRM):
        crm = name.removeprefix(_CRM)
        return Source(name, parked_by_crm_notifier(crm), redriven_to_crm_notifier(crm))
    return SOURCES.get(name)


def sources(crm_names: Sequence[str]) -> Sequence[Source]:
    """Return every source of an installation, those of CRMs with a name included."""
    named = [source_of(_CRM + name) for name in crm_names]
    return [*SOURCES.values(), *(one for one in named if one is not None)]


class Stood(NamedTuple):
    """A place in the topic from which a record was parked."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked record, and what was done about it, the oldest act first."""

    place: ParkedPlace
    record: KafkaRecord
    acts: Sequence[Act]

    @property
    def reason(self) -> str:
        """Why it was parked; holds nothing personal."""
        return self._header("park-reason") or "(not said)"

    @property
    def kind(self) -> str:
        """The type of the event; empty for webhooks."""
        return self._header("ce_type")

    @property
    def stood(self) -> str:
        """Where it stood when it was parked."""
        at = (self._header("park-partition"), self._header("park-offset"))
        return "/".join(at) if all(at) else ""

    @property
    def stood_at(self) -> Stood | None:
        """The same, for reading there; None where it is not known."""
        partition, offset = self._header("park-partition"), self._header("park-offset")
        if not (partition.isdigit() and offset.isdigit()):
            return None
        return Stood(int(partition), int(offset))

    @property
    def at(self) -> datetime:
        """When it was parked."""
        return datetime.fromtimestamp(self.record.timestamp / 1000, UTC)

    @property
    def waits(self) -> bool:
        """Say whether nobody has settled it."""
        return not any(act.kind in _SETTLED for act in self.acts)

    @property
    def state(self) -> str:
        """`waiting`, `redriven`, `skipped`, or `redriving` where the outcome is not known."""
        return self.acts[-1].kind if self.acts else "waiting"

    @property
    def times_redriven(self) -> int:
        """How often it was sent again from here."""
        return sum(act.kind == "redriven" for act in self.acts)

    def _header(self, name: str) -> str:
        found = (content or b"" for known, content in self.record.headers if known == name)
        return next(found, b"").decode(errors="replace")


async def parked(
    kafka: KafkaSettings, source: Source, *, seconds: float = 15.0
) -> Sequence[Parked]:
    """Return all that is parked there, in the order in which it was parked. Raises KafkaTrouble."""
    acts = await acts_by_place(kafka, seconds=seconds)
    async with topic(kafka, source.parked.name, seconds=seconds) as read_from:
        records = await _everything(read_from)
    return [_parked(source, record, acts) for record in in_order(records)]


async def acts_by_place(kafka: KafkaSettings, *, seconds: float) -> Mapping[str, Sequence[Act]]:
    """Return everything that was done, the oldest first, by what it was about."""
    async with topic(kafka, OPERATOR_ACTS.name, seconds=seconds) as read_from:
        records = await _everything(read_from)
    found: defaultdict[str, list[Act]] = defaultdict(list)
    for record in records:
        if (act := read(record.value)) is not None:
            found[act.about].append(act)
    return found


def at_places(found: Sequence[Parked], places: Sequence[ParkedPlace]) -> Sequence[Parked]:
    """Return those at these places, in the order in which they were parked. Raises NotParked."""
    by_place = {one.place: one for one in found}
    if missing := [str(place) for place in places if place not in by_place]:
        raise NotParked(f"not parked: {', '.join(missing)}")
    return [one for one in found if one.place in set(places)]


def waiting(found: Sequence[Parked], reason: str = "") -> Sequence[Parked]:
    """Return those that nobody has settled, or only those whose reason begins like this."""
    return [one for one in found if one.waits and one.reason.startswith(reason)]


def in_order(records: Sequence[KafkaRecord]) -> Iterable[KafkaRecord]:
    """Return records by time, but those of a partition as they stand there, whatever their time."""
    of_partition: defaultdict[int, list[KafkaRecord]] = defaultdict(list)
    for record in records:
        of_partition[record.partition].append(record)
    return merge(*of_partition.values(), key=lambda one: one.timestamp)


def _parked(source: Source, record: KafkaRecord, acts: Mapping[str, Sequence[Act]]) -> Parked:
    place = ParkedPlace(source.name, record.partition, record.offset)
    return Parked(place, record, acts.get(str(place), ()))


async def _everything(read_from: KafkaTopic) -> Sequence[KafkaRecord]:
    bounds = await read_from.bounds()
    begins = {at: one.begin for at, one in bounds.items()}
    ends = {at: one.end for at, one in bounds.items()}
    return [one async for portion in read_from.between(begins, ends) for one in portion]
