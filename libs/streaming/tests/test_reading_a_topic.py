"""The keyed runner on a real Kafka."""

import asyncio

import pytest

from streaming.runner import Record
from streaming.testing import Bench, Gone, Refused, Seen, until

pytestmark = pytest.mark.connected


async def test_events_of_one_key_are_handled_in_order_while_keys_overtake_each_other(
    bench: Bench,
) -> None:
    seen = Seen()

    async def slow_for_some(record: Record) -> None:
        await asyncio.sleep(0.02 if record.key == b"k0" else 0)
        seen.note(record)

    await bench.write(300, keys=7)
    await bench.runner(slow_for_some).start()
    await until(lambda: len(seen.numbers) == 300)

    assert all(numbers == sorted(numbers) for numbers in seen.by_key.values())
    assert seen.numbers != sorted(seen.numbers)
    assert sorted(seen.numbers) == list(range(1, 301))


async def test_one_slow_key_does_not_stop_the_others(bench: Bench) -> None:
    seen, gate = Seen(), asyncio.Event()

    async def stuck_for_one(record: Record) -> None:
        if record.key == b"k0":
            await gate.wait()
        seen.note(record)

    await bench.write(200, keys=10)
    runner = bench.runner(stuck_for_one)
    await runner.start()
    await until(lambda: len(seen.numbers) == 180)

    assert b"k0" not in seen.by_key
    assert runner.ready() is None
    gate.set()
    await until(lambda: len(seen.numbers) == 200)


async def test_what_was_finished_is_committed_and_not_handled_again(bench: Bench) -> None:
    first, second = Seen(), Seen()
    await bench.write(50, keys=5)
    runner = bench.runner(first)
    await runner.start()
    await until(lambda: len(first.numbers) == 50)
    await runner.stop()
    await bench.write(10, keys=5, first=51)
    await bench.runner(second).start()
    await until(lambda: len(second.numbers) == 10)

    assert sorted(second.numbers) == list(range(51, 61))
    assert await bench.committed() >= 50


async def test_nothing_beyond_an_unfinished_event_is_committed(bench: Bench) -> None:
    first, second, gate = Seen(), Seen(), asyncio.Event()

    async def stuck_for_the_first(record: Record) -> None:
        if record.event.id == "1":
            await gate.wait()
        first.note(record)

    await bench.write(60, keys=60)
    runner = bench.runner(stuck_for_the_first, grace=0.2)
    await runner.start()
    await until(lambda: len(first.numbers) == 59)
    await runner.stop()
    await bench.runner(second).start()
    await until(lambda: 1 in second.numbers)

    assert 1 not in first.numbers
    assert {*first.numbers, *second.numbers} == set(range(1, 61))


async def test_an_outage_is_waited_out_and_nothing_is_lost(bench: Bench) -> None:
    seen, away = Seen(), True

    async def while_away(record: Record) -> None:
        if away:
            raise Gone
        seen.note(record)

    await bench.write(40, keys=8)
    runner = bench.runner(while_away)
    await runner.start()
    await until(lambda: runner.status() is not None)
    ready_during_outage, committed = runner.ready(), await bench.committed()
    away = False
    await until(lambda: len(seen.numbers) == 40)

    assert ready_during_outage is None
    assert committed == 0
    assert runner.status() is None
    assert all(numbers == sorted(numbers) for numbers in seen.by_key.values())


async def test_a_rejected_event_is_parked_and_its_key_goes_on(bench: Bench) -> None:
    seen = Seen()

    async def picky(record: Record) -> None:
        if record.event.id == "5":
            raise Refused("HTTP 422")
        seen.note(record)

    await bench.write(20, keys=2)
    await bench.runner(picky).start()
    await until(lambda: len(seen.numbers) == 19)
    (parked,) = await bench.parked(1)

    headers = dict(parked.headers)
    assert headers["park-reason"] == b"rejected:Refused: HTTP 422"
    assert headers["park-attempts"] == b"1"
    assert headers["ce_id"] == b"5"
    assert (parked.key, parked.value) == (b"k1", b'{"n": 5}')


async def test_an_unreadable_record_is_parked_with_every_byte(bench: Bench) -> None:
    seen = Seen()
    odd = [("ce_id", b"\xff\xfe"), ("x-legacy", b"\x00\xff"), ("twice", b"1"), ("twice", b"2")]
    for key, value in ((b"k1", b"\xff not json"), (b"k1", None), (None, b""), (None, None)):
        await bench.publisher.publish("events", value, key=key, headers=odd)
    await bench.write(3, keys=1)
    await bench.runner(seen).start()
    await until(lambda: len(seen.numbers) == 3)
    parked = await bench.parked(4)

    kept = {(record.key, record.value) for record in parked}
    assert kept == {(b"k1", b"\xff not json"), (b"k1", None), (None, b""), (None, None)}
    assert all(list(record.headers[:4]) == odd for record in parked)
    reasons = {dict(record.headers)["park-reason"] for record in parked}
    assert reasons == {b"unreadable: header ce_id is not UTF-8", b"unreadable: the value is null"}


async def test_a_bug_is_tried_four_times_and_parked_under_its_class(bench: Bench) -> None:
    seen, attempts = Seen(), 0

    async def buggy(record: Record) -> None:
        nonlocal attempts
        if record.event.id == "2":
            attempts += 1
            raise KeyError("secret of Anna")
        seen.note(record)

    await bench.write(4, keys=1)
    await bench.runner(buggy).start()
    await until(lambda: len(seen.numbers) == 3)
    (parked,) = await bench.parked(1)

    headers = dict(parked.headers)
    assert attempts == 4
    assert headers["park-reason"] == b"bug:KeyError"
    assert headers["park-error-class"] == b"KeyError"
    assert not any(b"Anna" in value for value in headers.values())


async def test_a_bug_in_every_event_stops_consuming_instead_of_parking_the_topic(
    bench: Bench,
) -> None:
    async def always_wrong(_: Record) -> None:
        raise KeyError

    await bench.write(100, keys=50)
    runner = bench.runner(always_wrong)
    await runner.start()
    await until(lambda: runner.ready() is not None)
    reason = runner.ready() or ""
    parked = await bench.parked(20)
    await runner.stop()

    assert len(parked) == 20
    assert "more than 20 records parked within 5 minutes, the last for bug:KeyError" in reason
    assert await bench.committed() <= 20


async def test_a_full_buffer_holds_the_backlog_in_kafka_and_drains_it_later(bench: Bench) -> None:
    seen, gate = Seen(), asyncio.Event()
    started = 0

    async def gated(record: Record) -> None:
        nonlocal started
        started += 1
        await gate.wait()
        seen.note(record)

    await bench.write(500, keys=500)
    await bench.runner(gated, max_buffered=50, concurrency=200).start()
    await until(lambda: started == 50)
    await asyncio.sleep(0.5)
    at_the_bound = started
    gate.set()
    await until(lambda: len(seen.numbers) == 500)

    assert at_the_bound == 50
    assert sorted(seen.numbers) == list(range(1, 501))
