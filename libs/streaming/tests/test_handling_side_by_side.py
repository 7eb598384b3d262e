"""Lanes and handling without Kafka: order, failures, parking, letting go."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from streaming.cloudevents import Headers, encode
from streaming.generation import Generation
from streaming.handling import Failures, Fetched, Handling
from streaming.kafka import PublishFailed
from streaming.parking import Parkable
from streaming.retrying import Retry
from streaming.runner import Record
from streaming.testing import Gone, Refused, Seen, envelope, until

AT = TopicPartition("events", 0)


@dataclass(frozen=True)
class Given:
    """A record as Kafka's client gives it."""

    offset: int
    key: bytes | None
    value: bytes | None = b"{}"
    headers: Headers = ()
    topic: str = AT.topic
    partition: int = AT.partition
    timestamp: int = 0


def event(number: int, key: bytes) -> Given:
    return Given(number, key, b"{}", encode(envelope(number)))


@dataclass
class ParkingLot:
    """Parking that fails as often as it is told to."""

    fails: int = 0
    reasons: list[str] = field(default_factory=list)

    async def park(
        self,
        record: Parkable,  # noqa: ARG002 only the reason is looked at
        reason: str,
        *,
        error: BaseException | None = None,  # noqa: ARG002 the same
        attempts: int = 1,  # noqa: ARG002 the same
    ) -> None:
        if self.fails:
            self.fails -= 1
            raise PublishFailed("no ack")
        self.reasons.append(reason)


def generation(
    handle: Callable[[Record], Awaitable[None]],
    lot: ParkingLot,
    concurrency: int = 4,
    look: Callable[[Fetched], Fetched | Record | None] = lambda fetched: fetched,
    *,
    is_open: bool = True,
) -> Generation:
    made = Generation(
        handling(handle, lot, concurrency),
        finished=lambda: None,
        crashed=_raise,
        most_queued=8,
        look=look,
    )
    if is_open:
        made.open()
    return made


def handling(
    handle: Callable[[Record], Awaitable[None]], lot: ParkingLot, concurrency: int
) -> Handling:
    return Handling(
        handle,
        lot,
        Failures((Gone,), (Refused,)),
        reader=("events", "test"),
        concurrency=concurrency,
        retry=Retry(first=0.001, most=0.002),
    )


def opened(handled: Handling) -> Generation:
    made = Generation(handled, finished=lambda: None, crashed=_raise, most_queued=8)
    made.open()
    return made


def _raise(error: BaseException) -> None:
    raise error


async def test_more_keys_than_places_are_handled_only_so_many_at_a_time() -> None:
    running = most = 0

    async def count(_: Record) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    made = generation(count, ParkingLot(), concurrency=3)
    made.admit({AT: [event(number, b"k%d" % number) for number in range(1, 40)]})
    await until(lambda: made.unfinished == 0)

    assert most == 3


async def test_a_waiting_key_gives_its_place_to_others() -> None:
    seen = Seen()

    async def gone_for_two_keys(record: Record) -> None:
        if record.key in (b"a", b"b"):
            raise Gone
        seen.note(record)

    made = generation(gone_for_two_keys, ParkingLot(), concurrency=1)
    made.admit({AT: [event(1, b"a"), event(2, b"b"), event(3, b"c"), event(4, b"c")]})
    await until(lambda: seen.numbers == [3, 4])

    assert made.uncommitted() == {AT: 1}
    await made.close(1.0)


async def test_parking_is_repeated_until_it_is_certain() -> None:
    lot = ParkingLot(fails=3)

    async def refuse(_: Record) -> None:
        raise Refused

    made = generation(refuse, lot)
    made.admit({AT: [event(1, b"a")]})
    await until(lambda: made.unfinished == 0)

    assert lot.reasons == ["rejected:Refused"]
    assert made.uncommitted() == {AT: 2}


async def test_an_event_is_not_finished_while_it_cannot_be_parked() -> None:
    made = generation(Seen(), ParkingLot(fails=10**6))
    made.admit({AT: [Given(7, b"a", None)]})
    await asyncio.sleep(0.05)

    assert made.uncommitted() == {AT: 7}
    await made.close(1.0)


async def test_what_is_fetched_before_the_opening_is_looked_at_only_then() -> None:
    seen, looked = Seen(), list[int]()

    def look(fetched: Fetched) -> Fetched | None:
        looked.append(fetched.offset)
        return fetched if fetched.offset != 2 else None

    made = generation(seen, ParkingLot(), look=look, is_open=False)
    made.admit({AT: [event(1, b"a"), event(2, b"a"), event(3, b"a")]})
    before = list(looked)
    made.open()
    await until(lambda: made.unfinished == 0)

    assert before == []
    assert (looked, seen.numbers) == ([1, 2, 3], [1, 3])
    assert made.uncommitted() == {AT: 4}


async def test_letting_go_finishes_what_runs_and_begins_nothing_more() -> None:
    seen, gate = Seen(), asyncio.Event()

    async def gated(record: Record) -> None:
        await gate.wait()
        seen.note(record)

    made = generation(gated, ParkingLot())
    made.admit({AT: [event(1, b"a"), event(2, b"a"), event(3, b"a")]})
    await asyncio.sleep(0)
    closing = asyncio.create_task(made.close(5.0))
    await asyncio.sleep(0)
    gate.set()
    await closing

    assert seen.numbers == [1]
    assert made.uncommitted() == {AT: 2}


async def test_letting_go_does_not_wait_for_a_handler_beyond_its_grace() -> None:
    cancelled = asyncio.Event()

    async def endless(_: Record) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    made = generation(endless, ParkingLot())
    made.admit({AT: [event(1, b"a")]})
    await asyncio.sleep(0)
    await made.close(0.05)

    assert cancelled.is_set()
    assert made.uncommitted() == {AT: 1}


async def test_letting_go_does_not_wait_for_what_is_only_waiting() -> None:
    async def gone(_: Record) -> None:
        raise Gone

    made = generation(gone, ParkingLot())
    made.admit({AT: [event(number, b"k%d" % number) for number in range(1, 20)]})
    await asyncio.sleep(0.05)
    began = asyncio.get_running_loop().time()
    await made.close(10.0)

    assert asyncio.get_running_loop().time() - began < 1.0
    assert made.uncommitted() == {AT: 1}


async def test_a_partition_is_crowded_until_its_longest_queue_is_half_as_long() -> None:
    gate = asyncio.Event()

    async def gated(record: Record) -> None:
        if record.offset > 5:
            await gate.wait()

    made = generation(gated, ParkingLot())
    made.admit({AT: [event(number, b"a") for number in range(1, 11)]})
    before = made.crowded(set())
    await until(lambda: made.unfinished == 5)

    assert before == {0}
    assert (made.crowded({0}), made.crowded(set())) == ({0}, set())
    gate.set()
    await until(lambda: made.unfinished == 0)
    assert made.crowded({0}) == set()


class Waiting(Gone):
    """What the handler calls asks to be left alone for a while."""

    after = 0.2


async def test_whoever_is_asked_to_wait_waits_so_long_though_it_would_try_sooner() -> None:
    clock, began = asyncio.get_running_loop().time, list[float]()

    async def ask_once(_: Record) -> None:
        began.append(clock())
        if len(began) == 1:
            raise Waiting

    made = generation(ask_once, ParkingLot())
    made.admit({AT: [event(1, b"a")]})
    await until(lambda: made.unfinished == 0)

    assert began[1] - began[0] >= 0.2


async def test_those_who_wait_for_an_outage_to_end_take_nobodys_place() -> None:
    seen, away = Seen(), True

    async def gone_for_some(record: Record) -> None:
        if away and record.key != b"fresh":
            raise Gone
        seen.note(record)

    handled = handling(gone_for_some, ParkingLot(), concurrency=2)
    made = opened(handled)
    made.admit({AT: [event(number, b"k%d" % number) for number in range(1, 9)]})
    await until(lambda: handled.circuit.is_open)
    made.admit({AT: [event(9, b"fresh")]})
    await until(lambda: seen.numbers == [9])
    away = False
    await until(lambda: made.unfinished == 0)

    assert sorted(seen.numbers) == list(range(1, 10))
