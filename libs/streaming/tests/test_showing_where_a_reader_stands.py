"""How much of a partition is left, and how old it is, can be seen while nothing is fetched, too."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from prometheus_client import REGISTRY

from streaming.generation import Generation
from streaming.standing import Standing
from streaming.subscription import Consumer

AT = TopicPartition("events", 0)


@dataclass
class Reader:
    """Kafka's consumer, as far as it is asked: at `at`, with `end` as the end it fetched last."""

    at: int = 5
    end: int | None = 9
    really: int = 9
    held: set[TopicPartition] = field(default_factory=set)
    away: bool = False
    asked: int = 0

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset({AT})

    def paused(self) -> set[TopicPartition]:
        return self.held

    def highwater(self, _: TopicPartition) -> int | None:
        return self.end

    async def position(self, _: TopicPartition) -> int:
        return self.at

    async def end_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]:
        self.asked += 1
        if self.away:
            raise KafkaConnectionError
        return dict.fromkeys(partitions, self.really)


@dataclass
class Unfinished:
    """What was fetched and is under way."""

    written_at: int | None = None

    def oldest_of(self, _: TopicPartition) -> int | None:
        return self.written_at

    def unfinished_of(self, _: TopicPartition) -> int:
        return 0 if self.written_at is None else 1


async def shown(
    reader: Reader, under_way: Unfinished | None = None, standing: Standing | None = None
) -> tuple[float | None, float | None]:
    """Give lag and age after a look."""
    looking = standing or Standing("events", "readers")
    generation = cast("Generation", under_way or Unfinished())
    await looking.show(cast("Consumer", reader), generation)
    return value("lag_records"), value("oldest_record_age_seconds")


def value(name: str) -> float | None:
    labels = {"topic": "events", "group": "readers", "partition": "0"}
    return REGISTRY.get_sample_value(f"streaming_{name}", labels)


async def test_what_was_written_and_not_fetched_is_the_lag() -> None:
    reader = Reader()

    assert (await shown(reader))[0] == 4
    assert reader.asked == 0, "what is fetched tells by itself where the partition ends"


async def test_the_lag_grows_while_reading_is_paused() -> None:
    assert (await shown(Reader(held={AT}, really=500)))[0] == 495


async def test_while_kafka_is_away_the_end_is_the_one_that_was_fetched_last() -> None:
    assert (await shown(Reader(held={AT}, really=500, away=True)))[0] == 4


async def test_the_age_is_that_of_the_oldest_record_under_way() -> None:
    minute_ago = int((time.time() - 60) * 1000)

    _, age = await shown(Reader(), Unfinished(minute_ago))

    assert 59 < (age or 0) < 90


async def test_nothing_left_has_no_age() -> None:
    assert await shown(Reader(at=9)) == (0, 0)


async def test_a_partition_that_went_to_somebody_else_is_shown_no_more() -> None:
    standing = Standing("events", "readers")
    await shown(Reader(), standing=standing)

    standing.forget([AT])

    assert (value("lag_records"), value("oldest_record_age_seconds")) == (None, None)
