"""Thousands may wait for one number: they cost little, and hold up nobody else."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from world import World, restarted

from domain.events import ReplyRequested
from domain.values import ContactId
from sender.use_cases.pacing import Limits, Pacing, Rate

Ask = Callable[..., ReplyRequested]
NUMBER = "106540352242922"
# The world has one partition of six, hence a sixth of the budget: ten a second.
LIMITS = Limits(number=Rate(60, 1), pair=Rate(1 / 6, 45))


async def test_who_waits_for_a_busy_number_is_looked_at_about_when_it_is_their_turn(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    await restarted(world, limits=LIMITS)
    looks: Counter[Any] = Counter()
    fulfil = world.sending.fulfil

    async def looked_at(request: ReplyRequested, *more: Any) -> float | None:
        looks[request.reply_id] += 1
        return await fulfil(request, *more)

    monkeypatch.setattr(world.sending, "fulfil", looked_at)
    world.sending._pacing.turn(0, NUMBER, ContactId(uuid4()))  # noqa: SLF001
    for _ in range(80):
        world.sending._pacing.turn(0, NUMBER, ContactId(uuid4()))  # noqa: SLF001 eight seconds of others
    for number in range(300):
        await world.happens(ask(contact=uuid4(), text=str(number)))
    assert await world.deferred() == 300
    await world.until(lambda: len(world.texts) == 300)

    assert world.hours.now == pytest.approx(38, abs=4)
    assert looks.total() < 3 * 300
    assert world.texts == sorted(world.texts, key=int)


def test_whoever_has_to_come_again_gets_a_time_of_their_own() -> None:
    pacing = Pacing(Limits(number=Rate(10, 1), pair=Rate(1, 45)))

    times = [pacing.come_again(100.0, NUMBER, 2.0) for _ in range(1000)]

    assert times[:3] == pytest.approx([102.0, 102.1, 102.2])
    assert max(times) == 160.0
    assert pacing.come_again(100.0, "another", 2.0) == pytest.approx(102.0)


def test_where_limits_are_lifted_there_is_no_line() -> None:
    pacing = Pacing(None)

    assert pacing.come_again(100.0, NUMBER, 2.0) == 102.0
