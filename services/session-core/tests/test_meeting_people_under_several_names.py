"""People who show up under several names at once: each message counts once, wherever it arrives."""

import asyncio
from collections.abc import Mapping, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import commands
from domain.ports.event_store import Append, StoreConflict
from domain.values import command_id
from installation.people import (
    NUMBER,
    PHONE,
    Begin,
    Makes,
    Says,
    Settled,
    messages,
    settled_shards,
    stored,
)
from installation.stores import HeldUpStore, HesitantStore
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.app.core import Neighbours, Sizes, assemble
from session_core.use_cases.flow_shelf import FlowShelf

USER_ID = "US.1"
SHARDS = 4

NAMED = st.sampled_from([(True, False), (False, True), (True, True)])
"""Whether a webhook names the phone and the user id."""
PARTITIONS = st.lists(st.integers(0, SHARDS - 1), min_size=1, max_size=2)
WRITTEN = st.tuples(st.integers(0, 1), NAMED, PARTITIONS)
"""Who, under which names, and where the message arrives, once or again."""


class ContestedStore(MemoryEventStore):
    """Refuses the first appends of one shard, as if somebody else had just been faster."""

    def __init__(self, shard: int, *, conflicts: int) -> None:
        super().__init__()
        self._contested = shard
        self.conflicts = conflicts

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        if self.conflicts and any(append.shard == self._contested for append in appends):
            self.conflicts -= 1
            raise StoreConflict("alias_pkey")
        return await super().append(appends)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    written=st.lists(WRITTEN, min_size=2, max_size=14),
    turns=st.lists(st.integers(0, 12), max_size=30),
    batch=st.integers(1, 4),
)
def test_every_message_is_stored_once_whichever_names_it_comes_under(
    written: list[tuple[int, tuple[bool, bool], list[int]]],
    turns: list[int],
    batch: int,
    flows: dict[str, str],
    says: Says,
) -> None:
    async def scenario() -> None:
        topic, store = MemoryCommands(SHARDS), HesitantStore(turns)
        for number, (person, (phone, user_id), partitions) in enumerate(written):
            message = says(
                f"{PHONE}{person}" if phone else "",
                "hello",
                number=number,
                user_id=f"{USER_ID}{person}" if user_id else None,
            )
            for shard in partitions:
                topic.write(shard, *message)
        shelf = FlowShelf(flows, MemoryFlowArchive())
        await shelf.open()
        neighbours = Neighbours(
            store=store,
            publisher=MemoryEventPublisher(),
            source=MemoryCommandSource(topic),
            dispatch=topic,
        )
        core = assemble(
            neighbours, shelf, owner="test", sizes=Sizes(lanes=SHARDS, batch_commands=batch)
        )
        core.shards.assigned(range(SHARDS))
        await core.lanes.start()
        try:
            await settled_shards(topic, store, *range(SHARDS))
        finally:
            await core.lanes.stop()
            await core.shards.stop()
        events = await stored(store, range(SHARDS))
        received = messages(events)

        assert len(received) == len(set(received)) == len(written)
        assert len({one.event.event_id for one in events}) == len(events)
        assert topic.parked == []

    asyncio.run(scenario())


async def test_a_command_decided_again_after_a_conflict_is_forwarded_once(
    topic: MemoryCommands, says: Says, begin: Begin
) -> None:
    store = ContestedStore(1, conflicts=0)
    core = await begin(store=store)
    topic.write(0, *says(PHONE, "hello", number=1))
    await settled_shards(topic, store, 0, 1)
    store.conflicts = 2

    topic.write(1, *says(PHONE, "Rex", number=2))
    await settled_shards(topic, store, 0, 1)

    assert store.conflicts == 0
    assert topic.bounds(0).end == 2
    assert core.ready() is None


async def test_a_message_repeated_after_its_phone_was_taken_by_another_counts_once(
    topic: MemoryCommands, says: Says, begin: Begin
) -> None:
    store = HeldUpStore()
    await begin(store=store, sizes=Sizes(lanes=2))
    topic.write(1, *says("", "hello", number=1, user_id=USER_ID))
    await settled_shards(topic, store, 0, 1)
    message = says(PHONE, "Rex", number=2, user_id=USER_ID)
    store.hold = 1

    topic.write(1, *message)
    await store.held.wait()
    topic.write(0, *says(PHONE, "hello", number=3))
    await settled_shards(topic, store, 0)
    store.let_go.set()
    await settled_shards(topic, store, 0, 1)
    topic.write(0, *message)
    topic.write(1, *message)
    await settled_shards(topic, store, 0, 1)

    received = messages(await stored(store, range(SHARDS)))
    assert len(received) == len(set(received)) == 3
    assert topic.parked == []


async def test_consent_given_under_two_names_ties_both_to_one_person(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    topic.write(0, *says("", "hello", number=1, user_id=USER_ID))
    await settled()
    stop = commands.RecordConsent(
        phone_number_id=NUMBER,
        value="stop",
        source="whatsapp",
        personal=commands.Person(from_=PHONE, user_id=USER_ID),
    )
    topic.write(1, *record(stop, identity=command_id(stop.TYPE, NUMBER)))
    await settled()

    topic.write(1, *says(PHONE, "Rex", number=2))
    await settled()

    assert len({one.event.origin.contact_id for one in await stored(store, range(SHARDS))}) == 1
