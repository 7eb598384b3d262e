"""What every look at the state in use promises: all of one moment, in pages, nothing changed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.ports.event_store import (
    AliasKey,
    Append,
    EventStore,
    NewAlias,
    NewEvent,
    NewSession,
    Origin,
    Snapshot,
    Timer,
    TimerKey,
)
from domain.ports.rebuilding import AliasInUse, SessionInUse, StateInUse, StoredEvent, TimerInUse
from domain.values import NAMESPACE, CommandId, ContactId, EventId, SessionId
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_state_in_use import PostgresStateInUse

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA, BEN = (ContactId(uuid5(NAMESPACE, name)) for name in ("ana", "ben"))
TALK, STRAY = (SessionId(uuid5(NAMESPACE, name)) for name in ("talk", "stray"))
ANAS = AliasKey("1", "wa:1")
BENS = AliasKey("1", "wa:2")


def happened(stream: UUID, version: int, who: ContactId) -> NewEvent:
    origin = Origin(CommandId(uuid5(stream, f"command-{version}")), NOON, who, "correlation")
    identity = EventId(uuid5(stream, str(version)))
    return NewEvent(stream, version, identity, "contact.opted-in.v1", b"{}", origin)


ANAS_EVENTS = [happened(ANA, 1, ANA), happened(TALK, 1, ANA), happened(ANA, 2, ANA)]


TAKEN = Snapshot(ANA, 0, 2, "this", {ANA: 1, TALK: 1}, b"{}")


class StateInUseContract:
    """What rebuilding relies on. Every adapter inherits these tests."""

    async def test_first_events_come_in_pages_with_the_session_of_that_id(
        self, state: StateInUse
    ) -> None:
        async with state.moment() as moment:
            first = await moment.beginnings(0, after=0, upto=3, limit=1)
            second = await moment.beginnings(0, after=1, upto=3, limit=9)
            beyond = await moment.beginnings(0, after=0, upto=1, limit=9)

        assert [(one.stored, one.session) for one in first] == [
            (StoredEvent(0, 1, ANAS_EVENTS[0]), None)
        ]
        assert [(one.stored, one.session) for one in second] == [
            (StoredEvent(0, 2, ANAS_EVENTS[1]), SessionInUse(ANA, 0, NOON, 2))
        ]
        assert beyond == first

    async def test_a_history_is_that_of_the_person_with_or_without_their_sessions(
        self, state: StateInUse
    ) -> None:
        async with state.moment() as moment:
            whole = await moment.histories([ANA, BEN], sessions=True)
            own = await moment.histories([ANA], sessions=False)

        assert [one.event for one in whole[ANA]] == ANAS_EVENTS
        assert [(one.shard, one.event.version) for one in whole[BEN]] == [(1, 2)]
        assert [one.event for one in own[ANA]] == [ANAS_EVENTS[0], ANAS_EVENTS[2]]

    async def test_names_are_found_one_by_one_and_in_pages(self, state: StateInUse) -> None:
        async with state.moment() as moment:
            owners = await moment.owners([BENS, AliasKey("2", "wa:2")])
            first = await moment.names(after=None, limit=1)
            second = await moment.names(after=first[0][0], limit=9)

        assert owners == {BENS: AliasInUse(BEN, 1)}
        assert [*first, *second] == [(ANAS, AliasInUse(ANA, 0)), (BENS, AliasInUse(BEN, 1))]

    async def test_snapshots_are_found_by_person_and_form(self, state: StateInUse) -> None:
        async with state.moment() as moment:
            found = await moment.snapshots([ANA, BEN], form="this")
            others = await moment.snapshots([ANA, BEN], form="another")

        assert found == {ANA: TAKEN}
        assert others == {}

    async def test_timers_are_found_by_session(self, state: StateInUse) -> None:
        async with state.moment() as moment:
            found = await moment.timers([TALK])
            strays = await moment.timers_without_session(limit=9)

        assert found == {TimerKey(TALK, "session-expiry"): TimerInUse(ANA, 0, NOON)}
        assert list(strays) == [TimerKey(STRAY, "session-expiry")]

    async def test_what_no_event_began_is_told(self, state: StateInUse) -> None:
        async with state.moment() as moment:
            sessions = await moment.sessions_without_beginning(limit=9)
            streams = await moment.streams_without_beginning(limit=9)

        assert list(sessions) == [STRAY]
        assert list(streams) == [BEN]

    async def test_events_are_counted_up_to_where_the_look_goes(self, state: StateInUse) -> None:
        async with state.moment() as moment:
            ends = await moment.ends()
            counted = [await moment.count(0, upto=2), await moment.count(1, upto=9)]

        assert {shard: end for shard, end in ends.items() if end} == {0: 3, 1: 1}
        assert counted == [2, 1]


async def filled(store: EventStore) -> None:
    await store.take(0, owner="one")
    await store.take(1, owner="one")
    sessions = [NewSession(TALK, ANA, NOON, 2), NewSession(STRAY, ANA, NOON, 2)]
    names = [NewAlias(ANAS, ANA)]
    timers = [Timer(TimerKey(talk, "session-expiry"), ANA, NOON) for talk in (TALK, STRAY)]
    anas = Append(0, 1, 0, 3, events=ANAS_EVENTS, aliases=names, sessions=sessions, timers=timers)
    bens = Append(1, 1, 0, 1, events=[happened(BEN, 2, BEN)], aliases=[NewAlias(BENS, BEN)])
    await store.append([anas, bens])
    await store.keep_snapshots([TAKEN])


class HeadlessMemoryStore(MemoryEventStore):
    """Takes the first thing that is known of Ben for his second, as PostgreSQL does."""

    def _check(self, appends: Any) -> None:
        """Accept all."""


class TestMemoryStateInUse(StateInUseContract):
    @pytest.fixture
    async def state(self) -> StateInUse:
        store = HeadlessMemoryStore()
        await filled(store)
        return MemoryStateInUse(store)


@pytest.mark.connected
class TestPostgresStateInUse(StateInUseContract):
    @pytest.fixture
    async def state(self, connections: Connections) -> StateInUse:
        store = PostgresEventStore(connections)
        await store.provide(2)
        await filled(store)
        return PostgresStateInUse(connections)

    async def test_a_moment_does_not_see_what_is_written_meanwhile(
        self, state: StateInUse, connections: Connections
    ) -> None:
        store = PostgresEventStore(connections)

        async with state.moment() as moment:
            before = await moment.ends()
            await store.append([Append(0, 1, 3, 4, events=[happened(ANA, 3, ANA)])])
            after = await moment.ends()
            history = await moment.histories([ANA], sessions=True)

        assert before == after
        assert len(history[ANA]) == len(ANAS_EVENTS)
