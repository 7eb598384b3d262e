"""Events that a reader does not want: shown, finished, and of no further consequence."""

import asyncio

import pytest

from streaming.cloudevents import encode
from streaming.runner import Record
from streaming.testing import Bench, Gone, Seen, envelope, until

pytestmark = pytest.mark.connected


async def write(bench: Bench, number: int, kind: str, key: bytes) -> None:
    """Write one event, all to the same partition."""
    event = envelope(number, kind)
    await bench.publisher.publish("events", event.data, key=key, headers=encode(event), partition=0)


def wants(kind: str) -> bool:
    return kind == "wanted.v1"


async def test_an_unwanted_event_waits_behind_nothing_and_fills_no_buffer(bench: Bench) -> None:
    seen, shown, gate = Seen(), list[int](), asyncio.Event()

    async def stuck_for_one(record: Record) -> None:
        if record.key == b"stuck":
            await gate.wait()
        seen.note(record)

    await write(bench, 1, "wanted.v1", b"stuck")
    for number in range(2, 52):
        await write(bench, number, "other.v1", b"stuck")
    await write(bench, 52, "wanted.v1", b"free")
    runner = bench.runner(
        stuck_for_one,
        max_buffered=10,
        wanted=wants,
        on_fetched=lambda record: shown.append(int(record.event.id)),
    )
    await runner.start()
    await until(lambda: seen.numbers == [52])
    committed_before = await bench.committed()
    gate.set()
    await until(lambda: seen.numbers == [52, 1])
    await runner.stop()

    assert shown == list(range(1, 53))
    assert committed_before == 0
    assert await bench.committed() == 52


async def test_an_unwanted_event_says_nothing_of_what_the_handlers_call(bench: Bench) -> None:
    tried, shown = set[str](), list[int]()

    async def gone(record: Record) -> None:
        tried.add(record.event.type)
        raise Gone

    for number in range(1, 9):
        await write(bench, 2 * number - 1, "wanted.v1", b"k%d" % number)
        await write(bench, 2 * number, "other.v1", b"k%d" % number)
    runner = bench.runner(
        gone, wanted=wants, on_fetched=lambda record: shown.append(int(record.event.id))
    )
    await runner.start()
    await until(lambda: len(shown) == 16 and runner.status() is not None)
    await asyncio.sleep(0.5)

    assert tried == {"wanted.v1"}
    assert (runner.status() or "").startswith("paused")


async def test_what_cannot_be_read_is_parked_although_nothing_is_wanted(bench: Bench) -> None:
    seen = Seen()
    await bench.publisher.publish("events", b"?", key=b"k", headers=())
    await bench.runner(seen, wanted=lambda _: False).start()
    (parked,) = await bench.parked(1)

    assert parked.value == b"?"
    assert seen.numbers == []


async def test_an_event_that_whoever_looks_ahead_asks_for_is_handled_in_its_turn(
    bench: Bench,
) -> None:
    seen = Seen()
    for number in range(1, 7):
        await write(bench, number, "wanted.v1" if number == 1 else "other.v1", b"one")
    await bench.runner(
        seen, wanted=wants, on_fetched=lambda record: int(record.event.id) % 3 == 0
    ).start()
    await until(lambda: seen.numbers == [1, 3, 6])
