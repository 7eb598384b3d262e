"""People under several names: how they come to be two contacts, and what a store knows of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from domain import codec, commands, events
from domain.ports.event_store import AliasKey, RecordedEvent
from domain.values import CommandId, ContactId
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Makes = Callable[..., Record]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]

NUMBER = "106540352242922"
PHONE, OTHER_PHONE = "15550001111", "15550002222"
ANA, BEN = "US.1", "US.2"


async def stored(store: MemoryEventStore, shards: Iterable[int] = (0, 1)) -> list[RecordedEvent]:
    return [one for shard in shards for one in await store.read(shard, after=0, limit=10_000)]


def of_type(found: Sequence[RecordedEvent], kind: type[events.Event]) -> list[RecordedEvent]:
    return [one for one in found if one.event.type == kind.TYPE]


def messages(found: Sequence[RecordedEvent]) -> list[CommandId]:
    return [one.event.origin.command_id for one in of_type(found, events.MessageReceived)]


async def owner(store: MemoryEventStore, name: str) -> ContactId | None:
    key = AliasKey(NUMBER, name)
    return (await store.load([key], [])).names.get(key)


async def owners(store: MemoryEventStore, *names: str) -> list[ContactId | None]:
    return [await owner(store, name) for name in names]


async def settled_shards(topic: MemoryCommands, store: MemoryEventStore, *shards: int) -> None:
    async with asyncio.timeout(30):
        while any(store.next_offset(one) < topic.bounds(one).end for one in shards):  # noqa: ASYNC110 the store tells nobody
            await asyncio.sleep(0.002)


async def two_contacts(
    topic: MemoryCommands, says: Says, store: MemoryEventStore
) -> tuple[ContactId | None, ContactId | None]:
    """Let a person be known by phone at home on 0, and by user id at home on 1."""
    topic.write(0, *says(PHONE, "hello", number=1))
    await settled_shards(topic, store, 0, 1)
    topic.write(1, *says("", "hello", number=2, user_id=ANA))
    await settled_shards(topic, store, 0, 1)
    older, younger = await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}")
    return older, younger


def as_record(command: commands.Command, identity: CommandId) -> Record:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(identity).encode()),
        ("ce_type", command.TYPE.encode()),
        ("ce_source", b"operator"),
        ("ce_time", b"2026-11-24T12:00:00Z"),
        ("content-type", b"application/json"),
    ]
    return codec.encode(command), headers
