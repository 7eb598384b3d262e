"""What an operator sends again is handled beside the topic that it came from."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streaming.cloudevents import encode
from streaming.kafka import KafkaSettings, OutgoingRecord, Publisher, broker
from streaming.redriven import MARK, Redriven, times_redriven
from streaming.retrying import Retry
from streaming.runner import Record
from streaming.testing import Gone, Refused, envelope, until

PARTITIONS = 3


class Desk:
    """A topic of redriven records, and what becomes of them."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self.settings = settings
        self.publisher = publisher
        self.handled: list[tuple[str, str, int, int]] = []
        self.parked: list[tuple[str, int, str]] = []
        self.answers: list[Exception] = []
        self.stuck: set[int] = set()
        self.attempts = 0

    async def send(self, number: int, *, partition: int = 0, offset: int = 17) -> None:
        stood = [("park-topic", b"events"), ("park-offset", b"%d" % offset), (MARK, b"1")]
        event = envelope(number)
        record = OutgoingRecord(
            topic="redriven",
            value=event.data,
            key=b"key",
            headers=[*encode(event), *stood],
            partition=partition,
        )
        await self.publisher.publish_all([record], timeout=30)

    async def handle(self, record: Record) -> None:
        self.attempts += 1
        if record.partition in self.stuck:
            raise Gone
        if self.answers:
            raise self.answers.pop(0)
        self.handled.append((record.event.id, record.topic, record.partition, record.offset))

    async def park(
        self, record: Record, reason: str, *, error: BaseException | None = None, attempts: int = 1
    ) -> None:
        del error, attempts
        self.parked.append((record.topic, record.offset, reason))

    def reader(self) -> Redriven:
        return Redriven(
            self.settings,
            topic=self.settings.topic("redriven"),
            group=self.settings.group("readers.redriven"),
            handle=self.handle,
            park=self,  # type: ignore[arg-type]  # all of a Record is there
            unavailable=(Gone,),
            rejected=(Refused,),
            retry=Retry(first=0.02, most=0.1),
        )

    @asynccontextmanager
    async def reading(self, partitions: Sequence[int] = (0, 1, 2)) -> AsyncIterator[Redriven]:
        reader = self.reader()
        await reader.on_assigned(dict.fromkeys(partitions, 0))
        yield reader
        await reader.on_released(5.0)


@pytest.fixture
async def desk(kafka: str) -> AsyncIterator[Desk]:
    settings = KafkaSettings(kafka, "test", topic_prefix=f"r{secrets.token_hex(4)}-")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(settings.topic("redriven"), PARTITIONS, 1)])
    client = broker(settings)
    await client.start()
    yield Desk(settings, Publisher(client, settings))
    await client.stop()
    await admin.delete_topics([settings.topic("redriven")])
    await admin.close()


def test_how_often_a_record_was_sent_again_is_read_from_its_headers() -> None:
    assert times_redriven([]) == 0
    assert times_redriven([(MARK, b"2"), ("CE_REDRIVEN", b"1"), (MARK, b"many")]) == 3


@pytest.mark.connected
async def test_records_are_handled_in_order_as_if_they_stood_where_they_were_parked_from(
    desk: Desk,
) -> None:
    for number in (1, 2, 3):
        await desk.send(number, partition=1, offset=10 + number)

    async with desk.reading():
        await until(lambda: len(desk.handled) == 3)

    assert desk.handled == [(str(n), "events", 1, 10 + n) for n in (1, 2, 3)]


@pytest.mark.connected
async def test_only_partitions_that_are_ours_are_read(desk: Desk) -> None:
    await desk.send(1, partition=0)
    await desk.send(2, partition=2)

    async with desk.reading(partitions=[2]):
        await until(lambda: bool(desk.handled))

    assert [handled[0] for handled in desk.handled] == ["2"]


@pytest.mark.connected
async def test_what_was_handled_is_not_handled_again_by_the_next_owner(desk: Desk) -> None:
    await desk.send(1)
    async with desk.reading():
        await until(lambda: len(desk.handled) == 1)
    await desk.send(2)

    async with desk.reading():
        await until(lambda: len(desk.handled) == 2)

    assert [handled[0] for handled in desk.handled] == ["1", "2"]


@pytest.mark.connected
async def test_what_is_refused_again_is_parked_again_under_its_first_place(desk: Desk) -> None:
    desk.answers = [Refused("no")]
    await desk.send(1, offset=42)
    await desk.send(2, offset=43)

    async with desk.reading():
        await until(lambda: bool(desk.handled))

    assert desk.parked == [("events", 42, "rejected:Refused: no")]
    assert desk.handled == [("2", "events", 0, 43)]


@pytest.mark.connected
async def test_what_is_not_there_for_a_while_is_waited_for(desk: Desk) -> None:
    desk.answers = [Gone(), Gone()]
    await desk.send(1)

    async with desk.reading():
        await until(lambda: bool(desk.handled))

    assert desk.parked == []


@pytest.mark.connected
async def test_one_that_waits_holds_up_its_own_partition_only(desk: Desk) -> None:
    desk.stuck = {0}
    await desk.send(1, partition=0)

    async with desk.reading():
        await until(lambda: desk.attempts > 0)
        await desk.send(2, partition=1)
        await until(lambda: bool(desk.handled))
        desk.stuck.clear()
        await until(lambda: len(desk.handled) == 2)

    assert [handled[0] for handled in desk.handled] == ["2", "1"]


@pytest.mark.connected
async def test_a_topic_that_is_not_there_yet_holds_up_nobody(kafka: str) -> None:
    settings = KafkaSettings(kafka, "test", topic_prefix=f"none{secrets.token_hex(4)}-")
    client = broker(settings)
    waiting = Desk(settings, Publisher(client, settings))

    async with asyncio.timeout(20), waiting.reading() as reader:
        await asyncio.sleep(0)

    assert reader.status() is None
