"""A sender that is killed again and again: who got a reply twice, and who none?"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from stage import Core, Graph, killed_afterwards, running

from domain.events import ReplyRequested, ReplySent, SentMessage
from domain.topics import SESSION_EVENTS
from streaming.testing import until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Ask = Callable[..., ReplyRequested]
KILLS = 4
AT_ONCE = 8
"""Calls under way."""
WAIT = 12.0
"""Seconds that an unknown outcome waits for its status."""


class Street:
    """Requests on all partitions, and the statuses that follow each acceptance."""

    def __init__(self, core: Core, ask: Ask) -> None:
        people = [uuid4() for _ in range(40)]
        self.core = core
        self.told: set[str] = set()
        """Replies whose status is certainly written."""
        self.requests = {
            str(request.reply_id): (request, number % SESSION_EVENTS.partitions)
            for _ in range(4)
            for number, request in enumerate(ask(contact=who) for who in people)
        }

    async def begin(self) -> None:
        for request, partition in self.requests.values():
            await self.core.happens(request, partition=partition)

    async def tell_status(self, reply: str) -> None:
        """What a webhook of the platform leads to."""
        request, partition = self.requests[reply]
        sent = ReplySent(
            contact_id=request.contact_id,
            session_id=request.session_id,
            reply_id=request.reply_id,
            personal=SentMessage(wamid=f"wamid.{reply}"),
        )
        await self.core.happens(sent, partition=partition)
        self.told.add(reply)


async def kill_again_and_again(settings: dict[str, Any], graph: Graph, dice: random.Random) -> None:
    for _ in range(KILLS):
        before = len(graph.calls)
        async with killed_afterwards(settings):
            await until(lambda before=before: len(graph.calls) > before, within=60)  # type: ignore[misc]
            await asyncio.sleep(dice.uniform(0.0, 0.15))
        await until(lambda: graph.at_once == 0)  # a call seen late is not the next one's first


def doubled(calls: list[str]) -> list[str]:
    """Name each reply once for every call too many."""
    return list((Counter(calls) - Counter(set(calls))).elements())


@pytest.mark.parametrize("with_statuses", [True, False], ids=["in time", "never"])
async def test_a_killed_sender_forgets_nobody_and_doubles_only_what_nobody_told_it(
    *, settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask, with_statuses: bool
) -> None:
    dice, street = random.Random(7), Street(core, ask_now)  # noqa: S311 no secret
    graph.takes = lambda: dice.uniform(0.0, 0.1)
    if with_statuses:
        graph.accepted = street.tell_status
    settings |= {"unknown_wait": WAIT if with_statuses else 0.3, "concurrent_calls": AT_ONCE}
    await street.begin()
    await kill_again_and_again(settings, graph, dice)
    before = len(graph.calls)
    async with running(settings):
        await until(lambda: set(graph.calls) == set(street.requests), within=60)
        await until(lambda: graph.at_once == 0)
        await asyncio.sleep(2 * 0.3 if not with_statuses else WAIT)

    assert set(graph.calls) == set(street.requests)
    assert doubled(graph.calls[before:]) == [], "by one that was never killed"
    if with_statuses:
        assert set(graph.calls) - street.told == set(), "the platform's side failed: no status"
        assert doubled(graph.calls) == []
    # Beside the calls that a kill cut off there are those whose answer was not entered yet.
    assert len(doubled(graph.calls)) <= 2 * AT_ONCE * KILLS
    for contact in {request.contact_id for request, _ in street.requests.values()}:
        asked = [r for r, (request, _) in street.requests.items() if request.contact_id == contact]
        first_calls = [r for r in dict.fromkeys(graph.calls) if r in asked]
        assert first_calls == asked
