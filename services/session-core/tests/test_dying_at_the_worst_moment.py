"""A process that is killed at a named point, and its successor: as if nothing had happened."""

import asyncio
import itertools
from time import monotonic

import pytest

from domain.topics import SESSION_EVENTS
from installation.failpoints import POINTS
from installation.processes import Failpoint, Instance, Starter
from installation.site import PEOPLE, TALK, Eventually, Says, Site, report

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

KILLED = -9
BLOCKED_SECONDS = 4 + 1
"""A transaction's limit, and how often the devstack's broker looks for those beyond it."""


async def struck_while_people_talk(victim: Instance, site: Site, says: Says) -> int:
    """A batch takes all that waits: only where people go on talking there is a third for sure."""
    end = asyncio.create_task(victim.ended())
    for number in itertools.count(len(TALK) + 1):
        await asyncio.wait([end], timeout=0.2)
        if end.done():
            break
        await site.write(PEOPLE[0], says(PEOPLE[0], "and", number=number))
    return await end


@pytest.mark.parametrize("point", POINTS)
async def test_whoever_dies_at_the_worst_moment_is_succeeded_without_loss_or_repetition(
    point: str, site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    await site.everybody_talks(says, PEOPLE[:6])
    victim = await start(failpoint=Failpoint(point, time=3))
    died = await struck_while_people_talk(victim, site, says)
    await site.everybody_talks(says, PEOPLE[6:])
    successor = await start()

    await eventually(site.settled, 60)

    assert died == KILLED
    assert await site.check_against_model() > len(PEOPLE) * len(TALK)
    assert await successor.ready() is None


async def test_what_a_dead_owner_left_open_holds_readers_up_for_a_bounded_time(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    await site.everybody_talks(says)
    victim = await start(failpoint=Failpoint("inside the Kafka transaction"))
    assert await victim.ended() == KILLED
    died = monotonic()

    async def is_free() -> bool:
        seen = await site.ends(SESSION_EVENTS.name)
        return seen == await site.ends(SESSION_EVENTS.name, committed=False)

    await eventually(is_free, 60)
    blocked = monotonic() - died
    seen = await site.records(SESSION_EVENTS.name)
    report(f"readers were held up for {blocked:.1f} s when nobody succeeded")

    assert sum((await site.told()).values()) > sum(map(len, seen.values())), "nothing was left open"
    assert blocked < BLOCKED_SECONDS + 50  # on a machine with other things to do


async def test_a_successor_frees_readers_as_soon_as_it_takes_the_shard(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    await site.everybody_talks(says)
    victim = await start(failpoint=Failpoint("inside the Kafka transaction"))
    assert await victim.ended() == KILLED
    died = monotonic()
    successor = await start()

    serving = await successor.until_ready()
    freed = monotonic() - died
    await eventually(site.settled, 60)
    report(f"served again {serving:.1f} s after its start, {freed:.1f} s after the crash")

    assert await site.ends(SESSION_EVENTS.name) == await site.ends(
        SESSION_EVENTS.name, committed=False
    )
    await site.check_against_model()
