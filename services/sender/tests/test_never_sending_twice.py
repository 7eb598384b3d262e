"""Lost answers, crashes and redelivered requests: nobody gets a reply twice, nobody none."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import ReplyRequested
from domain.ports.sending import OutcomeUnknown, PlatformUnavailable, SendFailure, SlowDown
from domain.ports.sending_ledger import LedgerUnavailable
from sender.adapters.memory_ledger import MemoryLedger
from sender.adapters.memory_sender import MemorySender
from sender.use_cases.book import Outcome, Place
from sender.use_cases.sending import Policy, ReplySending
from sender.use_cases.turns import Patience

Start = Callable[..., ReplySending]
Fulfil = Callable[..., Coroutine[Any, Any, None]]
Ask = Callable[..., ReplyRequested]


class CoreIsGone(Exception):
    """Telling session-core failed."""


async def _gone(_: Outcome) -> None:
    raise CoreIsGone


async def _die_in_the_call(
    sending: ReplySending, request: ReplyRequested, fulfil: Fulfil, platform: MemorySender
) -> None:
    """Let the platform accept the reply and the process end before it hears of that."""
    accepted = asyncio.Event()

    async def never_answer() -> None:
        accepted.set()
        await asyncio.Event().wait()

    platform.before_answer = never_answer
    call = asyncio.create_task(fulfil(sending, request))
    await accepted.wait()
    call.cancel()
    await asyncio.wait([call])
    platform.before_answer = MemorySender().before_answer


async def test_a_status_that_comes_in_time_settles_a_lost_answer(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    accepted = asyncio.Event()

    async def lose_the_answer() -> None:
        accepted.set()
        raise OutcomeUnknown("no-answer")

    platform.before_answer = lose_the_answer
    sending, request = start(), ask()
    waiting = asyncio.create_task(fulfil(sending, request))
    await accepted.wait()
    sending.hear(0, request.reply_id)
    await waiting

    assert len(platform.sent) == 1
    assert told == []


async def test_without_a_status_a_lost_answer_is_sent_again_after_the_wait(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [OutcomeUnknown("no-answer")]
    await fulfil(start(unknown_wait=0.01), ask())

    assert platform.calls == 2
    assert isinstance(told[0], RecordReplySent)


async def test_the_log_says_of_which_reply_a_call_was_in_vain_or_its_answer_lost(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    platform.failures = [SlowDown("number-limit", scope="number"), OutcomeUnknown("no-answer")]
    request = ask()

    with capture_logs() as lines:
        await fulfil(start(unknown_wait=0.01), request)

    assert [(line["event"], line.get("reply_id")) for line in lines] == [
        ("reply.not-sent", str(request.reply_id)),
        ("reply.outcome-unknown", str(request.reply_id)),
        ("reply.no-status-came", str(request.reply_id)),
    ]


async def test_who_must_wait_for_its_turn_after_the_wait_for_a_status_waits_for_none_again(
    *, start: Start, ask: Ask, platform: MemorySender, slept: list[float]
) -> None:
    async def report(_: Outcome) -> None: ...

    async def go_on() -> float | None:
        return await sending.fulfil(request, Place(0, 0), report, Patience(0.1, 0.1))

    sending, request = start(unknown_wait=60), ask()
    platform.failures = [OutcomeUnknown("no-answer")]
    assert await go_on() == 60
    slept.append(60)
    sending.turns.slow_down(request, SlowDown("number-limit", scope="number"))
    assert await go_on() == 61
    slept.append(1)

    assert await go_on() is None
    assert platform.calls == 2


async def test_where_failing_is_preferred_a_lost_answer_is_told_as_unknown(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [OutcomeUnknown("no-answer")]
    await fulfil(start(policy=Policy(unknown="fail", unknown_wait=0.01)), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "outcome-unknown"
    assert platform.calls == 1


async def test_a_window_that_closed_meanwhile_does_not_make_the_unknown_known(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    slept: list[float],
) -> None:
    async def lose_the_answer_and_a_day() -> None:
        slept.append(24 * 3600)
        raise OutcomeUnknown("no-answer")

    platform.before_answer = lose_the_answer_and_a_day
    await fulfil(start(unknown_wait=0.01), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "outcome-unknown"
    assert len(platform.sent) == 1


async def test_a_status_that_comes_while_a_reply_waits_for_a_free_call_settles_it(
    *, start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    lost, other, accepted, answered = ask(), ask(), asyncio.Event(), asyncio.Event()

    async def answer_late() -> None:
        accepted.set()
        await answered.wait()

    async def others_take_the_only_call(_: int) -> None:
        if len(tasks) == 1:
            tasks.append(asyncio.create_task(fulfil(sending, other, 1)))
        await accepted.wait()

    policy = Policy(unknown_wait=0, concurrent_calls=1)
    sending = start(policy=policy, catch_up=others_take_the_only_call)
    platform.failures, platform.before_answer = [OutcomeUnknown("no-answer")], answer_late
    tasks = [asyncio.create_task(fulfil(sending, lost))]
    await accepted.wait()
    for _ in range(50):  # enough turns of the loop to stand in line
        await asyncio.sleep(0)
    sending.hear(0, lost.reply_id)
    answered.set()
    await asyncio.gather(*tasks)

    assert platform.calls == 2
    assert [outcome.reply_id for outcome in told] == [other.reply_id]


async def test_a_status_that_comes_while_the_next_call_is_entered_prevents_that_call(
    *, start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, ledger: MemoryLedger
) -> None:
    write, request = ledger.write, ask()

    async def status_meanwhile(*entry: Any, **where: Any) -> None:
        await write(*entry, **where)
        if platform.calls:
            sending.hear(0, request.reply_id)

    sending = start(unknown_wait=0.01)
    platform.failures, ledger.write = [OutcomeUnknown("no-answer")], status_meanwhile  # type: ignore[method-assign]
    await fulfil(sending, request)

    assert platform.calls == 1
    assert [entry.stage for _, entry in ledger.history] == ["sending", "sending", "accepted"]


async def test_a_successor_reads_all_news_before_it_repeats_what_may_have_arrived(
    *, start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    request = ask()
    platform.failures = [OutcomeUnknown("no-answer"), PlatformUnavailable("no-connection")]
    with pytest.raises(PlatformUnavailable):
        await fulfil(start(unknown_wait=0.01), request)

    async def read_the_late_status(_: int) -> None:
        successor.hear(0, request.reply_id)

    successor = start(catch_up=read_the_late_status)
    await successor.take_over({0: 0})
    await fulfil(successor, request)

    assert platform.calls == 2
    assert told == []


async def test_a_second_attempt_that_was_refused_leaves_the_first_as_uncertain_as_it_was(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, ledger: MemoryLedger
) -> None:
    platform.failures = [OutcomeUnknown("no-answer"), SlowDown("number-limit", scope="number")]
    await fulfil(start(unknown_wait=0.01), ask())

    assert [(entry.stage, entry.is_unsure) for _, entry in ledger.history] == [
        ("sending", False),
        ("sending", True),
        ("not-sent", True),
        ("sending", True),
        ("accepted", True),
    ]


async def test_after_a_crash_in_the_call_the_status_is_waited_for(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    ledger: MemoryLedger,
    told: list[Outcome],
) -> None:
    request = ask()
    await _die_in_the_call(start(), request, fulfil, platform)
    successor = start()
    await successor.take_over({0: 0})
    waiting = asyncio.create_task(fulfil(successor, request))
    await asyncio.sleep(0)
    assert not waiting.done()
    successor.hear(0, request.reply_id)
    await waiting

    assert len(platform.sent) == 1
    assert told == []
    assert ledger.history[-1][1].stage == "accepted"


async def test_a_status_read_before_the_redelivered_request_counts_as_well(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    request = ask()
    await _die_in_the_call(start(), request, fulfil, platform)
    successor = start()
    await successor.take_over({0: 0})
    successor.hear(0, request.reply_id)
    await fulfil(successor, request)

    assert len(platform.sent) == 1


async def test_after_a_crash_before_the_call_the_reply_goes_out_late(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [SendFailure("the process ends here")]
    request = ask()
    with pytest.raises(SendFailure):
        await fulfil(start(), request)
    successor = start(unknown_wait=0.01)
    await successor.take_over({0: 0})
    await fulfil(successor, request)

    assert len(platform.sent) == 1
    assert isinstance(told[0], RecordReplySent)


async def test_a_reply_with_a_known_outcome_is_not_sent_after_a_restart(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    request = ask()
    await fulfil(start(), request)
    successor = start()
    await successor.take_over({0: 0})
    await fulfil(successor, request)

    assert len(platform.sent) == 1


async def test_an_outcome_that_could_not_be_told_is_told_later_without_sending(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    sending, request = start(), ask()
    with pytest.raises(CoreIsGone):
        await sending.fulfil(request, Place(0, 0), _gone)
    await fulfil(sending, request)

    assert len(platform.sent) == 1
    assert isinstance(told[0], RecordReplySent)


async def test_the_ledger_says_accepted_only_once_session_core_was_told(
    start: Start, ask: Ask, ledger: MemoryLedger
) -> None:
    with pytest.raises(CoreIsGone):
        await start().fulfil(ask(), Place(0, 0), _gone)

    assert [entry.stage for _, entry in ledger.history] == ["sending"]


async def test_a_status_that_overtakes_the_answer_does_not_hide_the_ids(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    sending, request = start(), ask()

    async def status_first() -> None:
        sending.hear(0, request.reply_id)

    platform.before_answer = status_first
    await fulfil(sending, request)

    assert isinstance(told[0], RecordReplySent)
    assert platform.calls == 1


async def test_who_stood_still_between_entry_and_call_makes_the_call_only_after_a_new_entry(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    ledger: MemoryLedger,
    slept: list[float],
) -> None:
    write = ledger.write

    async def stand_still(*entry: Any, **where: Any) -> None:
        await write(*entry, **where)
        slept.append(60.0)

    sending, request = start(), ask()
    ledger.write = stand_still  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        await fulfil(sending, request)
    assert platform.calls == 0
    ledger.write = write  # type: ignore[method-assign]
    await fulfil(sending, request)

    assert platform.calls == 1
    assert [entry.attempt for _, entry in ledger.history] == [1, 2, 2]


async def test_requests_before_the_first_record_read_are_forgotten(
    start: Start, fulfil: Fulfil, ask: Ask
) -> None:
    sending = start()
    for offset in (3, 4):
        await fulfil(sending, ask(), offset)
    successor = start()
    await successor.take_over({0: 4})
    assert successor.awaits_news(0)
    await successor.take_over({0: 5})

    assert not successor.awaits_news(0)


async def test_nothing_is_remembered_of_a_reply_once_it_is_told(
    start: Start, fulfil: Fulfil, ask: Ask
) -> None:
    sending = start()
    await fulfil(sending, ask())

    assert not sending.awaits_news(0)
