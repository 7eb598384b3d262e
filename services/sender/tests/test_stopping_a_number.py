"""What the platform refuses for a whole number: it stops, somebody is told, and it goes on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import OutgoingReply, ReplyRequested
from domain.messages import OutboundTemplate
from domain.ports.sending import NumberStopped, SendRefused
from sender.adapters.memory_sender import MemorySender
from sender.use_cases.book import Outcome
from sender.use_cases.sending import ReplySending

Start = Callable[..., ReplySending]
Fulfil = Callable[..., Coroutine[Any, Any, None]]
Ask = Callable[..., ReplyRequested]
NUMBER = "106540352242922"
LOCKED = NumberStopped("number-stopped", code=131031)


def alarm(code: int) -> float | None:
    labels = {"phone_number_id": NUMBER, "code": str(code)}
    return REGISTRY.get_sample_value("sender_stopped_numbers", labels)


async def test_a_locked_account_stops_its_number_until_a_reply_goes_through_again(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    slept: list[float],
) -> None:
    platform.failures = [LOCKED, LOCKED]
    await fulfil(start(), ask())

    assert platform.calls == 3
    assert sum(slept) >= 600
    assert [type(outcome) for outcome in told] == [RecordReplySent]


async def test_a_stopped_number_is_told_by_log_metric_and_status(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, hours: Any
) -> None:
    seen: list[Any] = []
    platform.failures = [LOCKED]

    async def look(seconds: float) -> None:
        seen.extend([sending.turns.status(), alarm(131031)])
        await hours.sleep(seconds)

    sending = start(sleep=look)
    with capture_logs() as lines:
        await fulfil(sending, ask())

    assert seen[:2] == [f"stopped by the platform: {NUMBER} (error 131031)", 1.0]
    assert (sending.turns.status(), alarm(131031)) == (None, None)
    levels = {line["event"]: line["log_level"] for line in lines}
    assert levels["number.stopped"] == "error"
    assert levels["number.resumed"] == "warning"


async def test_replies_of_another_number_go_out_meanwhile(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    stopped = asyncio.Event()

    async def wait(_: float) -> None:
        stopped.set()
        await asyncio.Event().wait()

    platform.failures = [LOCKED]
    sending = start(sleep=wait)
    waiting = asyncio.create_task(fulfil(sending, ask()))
    await stopped.wait()
    other = ask().model_copy(update={"phone_number_id": "another"})
    await fulfil(sending, other)
    waiting.cancel()

    assert [reply for reply, _ in platform.sent] == [other.reply_id]


async def test_a_reply_that_stops_a_number_again_while_others_get_through_fails(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    hours: Any,
) -> None:
    """130497: the business may not write to people of that country."""
    refused, send = ask(), platform.send

    async def send_to_others(reply: OutgoingReply, **kw: Any) -> Any:
        if kw["reply_id"] == refused.reply_id:
            raise NumberStopped("number-stopped", code=130497)
        return await send(reply, **kw)

    platform.send = send_to_others  # type: ignore[method-assign]
    sending = start(sleep=hours.sleep)
    people = [refused, *(ask() for _ in range(3))]
    await asyncio.gather(*(fulfil(sending, request) for request in people))

    [failed] = [outcome for outcome in told if isinstance(outcome, RecordReplyFailed)]
    assert (failed.reply_id, failed.code, failed.reason) == (
        refused.reply_id,
        130497,
        "number-stopped",
    )
    assert len(platform.sent) == 3


async def test_what_an_operator_has_to_mend_fails_with_the_code_and_an_alarm(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    platform.failures = [SendRefused("needs-operator", code=131042)]
    with capture_logs() as lines:
        await fulfil(start(), ask())

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert (outcome.reason, outcome.code) == ("needs-operator", 131042)
    assert "error" in [line["log_level"] for line in lines]


@pytest.mark.parametrize("fallback", [True, False], ids=["with a template", "without"])
async def test_a_window_that_only_the_platform_knew_as_closed_leads_to_the_template(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    platform: MemorySender,
    told: list[Outcome],
    fallback: bool,
) -> None:
    template = OutboundTemplate(name="come_back", language="en")
    request = ask(fallback=template if fallback else None)
    platform.failures = [SendRefused("window-closed", code=131047)]
    await fulfil(start(), request)

    assert [reply.message for _, reply in platform.sent] == [template] * fallback
    assert [type(one) for one in told] == [RecordReplySent if fallback else RecordReplyFailed]
