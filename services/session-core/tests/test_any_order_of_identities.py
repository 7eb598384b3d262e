"""People who change the ids they write under, in any order of trouble: nothing lost or doubled."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import commands
from domain.codec import decode_event
from domain.events import MessageReceived
from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    Histories,
    RecordedEvent,
    StoreConflict,
    StoreUnavailable,
)
from domain.values import ContactId, SessionId, command_id
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.app.core import Core, Neighbours, Sizes, assemble
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.people import Known
from session_core.use_cases.rebuilding import Rebuilding
from session_core.use_cases.recalling import recall

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]

NUMBER = "106540352242922"
SHARDS = 3
PEOPLE = 2

NAMED = st.sampled_from([(True, False), (False, True), (True, True)])
"""Whether a webhook names the phone and the user id."""
TROUBLE = st.sampled_from(["store-down", "unanswered-written", "unanswered-lost", "conflict"])
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.tuples(
                st.integers(0, PEOPLE - 1),
                NAMED,
                st.lists(st.integers(0, SHARDS - 1), min_size=1, max_size=2),
            ),
        ),
        st.tuples(st.just("again"), st.tuples(st.integers(0, 9), st.integers(0, SHARDS - 1))),
        st.tuples(st.just("stop"), st.tuples(st.integers(0, PEOPLE - 1), NAMED)),
        st.tuples(st.just("trouble"), TROUBLE),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("second-owner"), st.none()),
        st.tuples(st.just("pause"), st.none()),
    ),
    min_size=2,
    max_size=16,
)


SWAPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.tuples(
                st.one_of(st.none(), st.integers(0, 2)),
                st.integers(0, 2),
                st.lists(st.integers(0, SHARDS - 1), min_size=1, max_size=2),
            ),
        ),
        st.tuples(st.just("trouble"), TROUBLE),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("pause"), st.none()),
    ),
    min_size=2,
    max_size=16,
)


class Store(MemoryEventStore):
    """Hesitates, so that others come in between, and fails as told."""

    def __init__(self, turns: Iterable[int]) -> None:
        super().__init__()
        self._turns = chain(turns, repeat(0))
        self.troubles: list[str] = []

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        found = await super().load(names, contacts, sessions, form=form)
        await self._hesitate()
        return found

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        await self._hesitate()
        trouble = self.troubles.pop(0) if self.troubles else None
        match trouble:
            case "store-down":
                raise StoreUnavailable("down")
            case "conflict":
                raise StoreConflict("alias_pkey")
            case "unanswered-lost":
                raise AppendUnanswered("lost")
            case _:
                bases = await super().append(appends)
        if trouble == "unanswered-written":
            raise AppendUnanswered("written")
        return bases

    async def _hesitate(self) -> None:
        for _ in range(next(self._turns)):
            await asyncio.sleep(0)


class Site:
    """One topic, one store, one world; instances of session-core come and go."""

    def __init__(self, flows: dict[str, str], turns: Iterable[int], batch: int) -> None:
        self.topic = MemoryCommands(SHARDS)
        self.store = Store(turns)
        self.world = MemoryEventPublisher()
        self.running: list[Core] = []
        self._flows = flows
        self.archive = MemoryFlowArchive()
        self._sizes = Sizes(lanes=SHARDS, batch_commands=batch, people_in_memory=6)

    async def begin(self) -> None:
        shelf = FlowShelf(self._flows, self.archive)
        await shelf.open()
        neighbours = Neighbours(
            store=self.store,
            publisher=self.world,
            source=MemoryCommandSource(self.topic),
            dispatch=self.topic,
        )
        core = assemble(neighbours, shelf, owner="test", sizes=self._sizes)
        self.running.append(core)
        core.shards.assigned(range(SHARDS))
        await core.lanes.start()

    async def end(self) -> None:
        for core in self.running:
            await core.lanes.stop()
            await core.shards.stop()
        self.running.clear()

    async def settle(self) -> None:
        async with asyncio.timeout(60):
            while not await self._is_settled():  # noqa: ASYNC110 the store tells nobody
                await asyncio.sleep(0.002)

    async def stored(self) -> list[RecordedEvent]:
        return [
            one
            for shard in range(SHARDS)
            for one in await self.store.read(shard, after=0, limit=10_000)
        ]

    async def _is_settled(self) -> bool:
        for shard in range(SHARDS):
            stored = await self.store.read(shard, after=0, limit=10_000)
            if self.store.next_offset(shard) < self.topic.bounds(shard).end:
                return False
            if len(self.world.published(shard)) < len(stored):
                return False
        return True


def phone(person: int) -> str:
    return f"1555000{person}"


def user_id(person: int) -> str:
    return f"US.{person}"


class Webhooks:
    """What people do, as commands; each can come again."""

    def __init__(self, says: Says, record: Callable[..., Record]) -> None:
        self._says = says
        self._record = record
        self.written: list[Record] = []
        self.messages: set[object] = set()
        self.stopped: set[int] = set()

    def message(self, person: int, named: tuple[bool, bool]) -> Record:
        by_phone, by_user_id = named
        number = len(self.written) + 1
        written = self._says(
            phone(person) if by_phone else "",
            "hello",
            number=number,
            user_id=user_id(person) if by_user_id else None,
        )
        self.written.append(written)
        self.messages.add(dict(written[1])["ce_id"].decode())
        return written

    def written_by(self, number: int | None, user: int) -> Record:
        written = self._says(
            phone(number) if number is not None else "",
            "hello",
            number=len(self.written) + 1,
            user_id=user_id(user),
        )
        self.written.append(written)
        self.messages.add(dict(written[1])["ce_id"].decode())
        return written

    def stop(self, person: int, named: tuple[bool, bool]) -> Record:
        by_phone, by_user_id = named
        stop = commands.RecordConsent(
            phone_number_id=NUMBER,
            value="stop",
            source="user_preferences",
            personal=commands.Person(
                from_=phone(person) if by_phone else None,
                user_id=user_id(person) if by_user_id else None,
            ),
        )
        identity = command_id(stop.TYPE, str(len(self.written)))
        written = self._record(stop, identity=identity)
        self.written.append(written)
        return written


async def _play(site: Site, steps: Sequence[tuple[str, Any]], webhooks: Webhooks) -> None:
    await site.begin()
    for kind, what in steps:
        match kind:
            case "write":
                person, named, partitions = what
                message = webhooks.message(person, named)
                for shard in partitions:
                    site.topic.write(shard, *message)
            case "again" if webhooks.written:
                number, shard = what
                site.topic.write(shard, *webhooks.written[number % len(webhooks.written)])
            case "stop":
                site.topic.write(what[0] % SHARDS, *webhooks.stop(*what))
            case "trouble":
                site.store.troubles.append(what)
            case "restart":
                await site.end()
                await site.begin()
            case "second-owner" if len(site.running) < 2:
                await site.begin()
            case _:
                await asyncio.sleep(0.003)
    await site.settle()


async def _swap_names(site: Site, steps: Sequence[tuple[str, Any]], webhooks: Webhooks) -> None:
    """Let messages come from any number under any user id, as if those changed all the time."""
    await site.begin()
    for kind, what in steps:
        match kind:
            case "write":
                number, user, shards = what
                message = webhooks.written_by(number, user)
                for shard in shards:
                    site.topic.write(shard, *message)
            case "trouble":
                site.store.troubles.append(what)
            case "restart":
                await site.end()
                await site.begin()
            case _:
                await asyncio.sleep(0.003)
    await site.settle()


async def _everybody_shows_both(site: Site, webhooks: Webhooks) -> None:
    for shard in range(SHARDS):
        for person in range(PEOPLE):
            site.topic.write(shard, *webhooks.message(person, (True, True)))
        await site.settle()
    for number, written in enumerate(webhooks.written):
        site.topic.write(number % SHARDS, *written)
    await site.settle()


async def _check_messages(site: Site, webhooks: Webhooks) -> None:
    events = await site.stored()
    received = Counter(
        str(one.event.origin.command_id) for one in events if one.event.type == MessageReceived.TYPE
    )

    assert received == Counter(webhooks.messages)
    assert len({one.event.event_id for one in events}) == len(events)
    assert site.topic.parked == []
    for shard in range(SHARDS):
        assert list(site.world.published(shard)) == list(
            await site.store.read(shard, after=0, limit=10_000)
        )


async def _check_people(site: Site) -> None:
    """Everybody is one contact, and names are whose the events say they are."""
    names = [
        AliasKey(NUMBER, name)
        for person in range(PEOPLE)
        for name in (f"wa:{phone(person)}", f"bsuid:{user_id(person)}")
    ]
    found = await site.store.load(names, [])
    for person in range(PEOPLE):
        by_phone, by_user_id = names[2 * person : 2 * person + 2]

        assert found.names[by_phone] == found.names[by_user_id]
    for name, contact in found.names.items():
        person_now = recall(found.people[contact]).person

        assert person_now.contact.merged_into is None
        assert name.name in person_now.contact.names
    assert len(set(found.names.values())) == PEOPLE


async def _check_names(site: Site) -> None:
    """Every name leads to somebody who goes by it."""
    names = [
        AliasKey(NUMBER, name)
        for one in range(3)
        for name in (f"wa:{phone(one)}", f"bsuid:{user_id(one)}")
    ]
    found = await site.store.load(names, [])
    for name, contact in found.names.items():
        person_now = recall(found.people[contact]).person

        assert person_now.contact.merged_into is None
        assert name.name in person_now.contact.names


async def _check_memory(site: Site) -> None:
    for core in site.running:
        for shard, holding in core.shards.held.items():
            if await site.store.epoch(shard) == holding.lease.epoch:
                everybody: Mapping[ContactId, Known] = holding.people.everybody()
                replayed = await site.store.load([], list(everybody))
                for contact, known in everybody.items():
                    assert known == recall(replayed.people[contact])


async def _check_rebuilt(site: Site) -> None:
    compared = await Rebuilding(MemoryStateInUse(site.store), site.archive).compare()

    assert compared.findings == ()


async def _check_order(site: Site) -> None:
    """Of each contact, messages are stored in the order of the shard; versions leave no hole."""
    versions: Counter[object] = Counter()
    for one in await site.stored():
        versions[one.event.stream_id] += 1

        assert one.event.version == versions[one.event.stream_id]
        decode_event(one.event.type, one.event.data)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=STEPS,
    turns=st.lists(st.integers(0, 9), max_size=40),
    batch=st.integers(1, 5),
)
def test_whatever_goes_wrong_everybody_ends_as_one_contact_with_each_message_once(  # noqa: PLR0917 hypothesis and fixtures pass by name
    steps: list[tuple[str, Any]],
    turns: list[int],
    batch: int,
    flows: dict[str, str],
    says: Says,
    record: Callable[..., Record],
) -> None:
    async def scenario() -> None:
        site = Site(flows, turns, batch)
        webhooks = Webhooks(says, record)
        try:
            await _play(site, steps, webhooks)
            await _everybody_shows_both(site, webhooks)
            await _check_messages(site, webhooks)
            await _check_people(site)
            await _check_memory(site)
            await _check_rebuilt(site)
            await _check_order(site)
        finally:
            await site.end()

    asyncio.run(scenario())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=SWAPS,
    turns=st.lists(st.integers(0, 9), max_size=40),
    batch=st.integers(1, 5),
)
def test_numbers_that_change_hands_all_the_time_lose_and_double_no_message(  # noqa: PLR0917 hypothesis and fixtures pass by name
    steps: list[tuple[str, Any]],
    turns: list[int],
    batch: int,
    flows: dict[str, str],
    says: Says,
    record: Callable[..., Record],
) -> None:
    async def scenario() -> None:
        site = Site(flows, turns, batch)
        webhooks = Webhooks(says, record)
        try:
            await _swap_names(site, steps, webhooks)
            for number, written in enumerate(webhooks.written):  # everything comes once more
                site.topic.write(number % SHARDS, *written)
            await site.settle()
            await _check_messages(site, webhooks)
            await _check_names(site)
            await _check_memory(site)
            await _check_rebuilt(site)
            await _check_order(site)
        finally:
            await site.end()

    asyncio.run(scenario())
