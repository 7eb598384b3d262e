"""Merges that are interrupted are completed, once."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from domain import commands, events
from domain.ports.command_source import Delivery, SourceUnavailable
from domain.ports.event_store import Append, AppendUnanswered
from domain.values import command_id
from installation.people import (
    ANA,
    PHONE,
    Begin,
    Record,
    Says,
    Settled,
    messages,
    of_type,
    owners,
    settled_shards,
    stored,
    two_contacts,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Sizes


class FailingStore(MemoryEventStore):
    """Does not answer the append of a shard that holds such an event, once."""

    def __init__(self) -> None:
        super().__init__()
        self.fails_at = ""
        self.written = False

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        types = [event.type for append in appends for event in append.events]
        if not self.fails_at or not any(one.startswith(self.fails_at) for one in types):
            return await super().append(appends)
        self.fails_at = ""
        if self.written:
            await super().append(appends)
        raise AppendUnanswered("ConnectionResetError")


class Unacknowledged:
    """A Dispatch that brings what it should, and says it did not, once."""

    def __init__(self, topic: MemoryCommands) -> None:
        self._topic = topic
        self.failures = 1

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        await self._topic.forward(deliveries)
        if self.failures:
            self.failures -= 1
            raise SourceUnavailable("forwarding: no ack within 10 s: outcome unknown")

    async def park(self, deliveries: Sequence[tuple[Delivery, str]]) -> None:
        await self._topic.park(deliveries)


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("leg", ["answer.recorded", "contact.merged", "contact.absorbed"])
async def test_a_merge_interrupted_at_any_leg_is_completed(
    leg: str,
    written: bool,  # noqa: FBT001 pytest passes it
    topic: MemoryCommands,
    says: Says,
    begin: Begin,
) -> None:
    store = FailingStore()
    await begin(store=store, sizes=Sizes(lanes=2))
    older, younger = await two_contacts(topic, says, store)
    store.fails_at, store.written = leg, written

    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    topic.write(1, *says("", "dog", number=4, user_id=ANA))
    await settled_shards(topic, store, 0, 1)

    found = await stored(store)
    assert store.fails_at == ""
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}") == [older, older]
    assert len(of_type(found, events.ContactMerged)) == 1
    assert len(of_type(found, events.ContactAbsorbed)) == 1
    assert len(messages(found)) == len(set(messages(found))) == 4
    assert younger not in {older, None}


async def test_a_merge_that_was_not_acknowledged_is_asked_for_again_without_harm(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    dispatch = Unacknowledged(topic)
    await begin(dispatch=dispatch)
    older, _ = await two_contacts(topic, says, store)

    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    found = await stored(store)
    assert dispatch.failures == 0
    assert len(of_type(found, events.ContactMerged)) == 1
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}") == [older, older]


async def test_a_merge_into_somebody_else_than_before_joins_whoever_they_went_on_as(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Callable[..., Record],
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    older, younger = await two_contacts(topic, says, store)
    topic.write(1, *says("15550003333", "hello", number=4))
    await settled()
    [third] = await owners(store, "wa:15550003333")
    assert third is not None

    for number, into in enumerate((older, third)):
        merge = commands.MergeContact(contact_id=younger, into=into)
        topic.write(1, *record(merge, identity=command_id("merge", str(number))))
    await settled()

    names = (f"wa:{PHONE}", f"bsuid:{ANA}", "wa:15550003333")
    assert await owners(store, *names) == [older, older, older]
    assert topic.parked == []
