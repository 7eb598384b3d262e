"""People who talk while operators look them up: what is said, asked and commanded."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from domain import codec
from domain.commands import Command
from domain.ports.event_store import RecordedEvent
from domain.values import CommandId
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.postgres_event_store import PostgresEventStore
from streaming.cloudevents import CloudEvent, encode

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
NUMBER = "106540352242922"
ANA, BEN = "15550001111", "15550002222"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TopicOutbox:
    """Brings operators' commands to the topic in memory."""

    def __init__(self, topic: MemoryCommands) -> None:
        self._topic = topic

    async def send(
        self, command: Command, *, command_id: CommandId, key: str, shard: int | None
    ) -> None:
        event = CloudEvent(
            id=str(command_id),
            type=command.TYPE,
            source="operator",
            time=NOON,
            data=codec.encode(command),
        )
        self._topic.write(shard or 0, event.data, encode(event), key=key.encode())


class Conversation:
    """Writes as people do, and waits until session-core is done."""

    def __init__(
        self, topic: MemoryCommands, store: PostgresEventStore, says: Says, eventually: Eventually
    ) -> None:
        self._topic = topic
        self._store = store
        self._says = says
        self._eventually = eventually
        self._numbers = itertools.count(1)

    async def say(
        self,
        *texts: str,
        person: str = ANA,
        user_id: str | None = None,
        parent: str | None = None,
    ) -> None:
        for text in texts:
            number = next(self._numbers)
            named = {"user_id": user_id, "parent": parent}
            self._topic.write(0, *self._says(person, text, number=number, **named))
            await self.done()

    async def done(self) -> None:
        async def caught_up() -> bool:
            read = [await self._connections_offset(shard) for shard in (0, 1)]
            return read == [self._topic.bounds(shard).end for shard in (0, 1)]

        await self._eventually(caught_up)

    async def _connections_offset(self, shard: int) -> int:
        async with self._store._connections.borrow() as connection:  # noqa: SLF001 a test looks
            query = "SELECT next_offset FROM shard WHERE shard = $1"
            return int(await connection.fetchval(query, shard) or 0)

    async def events(self) -> list[RecordedEvent]:
        return list(await self._store.read(0, after=0, limit=1000))


async def search(client: httpx.AsyncClient, **name: str) -> list[dict[str, Any]]:
    answer = await client.post("/contacts/search", json={"phone_number_id": NUMBER, **name})
    found: list[dict[str, Any]] = answer.json()["contacts"]
    return found


async def session_of_ana(client: httpx.AsyncClient) -> str:
    (contact,) = await search(client, **{"from": ANA})
    return str(contact["sessions"][0]["session_id"])


async def command(
    client: httpx.AsyncClient, name: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    return await client.post(f"/commands/{name}", json=body, headers=headers)
