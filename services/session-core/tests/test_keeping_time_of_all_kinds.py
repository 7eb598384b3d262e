"""Reminder, timeout, lookup, wait, lease, window, expiry: each happens when its time has come."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain import codec, events
from domain.commands import Found, RecordLookup
from domain.values import CommandId
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core

Record = tuple[bytes, list[tuple[str, bytes]]]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = "15550001111"
FLOW = """
name: pet
title: A pet
triggers: {default: true}
agent: {words: [agent], lease: {after: 90m}}
window_closing: {before: 2h, say: "Still there?"}
template: {name: come_back, language: en}
steps:
  - id: name
    ask: What is its name?
    text: {min: 2}
    reminder: {after: 30m, say: "Hello?", times: 2}
    timeout: {after: 30h, to: end}
  - id: find
    lookup: {name: pets, query: {name: name}, timeout: 45s}
    not_found: story
    failed: nap
  - {id: nap, wait: {for: 3h}, next: end}
  - {id: story, wait: {collect: 20s}}
  - {id: end, complete: {outcome: known, say: Thanks}}
"""


class Day:
    """Ana writes, time passes, and session-core looks at its timers."""

    def __init__(
        self, topic: MemoryCommands, store: MemoryEventStore, says: Callable[..., Record]
    ) -> None:
        self.now = NOON
        self.core: Core | None = None
        self._topic, self._store, self._says = topic, store, says
        self._told = 0

    def hears(self, text: str) -> None:
        seconds = int((self.now - NOON).total_seconds())
        self._topic.write(0, *self._says(ANA, text, number=seconds))

    async def passes(self, settled: Settled, **span: float) -> None:
        await settled()
        self.now += timedelta(**span)
        assert self.core is not None
        while await self.core.timers.look():
            await settled()
        await settled()

    async def happened(self) -> list[events.Event]:
        """Give what is new since this was asked last."""
        stored = await self._store.read(0, after=self._told, limit=1000)
        self._told += len(stored)
        return [codec.decode_event(one.event.type, one.event.data) for one in stored]

    async def types(self) -> list[str]:
        return [event.TYPE.removesuffix(".v1") for event in await self.happened()]

    def timers(self) -> set[str]:
        return {key.kind for key in self._store.timers()}


@pytest.fixture
async def day(
    topic: MemoryCommands, store: MemoryEventStore, says: Callable[..., Record], begin: Begin
) -> Day:
    day = Day(topic, store, says)
    day.core = await begin(sources={"pet.yaml": FLOW}, clock=lambda: day.now)
    return day


async def test_a_silent_person_is_reminded_told_of_the_window_and_then_given_up(
    day: Day, settled: Settled
) -> None:
    day.hears("hello")
    await settled()
    await day.happened()
    assert day.timers() == {"session-expiry", "reminder", "step-timeout", "window-closing"}

    await day.passes(settled, minutes=29)
    assert await day.types() == []
    await day.passes(settled, minutes=1, seconds=1)
    assert await day.types() == ["question.reminded", "reply.requested"]
    await day.passes(settled, minutes=30)
    assert await day.types() == ["question.reminded", "reply.requested"]
    assert "reminder" not in day.timers()
    await day.passes(settled, hours=21)
    assert await day.types() == ["session.window-closing", "reply.requested"]
    await day.passes(settled, hours=8)
    assert await day.types() == ["step.timed-out", "reply.requested", "session.completed"]
    assert day.timers() == set()


async def test_a_lookup_is_answered_by_a_command_and_what_was_said_is_collected(
    day: Day, settled: Settled, topic: MemoryCommands, record: Callable[..., Record]
) -> None:
    day.hears("hello")
    await day.passes(settled, seconds=1)
    day.hears("Rex")
    await day.passes(settled, seconds=1)
    (asked,) = [one for one in await day.happened() if isinstance(one, events.LookupRequested)]
    answer = RecordLookup(
        contact_id=asked.contact_id,
        session_id=asked.session_id,
        lookup_id=asked.lookup_id,
        outcome="not-found",
        personal=Found(),
    )
    topic.write(0, *record(answer, identity=CommandId(uuid4()), at=day.now))
    await day.passes(settled, seconds=1)
    assert await day.types() == ["lookup.answered", "wait.begun"]

    day.hears("He is old")
    await day.passes(settled, seconds=1)
    day.hears("and brown")
    await day.passes(settled, seconds=30)
    assert (await day.types())[-4:] == [
        *("wait.ended", "answer.recorded", "reply.requested"),
        "session.completed",
    ]


async def test_a_lookup_that_nobody_answers_and_a_wait_go_on_by_themselves(
    day: Day, settled: Settled
) -> None:
    day.hears("hello")
    await day.passes(settled, seconds=1)
    day.hears("Rex")
    await day.passes(settled, seconds=1)
    await day.happened()

    await day.passes(settled, seconds=46)
    assert await day.types() == ["step.timed-out", "wait.begun"]
    assert day.timers() == {"session-expiry", "wait"}
    await day.passes(settled, hours=3, seconds=1)
    assert await day.types() == ["wait.ended", "reply.requested", "session.completed"]


async def test_an_answer_for_a_lookup_of_somebody_who_never_was_is_no_trouble(
    day: Day, settled: Settled, topic: MemoryCommands, record: Callable[..., Record]
) -> None:
    nobody = {"contact_id": UUID(int=1), "session_id": UUID(int=2), "lookup_id": UUID(int=3)}
    answer = RecordLookup.model_validate({**nobody, "outcome": "failed"})
    topic.write(0, *record(answer, identity=CommandId(uuid4()), at=day.now))
    await settled()

    assert await day.types() == []


async def test_a_human_who_does_not_give_back_is_relieved_when_the_lease_ends(
    day: Day, settled: Settled
) -> None:
    day.hears("hello")
    await day.passes(settled, seconds=1)
    day.hears("agent")
    await settled()
    await day.happened()
    assert day.timers() == {"session-expiry", "hand-off-lease"}

    await day.passes(settled, minutes=91)
    assert await day.types() == ["session.released", "reply.requested"]
