"""A reply from its request to its outcome, on a good day and on a bad one."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import ReplyRequested
from domain.ports.sending import (
    PlatformUnavailable,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)
from sender.adapters.memory_ledger import MemoryLedger
from sender.adapters.memory_sender import MemorySender
from sender.use_cases.book import Outcome
from sender.use_cases.pacing import Limits, Rate
from sender.use_cases.sending import ReplySending

Start = Callable[..., ReplySending]
Fulfil = Callable[..., Coroutine[Any, Any, None]]
Ask = Callable[..., ReplyRequested]


async def test_an_accepted_reply_is_told_with_the_ids_of_the_platform(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    request = ask()
    await fulfil(start(), request)

    assert platform.sent == [(request.reply_id, request.personal)]
    [outcome] = told
    assert isinstance(outcome, RecordReplySent)
    assert outcome.reply_id == request.reply_id
    assert outcome.session_id == request.session_id
    assert outcome.personal.wamid == "wamid.memory.106540352242922.1"


async def test_the_ledger_has_a_record_before_each_call_and_one_after(
    start: Start, fulfil: Fulfil, ask: Ask, ledger: MemoryLedger, platform: MemorySender
) -> None:
    seen: list[str] = []

    async def look_at_the_ledger() -> None:
        seen.extend(entry.stage for _, entry in ledger.history)

    platform.before_answer = look_at_the_ledger
    await fulfil(start(), ask())

    assert seen == ["sending"]
    assert [entry.stage for _, entry in ledger.history] == ["sending", "accepted"]


async def test_a_refused_reply_fails_with_the_code_of_the_platform(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [SendRefused("refused", code=131026)]
    await fulfil(start(), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert (outcome.reason, outcome.code) == ("refused", 131026)


async def test_a_reply_after_the_window_fails_without_a_call(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    ledger: MemoryLedger,
    told: list[Outcome],
    slept: list[float],
) -> None:
    slept.append(timedelta(hours=20).total_seconds())
    await fulfil(start(), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "window-closed"
    assert platform.calls == 0
    assert [entry.stage for _, entry in ledger.history] == ["failed"]


async def test_a_window_that_closes_during_a_pause_is_noticed(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    slept: list[float],
) -> None:
    slept.append(timedelta(hours=20).total_seconds() - 63)
    platform.failures = [SlowDown("pair-limit", scope="pair") for _ in range(2)]
    await fulfil(start(), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "window-closed"
    assert platform.calls == 2


async def test_where_no_window_is_known_the_platform_decides(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    await fulfil(start(), ask(window=None))

    assert len(platform.sent) == 1


async def test_a_person_over_the_limit_is_tried_after_growing_pauses(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    slept: list[float],
) -> None:
    platform.failures = [SlowDown("pair-limit", scope="pair", code=131056) for _ in range(4)]
    await fulfil(start(), ask())

    assert slept == [1, 4, 16, 64]
    assert isinstance(told[0], RecordReplySent)


async def test_a_message_the_platform_falters_at_is_given_up_after_five_tries(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [SendFaltered("platform-faltered", code=131000) for _ in range(9)]
    await fulfil(start(), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.code == 131000
    assert platform.calls == 5


@pytest.mark.parametrize(
    "failure",
    [
        PlatformUnavailable("platform-unavailable"),
        SendFaltered("platform-faltered"),
        SlowDown("number-limit", scope="number"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_the_ledger_knows_when_a_call_was_certainly_in_vain(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    ledger: MemoryLedger,
    failure: SendFailure,
) -> None:
    platform.failures = [failure]
    sending, request = start(), ask()
    if isinstance(failure, PlatformUnavailable):
        with pytest.raises(PlatformUnavailable):
            await fulfil(sending, request)
    await fulfil(sending, request)

    stages = [(entry.stage, entry.attempt) for _, entry in ledger.history]
    assert stages == [("sending", 1), ("not-sent", 1), ("sending", 2), ("accepted", 2)]


async def test_an_unavailable_platform_leaves_the_reply_to_be_tried_again(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [PlatformUnavailable("not-connected")]
    sending, request = start(), ask()
    with pytest.raises(PlatformUnavailable):
        await fulfil(sending, request)
    assert told == []
    await fulfil(sending, request)

    assert len(platform.sent) == 1
    assert isinstance(told[0], RecordReplySent)


async def test_the_pace_of_a_person_is_kept_before_the_platform_complains(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, slept: list[float]
) -> None:
    sending = start(limits=Limits(number=Rate(1000, 1000), pair=Rate(1 / 6, 2)))
    first = ask()
    for request in [first, ask(contact=first.contact_id), ask(contact=first.contact_id)]:
        await fulfil(sending, request)

    assert slept == [pytest.approx(6)]
    assert len(platform.sent) == 3


async def test_a_paused_person_does_not_hold_back_another(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    pausing, go_on = asyncio.Event(), asyncio.Event()

    async def pause(_: float) -> None:
        pausing.set()
        await go_on.wait()

    platform.failures = [SlowDown("pair-limit", scope="pair")]
    sending, slow, quick = start(sleep=pause), ask(), ask()
    waiting = asyncio.create_task(fulfil(sending, slow))
    await pausing.wait()
    await fulfil(sending, quick)
    sent_meanwhile = [reply for reply, _ in platform.sent]
    waiting.cancel()

    assert sent_meanwhile == [quick.reply_id]
