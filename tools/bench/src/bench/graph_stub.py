"""Another side that accepts everything at once: a bare HTTP stub, in a process of its own.

It costs as little as can be, so that what is measured is whoever calls it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"content-length:"
_TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"


class Stub(asyncio.Protocol):
    """Answers requests of one connection, one after the other; all share what was seen."""

    def __init__(self, seen: "Seen") -> None:
        self._seen = seen
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole by now."""
        self._received += data
        while (begin := self._received.find(_HEAD_ENDS)) >= 0:
            head = self._received[:begin]
            end = begin + len(_HEAD_ENDS) + _length(head)
            if len(self._received) < end:
                return
            body = self._received[begin + len(_HEAD_ENDS) : end]
            self._received = self._received[end:]
            self._transport.write(self._seen.answer(head, body))


class Allowance:
    """So many calls a second, and no more saved up than those of one second."""

    def __init__(self, a_second: float) -> None:
        self._a_second = a_second
        self._left = a_second
        self._at = time.monotonic()

    def takes(self) -> bool:
        """Tell if one more is allowed now, and count it."""
        now = time.monotonic()
        self._left = min(self._a_second, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Seen:
    """The bodies of all calls, and when the first and the last came (seconds since 1970)."""

    def __init__(self, allowed: Allowance | None = None) -> None:
        self._bodies: list[bytes] = []
        self._first_at = self._last_at = 0.0
        self._refused = 0
        self._allowed = allowed

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Accept a message; GET tells of those that came, `/bodies` gives them."""
        if head.startswith(b"GET /bodies"):
            return _ok(b"\n".join(self._bodies))
        if head.startswith(b"GET "):
            return _ok(json.dumps(self._told()).encode())
        if self._allowed is not None and not self._allowed.takes():
            self._refused += 1
            return _TOO_MANY
        self._bodies.append(body)
        self._last_at = time.time()
        self._first_at = self._first_at or self._last_at
        return _ok(
            b'{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],'
            b'"messages":[{"id":"wamid.%d"}]}' % len(self._bodies)
        )

    def _told(self) -> dict[str, float]:
        return {
            "calls": len(self._bodies),
            "refused": self._refused,
            "first_at": self._first_at,
            "last_at": self._last_at,
        }


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(_LENGTH):
            return int(line[len(_LENGTH) :])
    return 0


def _ok(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(content),
        content,
    )


async def _serve(port: int, started: Callable[[], None], allowed: Allowance | None) -> None:
    seen = Seen(allowed)
    server = await asyncio.get_running_loop().create_server(lambda: Stub(seen), "127.0.0.1", port)
    started()
    await server.serve_forever()


def main() -> None:
    """Serve at a port, and touch a file once it does; a third argument bounds calls a second."""
    allowed = Allowance(float(sys.argv[3])) if len(sys.argv) > 3 else None  # noqa: PLR2004 its place
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).touch, allowed))


if __name__ == "__main__":
    main()
