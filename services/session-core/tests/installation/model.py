"""The same commands one after the other, in memory, without any trouble: what must come out."""

import asyncio
from collections.abc import Mapping, Sequence

from domain.ports.command_source import Delivery
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.app.core import Neighbours, Sizes, assemble
from session_core.use_cases.flow_shelf import FlowShelf


async def one_after_the_other(
    flows: dict[str, str], commands: Mapping[int, Sequence[Delivery]]
) -> MemoryEventStore:
    """Let one session-core with batches of one command work through every partition."""
    topic, store = MemoryCommands(len(commands)), MemoryEventStore()
    for shard, deliveries in commands.items():
        for one in deliveries:
            topic.write(shard, one.value, one.headers, key=one.key)
    shelf = FlowShelf(flows, MemoryFlowArchive())
    await shelf.open()
    neighbours = Neighbours(
        store=store,
        publisher=MemoryEventPublisher(),
        source=MemoryCommandSource(topic),
        dispatch=topic,
    )
    core = assemble(neighbours, shelf, owner="model", sizes=Sizes(batch_commands=1, lanes=1))
    core.shards.assigned(commands)
    await core.lanes.start()
    async with asyncio.timeout(60):
        while any(store.next_offset(shard) < topic.bounds(shard).end for shard in commands):  # noqa: ASYNC110 the store tells nobody
            await asyncio.sleep(0.005)
    await core.lanes.stop()
    await core.shards.stop()
    return store
