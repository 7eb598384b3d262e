"""The business number: how much it may send, and how that grows (throughput)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from simulator.account import Account
from simulator.limits import Limits


class Number:
    """`in_maintenance` while its throughput is upgraded; then every send is refused."""

    def __init__(
        self,
        limits: Limits,
        account: Account,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits = limits
        self.in_maintenance = False
        self._account = account
        self._sleep = sleep
        self._upgrading: asyncio.Task[None] | None = None

    def upgrade(self, *, per_second: float, takes_s: float) -> None:
        """Raise the throughput when `takes_s` seconds are over, and tell; returns at once.

        Raises ValueError while another upgrade is under way.
        """
        if self.in_maintenance:
            raise ValueError("an upgrade is under way")
        self.in_maintenance = True
        self._upgrading = asyncio.create_task(self._upgrade(per_second, takes_s))

    async def stop(self) -> None:
        """Leave an upgrade unfinished."""
        if self._upgrading is not None:
            self._upgrading.cancel()
            await asyncio.gather(self._upgrading, return_exceptions=True)

    async def _upgrade(self, per_second: float, takes_s: float) -> None:
        await self._sleep(takes_s)
        self.limits.rates = replace(self.limits.rates, per_second=per_second)
        self.in_maintenance = False
        self._account.tell_quality("THROUGHPUT_UPGRADE", current_limit="TIER_UNLIMITED")
