"""Whatever was written last when the process ended: nobody gets a reply twice, none is lost."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from world import World, sent

from domain.events import ReplyRequested
from domain.ports.sending import SlowDown
from domain.ports.sending_ledger import Deferred, LedgerUnavailable
from sender.adapters.memory_ledger import MemoryLedger
from sender.use_cases.sending import Policy

Ask = Callable[..., ReplyRequested]
ANA = uuid4()
TOO_MUCH = SlowDown("pair-limit", scope="pair", code=131056)


@dataclass
class Dying:
    """A ledger that keeps so many more writes and then is gone, as when the process ends."""

    left: int
    ledger: MemoryLedger

    def ends(self, write: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def write_or_end(*entry: Any, **where: Any) -> None:
            if self.left <= 0:
                raise LedgerUnavailable("the process has ended")
            self.left -= 1
            await write(*entry, **where)

        return write_or_end


@pytest.mark.parametrize("writes", range(12))
@pytest.mark.parametrize("committed", [False, True], ids=["read again", "read once"])
async def test_whatever_was_written_last_nobody_gets_a_reply_twice_and_none_is_lost(
    *, hours: Any, ask: Ask, writes: int, committed: bool
) -> None:
    """Three replies wait; the ledger ends after each number of writes in turn."""
    world = World(hours, policy=Policy(unknown="fail"))
    await world.start()
    world.platform.failures = [TOO_MUCH] * 3
    requests = [ask(contact=ANA, text=text) for text in ("one", "two", "three")]
    for request in requests:
        await world.happens(request)
    kept = {name: getattr(world.ledger, name) for name in ("write", "defer", "resume", "note")}
    dying = Dying(writes, world.ledger)
    for name, write in kept.items():
        setattr(world.ledger, name, dying.ends(write))
    await world.pass_time(200)
    await world.die()
    for name, write in kept.items():
        setattr(world.ledger, name, write)
    sent_before = [r for r, _ in world.platform.sent]
    for request in requests:
        if request.reply_id in sent_before:  # as the platform's status would tell
            world.log.append(world._record(sent(request)))  # noqa: SLF001
    await world.restart(committed=3 if committed else 0)
    for record in world.log[3:] if committed else ():
        await world.read(record)
    await world.pass_time(400)
    await world.die()

    assert world.texts == ["one", "two", "three"]
    assert await world.deferred() == 0


@pytest.mark.parametrize("writes", range(10))
async def test_whoever_dies_while_setting_replies_aside_forgets_none_of_them(
    *, hours: Any, ask: Ask, writes: int
) -> None:
    world = World(hours)
    await world.start()
    world.platform.failures = [TOO_MUCH] * 3
    kept = {name: getattr(world.ledger, name) for name in ("write", "defer", "resume", "note")}
    dying = Dying(writes, world.ledger)
    for name, write in kept.items():
        setattr(world.ledger, name, dying.ends(write))
    finished = 0
    for text in ("one", "two", "three"):
        world.log.append(world._record(ask(contact=ANA, text=text)))  # noqa: SLF001
    with suppress(LedgerUnavailable):
        for record in world.log:
            await world.read(record)
            finished += 1
    await world.die()
    for name, write in kept.items():
        setattr(world.ledger, name, write)
    world.platform.failures = []
    await world.restart(committed=finished)
    await world.until(lambda: len(world.told) == 3)
    await world.settle()

    assert world.texts == ["one", "two", "three"]
    assert await world.deferred() == 0


async def test_what_is_set_aside_and_cannot_be_read_is_parked_as_it_is(
    world: World, ask: Ask
) -> None:
    torn = ask(contact=ANA)
    aside = Deferred(torn.contact_id, 7, b"torn")
    await world.ledger.defer(torn.reply_id, aside, partition=0)
    await world.restart()
    await world.until(lambda: bool(world.parked))
    await world.settle()

    [(record, reason)] = world.parked
    assert (record.offset, record.value) == (7, b"torn")
    assert reason == "bug:InvalidCloudEvent"
    assert await world.deferred() == 0
