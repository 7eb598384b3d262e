"""Whether everything in memory has come to rest: decided, stored and published."""

from collections.abc import Iterable

from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore


async def is_settled(
    topic: MemoryCommands,
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    shards: Iterable[int] = (0, 1),
) -> bool:
    """Tell whether every command had its effect and every event is published."""
    for shard in shards:
        stored = await store.read(shard, after=0, limit=100_000)
        if store.next_offset(shard) < topic.bounds(shard).end:
            return False
        if len(world.published(shard)) < len(stored):
            return False
    return True
