"""Posts webhooks that are made beforehand, as cheaply as can be. A process of its own.

Each is due at its time; what is due while no connection is free waits, and its waiting counts.
"""

import asyncio
import gc
import json
import pickle
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"content-length:"
_STATUS = slice(9, 12)
_NEVER = 120.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Whole HTTP requests in the order in which they go out, and where to."""

    port: int
    connections: int
    requests: Sequence[bytes]
    due: Sequence[float]
    """Seconds after the begin; all 0 for as fast as the other side answers."""


class Caller(asyncio.Protocol):
    """One connection, with one request under way at most."""

    def __init__(self, calling: "Calling") -> None:
        self._calling = calling
        self._received = b""
        self._due = 0.0
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        """Be ready."""
        self._transport = transport
        self._calling.free.append(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Nobody closes a connection that works; what was under way has failed."""
        self._calling.ended.set()

    def call(self, request: bytes, due: float) -> None:
        """Send it; `due` is the time that its answer is measured from."""
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Once the answer is whole, take what waits."""
        self._received += data
        begin = self._received.find(_HEAD_ENDS)
        if begin < 0:
            return
        head = self._received[:begin]
        if len(self._received) < begin + len(_HEAD_ENDS) + _length(head):
            return
        self._received = b""
        self._calling.answered(self, head[_STATUS].decode(), self._due)


class Calling:
    """What waits, who is free, and what was answered."""

    def __init__(self, calls: Calls) -> None:
        self.free: deque[Caller] = deque()
        self.ended = asyncio.Event()
        self.begin = self.end = 0.0
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._calls = calls
        self._waiting = deque(zip(calls.requests, calls.due, strict=True))
        self._clock = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Return when everything is answered, or a connection broke."""
        loop = asyncio.get_running_loop()
        for _ in range(self._calls.connections):
            await loop.create_connection(lambda: Caller(self), "127.0.0.1", self._calls.port)
        self.begin = time.time()
        self._began = self._clock()
        self._tick()
        async with asyncio.timeout(_NEVER + self._calls.due[-1]):
            await self.ended.wait()

    def answered(self, caller: Caller, status: str, due: float) -> None:
        """Note an answer and give the connection its next request."""
        now = self._clock()
        self.statuses[status] += 1
        self.seconds.append(now - due)
        if self._waiting and self._began + self._waiting[0][1] <= now:
            self._send(caller)
            return
        self.free.append(caller)
        if not self._waiting and len(self.seconds) == len(self._calls.requests):
            self.end = time.time()
            self.ended.set()

    def _tick(self) -> None:
        now = self._clock()
        while self._waiting and self.free and self._began + self._waiting[0][1] <= now:
            self._send(self.free.popleft())  # in turn: ingress closes who is idle for long
        if self._waiting:
            next_at = self._began + self._waiting[0][1]
            asyncio.get_running_loop().call_at(max(next_at, now + 0.001), self._tick)

    def _send(self, caller: Caller) -> None:
        request, due = self._waiting.popleft()
        caller.call(request, self._began + due)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(_LENGTH):
            return int(line[len(_LENGTH) :])
    return 0


async def call_all(calls: Calls) -> dict[str, Any]:
    """Return how it went, in what JSON can hold."""
    calling = Calling(calls)
    await calling.run()
    return {
        "begin": calling.begin,
        "end": calling.end,
        "statuses": calling.statuses,
        "seconds": calling.seconds,
    }


def main() -> None:
    """Make the calls of the file that is named first, write how it went into the second, wait."""
    calls: Calls = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 written by our parent
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(call_all(calls))
    draft = Path(sys.argv[2]).with_suffix(".draft")
    draft.write_text(json.dumps(told))
    draft.rename(sys.argv[2])
    signal.pause()  # whoever measures us ends us


if __name__ == "__main__":
    # Unpickling names bench.calling: what runs must be that module, not a twin called __main__.
    from bench.calling import main as run

    run()
