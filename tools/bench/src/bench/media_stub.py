"""A platform that has files of every size: look-ups and downloads, in a process of its own.

It costs as little as can be, so that what is measured is whoever calls it. A file of n bytes has
the media id `n` and, for every n, the same beginning.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import uvloop

_HEAD_ENDS = b"\r\n\r\n"
BEGINNING = b"\0\0\0\x18ftypmp42"
"""Of a video, as far as anybody looks."""


@cache
def file_of(size: int) -> bytes:
    """Return the file of so many bytes; what follows the beginning cannot be compressed."""
    body = hashlib.shake_256(b"a file").digest(1 << 20)
    return (BEGINNING + body * (size // len(body) + 1))[:size]


@cache
def sha256_of(size: int) -> str:
    """Return its hash (hex)."""
    return hashlib.sha256(file_of(size)).hexdigest()


class Stub(asyncio.Protocol):
    """Answers requests of one connection, one after the other."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole by now; no request has a body."""
        self._received += data
        while (end := self._received.find(_HEAD_ENDS)) >= 0:
            line = self._received[: self._received.find(b"\r\n")]
            host = self._received.lower().partition(b"host: ")[2].partition(b"\r\n")[0]
            self._received = self._received[end + len(_HEAD_ENDS) :]
            self._answer(line.split(b" ")[1].decode(), host.decode())

    def _answer(self, path: str, host: str) -> None:
        *_, kind, size = path.partition("?")[0].split("/")
        if kind == "files":
            body, mime_type = file_of(int(size)), "video/mp4"
        else:
            body, mime_type = _link(int(size), host), "application/json"
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {mime_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode())
        self._transport.write(body)


def _link(size: int, host: str) -> bytes:
    told = {
        "messaging_product": "whatsapp",
        "url": f"http://{host}/files/{size}",
        "mime_type": "video/mp4",
        "sha256": sha256_of(size),
        "file_size": size,
        "id": str(size),
    }
    return json.dumps(told).encode()


async def _serve(port: int, started: Callable[[], None]) -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port)
    started()
    await server.serve_forever()


if __name__ == "__main__":
    for _size in map(int, sys.argv[3:]):
        sha256_of(_size)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).touch))
