"""What is said of a session long ago has its effect, however many came after it."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from domain import commands
from domain.codec import decode_event
from domain.events import ReplyRequested, SessionInitiated
from domain.ports.event_store import RecordedEvent
from domain.values import NAMESPACE, EventId, SessionId, command_id
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.app.core import Core

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]

ANA = "15550001111"
MORE_THAN_REMEMBERED = 55

Kind = TypeVar("Kind")


def talk_often(topic: MemoryCommands, says: Says) -> None:
    number = count(1)
    for _ in range(MORE_THAN_REMEMBERED):
        for text in ("hello", "Rex", "dog"):
            topic.write(0, *says(ANA, text, number=next(number)))


def kinds_of(world: MemoryEventPublisher, session: SessionId) -> list[str]:
    """Give the session's events, and see that none is missing or twice."""
    own = [one.event for one in world.published(0) if one.event.stream_id == session]
    assert [event.version for event in own] == list(range(1, len(own) + 1))
    return [event.type for event in own]


def first_session(world: MemoryEventPublisher) -> SessionInitiated:
    event = next(one for one in world.published(0) if one.event.type == SessionInitiated.TYPE)
    return decoded(event, SessionInitiated)


def decoded(one: RecordedEvent, kind: type[Kind]) -> Kind:
    event = decode_event(one.event.type, one.event.data)
    assert isinstance(event, kind)
    return event


async def test_what_the_crm_was_told_of_an_old_session_is_recorded_after_a_restart(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    record: Callable[..., Record],
    begin: Begin,
    settled: Settled,
) -> None:
    talk_often(topic, says)
    before = await begin()
    await settled()
    await before.lanes.stop()
    await before.shards.stop()
    old = first_session(world)

    for told in ("one", "two"):
        notified = commands.RecordCrm(
            contact_id=old.contact_id,
            session_id=old.session_id,
            event_id=EventId(command_id(told)),
            crm="webhook",
            outcome="notified",
        )
        topic.write(0, *record(notified, identity=command_id("crm", told)))
        topic.write(0, *says(ANA, "hello", number=1000 + len(told)))
    await begin()
    await settled()

    assert kinds_of(world, old.session_id)[-2:] == ["crm.notified.v1"] * 2
    assert topic.parked == []


async def test_a_reply_of_an_old_session_that_was_sent_late_is_recorded(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    record: Callable[..., Record],
    begin: Begin,
    settled: Settled,
) -> None:
    talk_often(topic, says)
    before = await begin()
    await settled()
    await before.lanes.stop()
    await before.shards.stop()
    requested = decoded(
        next(one for one in world.published(0) if one.event.type == ReplyRequested.TYPE),
        ReplyRequested,
    )
    after = await begin()
    topic.write(0, *says(ANA, "hello", number=1000))
    await settled()

    sent = commands.RecordReplySent(
        contact_id=requested.contact_id,
        session_id=requested.session_id,
        reply_id=requested.reply_id,
        personal=commands.Acceptance(wamid="wamid.late"),
    )
    topic.write(0, *record(sent, identity=command_id("sent", str(NAMESPACE))))
    await settled()

    assert kinds_of(world, requested.session_id)[-1] == "reply.sent.v1"
    assert topic.parked == []
    assert after.ready() is None
