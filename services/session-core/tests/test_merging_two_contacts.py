"""Two contacts that turn out to be one person become one, and no message counts twice."""

from domain import events
from domain.ports.event_store import AliasKey
from installation.people import (
    ANA,
    NUMBER,
    PHONE,
    Begin,
    Says,
    Settled,
    messages,
    of_type,
    owner,
    owners,
    settled_shards,
    stored,
    two_contacts,
)
from installation.stores import HeldUpStore
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Sizes


async def test_phone_then_user_id_alone_then_both_is_one_person_in_the_end(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1))
    await settled()
    topic.write(1, *says("", "hello", number=2, user_id=ANA))
    await settled()
    older, younger = await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}")

    topic.write(1, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    found = await stored(store)
    assert older != younger
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}") == [older, older]
    (cancelled,) = of_type(found, events.SessionCancelled)
    assert cancelled.event.origin.contact_id == younger
    assert b'"merged"' in cancelled.event.data
    assert of_type(found, events.AnswerRecorded)[0].event.origin.contact_id == older
    assert len(messages(found)) == len(set(messages(found))) == 3


async def test_the_older_contact_goes_on_also_when_it_is_the_one_known_by_user_id(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says("", "hello", number=1, user_id=ANA))
    topic.write(1, *says(PHONE, "hello", number=2))
    await settled()
    older = await owner(store, f"bsuid:{ANA}")

    topic.write(1, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()
    topic.write(1, *says(PHONE, "dog", number=4))
    await settled()

    found = await stored(store)
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}") == [older, older]
    (completed,) = of_type(found, events.SessionCompleted)
    assert completed.event.origin.contact_id == older


async def test_two_contacts_at_home_on_the_same_shard_become_one_too(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin
) -> None:
    topic.write(0, *says(PHONE, "hello", number=1))
    topic.write(0, *says("", "hello", number=2, user_id=ANA))
    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await begin(shards=(0,))
    await settled_shards(topic, store, 0)

    topic.write(0, *says("", "dog", number=4, user_id=ANA))
    await settled_shards(topic, store, 0)

    found = await stored(store)
    (completed,) = of_type(found, events.SessionCompleted)
    by_phone, by_user_id = await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}")
    assert by_phone == by_user_id == completed.event.origin.contact_id
    assert len(messages(found)) == 4
    assert topic.parked == []


async def test_both_names_seen_first_on_two_shards_at_once_make_one_person(
    topic: MemoryCommands, says: Says, begin: Begin
) -> None:
    store = HeldUpStore()
    store.hold = 0
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says(PHONE, "Rex", number=2, user_id=ANA))

    await begin(store=store, sizes=Sizes(lanes=2))
    await store.held.wait()
    await settled_shards(topic, store, 1)
    store.let_go.set()
    await settled_shards(topic, store, 0, 1)

    found = await stored(store)
    assert len({one.event.origin.contact_id for one in found}) == 1
    assert len(messages(found)) == 2


async def test_a_message_that_the_younger_had_is_refused_by_the_older_after_the_merge(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    await two_contacts(topic, says, store)
    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    for shard in (0, 1):
        topic.write(shard, *says("", "hello", number=2, user_id=ANA))
    await settled()

    found = messages(await stored(store))
    assert len(found) == len(set(found)) == 3


async def test_a_repeat_that_comes_before_the_younger_was_absorbed_is_refused_too(
    topic: MemoryCommands, says: Says, begin: Begin
) -> None:
    store = HeldUpStore()
    await begin(store=store, sizes=Sizes(lanes=2, batch_commands=1))
    await two_contacts(topic, says, store)
    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    topic.write(0, *says("", "hello", number=2, user_id=ANA))
    store.hold = 0

    await store.held.wait()
    await settled_shards(topic, store, 1)
    store.let_go.set()
    await settled_shards(topic, store, 0, 1)

    found = messages(await stored(store))
    assert len(found) == len(set(found)) == 3


async def test_names_that_may_pass_on_at_any_time_are_not_kept_in_memory(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    core = await begin()
    _, younger = await two_contacts(topic, says, store)
    name = AliasKey(NUMBER, f"bsuid:{ANA}")
    before = core.shards.held[1].people.named(name)

    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    assert before == younger
    assert core.shards.held[1].people.named(name) is None
