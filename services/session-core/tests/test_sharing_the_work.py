"""Several instances as real processes: joining, leaving, crashing and coming back to life."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from installation.processes import Failpoint, Instance, Starter
from installation.site import Eventually, Says, Site, report
from session_core.settings import Settings

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

CROWD = tuple(f"1555000{number:04}" for number in range(40))
LATE = tuple(f"1555001{number:04}" for number in range(40))
BUSY_SECONDS = 120
"""What a machine with other things to do may add."""
DONE = "session_core_events_total"
TOLD = "session_core_published_events_total"


def named(*numbers: int) -> set[str]:
    return {f"session-core-{number}" for number in numbers}


def owned_by(site: Site, *numbers: int) -> Callable[[], Awaitable[bool]]:
    """Wait until these instances have all shards, and as many each."""

    async def holds() -> bool:
        owners = await site.owners()
        sizes = {len(shards) for shards in owners.values()}
        return owners.keys() == named(*numbers) and len(sizes) == 1

    return holds


def patient(start: Starter) -> Settings:
    """Let Kafka keep transactions open: their limit must not do what the fence is for."""
    return start.settings.model_copy(update={"transaction_seconds": 240})


async def all_ready(*instances: Instance) -> None:
    await asyncio.gather(*(instance.until_ready() for instance in instances))


async def figures(instance: Instance) -> tuple[float, float]:
    return await instance.figure(DONE), await instance.figure(TOLD)


@pytest.mark.parametrize("point", ["before the append", "inside the append, before its commit"])
async def test_instances_that_froze_in_the_middle_change_nothing_when_they_wake_up(
    point: str, site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    start.settings = patient(start)
    storing = await start(1, Failpoint(point, signal="SIGSTOP"))
    telling = await start(2, Failpoint("inside the Kafka transaction", signal="SIGSTOP"))
    heir = await start(3)
    await eventually(owned_by(site, 1, 2, 3), 60)
    before = monotonic()
    await site.everybody_talks(says, CROWD)

    await eventually(owned_by(site, 3), 120)
    await eventually(site.settled, 60)
    taken_over = monotonic() - before
    told = await site.told(), await site.check_against_model()
    for zombie in (storing, telling):
        zombie.send(signal.SIGCONT)
    await eventually(owned_by(site, 1, 2, 3), 60)
    await all_ready(storing, telling, heir)
    report(f"survivors served within {taken_over:.1f} s of a freeze; the session lasts 6 s")

    assert (await site.told(), await site.check_against_model()) == told
    assert await figures(storing) == (0, 0)
    assert (await figures(telling))[1] == 0
    assert taken_over < site.settings.session_seconds + 5 + BUSY_SECONDS
    await site.everybody_talks(says, LATE)
    await eventually(site.settled, 60)
    await site.check_against_model()
    assert min([await instance.figure(DONE) for instance in (storing, telling, heir)]) > 0


async def test_whoever_stops_in_good_order_hands_its_partitions_over_at_once(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    staying = await start(1), await start(2)
    await all_ready(*staying)
    await eventually(owned_by(site, 1, 2), 60)
    at_first = await site.owners()
    leaving = await start(3)
    await eventually(owned_by(site, 1, 2, 3), 60)
    grown = await site.owners()
    talking = asyncio.create_task(site.everybody_talks(says, CROWD, pause=0.5))
    await asyncio.sleep(0.5)
    leaving.send(signal.SIGTERM)
    asked = monotonic()

    ended = await leaving.ended()
    stopped = monotonic() - asked
    await eventually(owned_by(site, 1, 2), 60)
    handed_over = monotonic() - asked
    shrunk = await site.owners()
    await talking
    await eventually(site.settled, 60)
    report(f"ended {stopped:.1f} s after SIGTERM; its shards were taken {handed_over:.1f} s after")

    assert ended == 0
    assert "left the group" in leaving.said()
    assert handed_over < 2 + BUSY_SECONDS
    for instance in named(1, 2):  # nobody gives away more than is asked for
        assert grown[instance] < at_first[instance]
        assert grown[instance] < shrunk[instance]
    await site.check_against_model()


async def test_whoever_stops_alone_keeps_its_seat_and_serves_again_when_it_is_back(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    first = await start(1)
    await first.until_ready()
    first.send(signal.SIGTERM)
    ended = await first.ended()
    await site.everybody_talks(says)
    second = await start(1)

    serving = await second.until_ready()
    await eventually(site.settled, 60)
    report(f"served {serving:.1f} s after its start")

    assert ended == 0
    assert "left the group" not in first.said()
    await site.check_against_model()


async def test_of_two_processes_with_one_name_the_older_ends_and_says_why(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    start.settings = patient(start)
    older = await start(1, Failpoint("inside the Kafka transaction", signal="SIGSTOP"))
    await older.until_ready()
    await site.everybody_talks(says)
    younger = await start(1)
    await eventually(site.settled, 60)
    older.send(signal.SIGCONT)

    ended = await older.ended()
    await eventually(younger.is_ready, 60)
    await site.everybody_talks(says, CROWD)
    await eventually(site.settled, 60)

    assert ended == 1
    assert "another process runs as session-core-1" in older.said()
    await site.check_against_model()
