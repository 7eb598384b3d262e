"""Notices when something blocks the event loop, on which Kafka's heartbeats depend."""

import asyncio
import contextlib
import sys
import threading
import time
import traceback

import structlog

from streaming.metrics import LOOP_LAG

_BEAT_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class LoopWatchdog:
    """Measures how late the loop wakes up, and logs from a thread where a blocked loop stands."""

    def __init__(self, *, blocked_after: float = 3.0) -> None:
        self._blocked_after = blocked_after
        self._last_beat = time.monotonic()
        self._beating: asyncio.Task[None] | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin to watch the running loop."""
        self._last_beat = time.monotonic()
        self._beating = asyncio.create_task(self._beat())
        watched = threading.get_ident()
        threading.Thread(target=self._watch, args=(watched,), daemon=True).start()

    async def stop(self) -> None:
        """Stop watching."""
        self._ended.set()
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating

    async def _beat(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(_BEAT_SECONDS)
            self._last_beat = time.monotonic()
            LOOP_LAG.set(max(0.0, self._last_beat - before - _BEAT_SECONDS))

    def _watch(self, watched: int) -> None:
        reported = 0.0
        while not self._ended.wait(_BEAT_SECONDS):
            beat = self._last_beat
            blocked = time.monotonic() - beat
            if blocked > self._blocked_after and beat != reported:
                reported = beat
                _log.error("the event loop is blocked", seconds=blocked, frames=_stack(watched))


def _stack(thread: int) -> list[str]:
    frame = sys._current_frames().get(thread)  # noqa: SLF001 the documented way to see another thread
    return [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_stack(frame)[-8:]]
