"""The ledger is swept for as long as the service runs, whatever fails meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.ports.sending_ledger import LedgerEntry, LedgerUnavailable
from domain.values import ReplyId
from sender.adapters.memory_ledger import MemoryLedger
from sender.use_cases.forgetting import keep_forgetting

EIGHT_DAYS = timedelta(days=8)


class Ended(Exception):
    """The test has seen enough."""


def passing(days: list[float], until: float) -> Callable[[float], "asyncio.Future[None]"]:
    """Let time pass whenever somebody sleeps."""

    async def sleep(seconds: float) -> None:
        days.append(seconds / 86400)
        if sum(days) > until:
            raise Ended

    return lambda seconds: asyncio.ensure_future(sleep(seconds))


@pytest.mark.parametrize("fails", [0, 3], ids=["on a good day", "after the ledger was away"])
async def test_eight_days_after_its_outcome_a_reply_is_forgotten(fails: int) -> None:
    days: list[float] = []
    ledger = MemoryLedger(clock=lambda: sum(days) * 86400)
    reply, forget, failures = ReplyId(uuid4()), ledger.forget, [LedgerUnavailable("away")] * fails

    async def forget_or_fail(older: timedelta) -> int:
        if failures:
            raise failures.pop()
        return await forget(older)

    ledger.forget = forget_or_fail  # type: ignore[method-assign]
    await ledger.write(reply, LedgerEntry("accepted", 1, 5), partition=0)
    await ledger.load({0: 6})
    with pytest.raises(Ended):
        await keep_forgetting(ledger, EIGHT_DAYS, passing(days, until=7.9))
    assert reply in (await ledger.load({0: 0}))[0].entries
    await ledger.load({0: 6})
    days.clear()
    days.append(7.95)
    with pytest.raises(Ended):
        await keep_forgetting(ledger, EIGHT_DAYS, passing(days, until=8.2))

    assert reply not in (await ledger.load({0: 0}))[0].entries
