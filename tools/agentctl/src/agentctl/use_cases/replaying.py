"""Copies events to a topic of somebody else: each once, in order, however often it is begun."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from agentctl.adapters.kafka_cluster import NewlyWanted, cluster
from agentctl.adapters.kafka_desk import desk
from agentctl.adapters.kafka_topic import Bounds, KafkaRecord, KafkaTopic, topic
from agentctl.use_cases.tailing import Seen, Selection, seen
from domain.topics import ALL, MAX_MESSAGE_BYTES, SESSION_EVENTS
from streaming.counting import counted
from streaming.kafka import KafkaSettings, OutgoingRecord

MARK = ("ce_replayed", b"true")
"""A CloudEvents extension: this is a copy that an operator made."""
_AT_ONCE = 200
_LOOK_BACK = 50


class Refused(Exception):
    """It is not done, for what it would do; says what to do instead."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which events are meant."""

    selection: Selection
    since: datetime | None = None
    until: datetime | None = None


async def chosen(events: KafkaTopic, wanted: Range) -> AsyncIterator[Sequence[Seen]]:
    """Yield the events, partition after partition, in order. Raises KafkaTrouble."""
    events.require(wanted.selection.partitions)
    bounds = await events.bounds()
    begins = {at: one.begin for at, one in bounds.items()}
    ends = {at: one.end for at, one in bounds.items()}
    if wanted.since is not None:
        begins = dict(await events.offsets_at(wanted.since))
    if wanted.until is not None:
        ends = dict(await events.offsets_at(wanted.until))
    if only := wanted.selection.partitions:
        begins = {at: begin for at, begin in begins.items() if at in only}
    async for portion in events.between(begins, ends):
        yield [one for one in map(seen, portion) if wanted.selection.takes(one)]


async def prepared(
    kafka: KafkaSettings, target: str, *, create: bool, seconds: float
) -> Mapping[int, int]:
    """Return how far the target has come, as the sequence of its last event by partition.

    `target` is named as on the cluster. Raises Refused for one that copies must not go to.
    """
    refuse_own(kafka, target)
    bare = replace(kafka, topic_prefix="")
    source = kafka.topic(SESSION_EVENTS.name)
    async with cluster(bare, seconds=seconds) as asked:
        found = await asked.topics([source, target])
        if source not in found:
            raise Refused(f"there is no topic {source}")
        count = len(found[source].partitions)
        if target not in found:
            if not create:
                raise Refused(f"there is no topic {target}; --create makes it")
            copies = found[source].replication_factor
            settings = {"max.message.bytes": str(MAX_MESSAGE_BYTES + 64 * 1024)}
            await asked.create([NewlyWanted(target, count, copies, settings)], seconds=60)
        elif (its := len(found[target].partitions)) != count:
            raise Refused(
                f"{target} has {counted(its, 'partition')}, not {count}:"
                " people would lose their order"
            )
    async with topic(bare, target, seconds=seconds) as read:
        return {at: await _reached(read, at, one) for at, one in (await read.bounds()).items()}


async def copy(
    kafka: KafkaSettings, target: str, wanted: Range, reached: Mapping[int, int], *, seconds: float
) -> int:
    """Copy what the target has not yet, and return how many. Raises KafkaTrouble."""
    copied = 0
    bare = replace(kafka, topic_prefix="")
    name = kafka.group(f"agentctl-replay-{target}")
    async with (
        topic(kafka, SESSION_EVENTS.name, seconds=seconds) as events,
        desk(bare, name=name) as taken,
    ):
        async for portion in chosen(events, wanted):
            new = [one for one in portion if _sequence(one) > reached.get(one.record.partition, 0)]
            rest = iter(new)
            while some := list(islice(rest, _AT_ONCE)):
                await taken.write([_copied(one.record, target) for one in some])
                copied += len(some)
    return copied


def refuse_own(kafka: KafkaSettings, target: str) -> None:
    """Raise Refused for a topic of the installation: its readers would act on the copies."""
    own = [kafka.topic(one.name) for one in ALL]
    if any(target == name or target.startswith(f"{name}-") for name in own):
        raise Refused(
            f"{target} is a topic of this installation, and its readers would act on the copies;"
            " `agentctl replay group` lets a service handle events again"
        )


def _copied(record: KafkaRecord, target: str) -> OutgoingRecord:
    return OutgoingRecord(
        topic=target,
        value=record.value,
        key=record.key,
        headers=[*record.headers, MARK],
        partition=record.partition,
    )


def _sequence(one: Seen) -> int:
    return (one.event and one.event.sequence) or 0


async def _reached(read: KafkaTopic, partition: int, bounds: Bounds) -> int:
    """Return the sequence of the last event; marks of transactions stand between and after."""
    if bounds.begin >= bounds.end:
        return 0
    begin = max(bounds.begin, bounds.end - _LOOK_BACK)
    last: Seen | None = None
    async for portion in read.between({partition: begin}, {partition: bounds.end}):
        last = seen(portion[-1])
    if last is None:
        return 0
    if not _sequence(last):
        raise Refused("the topic holds something else than events of this installation")
    return _sequence(last)
