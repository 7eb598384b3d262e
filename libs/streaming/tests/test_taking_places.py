"""Places: never more than there are, none lost, in the order of coming."""

import asyncio
import random

from streaming.places import Places


async def _visit(places: Places, inside: list[int], number: int, turns: int) -> None:
    if not places.take():
        await places.wait()
    try:
        inside.append(number)
        for _ in range(turns):
            await asyncio.sleep(0)
    finally:
        places.leave()


async def test_whoever_finds_all_places_taken_comes_in_the_order_of_the_line() -> None:
    places, inside = Places(2), list[int]()
    await asyncio.gather(*(_visit(places, inside, number, 3) for number in range(9)))

    assert inside == list(range(9))


async def test_nobody_overtakes_those_in_line() -> None:
    places = Places(1)
    assert places.take()
    waiting = asyncio.create_task(places.wait())
    await asyncio.sleep(0)
    places.leave()

    assert not places.take()
    await waiting


async def test_who_gives_up_while_a_place_comes_leaves_it_to_the_next() -> None:
    places = Places(1)
    assert places.take()
    first, second = (asyncio.create_task(places.wait()) for _ in range(2))
    await asyncio.sleep(0)
    places.leave()  # to the first, who does not know yet
    first.cancel()
    await second
    places.leave()

    assert places.take()
    assert not places.take()


async def test_whoever_is_cancelled_when_no_place_is_lost_or_made() -> None:
    chance = random.Random(4)  # noqa: S311 the same lives each time
    for _ in range(50):
        most = chance.randint(1, 3)
        places, inside = Places(most), list[int]()
        visits = [
            asyncio.create_task(_visit(places, inside, number, chance.randint(0, 3)))
            for number in range(12)
        ]
        for visit in chance.sample(visits, 5):
            for _ in range(chance.randint(0, 3)):
                await asyncio.sleep(0)
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

        assert [places.take() for _ in range(most + 1)] == [True] * most + [False]
