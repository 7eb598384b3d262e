"""HTTP connections that a stranger can neither fill nor hold for long."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_BYTES = 16 * 1024
"""Of one request's line and headers; more is taken only if it ends in the read it came with."""


class Connection(H11Protocol):
    """Closes itself when no whole request head comes, and gives way when there are too many.

    Built on h11, which bounds heads and trailers; httptools bounds neither.
    """

    patience_s: ClassVar[float] = 10.0
    """From the connection's begin, or from the last answer, to the end of a request's head."""
    most: ClassVar[int] = 800
    """Beyond, the one that lets us wait longest is closed; fits into 1,024 open files."""
    last_words_s: ClassVar[float] = 1.0
    """What a sender has for the rest of a request when the server stops."""

    _open: ClassVar[dict["Connection", None]] = {}
    """All of the process, whose open files they share; who was answered last comes last."""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_request()
        self._make_room()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request; it may be here already, hence the order."""
        self._await_request()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._open.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Answer what was asked, but do not wait until the grace is over for half a question."""
        super().shutdown()
        self.loop.call_later(self.last_words_s, self._close_unless_asked)

    @property
    def lets_us_wait(self) -> bool:
        """Whether it is the other side's turn."""
        cycle: RequestResponseCycle | None = self.cycle
        heard = cycle and not cycle.response_complete and not cycle.more_body
        return not heard and not self.transport.is_closing()

    def _await_request(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._open.pop(self, None)
        self._open[self] = None
        last = self.cycle
        self._deadline = self.loop.call_later(self.patience_s, self._close_if_still_at, last)

    def _close_if_still_at(self, last: object) -> None:
        if self.cycle is last:
            self.transport.close()

    def _close_unless_asked(self) -> None:
        if self.lets_us_wait:
            self.transport.close()

    def _make_room(self) -> None:
        if len(self._open) > self.most:
            longest = next(other for other in self._open if other.lets_us_wait)
            del self._open[longest]
            longest.transport.abort()
