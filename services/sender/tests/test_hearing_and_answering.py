"""Which events the sender acts on, and what it puts back on the wire."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain import codec, values
from domain.codec import UndecodableMessage
from domain.commands import RecordReplySent
from domain.events import (
    EVENTS,
    Event,
    ReplyDelivered,
    ReplyFailed,
    ReplyPlayed,
    ReplyRead,
    ReplyRequested,
    ReplySent,
    SentMessage,
)
from domain.ports.sending import OutcomeUnknown
from sender.adapters.memory_sender import MemorySender
from sender.handlers import Handlers, is_wanted
from sender.use_cases.sending import ReplySending
from streaming.cloudevents import CloudEvent, Headers, decode, encode
from streaming.runner import Record

Start = Callable[..., ReplySending]
Ask = Callable[..., ReplyRequested]
Door = Callable[[ReplySending, Any], Handlers]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def door(open_door: Door) -> Door:
    return open_door


@dataclass
class Outbox:
    """Keeps what is published."""

    published: list[dict[str, Any]] = field(default_factory=list)

    async def publish(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> None:
        self.published.append(
            {"topic": topic, "value": value, "key": key, "headers": headers, "partition": partition}
        )


def record(event_type: str, data: bytes, *, partition: int = 4, offset: int = 7) -> Record:
    event = CloudEvent(
        id="an-event",
        type=event_type,
        source="session-core",
        time=NOON,
        data=data,
        correlation_id="a-correlation",
        traceparent=TRACE,
    )
    return Record(
        topic="session-events",
        partition=partition,
        offset=offset,
        key=b"contact",
        value=data,
        headers=encode(event),
        timestamp=0,
        event=event,
    )


def record_of(event: Event) -> Record:
    return record(event.TYPE, codec.encode(event))


def news(request: ReplyRequested) -> list[Event]:
    """Every event that tells what became of a reply."""
    about = {
        "contact_id": request.contact_id,
        "session_id": request.session_id,
        "reply_id": request.reply_id,
    }
    return [
        ReplySent(**about, personal=SentMessage(wamid="wamid.1")),
        ReplyDelivered(**about, at=NOON),
        ReplyRead(**about, at=NOON),
        ReplyPlayed(**about, at=NOON),
        ReplyFailed(**about, code=131026, reason="refused"),
    ]


async def test_the_outcome_goes_back_to_the_partition_of_the_event(
    start: Start, door: Door, ask: Ask
) -> None:
    outbox, request = Outbox(), ask()
    await door(start(), outbox).handle(record_of(request))

    [command] = outbox.published
    assert command["topic"] == "session-commands"
    assert command["partition"] == 4
    assert command["key"] == str(request.contact_id).encode()


async def test_the_outcome_names_its_cause_and_carries_on_the_trace(
    start: Start, door: Door, ask: Ask
) -> None:
    outbox, request = Outbox(), ask()
    await door(start(), outbox).handle(record_of(request))

    command = decode(outbox.published[0]["value"], outbox.published[0]["headers"])
    assert command.type == "reply.record-sent.v1"
    assert command.id == str(values.command_id(command.type, str(request.reply_id)))
    assert command.causation_id == "an-event"
    assert command.correlation_id == "a-correlation"
    assert command.subject == str(request.session_id)
    assert command.traceparent is not None
    assert command.traceparent.split("-")[1] == TRACE.split("-")[1]
    assert isinstance(codec.decode_command(command.type, command.data), RecordReplySent)


async def test_an_outcome_holds_nothing_personal_outside_its_personal_part(
    start: Start, door: Door, ask: Ask
) -> None:
    outbox = Outbox()
    await door(start(), outbox).handle(record_of(ask(to="15550001111")))

    [command] = outbox.published
    data = json.loads(command["value"])
    assert data.pop("personal")["wamid"]
    assert "15550001111" not in json.dumps(data)
    assert b"15550001111" not in command["key"] + b"".join(value for _, value in command["headers"])


def test_of_all_events_only_requests_for_a_reply_are_handled() -> None:
    assert [name for name in EVENTS if is_wanted(name)] == [ReplyRequested.TYPE]


@pytest.mark.parametrize("event_type", ["reply.requested.v1", "reply.requested.v2"])
async def test_a_request_that_cannot_be_read_is_left_to_be_parked(
    start: Start, door: Door, event_type: str
) -> None:
    with pytest.raises(UndecodableMessage):
        await door(start(), Outbox()).handle(record(event_type, b'{"reply_id": 1}'))

    assert is_wanted(event_type)


@pytest.mark.parametrize("number", range(4), ids=["sent", "delivered", "read", "failed"])
async def test_any_news_of_a_reply_settles_what_was_unknown(
    start: Start, door: Door, ask: Ask, platform: MemorySender, number: int
) -> None:
    request, outbox = ask(), Outbox()
    handlers = door(start(), outbox)

    async def lose_the_answer() -> None:
        handlers.on_fetched(record_of(news(request)[number]))
        raise OutcomeUnknown("no-answer")

    platform.before_answer = lose_the_answer
    await handlers.handle(record_of(request))

    assert platform.calls == 1
    assert outbox.published == []


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"reply_id": 7}', b'{"reply_id": "nobody"}', b"\xff"]
)
async def test_news_that_cannot_be_read_settles_nothing_and_stops_nothing(
    start: Start, door: Door, ask: Ask, platform: MemorySender, data: bytes
) -> None:
    handlers, request = door(start(unknown_wait=0.01), Outbox()), ask()

    async def unreadable_news() -> None:
        handlers.on_fetched(record("reply.sent.v1", data))
        if platform.calls == 1:
            raise OutcomeUnknown("no-answer")

    platform.before_answer = unreadable_news
    await handlers.handle(record_of(request))

    assert platform.calls == 2


async def test_news_of_another_partition_settles_nothing_here(
    start: Start, door: Door, ask: Ask, platform: MemorySender
) -> None:
    handlers, request = door(start(unknown_wait=0.01), Outbox()), ask()
    event = news(request)[0]

    async def news_from_elsewhere() -> None:
        handlers.on_fetched(record(event.TYPE, codec.encode(event), partition=5))
        if platform.calls == 1:
            raise OutcomeUnknown("no-answer")

    platform.before_answer = news_from_elsewhere
    await handlers.handle(record_of(request))

    assert platform.calls == 2


async def test_the_ledger_is_asked_before_the_first_event(
    start: Start, door: Door, ask: Ask
) -> None:
    outbox, request = Outbox(), ask(contact=uuid4())
    await door(start(), outbox).handle(record_of(request))
    successor = door(start(), outbox)
    await successor.on_assigned({4: 0})
    successor.on_fetched(record_of(request))
    await successor.handle(record_of(request))

    assert len(outbox.published) == 1
