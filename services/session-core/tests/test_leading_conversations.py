"""Commands of many people in batches lead to what they would lead to one by one."""

from collections.abc import Awaitable, Callable

from domain.ports.event_store import AliasKey, RecordedEvent
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core, Sizes
from session_core.use_cases.recalling import recall

Says = Callable[..., tuple[bytes, list[tuple[str, bytes]]]]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]

NUMBER = "106540352242922"
ANA, BEN = "15550001111", "15550002222"


def types(events: list[RecordedEvent] | tuple[RecordedEvent, ...]) -> list[str]:
    return [one.event.type for one in events]


async def test_a_whole_conversation_in_one_batch_is_stored_and_published_in_order(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    for number, text in enumerate(("hello", "Rex", "dog"), start=1):
        topic.write(0, *says(ANA, text, number=number))

    await begin()
    await settled()

    published = world.published(0)
    assert [one.sequence for one in published] == list(range(1, len(published) + 1))
    assert types(list(published))[0] == "contact.identified.v1"
    assert types(list(published))[-1] == "session.completed.v1"
    streams: dict[object, int] = {}
    for one in published:
        streams[one.event.stream_id] = streams.get(one.event.stream_id, 0) + 1
        assert one.event.version == streams[one.event.stream_id]


async def test_a_repeated_message_has_its_effect_once_also_after_a_restart(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    for _ in range(3):
        topic.write(0, *says(ANA, "hello"))
    first = await begin()
    await settled()
    await first.lanes.stop()
    await first.shards.stop()

    topic.write(0, *says(ANA, "hello"))
    await begin()
    await settled()

    assert types(list(world.published(0))).count("message.received.v1") == 1


async def test_what_is_remembered_of_a_person_equals_what_a_replay_says(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    core = await begin(sizes=Sizes(batch_commands=2))
    for number, text in enumerate(("hello", "R", "Rex", "bird", "dog", "again"), start=1):
        topic.write(0, *says(ANA, text, number=number))
        topic.write(0, *says(BEN, text, number=number))
        await settled()

    names = [AliasKey(NUMBER, f"wa:{person}") for person in (ANA, BEN)]
    replayed = await store.load(names, [])
    for contact, history in replayed.people.items():
        assert core.shards.held[0].people.get(contact) == recall(history)
    assert len(replayed.people) == 2


async def test_with_no_room_in_memory_everybody_is_recalled_from_the_store(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    core = await begin(sizes=Sizes(people_in_memory=1))
    for number, text in enumerate(("hello", "Rex", "dog"), start=1):
        for person in (ANA, BEN, "15550003333"):
            topic.write(0, *says(person, text, number=number))
        await settled()

    assert types(list(world.published(0))).count("session.completed.v1") == 3
    assert len(core.shards.held[0].people) == 1


async def test_a_message_on_another_partition_is_brought_to_its_persons_home(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(ANA, "hello", number=1))
    await settled()

    topic.write(1, *says(ANA, "Rex", number=2))
    await settled()

    assert types(list(world.published(0))).count("answer.recorded.v1") == 1
    assert not world.published(1)


async def test_a_person_met_on_two_partitions_at_once_stays_one_person(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    topic.write(0, *says(ANA, "hello", number=1))
    topic.write(1, *says(ANA, "Rex", number=2))
    topic.write(1, *says(BEN, "hello", number=1))

    await begin(sizes=Sizes(lanes=1))
    await settled()

    contacts = {
        one.event.origin.contact_id: shard for shard in (0, 1) for one in world.published(shard)
    }
    assert sorted(contacts.values()) == [0, 1]
    assert types(list(world.published(0))).count("message.received.v1") == 2


async def test_somebody_known_by_phone_is_recognised_by_user_id_later(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(ANA, "hello", number=1))
    await settled()
    topic.write(0, *says(ANA, "Rex", number=2, user_id="US.1"))
    await settled()

    topic.write(1, *says("", "dog", number=3, user_id="US.1"))
    await settled()

    assert types(list(world.published(0)))[-1] == "session.completed.v1"
    assert len({one.event.origin.contact_id for one in world.published(0)}) == 1


async def test_a_user_id_that_belongs_to_somebody_else_parks_nobodys_message(
    topic: MemoryCommands, world: MemoryEventPublisher, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(ANA, "hello", number=1))
    topic.write(1, *says("", "hello", number=2, user_id="US.1"))
    await settled()

    topic.write(0, *says(ANA, "Rex", number=3, user_id="US.1"))
    await settled()

    assert types(list(world.published(0))).count("answer.recorded.v1") == 1
    assert topic.parked == []
