"""session-events beside the store: each way in which a topic can be wrong is found and named."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid5

import pytest

from domain.ports.command_source import Bounds, Delivery
from domain.ports.event_store import Append, NewEvent, Origin, RecordedEvent
from domain.ports.verifying import Horizon
from domain.values import NAMESPACE, CommandId, ContactId, EventId
from session_core.adapters.event_records import laid_out
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.use_cases.findings import Findings
from session_core.use_cases.verifying_topic import check_topic

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(uuid5(NAMESPACE, "ana"))
Log = list[Delivery]


@dataclass
class Topic:
    """TopicHistory of one partition; what retention removed is before `begin`."""

    log: Log
    begin: int = 0

    async def bounds(self) -> Mapping[int, Bounds]:
        return {0: Bounds(self.begin, self.begin + len(self.log))}

    async def read(self, partition: int) -> AsyncIterator[Sequence[Delivery]]:
        assert partition == 0
        for record in self.log:
            yield [record]


def happened(version: int) -> NewEvent:
    origin = Origin(CommandId(uuid5(ANA, f"command-{version}")), NOON, ANA, "correlation")
    data = b'{"contact_id":"%s","number":%d}' % (str(ANA).encode(), version)
    identity = EventId(uuid5(ANA, str(version)))
    return NewEvent(ANA, version, identity, "contact.opted-in.v1", data, origin)


def told(sequence: int, event: NewEvent) -> Delivery:
    ((key, value, headers),) = laid_out([RecordedEvent(sequence, event)])
    return Delivery(0, sequence - 1, key, value, headers)


@pytest.fixture
async def store() -> MemoryEventStore:
    """Eight events, all published."""
    kept = MemoryEventStore()
    await kept.take(0, owner="one")
    events = [happened(version) for version in range(1, 9)]
    await kept.append([Append(0, 1, 0, 8, published_sequence=8, events=events)])
    return kept


@pytest.fixture
def log() -> Log:
    return [told(sequence, happened(sequence)) for sequence in range(1, 9)]


async def found(store: MemoryEventStore, topic: Topic, published: int = 8) -> Sequence[str]:
    findings, figures = Findings(), dict[str, int | float]()
    horizon = Horizon(0, 8, 8, published, 8)
    await check_topic(store, topic, [horizon], figures, findings)
    assert figures["records"] == len(topic.log)
    return findings.sentences


def headed(record: Delivery, **headers: str | None) -> Delivery:
    """Give the record with other headers; None leaves one out."""
    others = {**dict(record.headers), **{f"ce_{k}": v and v.encode() for k, v in headers.items()}}
    return record._replace(headers=[(name, value) for name, value in others.items() if value])


async def test_a_topic_that_tells_all_in_order_is_fine(store: MemoryEventStore, log: Log) -> None:
    assert await found(store, Topic(log)) == ()


async def test_what_is_not_noted_as_published_yet_may_be_there_or_not(
    store: MemoryEventStore, log: Log
) -> None:
    assert await found(store, Topic(log), published=5) == ()
    assert await found(store, Topic(log[:6]), published=5) == ()


async def test_what_retention_removed_is_not_missed(store: MemoryEventStore, log: Log) -> None:
    assert await found(store, Topic(log[3:], begin=3)) == ()
    assert await found(store, Topic([], begin=8)) == ()


WRONG: Mapping[str, tuple[Callable[[Log], Log], tuple[str, ...]]] = {
    "doubled": (
        lambda log: [*log[:3], log[2], *log[3:]],
        ("offset 2 of shard 0 is event 3, after event 3",),
    ),
    "two missing": (lambda log: [*log[:3], *log[5:]], ("shard 0: the topic lacks events 4 to 5",)),
    "the first missing": (lambda log: log[1:], ("shard 0: the topic lacks event 1",)),
    "the last missing": (lambda log: log[:-1], ("shard 0: the topic lacks event 8",)),
    "all missing": (lambda _: [], ("shard 0: the topic lacks events 1 to 8",)),
    "swapped": (
        lambda log: [*log[:3], log[4], log[3], *log[5:]],
        (
            "shard 0: the topic lacks event 4",
            "offset 3 of shard 0 is event 4, after event 5",
        ),
    ),
    "other bytes": (
        lambda log: [log[0]._replace(value=b"{}"), *log[1:]],
        (f"offset 0 of shard 0 is not event {happened(1).event_id} as stored: data",),
    ),
    "another key and type": (
        lambda log: [headed(log[0]._replace(key=b"1"), type="contact.erased.v1"), *log[1:]],
        (f"offset 0 of shard 0 is not event {happened(1).event_id} as stored: type, key",),
    ),
    "another id, stream and version": (
        lambda log: [headed(log[0], id="1", subject="2", streamversion="3"), *log[1:]],
        (
            (
                f"offset 0 of shard 0 is not event {happened(1).event_id} as stored:"
                " id, subject, version"
            ),
        ),
    ),
    "more than the store has": (
        lambda log: [*log, told(9, happened(9))._replace(offset=8)],
        ("offset 8 of shard 0 is event 9, which the store does not have",),
    ),
    "a number from nowhere": (
        lambda log: [headed(log[0], sequence="123456789"), *log[1:]],
        (
            "offset 0 of shard 0 is event 123456789, which the store does not have",
            "shard 0: the topic lacks event 1",
        ),
    ),
    "a record without a number": (
        lambda log: [headed(log[0], sequence=None), *log],
        ("offset 0 of shard 0 has no number",),
    ),
    "a stranger's record": (
        lambda log: [log[0]._replace(headers=()), *log],
        ("offset 0 of shard 0 is not one of our events: specversion is not 1.0",),
    ),
}


@pytest.mark.parametrize("what", WRONG)
async def test_whatever_is_wrong_with_the_topic_is_named(
    what: str, store: MemoryEventStore, log: Log
) -> None:
    tampered, expected = WRONG[what]

    assert await found(store, Topic(tampered(log))) == expected


async def test_a_topic_with_too_few_partitions_is_named(store: MemoryEventStore, log: Log) -> None:
    findings = Findings()
    horizons = [Horizon(0, 8, 8, 8, 8), Horizon(1, 0, 0, 0, 0)]

    await check_topic(store, Topic(log), horizons, {}, findings)

    assert findings.sentences == ("session-events has 1 partition, the store 2 shards",)


async def test_however_much_is_wrong_only_the_first_findings_are_kept(
    store: MemoryEventStore, log: Log
) -> None:
    sentences = await found(store, Topic([*log, *(log[0] for _ in range(300))]))

    assert len(sentences) == 101
    assert sentences[-1] == "and 200 findings more"
