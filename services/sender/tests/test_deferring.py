"""Replies that have to wait long are set aside: nobody waits for them but their own person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from world import NOON, World, restarted, sent

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import (
    ContactOptedOut,
    MessageReceived,
    ReceivedMessage,
    ReplyFailed,
    ReplyRequested,
)
from domain.messages import InboundText, OutboundTemplate
from domain.ports.sending import NumberStopped, OutcomeUnknown, PlatformUnavailable, SlowDown
from domain.ports.sending_ledger import LedgerUnavailable
from domain.values import ContactId, message_id
from sender.use_cases.deferring import Bounds
from sender.use_cases.pacing import Limits, Rate
from streaming import tracing
from streaming.cloudevents import decode

Ask = Callable[..., ReplyRequested]
ANA, BEN = uuid4(), uuid4()
TOO_MUCH = SlowDown("pair-limit", scope="pair", code=131056)
LOCKED = NumberStopped("number-stopped", code=131031)
OFFER = OutboundTemplate(name="offer", language="en", category="marketing")


async def test_a_person_over_the_limit_holds_nobody_up(world: World, ask: Ask) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    for text in ("one", "two", "three"):
        await world.happens(ask(contact=ANA, text=text))
    await world.happens(ask(contact=BEN, text="for Ben"))

    assert world.texts == ["for Ben"]
    assert await world.deferred() == 3


async def test_what_waited_goes_out_in_the_trace_of_its_request(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "MODE", replace(tracing.MODE, carried=True))
    seen: list[str | None] = []

    async def note() -> None:
        seen.append(tracing.current_traceparent())

    world.platform.failures, world.platform.before_answer = [TOO_MUCH] * 3, note
    world.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await world.happens(ask(contact=ANA))
    await world.until(lambda: len(world.told) == 1)

    assert [(trace or "")[:36] for trace in seen] == [world.traceparent[:36]]


async def test_what_waited_goes_out_in_order_and_leaves_nothing_behind(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 4
    for text in ("one", "two", "three"):
        await world.happens(ask(contact=ANA, text=text))
    await world.until(lambda: len(world.told) == 3)
    await world.settle()

    assert world.texts == ["one", "two", "three"]
    assert world.platform.calls == 7
    assert world.hours.now == pytest.approx(1 + 4 + 16 + 64)
    assert await world.deferred() == 0
    assert not world.sending.awaits_news(0)


async def test_a_reply_that_could_not_be_taken_out_of_the_ledger_is_not_sent_again(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    resume, failures = world.ledger.resume, [LedgerUnavailable("away")] * 2

    async def resume_or_fail(*reply: Any, **where: Any) -> None:
        if failures:
            raise failures.pop()
        await resume(*reply, **where)

    world.ledger.resume = resume_or_fail  # type: ignore[method-assign]
    await world.happens(ask(contact=ANA, text="one"), ask(contact=ANA, text="two"))
    await world.until(lambda: len(world.told) == 2)
    await world.settle()

    assert world.texts == ["one", "two"]
    assert await world.deferred() == 0


async def test_whoever_comes_later_goes_behind_who_waits_and_then_at_once(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    await world.happens(ask(contact=ANA, text="one"))
    await world.until(lambda: world.texts == ["one"])
    await world.settle()
    await world.happens(ask(contact=ANA, text="two"))

    assert world.texts == ["one", "two"]
    assert await world.deferred() == 0


async def test_a_pace_that_adds_up_to_a_long_wait_is_not_waited_for_in_place(
    world: World, ask: Ask
) -> None:
    limits = Limits(number=Rate(1000, 1000), pair=Rate(1 / 3, 1))
    await restarted(world, limits=limits)
    asked = [ask(contact=ANA, text=str(number)) for number in range(10)]
    old = int(1000 * (datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    for request in asked:
        world.log.append(world._record(request)._replace(timestamp=old))  # noqa: SLF001
        await world.read(world.log[-1])
    assert await world.deferred() == 9
    await world.until(lambda: len(world.told) == 10)

    assert world.texts == [str(number) for number in range(10)]
    assert world.hours.now == pytest.approx(27)


async def test_short_waits_cost_the_ledger_nothing(world: World, ask: Ask) -> None:
    world.platform.failures = [TOO_MUCH] * 2
    await world.happens(ask(contact=ANA))

    assert world.texts == ["How can we help?"]
    assert await world.deferred() == 0


@pytest.mark.parametrize("committed", [0, 2, 3], ids="read again from {}".format)
async def test_after_a_crash_waiting_replies_go_on_in_order_and_once(
    world: World, ask: Ask, committed: int
) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    for text in ("one", "two", "three"):
        await world.happens(ask(contact=ANA, text=text))
    await world.restart(committed=committed)
    await world.until(lambda: len(world.told) == 3)
    await world.settle()

    assert world.texts == ["one", "two", "three"]
    assert await world.deferred() == 0


async def test_what_was_done_before_the_crash_is_not_done_again_when_it_is_read_again(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    for text in ("one", "two"):
        await world.happens(ask(contact=ANA, text=text))
    await world.until(lambda: len(world.told) == 2)
    await world.settle()
    await world.restart(committed=0)
    await world.pass_time(2000)

    assert world.texts == ["one", "two"]


async def test_what_is_done_is_not_set_aside_behind_who_waits(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a crash that comes before its turn, and finds its outcome far behind, sends it again."""
    one, two = (ask(contact=ANA, text=text) for text in ("one", "two"))
    await world.happens(one)
    world.platform.failures = [TOO_MUCH] * 3
    await world.happens(two)
    set_aside: list[UUID] = []
    defer = world.ledger.defer

    async def noted(reply_id: Any, *entry: Any, **where: Any) -> None:
        set_aside.append(reply_id)
        await defer(reply_id, *entry, **where)

    monkeypatch.setattr(world.ledger, "defer", noted)
    await world.restart(committed=0)
    await world.until(lambda: len(world.told) == 2)

    assert set_aside == []
    assert world.texts == ["one", "two"]


async def test_an_unknown_outcome_is_waited_for_aside(world: World, ask: Ask) -> None:
    world.platform.failures = [OutcomeUnknown("no-answer")]
    lost = ask(contact=ANA, text="lost")
    await world.happens(lost, ask(contact=ANA, text="next"), ask(contact=BEN, text="for Ben"))
    assert world.texts == ["for Ben"]
    await world.happens(sent(lost))
    await world.until(lambda: world.texts == ["for Ben", "next"])

    assert world.hours.now == 0


async def test_without_a_status_it_is_sent_again_after_the_wait(world: World, ask: Ask) -> None:
    world.platform.failures = [OutcomeUnknown("no-answer")]
    await world.happens(ask(contact=ANA, text="lost"), ask(contact=ANA, text="next"))
    await world.until(lambda: len(world.told) == 2)

    assert world.texts == ["lost", "next"]
    assert world.hours.now == pytest.approx(60)


@pytest.mark.parametrize("failed", [False, True], ids=["sent", "failed"])
async def test_a_status_that_was_read_before_the_crash_is_not_forgotten(
    *, world: World, ask: Ask, failed: bool
) -> None:
    world.platform.failures = [OutcomeUnknown("no-answer")]
    lost = ask(contact=ANA, text="lost")
    await world.happens(lost)
    await world.settle()
    assert world.deferring._keeper is not None  # noqa: SLF001 nothing but reading goes on
    world.deferring._keeper.cancel()  # noqa: SLF001
    about = sent(lost).model_dump(exclude={"personal"})
    await world.happens(ReplyFailed(**about, reason="refused") if failed else sent(lost))
    await world.restart()
    await world.pass_time(200)

    assert world.platform.calls == 1
    assert world.told == []


async def test_a_status_that_comes_while_the_reply_is_set_aside_is_not_forgotten(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [OutcomeUnknown("no-answer")]
    lost, defer = ask(contact=ANA, text="lost"), world.ledger.defer

    async def news_first(*deferred: Any, **where: Any) -> None:
        await defer(*deferred, **where)
        world.door.on_fetched(world._record(sent(lost)))  # noqa: SLF001 read ahead of its queue

    world.ledger.defer = news_first  # type: ignore[method-assign]
    await world.happens(lost)
    await world.restart()
    await world.pass_time(200)

    assert world.platform.calls == 1


async def test_replies_of_a_stopped_number_wait_aside_and_go_on_when_one_gets_through(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [LOCKED]
    for number in range(5):
        await world.happens(ask(text=str(number)))
    other = ask(text="of another number").model_copy(update={"phone_number_id": "2"})
    await world.happens(other)
    assert world.texts == ["of another number"]
    assert await world.deferred() == 5
    world.platform.failures = [LOCKED]
    await world.until(lambda: len(world.told) == 6)

    assert sorted(world.texts[1:]) == ["0", "1", "2", "3", "4"]
    assert world.hours.now <= 750


def wrote(who: UUID, at: datetime) -> MessageReceived:
    return MessageReceived(
        contact_id=ContactId(who),
        phone_number_id="106540352242922",
        message_id=message_id("wamid.9"),
        received_at=at,
        kind="text",
        personal=ReceivedMessage(wamid="wamid.9", message=InboundText(text="hello?")),
    )


@pytest.mark.parametrize("crash", [False, True], ids=["", "after a crash"])
async def test_a_message_that_came_meanwhile_opens_the_window_again(
    *, world: World, ask: Ask, crash: bool
) -> None:
    world.platform.failures = [TOO_MUCH] * 4
    await world.happens(ask(contact=ANA, text="one", window=NOON + timedelta(seconds=70)))
    await world.happens(wrote(ANA, NOON))
    if crash:
        await world.restart()
    await world.until(lambda: len(world.told) == 1)
    await world.settle()

    assert world.texts == ["one"]
    assert world.ledger._kept[0].news == {}  # noqa: SLF001 nothing else looks without taking over


async def test_a_message_that_comes_while_the_reply_is_set_aside_is_not_forgotten(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 4
    defer = world.ledger.defer

    async def message_first(*deferred: Any, **where: Any) -> None:
        await defer(*deferred, **where)
        world.door.on_fetched(world._record(wrote(ANA, NOON)))  # noqa: SLF001 ahead of its queue

    world.ledger.defer = message_first  # type: ignore[method-assign]
    await world.happens(ask(contact=ANA, text="one", window=NOON + timedelta(seconds=70)))
    await world.die()
    await world.pass_time(15)
    await world.restart()
    await world.until(lambda: len(world.told) == 1)

    assert world.texts == ["one"]


@pytest.mark.parametrize("crash", [False, True], ids=["", "after a crash"])
async def test_who_opts_out_meanwhile_gets_no_marketing(
    *, world: World, ask: Ask, crash: bool
) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    await world.happens(ask(contact=ANA, message=OFFER))
    await world.happens(ContactOptedOut(contact_id=ContactId(ANA), source="words"))
    if crash:
        await world.restart()
    await world.until(lambda: len(world.told) == 1)

    assert world.texts == []
    [outcome] = world.told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "opted-out"


async def test_a_window_that_closes_while_a_reply_waits_fails_it_once(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 9
    await world.happens(ask(contact=ANA, window=NOON + timedelta(seconds=75)))
    await world.until(lambda: len(world.told) == 1)
    await world.restart(committed=0)
    await world.pass_time(100)

    assert world.texts == []
    [outcome] = world.told
    assert isinstance(outcome, RecordReplyFailed)


async def test_while_there_is_no_room_replies_wait_where_they_are(world: World, ask: Ask) -> None:
    await restarted(world, bounds=Bounds(most_bytes=1))
    world.platform.failures = [TOO_MUCH] * 6
    await world.happens(ask(contact=ANA, text="one"))
    assert await world.deferred() == 1
    await world.happens(ask(contact=BEN, text="for Ben"))
    assert "for Ben" in world.texts
    await world.happens(ask(contact=ANA, text="two"))

    assert [text for text in world.texts if text != "for Ben"] == ["one", "two"]


async def test_while_the_platform_is_away_nothing_is_lost_and_little_is_tried(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [TOO_MUCH] * 3
    for _ in range(20):
        await world.happens(ask(contact=uuid4()))
    world.platform.failures = [*[TOO_MUCH] * 3, *[PlatformUnavailable("not-connected")] * 6]
    await world.happens(ask(contact=ANA, text="one"))
    before = world.platform.calls
    await world.until(lambda: len(world.told) == 21)

    assert len(world.texts) == 21
    assert world.platform.calls - before <= 30


async def test_what_cannot_be_handled_is_parked_and_the_next_goes_on(
    world: World, ask: Ask
) -> None:
    broken = ask(contact=ANA, text="broken")
    send = world.platform.send

    async def break_at_one(reply: Any, **kw: Any) -> Any:
        if kw["reply_id"] == broken.reply_id and not world.platform.failures:
            raise RuntimeError("a bug of ours")
        return await send(reply, **kw)

    world.platform.send = break_at_one  # type: ignore[method-assign]
    world.platform.failures = [TOO_MUCH] * 3
    await world.happens(broken, ask(contact=ANA, text="next"))
    await world.until(lambda: bool(world.told))

    [(record, reason)] = world.parked
    assert (record.topic, record.partition, record.offset) == ("session-events", 0, 0)
    assert record.value == world.log[0].value
    assert decode(record.value, record.headers) == world.log[0].event
    assert reason == "bug:RuntimeError"
    assert [type(one) for one in world.told] == [RecordReplySent]
