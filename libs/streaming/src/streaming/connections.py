"""HTTP connections that a stranger can neither fill nor hold for long."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_BYTES = 16 * 1024
"""Of one request's line and headers; more is taken only if it ends in the read it came with."""

WHOLE = "whole body"
"""In a scope's extensions where the whole body is there: nobody need wait for it, or bound that."""
_WHOLE = {WHOLE: dict[object, object]()}

_MOST_PIPELINED = 16
"""Requests that wait for the answer to an earlier one of their connection."""


class TooManyQuestions(Exception):
    """Somebody asks on and on without listening."""


class Connection(HttpToolsProtocol):
    """Closes itself when no whole request head comes, and gives way when there are too many.

    httptools bounds neither heads nor what stands around the parts of a body, so it is done here.
    """

    patience_s: ClassVar[float] = 10.0
    """From the connection's begin, or from the last answer, to the end of a request's head."""
    most: ClassVar[int] = 800
    """Beyond, the one that lets us wait longest is closed; fits into 1,024 open files."""
    last_words_s: ClassVar[float] = 1.0
    """What a sender has for the rest of a request when the server stops."""

    _open: ClassVar[dict["Connection", None]] = {}
    """All of the process, whose open files they share; who was answered last comes last."""
    _look: asyncio.TimerHandle | None = None
    """One timer for as long as the connection lives, instead of two for each request."""
    _waits_since = 0.0
    _is_silent = False
    """Whether nothing came since the last answer."""
    _in_head = True
    _got_on = False
    """Whether this read brought a part of a body, or the end of a request."""
    _idle_bytes = 0
    """Read since then."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_request()
        self._make_room()
        self._look_in(self.patience_s)

    def data_received(self, data: bytes) -> None:
        """Close when heads, trailers or the frames of chunks do not come to an end."""
        self._got_on = self._is_silent = False
        super().data_received(data)
        self._idle_bytes = 0 if self._got_on else self._idle_bytes + len(data)
        if self._idle_bytes > HEAD_BYTES:
            self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take headers, but not what comes behind a body."""
        if self._in_head:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Begin to wait for the body. Raises TooManyQuestions: the parser ends with it."""
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise TooManyQuestions
        self._in_head, self._got_on = False, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._got_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to wait for the next head."""
        self._in_head, self._got_on = True, True
        self.scope["extensions"] = _WHOLE
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or answer it: it may be here already."""
        self._await_request()
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self._is_silent = True
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._open.pop(self, None)
        if self._look is not None:
            self._look.cancel()
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
        self._waits_since = self.loop.time()
        self._open.pop(self, None)
        self._open[self] = None

    def _look_in(self, seconds: float) -> None:
        often = min(seconds, self.patience_s, self.timeout_keep_alive)
        self._look = self.loop.call_later(often, self._close_if_late)

    def _close_if_late(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._look_in(self.patience_s)
            return
        patience_s = self.patience_s
        if self._is_silent:
            patience_s = min(patience_s, self.timeout_keep_alive)
        left = self._waits_since + patience_s - self.loop.time()
        if left > 0:
            self._look_in(left)
        else:
            self.transport.close()

    def _close_unless_asked(self) -> None:
        if self.lets_us_wait:
            self.transport.close()

    def _make_room(self) -> None:
        if len(self._open) > self.most:
            longest = next(other for other in self._open if other.lets_us_wait)
            del self._open[longest]
            longest.transport.abort()
