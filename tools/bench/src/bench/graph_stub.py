"""A platform that accepts everything at once: a bare HTTP stub, in a process of its own.

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


class Seen:
    """The bodies of all calls, and when the last one came (seconds since 1970)."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        self._last_at = 0.0

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Accept a message; GET tells of those that came, `/bodies` gives them."""
        if head.startswith(b"GET /bodies"):
            return _ok(b"\n".join(self._bodies))
        if head.startswith(b"GET "):
            return _ok(json.dumps({"calls": len(self._bodies), "last_at": self._last_at}).encode())
        self._bodies.append(body)
        self._last_at = time.time()
        return _ok(
            b'{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],'
            b'"messages":[{"id":"wamid.%d"}]}' % len(self._bodies)
        )


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


async def _serve(port: int, started: Callable[[], None]) -> None:
    seen = Seen()
    server = await asyncio.get_running_loop().create_server(lambda: Stub(seen), "127.0.0.1", port)
    started()
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).touch))
