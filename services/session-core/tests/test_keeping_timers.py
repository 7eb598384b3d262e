"""After whatever was asked in whatever order, each open session has its timer and no other has."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import commands
from domain.commands import Command
from domain.ports.event_store import TimerKey
from domain.session import deadlines
from domain.session.state import InteractiveSession
from domain.values import NAMESPACE, TIMER_KINDS, CommandId, ContactId, SessionId, timer_id
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.app.core import Core, Neighbours, Sizes, assemble
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.rebuilding import Comparison, Rebuilding
from session_core.use_cases.recalling import recall

Record = tuple[bytes, list[tuple[str, bytes]]]
MakeRecord = Callable[..., Record]
Says = Callable[..., Record]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NUMBER = "106540352242922"
HOUR = 3600
WHO, WHICH = st.integers(0, 2), st.integers(0, 4)
TIMES_OF_ALL_KINDS = """
name: pet
title: A pet
triggers: {default: true}
agent: {words: [agent], say: A vet takes over., lease: {after: 90m}}
restart: [anew]
window_closing: {before: 2h, say: "Are you still there?"}
expires_after_hours: 72
steps:
  - id: name
    ask: What is its name?
    text: {min: 2}
    reminder: {after: 30m, say: "Hello?", times: 2}
    timeout: {after: 30h, to: nap}
  - id: find
    lookup: {name: pets, query: {name: name}, timeout: 45m}
    not_found: story
    failed: nap
  - {id: story, wait: {collect: 20m, most: 2}, next: kind}
  - {id: nap, wait: {for: 3h}}
  - id: kind
    ask: What is it?
    choice: {options: [{id: dog, title: Dog}, {id: cat, title: Cat}]}
    timeout: {after: 40m, to: lost}
  - {id: end, complete: {outcome: known, say: Thanks}}
  - {id: lost, hand_off: {team: vets, lease: {after: 5h, to: name}}, next: kind}
"""
ALL_WORDS = ("hello", "Rex", "dog", "agent", "anew")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.tuples(WHO, st.sampled_from(ALL_WORDS), st.integers(-90, 90)),
        ),
        st.tuples(
            st.just("write"),
            st.tuples(WHO, st.sampled_from(("hello", "Rex", "dog")), st.just(0)),
        ),
        st.tuples(st.just("initiate"), WHO),
        st.tuples(st.sampled_from(("cancel", "complete", "hand-off", "release")), WHICH),
        st.tuples(st.just("erase"), WHICH),
        st.tuples(st.sampled_from(("found", "not-found")), WHICH),
        st.tuples(st.just("stray-timer"), st.tuples(WHICH, st.integers(-200, 200))),
        st.tuples(st.just("hours-pass"), st.sampled_from((0.5, 1, 3, 23, 71, 73))),
        st.tuples(st.just("look"), st.none()),
        st.tuples(st.just("restart"), st.none()),
    ),
    min_size=1,
    max_size=25,
)


class Site:
    """One topic and one store; instances of session-core come and go, time moves when told."""

    def __init__(self, flows: dict[str, str], says: Says, record: MakeRecord) -> None:
        self.now = NOON
        self.topic = MemoryCommands(2)
        self.store = MemoryEventStore()
        self.core: Core | None = None
        self._archive = MemoryFlowArchive()
        self.shelf = FlowShelf(flows, self._archive)
        self._says = says
        self._record = record
        self._number = 0

    async def begin(self) -> None:
        await self.shelf.open()
        neighbours = Neighbours(
            store=self.store,
            publisher=MemoryEventPublisher(),
            source=MemoryCommandSource(self.topic),
            dispatch=self.topic,
        )
        sizes = Sizes(batch_commands=4, people_in_memory=4)
        self.core = assemble(
            neighbours, self.shelf, owner="test", sizes=sizes, clock=lambda: self.now
        )
        self.core.shards.total = 2
        self.core.shards.assigned((0, 1))
        await self.core.lanes.start()

    async def end(self) -> None:
        if self.core is not None:
            await self.core.lanes.stop()
            await self.core.shards.stop()

    async def settle(self) -> None:
        deadline = asyncio.get_running_loop().time() + 60
        while not await self._is_settled():
            assert asyncio.get_running_loop().time() < deadline, "it does not settle"
            await asyncio.sleep(0.001)

    async def _is_settled(self) -> bool:
        offsets = await self.store.next_offsets()
        return all(offsets.get(shard, 0) == self.topic.bounds(shard).end for shard in (0, 1))

    async def compared(self) -> Comparison:
        """Compute everything from the events, and compare it with what is in use."""
        return await Rebuilding(MemoryStateInUse(self.store), self._archive).compare()

    async def play(self, kind: str, what: object) -> None:
        assert self.core is not None
        self._number += 1
        match kind, what:
            case "write", (int(who), str(text), int(hours)):
                seconds = (self.now - NOON).total_seconds() + hours * HOUR + self._number
                said = self._says(f"1555000{who}", text, number=int(seconds))
                self.topic.write(who % 2, *said)
            case "initiate", int(who):
                to = commands.Addressee(to=f"1555000{who}")
                self._ask(
                    who % 2,
                    commands.InitiateSession(phone_number_id=NUMBER, flow="pet", personal=to),
                )
            case "hours-pass", int(hours) | float(hours):
                self.now += timedelta(hours=hours)
            case "look", _:
                await self.core.timers.look()
            case "restart", _:
                await self.end()
                await self.begin()
            case "stray-timer", (int(which), int(hours)):
                await self._about(which, kind, hours)
            case "found" | "not-found", int(which):
                await self._find(which, kind)
            case _, int(which):
                await self._about(which, kind, 0)
            case _:
                raise AssertionError(kind)

    async def _find(self, which: int, outcome: str) -> None:
        """Answer one of the lookups that somebody waits for."""
        asked = [one for one in await self.sessions() if one[2].lookup is not None]
        if asked:
            shard, who, session = asked[which % len(asked)]
            told = {"contact_id": who, "session_id": session.session_id, "outcome": outcome}
            answer = {**told, "lookup_id": session.lookup, "personal": {"data": {"kind": "dog"}}}
            self._ask(shard, commands.RecordLookup.model_validate(answer))

    async def _about(self, which: int, kind: str, hours: int) -> None:
        """Ask for something about a session that there is, or about one that never was."""
        known = await self.sessions()
        if known:
            shard, who, session = known[which % len(known)]
            named = session.session_id
        else:
            shard, who = 0, ContactId(uuid5(NAMESPACE, "nobody"))
            named = SessionId(uuid5(NAMESPACE, "never"))
        due_at = self.now + timedelta(hours=hours)
        ids = {"contact_id": who, "session_id": named}
        asked: dict[str, Command] = {
            "cancel": commands.CancelSession.model_validate({**ids, "reason": "enough"}),
            "complete": commands.CompleteSession.model_validate({**ids, "outcome": "done"}),
            "hand-off": commands.HandOffSession.model_validate(ids),
            "release": commands.ReleaseSession.model_validate(ids),
            "erase": commands.EraseContact.model_validate(ids),
            "stray-timer": commands.FireTimer.model_validate(
                {
                    **ids,
                    "timer_id": timer_id(named, "session-expiry", due_at),
                    "kind": "session-expiry",
                    "due_at": due_at,
                }
            ),
        }
        self._ask(shard, asked[kind])

    def _ask(self, shard: int, command: Command) -> None:
        identity = CommandId(uuid5(NAMESPACE, f"command-{self._number}"))
        self.topic.write(shard, *self._record(command, identity=identity, at=self.now))

    async def sessions(self) -> Sequence[tuple[int, ContactId, InteractiveSession]]:
        """Replay everything, and give every session there ever was."""
        stored = [
            one.event
            for shard in (0, 1)
            for one in await self.store.read(shard, after=0, limit=100_000)
        ]
        contacts = list(dict.fromkeys(event.origin.contact_id for event in stored))
        people = (await self.store.load([], contacts)).people
        return [
            (past.shard, contact, session)
            for contact, past in people.items()
            for session in recall(past).person.sessions.values()
        ]


async def _check(site: Site) -> None:
    timers, wanted = dict(site.store.timers()), set()
    for _, contact, session in await site.sessions():
        flow = site.shelf.book.of_session(session.flow, session.flow_version)
        for kind, deadline in deadlines(session, flow).items():
            key = TimerKey(session.session_id, kind)
            wanted.add(key)
            assert timers[key].due_at <= deadline
            assert timers[key].contact_id == contact

    assert timers.keys() == wanted
    assert all(key.kind in TIMER_KINDS for key in timers)


@pytest.mark.parametrize("source", [None, TIMES_OF_ALL_KINDS], ids=["expiry", "all kinds"])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_every_open_session_has_one_timer_no_later_than_its_deadline_and_no_other_has_one(
    steps: list[tuple[str, object]],
    source: str | None,
    flows: dict[str, str],
    says: Says,
    record: MakeRecord,
) -> None:
    async def scenario() -> None:
        site = Site({"pet.yaml": source} if source else flows, says, record)
        await site.begin()
        try:
            for kind, what in steps:
                await site.play(kind, what)
                if kind in {"look", "hours-pass", "stray-timer"}:
                    await site.settle()
                    await _check(site)
            await site.settle()
            await _check(site)
            compared = await site.compared()
            assert list(compared.findings) == []
        finally:
            await site.end()

    asyncio.run(scenario())
