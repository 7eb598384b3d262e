"""A line between a service and a server, in a mood that a test chooses."""

import asyncio
from typing import Literal, TypeAlias, get_args

Mood: TypeAlias = Literal["fine", "slow", "failing", "cut", "restarting"]
MOODS: tuple[Mood, ...] = get_args(Mood)
_SLOW_SECONDS = 0.15
_PIECE = 64 * 1024


class Line:
    """Carries bytes to `host` and `port`; whoever is called at `address` comes out there.

    `failing` says `refusal` to whatever comes, `cut` hangs up at once, and `restarting` does not
    even listen. To begin any of these hangs up on all who are connected, at whatever point.
    Until the mood changes, `held_up` swallows what comes, and `cut_after` is how many bytes still
    go forth before the line restarts.
    """

    def __init__(self, host: str, port: int, *, refusal: bytes = b"") -> None:
        self.mood: Mood = "fine"
        self.held_up = False
        self.cut_after: int | None = None
        self.port = 0
        self._target = host, port
        self._refusal = refusal
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._falling: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def change(self, mood: Mood) -> None:
        """Be in another mood from now on; harmless where it is the same."""
        self.mood, self.held_up, self.cut_after = mood, False, None
        if mood not in {"fine", "slow"}:
            await self._hang_up()
        if mood == "restarting":
            await self._stop_listening()
        else:
            await self._listen()

    async def close(self) -> None:
        if self._falling is not None:
            await self._falling
        await self._stop_listening()
        await self._hang_up()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    async def _hang_up(self) -> None:
        calls = set(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        if call is None:
            return
        self._calls.add(call)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()
            self._calls.discard(call)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mood in {"cut", "restarting"}:
            writer.transport.abort()
        elif self.mood == "failing":
            await reader.read(_PIECE)
            writer.write(self._refusal)
            await writer.drain()
        else:
            await self._connect(reader, writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        back = asyncio.create_task(self._copy(far_reader, writer))
        forth = asyncio.create_task(self._copy(reader, far_writer, forth=True))
        try:
            await asyncio.wait([back, forth], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (back, forth):
                one.cancel()
            far_writer.close()
            await asyncio.gather(back, forth, return_exceptions=True)

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, forth: bool = False
    ) -> None:
        while data := await reader.read(_PIECE):
            if forth and self._is_worn_out(len(data)):
                return
            if self.mood == "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            if not self.held_up:
                writer.write(data)
                await writer.drain()

    def _is_worn_out(self, size: int) -> bool:
        """Count down to the cut; who calls is hung up on with all others."""
        if self.cut_after is None:
            return False
        self.cut_after -= size
        if self.cut_after >= 0:
            return False
        self.mood, self.cut_after = "restarting", None
        self._falling = asyncio.create_task(self.change("restarting"))
        return True
