"""HTTP connections that a stranger can neither fill nor hold for long."""

import asyncio
from collections.abc import Awaitable
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from streaming.whole import AnswersWhole, Heard, Plain, lines

HEAD_BYTES = 16 * 1024
"""Of one request's line and headers; more is taken only if it ends in the read it came with."""

WHOLE = "whole body"
"""In a scope's extensions where the whole body is there: nobody need wait for it, or bound that."""
_WHOLE = {WHOLE: dict[object, object]()}

_FAILED = Plain(500, {"connection": "close"})

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

    _answers: AnswersWhole | None = None
    """Who answers the request that is being read, if all of it comes with this read."""
    _parts: list[bytes]
    """Of that request's body."""

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
        if self._answers is not None:
            self._go_the_long_way()
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
        self._answers = self._who_answers_whole()
        self._parts = []
        if self._answers is None:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._got_on = True
        if self._answers is None:
            super().on_body(body)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Begin to wait for the next head."""
        self._in_head, self._got_on = True, True
        if self._answers is not None:
            self._begin_to_answer(self._answers)
            return
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

    def _who_answers_whole(self) -> AnswersWhole | None:
        """Only what is common is answered so; the rest goes by uvicorn's own way."""
        before: RequestResponseCycle | None = self.cycle
        if (
            (before is not None and not before.response_complete)
            or self.parser.get_method() != b"POST"
            or self.parser.get_http_version() != "1.1"
            or self.expect_100_continue
            or self.parser.should_upgrade()
            or not self.parser.should_keep_alive()
        ):
            return None
        found: AnswersWhole | None = getattr(self.app, "whole", {}).get(self.url)
        return found

    def _go_the_long_way(self) -> None:
        """Let uvicorn have what came so far: a part of the body is still to come."""
        self._answers = None
        if not self.transport.is_closing():
            super().on_headers_complete()
            for part in self._parts:
                super().on_body(part)

    def _begin_to_answer(self, answers: AnswersWhole) -> None:
        self._answers, heard = None, Heard()
        self.cycle = heard  # type: ignore[assignment] # as far as anybody asks about it
        answering = answers(self.headers, b"".join(self._parts))
        task = self.loop.create_task(self._answer(answering, heard))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer(self, answering: Awaitable[Plain], heard: Heard) -> None:
        try:
            answer = await answering
        except Exception:
            self.logger.exception("could not answer")
            answer = _FAILED
        if self.flow.write_paused and not heard.disconnected:
            await self.flow.drain()
        if heard.disconnected or self.transport.is_closing():
            return
        is_last = answer.closes or not heard.keep_alive
        told = answer.head + lines(self.server_state.default_headers)
        closing = b"connection: close\r\n" if is_last and not answer.closes else b""
        self.transport.write(told + closing + b"\r\n")
        heard.response_complete = True
        if is_last:
            self.transport.close()
        self.on_response_complete()

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
