"""Has ClamAV's daemon look at files, over TCP (clamd(8), INSTREAM)."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Any, Self

from domain.ports.scanning import ScannerUnavailable, TooLargeToScan
from streaming.calling import Call
from streaming.connecting import because
from streaming.traced import SpanKind, Traced

SCAN = Traced(
    "clamd/INSTREAM",
    SpanKind.CLIENT,
    "Has ClamAV look at the file: sends it all and waits for what was found",
    attributes=("server.address", "server.port"),
    below="the attempt at the file",
)
PING = Traced(
    "clamd/PING",
    SpanKind.CLIENT,
    "Whether ClamAV is there, before a file is fetched that it has to look at",
    attributes=("server.address", "server.port"),
    below="the attempt at the file",
)

_LONGEST_ANSWER = 4096
_TOO_LARGE = "INSTREAM size limit exceeded. ERROR"
_FOUND = re.compile(r"(?:stream|instream\(local\)): (?P<name>.+) FOUND")
_CLEAN = "stream: OK"
_THERE = "PONG"
_ONLY_IN_PART = "Heuristics.Limits.Exceeded"
"""What `AlertExceedsMax` says of a file that is larger than it unpacks or looks at."""


@dataclass(frozen=True, slots=True)
class ClamdScanner:
    """A MalwareScanner on a clamd that listens on TCP; a connection for each file.

    What is larger than its `StreamMaxLength` is too large; of what is larger than its
    `MaxFileSize` or `MaxScanSize` it looks at a part and says nothing of it, unless
    `AlertExceedsMax` is on.
    """

    host: str
    port: int
    connect_seconds: float = 3.0
    send_seconds: float = 30.0
    answer_seconds: float = 150.0
    """More than its `MaxScanTime`, two minutes by default."""

    @classmethod
    def at(cls, address: str, *, answer_seconds: float = 150.0) -> Self:
        """Return one for `host:port`; an IPv6 address stands in square brackets."""
        host, _, port = address.rpartition(":")
        return cls(host.strip("[]"), int(port), answer_seconds=answer_seconds)

    async def reach(self) -> None:
        """Ask whether it is there."""
        with Call("clamd", PING, attributes=self._place):
            async with self._called() as line:
                await self._send(line, b"zPING\0")
                if (answer := await self._answer(line)) != _THERE:
                    raise ScannerUnavailable(f"clamd answered {answer!r}")

    async def scan(self, content: AsyncIterator[bytes]) -> str | None:
        """Send the content, and return the name of the signature that fits it, if one does."""
        with Call("clamd", SCAN, attributes=self._place):
            async with self._called() as line:
                return _verdict(await self._ask(line, content))

    def _place(self) -> Mapping[str, str | int]:
        return {"server.address": self.host, "server.port": self.port}

    @asynccontextmanager
    async def _called(self) -> AsyncIterator[socket.socket]:
        try:
            with closing(await self._connected()) as line:
                yield line
        except OSError as error:
            raise ScannerUnavailable(f"clamd cannot be reached: {because(error)}") from error

    async def _connected(self) -> socket.socket:
        """Return a connection to the first of its addresses that takes one."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.connect_seconds):
            found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            for family, kind, protocol, _, address in found[:-1]:
                with suppress(OSError):
                    return await _connected(family, kind, protocol, address)
            family, kind, protocol, _, address = found[-1]
            return await _connected(family, kind, protocol, address)

    async def _ask(self, line: socket.socket, content: AsyncIterator[bytes]) -> str:
        """Send all, and read the answer even where it hung up: it says why before it does.

        That is why this is no stream of asyncio's, which forgets what came once it cannot send.
        """
        broken: ConnectionError | None = None
        try:
            await self._send(line, b"zINSTREAM\0")
            async for piece in content:
                if piece:  # of no length is only the end
                    await self._send(line, struct.pack(">I", len(piece)) + piece)
            await self._send(line, struct.pack(">I", 0))
        except ConnectionError as error:
            broken = error
        answer = await self._answer(line)
        if not answer:
            raise broken or ConnectionResetError
        return answer

    async def _send(self, line: socket.socket, part: bytes) -> None:
        async with asyncio.timeout(self.send_seconds):
            await asyncio.get_running_loop().sock_sendall(line, part)

    async def _answer(self, line: socket.socket) -> str:
        loop, answer = asyncio.get_running_loop(), b""
        async with asyncio.timeout(self.answer_seconds):
            with suppress(ConnectionError):
                while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
                    more = await loop.sock_recv(line, _LONGEST_ANSWER)
                    if not more:
                        break
                    answer += more
        return answer.rstrip(b"\0").decode("ascii", "replace")


async def _connected(
    family: int, kind: int, protocol: int, address: tuple[Any, ...]
) -> socket.socket:
    line = socket.socket(family, kind, protocol)
    try:
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, address)
    except BaseException:
        line.close()
        raise
    return line


def _verdict(answer: str) -> str | None:
    """Return the name of what was found, or None. Raises TooLargeToScan or ScannerUnavailable."""
    if answer == _CLEAN:
        return None
    found = _FOUND.fullmatch(answer)
    if answer == _TOO_LARGE or (found and found["name"].startswith(_ONLY_IN_PART)):
        raise TooLargeToScan(answer)
    if found:
        return found["name"]
    raise ScannerUnavailable(f"clamd answered {answer!r}")
