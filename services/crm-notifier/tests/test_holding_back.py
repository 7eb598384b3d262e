"""A CRM that asked for a pause, or takes nothing from us, is left alone."""

import asyncio
from datetime import datetime

import pytest

from crm_notifier.adapters.memory import MemoryCrm
from crm_notifier.use_cases.holding_back import RARELY, HoldingBack
from domain.events import SessionCompleted
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable, Notable
from domain.values import EventId


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crm() -> MemoryCrm:
    return MemoryCrm()


@pytest.fixture
def held_back(crm: MemoryCrm, clock: Clock) -> HoldingBack:
    return HoldingBack(crm, clock=clock)


async def test_nobody_is_told_before_the_pause_that_the_crm_asked_for_is_over(
    held_back: HoldingBack,
    crm: MemoryCrm,
    *,
    clock: Clock,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    crm.fail_next(CrmUnavailable("http-429", after=30))
    with pytest.raises(CrmUnavailable, match=r"^http-429$"):
        await held_back.tell(completed, event_id=event_id, at=at)
    clock.now += 20
    with pytest.raises(CrmUnavailable, match=r"^asked-to-wait$") as failure:
        await held_back.tell(completed, event_id=event_id, at=at)
    assert (failure.value.after, crm.calls) == (10, 1)
    clock.now += 10
    await held_back.tell(completed, event_id=event_id, at=at)

    assert [*crm.known] == [event_id]


async def test_a_crm_in_trouble_that_names_no_pause_may_be_tried_at_once(
    held_back: HoldingBack,
    crm: MemoryCrm,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    crm.fail_next(CrmUnavailable("http-503"))
    with pytest.raises(CrmUnavailable):
        await held_back.tell(completed, event_id=event_id, at=at)
    await held_back.tell(completed, event_id=event_id, at=at)

    assert [*crm.known] == [event_id]


async def test_a_crm_that_takes_nothing_is_tried_rarely_and_says_why(
    held_back: HoldingBack,
    crm: MemoryCrm,
    *,
    clock: Clock,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    crm.fail_next(CrmPaused("endpoint-gone"))
    for _ in range(3):
        with pytest.raises(CrmPaused, match=r"^endpoint-gone$"):
            await held_back.tell(completed, event_id=event_id, at=at)
    assert (held_back.paused(), crm.calls) == ("endpoint-gone", 1)
    clock.now += RARELY
    await held_back.tell(completed, event_id=event_id, at=at)

    assert held_back.paused() is None


async def test_a_day_that_is_used_up_ends_when_the_crm_said_it_would(
    held_back: HoldingBack,
    crm: MemoryCrm,
    *,
    clock: Clock,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    crm.fail_next(CrmPaused("daily-limit", after=7200))
    with pytest.raises(CrmPaused):
        await held_back.tell(completed, event_id=event_id, at=at)
    clock.now += RARELY
    with pytest.raises(CrmPaused) as failure:
        await held_back.tell(completed, event_id=event_id, at=at)

    assert failure.value.after == 7200 - RARELY


async def test_a_refusal_of_one_event_holds_back_no_other(
    held_back: HoldingBack,
    crm: MemoryCrm,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    crm.fail_next(CrmRefused("http-422"))
    with pytest.raises(CrmRefused):
        await held_back.tell(completed, event_id=event_id, at=at)
    await held_back.tell(completed, event_id=event_id, at=at)

    assert held_back.paused() is None


class Slow(MemoryCrm):
    """Answers when it is let, and says at what time it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.goes_on = asyncio.Event()

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        self.asked += 1
        await self.goes_on.wait()
        await super().tell(event, event_id=event_id, at=at)


async def test_so_many_are_told_at_once_and_the_rest_wait_for_a_place(
    completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    crm = Slow()
    held_back = HoldingBack(crm, calls=2)
    telling = [
        asyncio.create_task(held_back.tell(completed, event_id=event_id, at=at)) for _ in range(5)
    ]
    await asyncio.sleep(0)
    at_once = crm.asked
    crm.goes_on.set()
    await asyncio.gather(*telling)

    assert (at_once, crm.asked) == (2, 5)


async def test_what_was_under_way_when_a_pause_began_makes_it_no_longer(
    clock: Clock, completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    crm = Slow()
    held_back = HoldingBack(crm, clock=clock)
    crm.fail_next(CrmUnavailable("http-429", after=1), CrmUnavailable("http-429", after=1))
    early, late = (
        asyncio.create_task(held_back.tell(completed, event_id=event_id, at=at)) for _ in range(2)
    )
    await asyncio.sleep(0)
    clock.now += 0.1
    crm.goes_on.set()
    await asyncio.wait([early])
    clock.now += 0.1
    await asyncio.wait([late])
    clock.now += 0.9
    await held_back.tell(completed, event_id=event_id, at=at)

    assert [*crm.known] == [event_id]
