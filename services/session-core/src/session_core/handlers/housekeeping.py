"""What can wait: snapshots of people with a long history, and repeats that cannot come any more."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from domain.ports.event_store import EventStore, StoreFailure
from domain.values import DUPLICATE_WINDOW
from session_core.use_cases.snapshots import Album

_SNAPSHOT_SECONDS = 0.5
_LEEWAY = timedelta(days=1)
"""Commands carry the clocks of those who sent them."""
_FORGET_EVERY = timedelta(hours=1)

_log = structlog.get_logger(__name__)


class Housekeeping:
    """Does it every now and then. Nothing depends on when."""

    def __init__(self, album: Album, store: EventStore, *, now: Callable[[], datetime]) -> None:
        self._album = album
        self._store = store
        self._now = now
        self._forget_at = now()

    async def run(self) -> None:
        """Keep house for ever."""
        while True:
            await asyncio.sleep(_SNAPSHOT_SECONDS)
            await self.keep_house()

    async def keep_house(self) -> None:
        """Do what is due. Trouble with the store means later."""
        await self._album.keep()
        if self._now() >= self._forget_at:
            await self._forget()

    async def _forget(self) -> None:
        try:
            gone = await self._store.forget_spilled(self._now() - DUPLICATE_WINDOW - _LEEWAY)
        except StoreFailure as failure:
            _log.info("old repeats not forgotten", reason=str(failure))
            return
        self._forget_at = self._now() + _FORGET_EVERY
        if gone:
            _log.info("old repeats forgotten", commands=gone)
