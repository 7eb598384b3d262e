"""State computed from events alone equals what is in use, or the difference is named."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain import codec, events
from domain.ports.event_store import (
    AliasKey,
    Append,
    NewAlias,
    NewEvent,
    NewSession,
    Origin,
    PastEvent,
    Snapshot,
    Timer,
    TimerKey,
)
from domain.ports.rebuilding import StoredEvent
from domain.session import FlowBook
from domain.values import NAMESPACE, CommandId, ContactId, EventId, SessionId
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.app.core import Core
from session_core.use_cases.people import STRANGER, after
from session_core.use_cases.rebuilding import Comparison, Rebuilding
from session_core.use_cases.replaying import replay
from session_core.use_cases.snapshots import take

Record = tuple[bytes, list[tuple[str, bytes]]]
Begin = Callable[..., Awaitable[Core]]
NUMBER = "106540352242922"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA, BEN = (ContactId(uuid5(NAMESPACE, name)) for name in ("ana", "ben"))
TALK = SessionId(uuid5(NAMESPACE, "talk"))
ANAS, BENS = AliasKey(NUMBER, "wa:1"), AliasKey(NUMBER, "wa:2")


def known_as(who: ContactId, wa_id: str) -> events.Event:
    identity = events.Identity(from_=wa_id)
    return events.ContactIdentified(contact_id=who, phone_number_id=NUMBER, personal=identity)


FLOW = """
name: hours
title: Opening hours
triggers: {default: true}
expires_after_hours: 5
steps:
  - {id: name, ask: "Your name?", text: {min: 2}, wrong: Two letters at least.}
  - {id: end, complete: {outcome: told}}
"""
VERSION = FlowBook.of({"hours.yaml": FLOW}).current["hours"].version
DEADLINE = NOON + timedelta(hours=5)
EXPIRY = TimerKey(TALK, "session-expiry")


def begun(who: ContactId = ANA, version: str = VERSION) -> events.Event:
    return events.SessionInitiated(
        contact_id=who,
        session_id=TALK,
        phone_number_id=NUMBER,
        flow="hours",
        flow_version=version,
        trigger="message",
    )


def stored(
    event: events.Event, stream: UUID, version: int = 1, *, data: bytes | None = None
) -> NewEvent:
    origin = Origin(CommandId(uuid5(stream, f"c{version}")), NOON, event.contact_id, "correlation")
    identity = EventId(uuid5(stream, str(version)))
    return NewEvent(stream, version, identity, event.TYPE, data or codec.encode(event), origin)


async def compared(
    *appends: Append, page: int = 200, snapshots: Sequence[Snapshot] = ()
) -> Comparison:
    store = MemoryEventStore()
    for shard in (0, 1):
        await store.take(shard, owner="one")
    await store.append(appends)
    await store.keep_snapshots(snapshots)
    return await rebuilding(store, page=page, sleep=at_once).compare()


def rebuilding(store: MemoryEventStore, **more: Any) -> Rebuilding:
    return Rebuilding(MemoryStateInUse(store), Flows(), **more)


class Flows:
    """FlowArchive that keeps one flow."""

    async def keep(self, flows: Sequence[tuple[str, str, str]]) -> None:
        """Keep nothing else."""

    async def kept(self) -> Mapping[tuple[str, str], str]:
        return {("hours", VERSION): FLOW}


async def at_once(_: float) -> None:
    """Let no time pass."""


def ana(
    *more: NewEvent,
    aliases: Sequence[NewAlias] = (NewAlias(ANAS, ANA),),
    sessions: Sequence[NewSession] = (NewSession(TALK, ANA, NOON, 2),),
    timers: Sequence[Timer] = (Timer(EXPIRY, ANA, DEADLINE),),
    version: str = VERSION,
) -> Append:
    """Everything of Ana, in order unless something is left out or added."""
    whole = [stored(known_as(ANA, "1"), ANA), stored(begun(version=version), TALK), *more]
    return Append(0, 1, 0, 1, events=whole, aliases=aliases, sessions=sessions, timers=timers)


@pytest.mark.parametrize("page", [1, 2, 200])
async def test_whatever_people_said_the_state_in_use_is_what_their_events_say(  # noqa: PLR0917 by name
    page: int,
    begin: Begin,
    topic: MemoryCommands,
    store: MemoryEventStore,
    archive: MemoryFlowArchive,
    settled: Callable[[], Awaitable[None]],
    says: Callable[..., Record],
) -> None:
    for number, text in enumerate(("hello", "Rex", "dog", "hello again", "Tom"), start=1):
        for person in range(4):
            topic.write(
                person % 2, *says(f"1555000{person}", text, number=number, user_id=f"US.{person}")
            )
    await begin()
    await settled()

    comparison = await Rebuilding(MemoryStateInUse(store), archive, page=page).compare()

    assert comparison.findings == ()
    assert comparison.holds
    assert (comparison.contacts, comparison.sessions, comparison.aliases) == (4, 8, 8)
    assert comparison.timers == 4
    assert comparison.events == len(store.events())


async def test_a_person_who_was_merged_may_be_without_a_name() -> None:
    merged = stored(events.ContactMerged(contact_id=ANA, into=BEN), ANA, 2)

    assert (await compared(ana(merged, aliases=()))).findings == ()


async def test_a_name_that_was_known_and_leads_to_nobody_is_a_difference() -> None:
    second = stored(known_as(ANA, "2"), ANA, 2)

    comparison = await compared(ana(second))

    assert comparison.findings == (f"a name of contact {ANA} leads to nobody",)


async def test_a_person_whom_no_name_reaches_any_more_is_a_difference() -> None:
    comparison = await compared(ana(aliases=()))

    assert comparison.findings == (
        f"a name of contact {ANA} leads to nobody",
        f"contact {ANA} is reached by none of their names",
    )


def test_a_version_that_is_not_there_is_an_oddity_of_the_person() -> None:
    first, third = stored(known_as(ANA, "1"), ANA), stored(known_as(ANA, "2"), ANA, 3)

    replayed = replay(ANA, [StoredEvent(0, 1, first), StoredEvent(0, 2, third)])

    assert replayed.oddities == [f"stream {ANA} has version 3 after 1"]


async def test_a_name_that_leads_to_another_who_claims_it_too_is_no_difference() -> None:
    """Of two who came under one name, the first has it."""
    second = stored(known_as(ANA, "2"), ANA, 2)
    ben = Append(
        1, 1, 0, 1, events=[stored(known_as(BEN, "2"), BEN)], aliases=[NewAlias(BENS, BEN)]
    )

    assert (await compared(ana(second), ben)).findings == ()


async def test_a_name_that_its_person_never_used_is_a_difference() -> None:
    names = [NewAlias(ANAS, ANA), NewAlias(BENS, ANA)]

    comparison = await compared(ana(aliases=names))

    assert comparison.findings == (f"a name leads to contact {ANA}, whose events do not know it",)


async def test_a_name_that_its_person_learns_of_a_moment_later_is_no_difference() -> None:
    store = MemoryEventStore()
    await store.take(0, owner="one")
    await store.append([ana(aliases=[NewAlias(ANAS, ANA), NewAlias(BENS, ANA)])])
    waited = []

    async def meanwhile(seconds: float) -> None:
        learned = [stored(known_as(ANA, "2"), ANA, 2)]
        await store.append([Append(0, 1, 1, 2, events=learned)])
        waited.append(seconds)

    comparison = await rebuilding(store, sleep=meanwhile).compare()

    assert comparison.findings == ()
    assert len(waited) == 1


async def test_a_person_who_never_had_a_name_is_no_difference() -> None:
    unnamed = events.ContactOptedOut(contact_id=BEN, source="webhook")
    ben = Append(1, 1, 0, 1, events=[stored(unnamed, BEN)])

    assert (await compared(ana(), ben)).findings == ()


async def test_a_session_without_a_row_and_what_happened_in_it_are_differences() -> None:
    comparison = await compared(ana(sessions=()))

    assert comparison.findings == (
        f"session {TALK} has no row",
        "shard 0: nobody in use accounts for 1 of 2 events",
    )
    assert not comparison.holds


async def test_a_session_opened_at_another_time_is_a_difference() -> None:
    late = NOON.replace(hour=13)

    comparison = await compared(ana(sessions=[NewSession(TALK, ANA, late, 2)]))

    assert comparison.findings == (
        f"session {TALK} is in use with time of opening {late}, not {NOON}",
    )


async def test_a_history_that_cannot_be_replayed_is_a_difference_and_shows_no_content() -> None:
    data = b'{"contact_id": "+1 555 000 1111"}'
    broken = stored(known_as(ANA, "1"), ANA, 2, data=data)

    comparison = await compared(ana(broken))

    (finding,) = comparison.findings
    assert finding.startswith(f"event {broken.event_id} cannot be replayed: ")
    assert "555" not in finding


async def test_a_person_with_events_in_two_shards_is_a_difference() -> None:
    elsewhere = stored(events.ContactOptedOut(contact_id=ANA, source="webhook"), ANA, 2)

    comparison = await compared(ana(), Append(1, 1, 0, 1, events=[elsewhere]))

    assert f"contact {ANA} has events in shards 0, 1" in comparison.findings


async def test_an_event_in_a_stream_that_is_not_its_own_is_a_difference() -> None:
    bens = events.ContactOptedOut(contact_id=BEN, source="webhook")
    astray = stored(bens, ANA, 2)

    comparison = await compared(ana(astray))

    assert comparison.findings == (f"event {astray.event_id} lies in a stream that is not its own",)


async def test_a_timer_that_fires_early_is_no_difference() -> None:
    early = [Timer(EXPIRY, ANA, NOON)]

    assert (await compared(ana(timers=early))).findings == ()


async def test_a_timer_that_lacks_or_comes_late_is_a_difference() -> None:
    late = DEADLINE + timedelta(seconds=1)

    without = await compared(ana(timers=()))
    too_late = await compared(ana(timers=[Timer(EXPIRY, ANA, late)]))

    assert without.findings == (f"session {TALK} has no timer session-expiry",)
    assert too_late.findings == (
        f"timer session-expiry of session {TALK} is due at {late}, after {DEADLINE}",
    )


async def test_a_timer_of_a_session_that_has_ended_is_a_difference() -> None:
    over = events.SessionCancelled(contact_id=ANA, session_id=TALK, reason="test")

    ended = await compared(ana(stored(over, TALK, 2)))
    cleared = await compared(ana(stored(over, TALK, 2), timers=()))

    assert ended.findings == (
        f"timer session-expiry of session {TALK} is there, but the session waits for nothing",
    )
    assert cleared.findings == ()


async def test_a_timer_taken_for_somebody_elses_or_of_no_session_is_a_difference() -> None:
    nowhere = TimerKey(SessionId(uuid5(NAMESPACE, "nowhere")), "session-expiry")

    comparison = await compared(
        ana(timers=[Timer(EXPIRY, BEN, DEADLINE), Timer(nowhere, ANA, DEADLINE)])
    )

    assert comparison.findings == (
        f"timer session-expiry of session {TALK} is that of contact {BEN} in shard 0",
        f"timer session-expiry is there of session {nowhere.session_id}, which no event began",
    )


async def test_a_session_whose_flow_nobody_kept_is_a_difference() -> None:
    comparison = await compared(ana(version="lost"))

    assert comparison.findings == (f"session {TALK} is pinned to a flow that is not kept",)


def at(sequence: int, *past: NewEvent, shard: int = 0) -> Snapshot:
    """Take a snapshot of Ana as these events leave her."""
    return take(
        ANA, after(STRANGER, (PastEvent.of(0, one) for one in past)), shard=shard, sequence=sequence
    )


async def test_a_snapshot_of_any_moment_is_what_the_events_say_up_to_then() -> None:
    whole = ana(stored(known_as(ANA, "1"), ANA, 2)).events

    for sequence in (1, 2, 3):
        comparison = await compared(ana(whole[2]), snapshots=[at(sequence, *whole[:sequence])])

        assert comparison.findings == ()
        assert comparison.snapshots == 1


async def test_a_snapshot_that_tells_of_something_else_is_a_difference() -> None:
    first, second = ana().events
    wrong = {
        "contact": at(2, stored(known_as(ANA, "3"), ANA), second),
        "open session": at(2, first),
        f"session {TALK}": at(1, first, second),
        "shard": at(2, first, second, shard=1),
    }

    for part, snapshot in wrong.items():
        comparison = await compared(ana(), snapshots=[snapshot])

        (finding,) = comparison.findings
        assert finding.startswith(f"snapshot of contact {ANA} at {snapshot.sequence} is not")
        assert part in finding


async def test_a_snapshot_that_cannot_be_read_is_a_difference() -> None:
    snapshot = replace(at(2, *ana().events), state=b"{}[")

    (finding,) = (await compared(ana(), snapshots=[snapshot])).findings

    assert finding == f"snapshot of contact {ANA} at 2 cannot be read: not fitting: 1 part"


async def test_an_empty_store_has_no_difference() -> None:
    comparison = await compared()

    assert (comparison.holds, comparison.events, comparison.contacts) == (True, 0, 0)
