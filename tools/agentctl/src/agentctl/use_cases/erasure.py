"""Whether a person of whom parked events speak was erased after they were parked."""

from collections.abc import Mapping, Sequence

from agentctl.adapters.kafka_topic import KafkaRecord, topic
from agentctl.use_cases.parking import Parked
from agentctl.use_cases.redriving import Refused
from domain.events import ContactErased
from domain.topics import SESSION_EVENTS
from streaming.kafka import KafkaSettings

_TYPE = "ce_type"


async def refuse_erased(
    kafka: KafkaSettings, chosen: Sequence[Parked], *, seconds: float = 15.0
) -> None:
    """Raise Refused if one of these events is about somebody who was erased since.

    Services keep nothing about people: they learn of an erasure in its turn, and what is sent
    again comes behind it.
    """
    stood = {one.place: one.stood_at for one in chosen}
    begins: dict[int, int] = {}
    for place in filter(None, stood.values()):
        begins[place.partition] = min(place.offset, begins.get(place.partition, place.offset))
    erased = await _erasures(kafka, begins, seconds) if begins else {}
    about = [
        str(one.place)
        for one in chosen
        if (at := stood[one.place]) and at.offset < erased.get(one.record.key, 0)
    ]
    if about:
        raise Refused(f"the person was erased since: {', '.join(about)}; skip them")


async def _erasures(
    kafka: KafkaSettings, begins: Mapping[int, int], seconds: float
) -> Mapping[bytes | None, int]:
    """Give where people were erased, by their keys, from these places on."""
    found: dict[bytes | None, int] = {}
    async with topic(kafka, SESSION_EVENTS.name, seconds=seconds) as events:
        bounds = {at: one for at, one in (await events.bounds()).items() if at in begins}
        ends = {at: one.end for at, one in bounds.items()}
        kept = {at: max(begins[at], one.begin) for at, one in bounds.items()}
        async for portion in events.between(kept, ends):
            found |= {record.key: record.offset for record in portion if _is_erasure(record)}
    return found


def _is_erasure(record: KafkaRecord) -> bool:
    told = ContactErased.TYPE.encode()
    return any(name.lower() == _TYPE and content == told for name, content in record.headers)
