"""What Kafka acknowledged and lost is published again: the topic says what is published."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid5

from domain.ports.event_store import NewEvent, Origin, PublishFailed, RecordedEvent
from domain.values import NAMESPACE, CommandId, ContactId, EventId
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.use_cases.publishing import Relay, Tenure

ANA = ContactId(uuid5(NAMESPACE, "ana"))


def event(number: int) -> RecordedEvent:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    origin = Origin(CommandId(uuid5(ANA, "command")), at, ANA, "correlation")
    new = NewEvent(ANA, number, EventId(uuid5(ANA, str(number))), "reply.sent.v1", b"{}", origin)
    return RecordedEvent(number, new)


class ForgetfulTopic:
    """Acknowledges the second transaction, loses its marker, and with the third one both."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.openings = 0
        self.transactions = 0

    async def open(self, shard: int) -> "ForgetfulTopic":
        assert shard == 0
        self.openings += 1
        return self

    async def told(self, shard: int, *, after: int) -> Mapping[int, bytes]:  # noqa: ARG002
        return {}

    @property
    def published(self) -> int:
        return self.seen[-1] if self.seen else 0

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        self.transactions += 1
        if self.transactions == 3:
            self.seen.pop()
            raise PublishFailed("TimeoutError")
        self.seen += [one.sequence for one in events]

    async def close(self) -> None: ...


class Store(MemoryEventStore):
    """Holds the first events of one shard under epoch 1."""

    last = 0

    async def read(self, shard: int, *, after: int, limit: int) -> Sequence[RecordedEvent]:
        assert shard == 0
        return [event(number) for number in range(after + 1, self.last + 1)][:limit]

    async def epoch(self, shard: int) -> int:
        assert shard == 0
        return 1


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 the topic tells nobody
            await asyncio.sleep(0.01)


async def test_an_event_that_kafka_acknowledged_and_lost_is_published_again() -> None:
    topic, store = ForgetfulTopic(), Store()
    relay = Relay(
        Tenure(0, 1), store, topic, await topic.open(0), published=0, last=0, lost=lambda: None
    )
    relay.start()
    for number in (1, 2, 3, 4):
        store.last = number
        relay.offer([event(number)])
        await until(lambda number=number: relay.published >= number)  # type: ignore[misc]

    await relay.close()
    assert topic.seen == [1, 2, 3, 4]
    assert topic.openings == 2
