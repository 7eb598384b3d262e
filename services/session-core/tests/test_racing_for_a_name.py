"""Two who want one name at once: who loses is decided again, at no cost to others."""

from collections.abc import Mapping, Sequence

from domain.ports.event_store import AliasKey, Append, StoreConflict
from installation.people import (
    NUMBER,
    OTHER_PHONE,
    PHONE,
    Begin,
    Says,
    messages,
    settled_shards,
    stored,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore


class RacingStore(MemoryEventStore):
    """Loses the race for one name each time somebody wants it, and counts what was read."""

    def __init__(self) -> None:
        super().__init__()
        self.contested: AliasKey | None = None
        self.conflicts = 0

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        wanted = [alias.key for append in appends for alias in append.aliases]
        if self.conflicts and self.contested in wanted:
            self.conflicts -= 1
            raise StoreConflict("alias_pkey")
        return await super().append(appends)


async def test_a_name_lost_again_and_again_costs_no_other_command_its_effect(
    topic: MemoryCommands, says: Says, begin: Begin
) -> None:
    store = RacingStore()
    store.contested, store.conflicts = AliasKey(NUMBER, f"wa:{PHONE}"), 24
    people = [f"1555100{number:04}" for number in range(12)]
    for number, person in enumerate([*people[:6], PHONE, *people[6:]], start=1):
        topic.write(0, *says(person, "hello", number=number))

    await begin(store=store)
    await settled_shards(topic, store, 0)

    found = messages(await stored(store))
    assert store.conflicts == 0
    assert len(found) == len(set(found)) == 13
    assert topic.parked == []


async def test_after_a_conflict_only_those_whom_the_batch_concerned_are_read_again(
    topic: MemoryCommands, says: Says, begin: Begin
) -> None:
    store = RacingStore()
    core = await begin(store=store)
    topic.write(0, *says(OTHER_PHONE, "hello", number=1))
    await settled_shards(topic, store, 0)
    remembered = core.shards.held[0].people.everybody()
    store.contested, store.conflicts = AliasKey(NUMBER, f"wa:{PHONE}"), 1

    topic.write(0, *says(PHONE, "hello", number=2))
    await settled_shards(topic, store, 0)

    assert store.conflicts == 0
    assert remembered.items() <= core.shards.held[0].people.everybody().items()
