"""What came of a command is seen wherever it was decided, and so is that nothing did."""

import asyncio
from datetime import UTC, datetime

from domain import codec, events
from domain.messages import OutboundText
from domain.ports.event_store import Append, NewEvent, Origin, ParkedCommand
from domain.ports.operators import ShardEnd
from domain.values import (
    NAMESPACE,
    CommandId,
    ContactId,
    EventId,
    ReplyId,
    SessionId,
    command_id,
    reply_id,
)
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_parked_commands import MemoryParkedCommands
from session_core.use_cases.operating import Sent
from session_core.use_cases.witnessing import Outcome, Witness

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OURS, OTHER = CommandId(NAMESPACE), command_id("another")


def event(by: CommandId, version: int) -> NewEvent:
    origin = Origin(by, NOON, ContactId(NAMESPACE), "c", None)
    identity = EventId(command_id("event", str(by), str(version)))
    return NewEvent(NAMESPACE, version, identity, "session.released.v1", b"{}", origin)


def parked(by: CommandId, offset: int) -> ParkedCommand:
    return ParkedCommand(offset, "unknown flow: nope", None, b"{}", [("ce_id", str(by).encode())])


async def outcome(store: MemoryEventStore, ends: dict[int, ShardEnd]) -> Outcome:
    witness = Witness(store, MemoryParkedCommands(store, NOON))
    return await witness.outcome(Sent(OURS, ends), seconds=0)


async def test_the_events_of_a_command_are_told_from_those_of_others(
    store: MemoryEventStore,
) -> None:
    lease = await store.take(1, owner="one")
    events = [event(OTHER, 1), event(OURS, 2), event(OTHER, 3)]
    await store.append([Append(1, lease.epoch, 0, 3, events=events)])

    found = await outcome(store, {0: ShardEnd(0, 0), 1: ShardEnd(0, 0)})

    assert [one.event.version for one in found.events] == [2]
    assert found.parked is None


async def test_a_parked_command_is_found_with_its_reason(store: MemoryEventStore) -> None:
    lease = await store.take(1, owner="one")
    commands = [parked(OTHER, 0), parked(OURS, 1)]
    await store.append([Append(1, lease.epoch, 0, 2, parked=commands)])

    found = await outcome(store, {0: ShardEnd(0, 0), 1: ShardEnd(0, 1)})

    assert found.parked is not None
    assert (found.parked.place.offset, found.parked.reason) == (1, "unknown flow: nope")


async def test_what_was_there_before_is_not_taken_for_the_outcome(store: MemoryEventStore) -> None:
    lease = await store.take(1, owner="one")
    await store.append(
        [Append(1, lease.epoch, 0, 1, events=[event(OURS, 1)], parked=[parked(OURS, 0)])]
    )

    assert not (await outcome(store, {1: ShardEnd(1, 1)})).known


def told(one: events.Event, by: CommandId, version: int) -> NewEvent:
    return event(by, version)._replace(type=one.TYPE, data=codec.encode(one))


def asked_for(reply: ReplyId) -> events.ReplyRequested:
    return events.ReplyRequested(
        contact_id=ContactId(NAMESPACE),
        session_id=SessionId(NAMESPACE),
        reply_id=reply,
        phone_number_id="1",
        kind="text",
        personal=events.OutgoingReply(message=OutboundText(text="Kim here")),
    )


def failed(reply: ReplyId) -> events.ReplyFailed:
    return events.ReplyFailed(
        contact_id=ContactId(NAMESPACE),
        session_id=SessionId(NAMESPACE),
        reply_id=reply,
        reason="window-closed",
    )


async def test_what_comes_of_a_reply_is_waited_for(store: MemoryEventStore) -> None:
    lease = await store.take(1, owner="one")
    ours, others = reply_id(OURS, 1), reply_id(OTHER, 1)
    asked = [told(asked_for(ours), OURS, 1), told(failed(others), OTHER, 2)]
    await store.append([Append(1, lease.epoch, 0, 1, events=asked)])
    witness = Witness(store, MemoryParkedCommands(store, NOON))
    outcome = await witness.outcome(Sent(OURS, {1: ShardEnd(0, 0)}), seconds=0)

    looking = asyncio.create_task(witness.replies(outcome, seconds=60))
    await asyncio.sleep(0)
    later = [told(failed(ours), OTHER, 3)]
    await store.append([Append(1, lease.epoch, 1, 2, events=later)])

    assert await looking == {ours: failed(ours)}


async def test_a_reply_without_an_outcome_is_not_waited_for_forever(
    store: MemoryEventStore,
) -> None:
    lease = await store.take(1, owner="one")
    reply = reply_id(OURS, 1)
    asked = [told(asked_for(reply), OURS, 1)]
    await store.append([Append(1, lease.epoch, 0, 1, events=asked)])
    witness = Witness(store, MemoryParkedCommands(store, NOON))
    outcome = await witness.outcome(Sent(OURS, {1: ShardEnd(0, 0)}), seconds=0)

    assert await witness.replies(outcome, seconds=0) == {reply: None}
