"""A TCP proxy before a server, for tests: it hangs up, hides an answer, or lets nobody through."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from devstack.ports import LOOPBACK

_PIECE = 65_536

IsWanted: TypeAlias = Callable[[bytes, bytes], bool]
"""Says of the latest bytes asked and of the bytes of an answer whether the answer may be hidden."""


class Wire:
    """Carries bytes between its own port and a server's, also of a server that comes later.

    Of the answers that `is_wanted` picks, the next `drop_answers` never arrive: the server has done
    what it was asked, and the connection of whoever asked ends. While `closed`, nobody is let in.
    """

    def __init__(
        self, server_port: int, is_wanted: IsWanted = lambda _asked, _answer: True
    ) -> None:
        self._server_port = server_port
        self._is_wanted = is_wanted
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[object]] = set()
        self.drop_answers = 0
        self.closed = False
        self.dropped = 0

    async def start(self, port: int = 0) -> int:
        """Listen on loopback, at a free port unless told; return the port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    async def stop(self) -> None:
        """Hang up, and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        if self._serving:
            await asyncio.wait(self._serving)

    def cut(self) -> int:
        """End every connection, whatever is under way; return how many there were."""
        for writer in list(self._open):
            writer.transport.abort()
        return len(self._open)

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        if serving is not None:
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        self._open.add(answers)
        with suppress(OSError):
            if not self.closed:
                await self._carry(client, answers)
        self._open.discard(answers)
        answers.transport.abort()

    async def _carry(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        server, requests = await self._reach()
        asked = [b""]
        there = asyncio.create_task(self._ask(client, requests, asked))
        back = asyncio.create_task(self._answer(server, answers, asked))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        await asyncio.gather(there, back, return_exceptions=True)
        requests.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(LOOPBACK, self._server_port)

    async def _ask(
        self, client: asyncio.StreamReader, requests: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while piece := await client.read(_PIECE):
            asked[0] = piece
            requests.write(piece)
            await requests.drain()

    async def _answer(
        self, server: asyncio.StreamReader, answers: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        while (piece := await server.read(_PIECE)) and not self._drops(asked[0], piece):
            answers.write(piece)
            await answers.drain()

    def _drops(self, asked: bytes, answer: bytes) -> bool:
        if self.drop_answers and self._is_wanted(asked, answer):
            self.drop_answers -= 1
            self.dropped += 1
            return True
        return False
