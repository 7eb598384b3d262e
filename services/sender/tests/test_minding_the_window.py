"""What may be sent at the moment of sending: the 24-hour window, templates, and who opted out."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain import codec
from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import (
    ContactOptedIn,
    ContactOptedOut,
    Event,
    MessageReceived,
    ReceivedMessage,
    ReplyRequested,
)
from domain.messages import InboundText, OutboundTemplate
from domain.ports.sending import SendRefused
from domain.values import ContactId, message_id
from sender.adapters.memory_sender import MemorySender
from sender.handlers import Handlers
from sender.use_cases.book import Outcome
from sender.use_cases.hearsay import Hearsay
from sender.use_cases.sending import ReplySending
from streaming.cloudevents import CloudEvent
from streaming.runner import Record

Start = Callable[..., ReplySending]
Fulfil = Callable[..., Coroutine[Any, Any, None]]
Ask = Callable[..., ReplyRequested]
Door = Callable[[ReplySending, Any], Handlers]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OFFER = OutboundTemplate(name="offer", language="en", category="marketing")
REMINDER = OutboundTemplate(name="reminder", language="en", category="utility")


class Nobody:
    """Publishes nothing."""

    async def publish(self, *_: Any, **__: Any) -> None: ...


def happens(door: Door, sending: ReplySending, event: Event) -> None:
    """Let an event be fetched."""
    data = codec.encode(event)
    envelope = CloudEvent(id="1", type=event.TYPE, source="/t", time=NOON, data=data)
    key = str(event.contact_id).encode()
    record = Record("session-events", 0, 1, key, data, (), 0, envelope)
    door(sending, Nobody()).on_fetched(record)


def message(who: ContactId, at: datetime) -> MessageReceived:
    return MessageReceived(
        contact_id=who,
        phone_number_id="106540352242922",
        message_id=message_id("wamid.1"),
        received_at=at,
        kind="text",
        personal=ReceivedMessage(
            wamid="wamid.1", message=InboundText(text='"received_at":"2027-01-01T00:00:00Z"')
        ),
    )


@pytest.mark.parametrize(
    ("left", "is_sent"),
    [(timedelta(minutes=2), True), (timedelta(seconds=59), False), (-timedelta(hours=1), False)],
    ids=["two minutes left", "less than the margin left", "over for an hour"],
)
async def test_a_reply_goes_out_only_well_within_the_window(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    left: timedelta,
    is_sent: bool,
) -> None:
    await fulfil(start(), ask(window=NOON + left))

    assert platform.calls == is_sent
    assert [type(one) for one in told] == [RecordReplySent if is_sent else RecordReplyFailed]
    if isinstance(told[0], RecordReplyFailed):
        assert told[0].reason == "window-closed"


async def test_a_message_that_came_while_the_reply_waited_opens_the_window_again(
    start: Start, open_door: Door, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    sending, request = start(), ask(window=NOON - timedelta(hours=1))
    happens(open_door, sending, message(request.contact_id, NOON - timedelta(minutes=1)))
    await fulfil(sending, request)

    assert platform.calls == 1


@pytest.mark.parametrize("at", [NOON - timedelta(hours=24), NOON - timedelta(days=3)])
async def test_a_message_of_long_ago_opens_nothing(
    *,
    start: Start,
    open_door: Door,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    at: datetime,
) -> None:
    sending, request = start(), ask(window=NOON - timedelta(hours=1))
    happens(open_door, sending, message(request.contact_id, at))
    await fulfil(sending, request)

    assert platform.calls == 0


async def test_a_message_that_was_repeated_late_does_not_move_the_window_back(
    start: Start, open_door: Door, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    sending, request = start(), ask(window=NOON - timedelta(hours=1))
    for minutes in (1, 3000):
        happens(open_door, sending, message(request.contact_id, NOON - timedelta(minutes=minutes)))
    await fulfil(sending, request)

    assert platform.calls == 1


async def test_after_the_window_the_template_that_the_request_names_goes_out(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    await fulfil(start(), ask(window=NOON - timedelta(hours=1), fallback=REMINDER))

    assert [reply.message for _, reply in platform.sent] == [REMINDER]
    assert isinstance(told[0], RecordReplySent)
    assert told[0].fallback is True


async def test_that_the_template_went_out_is_told_also_where_only_the_platform_knew_it_was_closed(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures.append(SendRefused("window-closed", code=131047))
    await fulfil(start(), ask(fallback=REMINDER))

    assert [getattr(one, "fallback", "failed") for one in told] == [True]


async def test_within_the_window_the_reply_itself_goes_out(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    request = ask(fallback=REMINDER)
    await fulfil(start(), request)

    assert [reply.message for _, reply in platform.sent] == [request.personal.message]
    assert [getattr(one, "fallback", "failed") for one in told] == [None]


async def test_a_template_needs_no_window(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    await fulfil(start(), ask(window=NOON - timedelta(hours=1), message=REMINDER))

    assert platform.calls == 1


@pytest.mark.parametrize(
    ("known", "heard", "template", "is_sent"),
    [
        pytest.param(None, (), OFFER, True, id="nobody opted out"),
        pytest.param(True, (), OFFER, False, id="opted out before it was asked for"),
        pytest.param(None, (ContactOptedOut,), OFFER, False, id="opted out while it waited"),
        pytest.param(True, (ContactOptedIn,), OFFER, True, id="wanted it again meanwhile"),
        pytest.param(
            None, (ContactOptedOut, ContactOptedIn), OFFER, True, id="changed their mind twice"
        ),
        pytest.param(True, (ContactOptedOut,), REMINDER, True, id="no marketing"),
    ],
)
async def test_who_opted_out_gets_no_marketing_template(
    *,
    start: Start,
    open_door: Door,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    known: bool | None,
    heard: tuple[type[ContactOptedOut | ContactOptedIn], ...],
    template: OutboundTemplate,
    is_sent: bool,
) -> None:
    sending, request = start(), ask(message=template, opted_out=known)
    for event in heard:
        happens(open_door, sending, event(contact_id=request.contact_id, source="test"))
    await fulfil(sending, request)

    assert platform.calls == is_sent
    if isinstance(told[0], RecordReplyFailed):
        assert told[0].reason == "opted-out"


async def test_a_marketing_template_as_the_way_out_of_a_closed_window_is_withheld_alike(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    request = ask(window=NOON - timedelta(hours=1), fallback=OFFER, opted_out=True)
    await fulfil(start(), request)

    assert platform.calls == 0
    assert isinstance(told[0], RecordReplyFailed)
    assert told[0].reason == "opted-out"


def test_only_of_the_people_heard_of_last_something_is_remembered() -> None:
    hearsay, at = Hearsay(), NOON.isoformat().encode()
    people = [ContactId(uuid4()) for _ in range(25_000)]
    for who in people:
        hearsay.wrote(str(who).encode(), at)

    assert hearsay.window_of(people[0]) is None
    assert hearsay.window_of(people[-1]) == NOON + timedelta(hours=24)


def test_an_instant_that_cannot_be_read_opens_no_window() -> None:
    hearsay, who = Hearsay(), ContactId(uuid4())
    hearsay.wrote(str(who).encode(), b"noon")

    assert hearsay.window_of(who) is None
