"""HubSpot is called as often as it allows, and no more often, whoever else calls it."""

import asyncio
import heapq
from collections import deque

import pytest

from crm_notifier.adapters.hubspot_pace import FIRST_CALLS, FIRST_SECONDS, PATIENCE, Pace
from domain.ports.crm import CrmUnavailable


class Hours:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Hour:
    """A clock for several who sleep at the same time: it moves to whoever wakes next."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._slept = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wakes = asyncio.get_running_loop().create_future()
        self._slept += 1
        heapq.heappush(self._sleeping, (self.now + seconds, self._slept, wakes))
        await wakes

    async def run(self, seconds: float) -> None:
        ends = self.now + seconds
        while self.now < ends:
            for _ in range(10):
                await asyncio.sleep(0)  # until everybody sleeps
            self.now, _, wakes = heapq.heappop(self._sleeping)
            if not wakes.done():
                wakes.set_result(None)


class Window:
    """So many calls within so many seconds, counted as HubSpot counts them."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._calls: deque[float] = deque()
        self.taken = self.refused = 0

    def call(self, now: float) -> bool:
        while self._calls and self._calls[0] <= now - self._seconds:
            self._calls.popleft()
        if len(self._calls) >= self._most:
            self.refused += 1
            return False
        self._calls.append(now)
        self.taken += 1
        return True

    def headers(self) -> dict[str, str]:
        return {
            "x-hubspot-ratelimit-max": str(self._most),
            "x-hubspot-ratelimit-interval-milliseconds": str(int(self._seconds * 1000)),
        }


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def pace(hours: Hours) -> Pace:
    return Pace(clock=hours, sleep=hours.sleep)


async def call_for(pace: Pace, window: Window, hours: Hours, seconds: float) -> None:
    ends = hours.now + seconds
    while hours.now < ends:
        await pace.turn()
        if window.call(hours.now):
            pace.answered(window.headers())
        else:
            pace.exceeded(1.0)


@pytest.mark.parametrize(("most", "seconds"), [(100, 10.0), (190, 10.0), (250, 10.0), (10, 1.0)])
async def test_it_uses_nearly_all_that_is_allowed_and_is_never_refused(
    pace: Pace, hours: Hours, most: int, seconds: float
) -> None:
    window = Window(most, seconds)
    await call_for(pace, window, hours, 300)

    assert window.refused == 0
    assert window.taken >= 0.95 * 300 * most / seconds


async def test_before_the_first_answer_it_keeps_to_the_least_that_is_allowed(
    pace: Pace, hours: Hours
) -> None:
    began = hours.now
    for _ in range(FIRST_CALLS + 1):
        await pace.turn()

    assert hours.now - began >= FIRST_SECONDS


async def test_beside_others_with_the_same_key_few_calls_are_refused(
    pace: Pace, hours: Hours
) -> None:
    window = Window(190, 10.0)
    ends = hours.now + 600
    others_next = hours.now
    while hours.now < ends:
        await pace.turn()
        while others_next <= hours.now:  # somebody takes half of it
            window.call(others_next)
            others_next += 2 * 10.0 / 190
        if window.call(hours.now):
            pace.answered(window.headers())
        else:
            pace.exceeded(1.0)

    assert window.refused < 0.05 * window.taken


@pytest.mark.parametrize("processes", [2, 3])
async def test_processes_with_the_same_key_share_what_is_allowed(processes: int) -> None:
    hour, window = Hour(), Window(190, 10.0)

    async def call_on_and_on() -> None:
        pace = Pace(clock=hour, sleep=hour.sleep)
        while True:
            await pace.turn()
            if window.call(hour.now):
                pace.answered(window.headers())
            else:
                pace.exceeded(1.0)

    calling = [asyncio.create_task(call_on_and_on()) for _ in range(processes)]
    await hour.run(600)
    for task in calling:
        task.cancel()
    await asyncio.wait(calling)

    assert window.taken >= 0.9 * 600 * 19
    assert window.refused < 0.05 * window.taken


async def test_nobody_waits_here_for_longer_than_a_window_lasts(pace: Pace) -> None:
    pace.exceeded(PATIENCE + 1)
    with pytest.raises(CrmUnavailable, match=r"^rate-limit$") as failure:
        await pace.turn()

    assert failure.value.after == pytest.approx(PATIENCE + 1)


@pytest.mark.parametrize("header", ["", "many", "-1", "0", "٣", "9" * 5000])
async def test_headers_that_say_nothing_change_nothing(
    pace: Pace, hours: Hours, header: str
) -> None:
    pace.answered({"x-hubspot-ratelimit-max": header})
    began = hours.now
    for _ in range(FIRST_CALLS + 1):
        await pace.turn()

    assert hours.now - began == pytest.approx(FIRST_SECONDS / 0.97)
