"""Instances of session-core come and go while people talk, and nobody notices."""

import asyncio

import pytest

from demo.events import holes, reading
from demo.person import Person
from devstack.endpoints import Endpoints
from devstack.stack import Stack
from watching import Meet, of, of_person

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

CONVERSATION = ("hello", "Ana Pérez", "AB-123456", "water", "yesterday")
AT_ONCE = 6


async def talk_until(ended: asyncio.Event, meet: Meet) -> list[Person]:
    """Have one conversation after the other, each with somebody new."""
    met: list[Person] = []
    while not ended.is_set():
        met.append(meet())
        for text in CONVERSATION:
            await met[-1].write(text)
            await met[-1].next_reply(within_s=60)
    return met


async def test_session_core_grows_to_three_and_shrinks_to_one_under_load(
    whole_stack: Stack, known: Endpoints, meet: Meet
) -> None:
    scaled = asyncio.Event()
    talks = [asyncio.create_task(talk_until(scaled, meet)) for _ in range(AT_ONCE)]
    grown = await asyncio.to_thread(whole_stack.scale, "session-core", 3)
    await asyncio.sleep(2)  # of a load that all three share
    shrunk = await asyncio.to_thread(whole_stack.scale, "session-core", 1)
    scaled.set()
    people = [person for met in await asyncio.gather(*talks) for person in met]
    async with reading(known.kafka, from_start=True) as whole:
        everything = await whole.read_to_end()

    assert {"session-core", "session-core-2", "session-core-3"} <= grown.services.keys()
    assert "session-core-2" not in shrunk.services
    assert holes(everything) == []
    assert len({event.id for event in everything}) == len(everything)
    for person in people:
        heard = of(of_person(everything, person), "message.received.v1")
        assert [e.data["personal"]["message"]["text"] for e in heard] == list(CONVERSATION)
        assert len(await person.received()) == len(CONVERSATION)
