"""Kinds of replies that are not like words: impossible ones, read receipts and reactions."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import ReplyRequested
from domain.messages import (
    Button,
    OutboundButtons,
    OutboundMessage,
    OutboundReaction,
    OutboundReadReceipt,
    OutboundText,
)
from domain.ports.sending import OutcomeUnknown
from sender.adapters.memory_ledger import MemoryLedger
from sender.adapters.memory_sender import MemorySender
from sender.use_cases.book import Outcome
from sender.use_cases.pacing import Limits, Rate
from sender.use_cases.sending import Policy, ReplySending

Start = Callable[..., ReplySending]
Fulfil = Callable[..., Coroutine[Any, Any, None]]
Ask = Callable[..., ReplyRequested]
READ = OutboundReadReceipt(wamid="wamid.theirs", typing=True)
SMILE = OutboundReaction(wamid="wamid.theirs", emoji="🙂")
FOUR = OutboundButtons(
    text="Which?", buttons=tuple(Button(id=str(n), title="One") for n in range(4))
)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (OutboundText(text="x" * 4097), "invalid: text: at most 4096 characters"),
        (FOUR, "invalid: buttons: 1 to 3"),
    ],
    ids=["text", "buttons"],
)
async def test_a_reply_beyond_a_limit_fails_before_any_call(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    ledger: MemoryLedger,
    told: list[Outcome],
    message: OutboundMessage,
    reason: str,
) -> None:
    await fulfil(start(), ask(message=message))

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert (outcome.reason, outcome.code) == (reason, None)
    assert platform.calls == 0
    assert [entry.stage for _, entry in ledger.history] == ["failed"]


async def test_a_read_receipt_is_told_with_the_message_that_was_read(
    start: Start, fulfil: Fulfil, ask: Ask, told: list[Outcome]
) -> None:
    await fulfil(start(), ask(message=READ))

    [outcome] = told
    assert isinstance(outcome, RecordReplySent)
    assert outcome.personal.wamid == "wamid.theirs"


@pytest.mark.parametrize("message", [READ, SMILE], ids=["read receipt", "reaction"])
async def test_what_may_be_repeated_does_not_wait_for_a_status(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    slept: list[float],
    message: OutboundMessage,
) -> None:
    platform.failures.append(OutcomeUnknown("no-answer"))
    await fulfil(start(policy=Policy(unknown="fail", unknown_wait=60)), ask(message=message))

    assert isinstance(told[0], RecordReplySent)
    assert slept == [1.0]


async def test_what_may_be_repeated_is_given_up_after_a_few_lost_answers(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    slept: list[float],
) -> None:
    platform.failures.extend(OutcomeUnknown("no-answer") for _ in range(9))
    await fulfil(start(), ask(message=READ))

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "outcome-unknown"
    assert slept == [1.0, 2.0, 4.0, 8.0, 16.0]


async def test_a_read_receipt_takes_no_part_of_what_may_be_said_to_a_person(
    start: Start, fulfil: Fulfil, ask: Ask, slept: list[float]
) -> None:
    limits = Limits(number=Rate(1, 1), pair=Rate(1, 1))
    sending = start(limits=limits)
    first = ask(message=READ)
    for message in (READ, READ, OutboundText(text="Hello")):
        await fulfil(sending, ask(contact=first.contact_id, message=message))

    assert slept == []
