"""What becomes of reading and writing when Kafka itself goes away and comes back."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from devstack.leash import leash
from devstack.site import find_root
from devstack.stack import Stack
from streaming.runner import Record
from streaming.testing import Bench, Seen, bench_on, until

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


async def until_committed(bench: Bench, count: int) -> None:
    """Wait for the last commit, which is up to a second late."""
    async with asyncio.timeout(30):
        while await bench.committed() < count:  # noqa: ASYNC110 Kafka does not tell us
            await asyncio.sleep(0.2)
