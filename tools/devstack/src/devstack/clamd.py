"""Plays ClamAV's daemon in tests: finds EICAR's test file, and misbehaves when told to."""

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from devstack.ports import LOOPBACK

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
"""Harmless, and found by every scanner; in two halves here, so that they leave this file alone."""

_PING, _INSTREAM = b"zPING\0", b"zINSTREAM\0"
_LONGEST_COMMAND = 64


class _TooLarge(Exception):
    pass


@dataclass(slots=True)
class ClamdStandIn:
    """What of clamd(8) a client with `zPING` and `zINSTREAM` meets. Change it while it runs."""

    most_bytes: int = 100 * 1024 * 1024
    """`StreamMaxLength`."""
    answer: str | None = None
    """Instead of what it finds, such as an error."""
    cut_after: int | None = None
    """Hang up without a word after so many bytes of a file."""
    silent: asyncio.Event | None = None
    """Take the file, and answer when this is set."""
    seen: list[str] = field(default_factory=list)
    """The sha256 (hex) of each file that it looked at, in order of the answers."""
    port: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Listen on a free port, or, a second time, on the one it had before."""
        server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self.port
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                answer = await self._look(reader)
            except _TooLarge:
                answer = "INSTREAM size limit exceeded. ERROR"
            if answer is not None:
                writer.write(answer.encode() + b"\0")
                await writer.drain()
        writer.close()

    async def _look(self, reader: asyncio.StreamReader) -> str | None:
        command = await reader.readuntil(b"\0")
        if command == _PING:
            return "PONG"
        if command != _INSTREAM or len(command) > _LONGEST_COMMAND:
            return "UNKNOWN COMMAND"
        content = bytearray()
        while size := struct.unpack(">I", await reader.readexactly(4))[0]:
            if len(content) + size > self.most_bytes:
                raise _TooLarge
            content += await reader.readexactly(size)
            if self.cut_after is not None and len(content) > self.cut_after:
                return None
        if self.silent is not None:
            await self.silent.wait()
        self.seen.append(hashlib.sha256(content).hexdigest())
        return self.answer or ("stream: Eicar-Test FOUND" if EICAR in content else "stream: OK")
