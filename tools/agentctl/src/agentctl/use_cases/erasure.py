"""Whether a person of whom parked events speak was erased after they were parked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agentctl.adapters.kafka_topic import KafkaRecord, KafkaTopic, topic
from agentctl.use_cases.parking import Parked
from agentctl.use_cases.redriving import Refused
from domain.codec import UndecodableMessage, decode_event
from domain.events import ContactErased, ContactMerged
from domain.topics import SESSION_EVENTS
from streaming.kafka import KafkaSettings

_TYPE = "ce_type"


async def refuse_erased(
    kafka: KafkaSettings, chosen: Sequence[Parked], *, seconds: float = 15.0
) -> None:
    """Raise Refused if one of these events is about somebody who was erased since.

    Services keep nothing about people: they learn of an erasure in its turn, and what is sent
    again comes behind it. Of whom was merged into somebody else only that one is erased, in a
    partition of their own.
    """
    stood = {one.place: one.stood_at for one in chosen}
    begins: dict[int, int] = {}
    for place in filter(None, stood.values()):
        begins[place.partition] = min(place.offset, begins.get(place.partition, place.offset))
    if not begins:
        return
    async with topic(kafka, SESSION_EVENTS.name, seconds=seconds) as events:
        past = _Past()
        await past.read(events, begins)
        if merged := [past.merged_at[one.record.key] for one in chosen if past.knows(one)]:
            await past.read(events, await events.offsets_at(min(merged)))
    about = [str(one.place) for one in chosen if stood[one.place] and past.is_erased(one)]
    if about:
        raise Refused(f"the person was erased since: {', '.join(about)}; skip them")


@dataclass(slots=True)
class _Past:
    """What became of people, by their keys."""

    erased: dict[bytes | None, int] = field(default_factory=dict)
    heirs: dict[bytes | None, bytes] = field(default_factory=dict)
    merged_at: dict[bytes | None, datetime] = field(default_factory=dict)

    async def read(self, events: KafkaTopic, begins: Mapping[int, int]) -> None:
        """Read on from these places to the ends."""
        bounds = {at: one for at, one in (await events.bounds()).items() if at in begins}
        ends = {at: one.end for at, one in bounds.items()}
        kept = {at: max(begins[at], one.begin) for at, one in bounds.items()}
        async for portion in events.between(kept, ends):
            for record in portion:
                self._hear(record)

    def knows(self, one: Parked) -> bool:
        """Say whether the person was merged into another one."""
        return one.record.key in self.heirs

    def is_erased(self, one: Parked) -> bool:
        """Say whether the person was erased behind this event, or whom they were merged into."""
        stood, key = one.stood_at, one.record.key
        if stood and stood.offset < self.erased.get(key, 0):
            return True
        passed: set[bytes | None] = set()
        while key in self.heirs and key not in passed:
            passed.add(key)
            key = self.heirs[key]
        return bool(passed) and key in self.erased

    def _hear(self, record: KafkaRecord) -> None:
        told = next((content for name, content in record.headers if name.lower() == _TYPE), b"")
        if told == ContactErased.TYPE.encode():
            self.erased[record.key] = record.offset
        elif told == ContactMerged.TYPE.encode() and (into := _into(record)):
            self.heirs[record.key] = into
            self.merged_at[record.key] = datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _into(record: KafkaRecord) -> bytes | None:
    """Return the key of whom they were merged into; what nobody can read says nothing."""
    try:
        event = decode_event(ContactMerged.TYPE, record.value or b"")
    except UndecodableMessage:
        return None
    return str(event.into).encode() if isinstance(event, ContactMerged) else None
