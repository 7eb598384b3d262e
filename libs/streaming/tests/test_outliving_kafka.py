"""What becomes of reading and writing when Kafka itself goes away and comes back."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from devstack.leash import leash
from devstack.site import find_root
from devstack.stack import Stack
from streaming import renewing
from streaming.kafka import OutgoingRecord, Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.runner import Record
from streaming.testing import QUICK, Bench, Seen, bench_on, until

pytestmark = pytest.mark.connected


@pytest.fixture(scope="module")
def own_kafka(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A Kafka that nobody else needs."""
    root, run = find_root(request.config.rootpath), tmp_path_factory.mktemp("own-kafka")
    with leash(root, run):
        yield Stack(root, run)


@pytest.mark.parametrize("leave", [Stack.stop, Stack.kill], ids=["stopped", "killed"])
async def test_a_reader_goes_on_by_itself_after_kafka_was_away(
    own_kafka: Stack, leave: Callable[[Stack, str], None]
) -> None:
    seen = Seen()

    async def unhurried(record: Record) -> None:
        await asyncio.sleep(0.02)
        seen.note(record)

    address = (await asyncio.to_thread(own_kafka.start, "kafka")).kafka
    async with bench_on(address) as bench:
        await bench.write(60, keys=40)
        runner = bench.runner(unhurried, concurrency=4)
        await runner.start()
        await until_committed(bench, 60)
        await bench.write(400, keys=40, first=61)
        await until(lambda: len(seen.numbers) > 100)
        await asyncio.to_thread(leave, own_kafka, "kafka")
        writing = asyncio.create_task(bench.write(100, keys=40, first=461))
        await asyncio.to_thread(own_kafka.start, "kafka")
        await writing
        await until(lambda: len(set(seen.numbers)) == 560, within=60)
        await until_committed(bench, 560)
        ready = runner.ready()

    assert ready is None
    assert set(seen.numbers) == set(range(1, 561))
    assert max(Counter(seen.numbers)[committed] for committed in range(1, 61)) == 1
    for numbers in seen.by_key.values():
        assert list(dict.fromkeys(numbers)) == sorted(set(numbers))


async def test_a_kafka_that_acknowledges_nothing_any_more_is_told_of_until_it_does(
    own_kafka: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "SILENT_SECONDS", 1.0)
    address = (await asyncio.to_thread(own_kafka.start, "kafka")).kafka
    async with bench_on(address) as bench:
        await bench.write(3, keys=3)
        link = Link(bench.client, bench.publisher, bench.settings, topics=["events"])
        await link.start()
        before = link.ready()
        await asyncio.to_thread(own_kafka.pause, "kafka")
        with pytest.raises(PublishFailed, match="no ack"):
            await bench.publisher.publish_all([record()], timeout=2)
        silent = bench.publisher.trouble()
        await until(lambda: link.ready() == "Kafka does not answer")
        await asyncio.to_thread(own_kafka.resume, "kafka")
        await until(lambda: link.ready() is None, within=60)

    assert before is None
    assert (silent or "").startswith("Kafka has not acknowledged a record for ")


def record() -> OutgoingRecord:
    return OutgoingRecord(topic="events", value=b"{}", key=b"k", headers=())


async def test_a_topic_that_is_not_there_yet_is_named_and_waited_for(own_kafka: Stack) -> None:
    address = (await asyncio.to_thread(own_kafka.start, "kafka")).kafka
    async with bench_on(address) as bench:
        later = f"{bench.settings.topic('later')}"
        client = broker(bench.settings)
        publisher = Publisher(client, bench.settings)
        link = Link(client, publisher, bench.settings, topics=["events", "later"], retry=QUICK)
        await link.begin()
        await until(lambda: link.ready() == f"waiting for Kafka: no topic {later}")
        admin = AIOKafkaAdminClient(bootstrap_servers=address)
        await admin.start()
        await admin.create_topics([NewTopic(later, 1, 1)])
        await until(lambda: link.ready() is None)
        await link.stop()
        await admin.delete_topics([later])
        await admin.close()


async def until_committed(bench: Bench, count: int) -> None:
    """Wait for the last commit, which is up to a second late."""
    async with asyncio.timeout(60):
        while await bench.committed() < count:  # noqa: ASYNC110 Kafka does not tell us
            await asyncio.sleep(0.2)
