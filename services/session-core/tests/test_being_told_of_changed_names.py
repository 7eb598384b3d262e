"""WhatsApp tells of changed numbers and user ids; the person stays the same."""

import pytest

from domain import codec, commands, events
from domain.messages import InboundUnknown
from domain.values import command_id, message_id
from installation.people import (
    ANA,
    BEN,
    NUMBER,
    OTHER_PHONE,
    PHONE,
    Begin,
    Record,
    Says,
    Settled,
    as_record,
    messages,
    of_type,
    owner,
    owners,
    settled_shards,
    stored,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.use_cases.rebuilding import Rebuilding


def _changed(kind: str, **system: str) -> InboundUnknown:
    return InboundUnknown(
        original_type="system", raw={"type": "system", "system": {"type": kind, **system}}
    )


def _tells(message: InboundUnknown, *, wa_id: str | None, user_id: str | None) -> Record:
    wamid = f"wamid.system.{wa_id}.{user_id}"
    told = commands.ReceiveMessage(
        phone_number_id=NUMBER,
        message_id=message_id(wamid),
        received_at="2026-11-24T12:00:00Z",
        personal=commands.IncomingMessage(
            wamid=wamid, from_=wa_id, user_id=user_id, message=message
        ),
    )
    return as_record(told, command_id(told.TYPE, NUMBER, wamid))


@pytest.mark.parametrize("shard", [0, 1])
async def test_a_person_whose_number_changed_is_known_by_the_new_one(  # noqa: PLR0917 fixtures come by name
    shard: int,
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    await settled()
    ana = await owner(store, f"wa:{PHONE}")
    changed = _changed("user_changed_number", wa_id=OTHER_PHONE, user_id=BEN, previous_user_id=ANA)

    topic.write(shard, *_tells(changed, wa_id=PHONE, user_id=ANA))
    await settled()
    topic.write(1, *says("", "Rex", number=2, user_id=BEN))
    await settled()

    names = (f"wa:{PHONE}", f"bsuid:{ANA}", f"wa:{OTHER_PHONE}", f"bsuid:{BEN}")
    assert await owners(store, *names) == [None, ana, ana, ana]
    found = await stored(store)
    assert len(of_type(found, events.AnswerRecorded)) == 1
    assert len(messages(found)) == 3


async def test_a_person_whose_user_id_changed_is_known_by_the_new_one(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says("", "hello", number=1, user_id=ANA))
    await settled()
    ana = await owner(store, f"bsuid:{ANA}")
    changed = _changed("user_changed_user_id", user_id=BEN, previous_user_id=ANA)

    topic.write(1, *_tells(changed, wa_id=None, user_id=ANA))
    await settled()

    again = await owners(store, f"bsuid:{ANA}", f"bsuid:{BEN}")
    topic.write(0, *says("", "hello", number=1, user_id=ANA))
    await settled()
    topic.write(0, *says("", "Rex", number=2, user_id=BEN))
    await settled()

    found = await stored(store)
    asked = of_type(found, events.ReplyRequested)[-1].event
    reply = codec.decode_event(asked.type, asked.data)
    assert again == [ana, ana]
    assert len(messages(found)) == 3
    assert isinstance(reply, events.ReplyRequested)
    assert reply.personal.user_id == BEN


async def test_who_wrote_under_the_new_names_before_the_change_was_told_is_the_same_person(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says(OTHER_PHONE, "hello", number=2, user_id=BEN))
    await settled()
    ana = await owner(store, f"wa:{PHONE}")
    changed = _changed("user_changed_number", wa_id=OTHER_PHONE, user_id=BEN, previous_user_id=ANA)

    topic.write(1, *_tells(changed, wa_id=PHONE, user_id=ANA))
    await settled()

    names = (f"wa:{PHONE}", f"bsuid:{ANA}", f"wa:{OTHER_PHONE}", f"bsuid:{BEN}")
    assert await owners(store, *names) == [None, ana, ana, ana]
    assert len(of_type(await stored(store), events.ContactMerged)) == 1
    assert topic.parked == []


async def test_a_number_that_is_still_somebody_elses_is_claimed_when_the_two_have_become_one(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says(OTHER_PHONE, "hello", number=2))
    await settled()
    ana = await owner(store, f"wa:{PHONE}")
    changed = _changed("user_changed_number", wa_id=OTHER_PHONE, user_id=ANA)

    topic.write(0, *_tells(changed, wa_id=PHONE, user_id=ANA))
    await settled()

    found = await stored(store)
    claims = [
        one.event.type
        for one in found
        if one.event.origin.contact_id == ana and OTHER_PHONE.encode() in one.event.data
    ]
    assert await owners(store, f"wa:{PHONE}", f"wa:{OTHER_PHONE}") == [None, ana]
    assert claims == ["message.received.v1", "contact.absorbed.v1"]


async def test_a_number_that_passes_to_a_third_person_on_the_way_is_theirs_alone(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    archive: MemoryFlowArchive,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    first = await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says(OTHER_PHONE, "hello", number=2))
    await settled()
    ana = await owner(store, f"wa:{PHONE}")
    await first.lanes.stop()
    await first.shards.stop()
    moved_on = _changed("user_changed_number", wa_id="15550003333", user_id="US.3")
    changed = _changed("user_changed_number", wa_id=OTHER_PHONE, user_id=ANA)

    topic.write(0, *_tells(changed, wa_id=PHONE, user_id=ANA))
    topic.write(1, *_tells(moved_on, wa_id=OTHER_PHONE, user_id=None))  # is read before the merge
    await begin(shards=(0,))
    await settled_shards(topic, store, 0)
    await begin(shards=(1,))
    await settled()

    compared = await Rebuilding(MemoryStateInUse(store), archive).compare()
    assert compared.findings == ()
    assert await owners(store, "wa:15550003333", "bsuid:US.3") == [ana, ana]


async def test_a_user_id_that_somebody_has_decides_whatever_number_they_had(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    archive: MemoryFlowArchive,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1))
    topic.write(1, *says(OTHER_PHONE, "hello", number=2, user_id=BEN))
    await settled()
    changed = _changed("user_changed_number", wa_id="15550003333", user_id=BEN)

    topic.write(0, *_tells(changed, wa_id=PHONE, user_id=None))
    await settled()

    compared = await Rebuilding(MemoryStateInUse(store), archive).compare()
    [by_phone, by_user_id] = await owners(store, "wa:15550003333", f"bsuid:{BEN}")
    assert compared.findings == ()
    assert by_phone == by_user_id is not None


async def test_whoever_gets_the_number_that_a_person_left_hears_nothing_meant_for_them(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    """From the change on, both show the user id alone."""
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    await settled()
    ana = await owner(store, f"bsuid:{ANA}")
    changed = _changed("user_changed_number", user_id=BEN, previous_user_id=ANA)

    topic.write(1, *_tells(changed, wa_id=None, user_id=ANA))
    await settled()
    topic.write(0, *says("", "hello", number=2, user_id="US.3"))
    await settled()
    topic.write(1, *says("", "Rex", number=3, user_id=BEN))
    await settled()

    asked = of_type(await stored(store), events.ReplyRequested)
    replies = [codec.decode_event(one.event.type, one.event.data) for one in asked]
    addressed = [
        (one.personal.to, one.personal.user_id)
        for one in replies
        if isinstance(one, events.ReplyRequested)
    ]
    assert sorted(addressed, key=str) == [(PHONE, ANA), (None, BEN), (None, "US.3")]
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{BEN}") == [None, ana]
    assert await owner(store, "bsuid:US.3") not in {ana, None}


async def test_a_number_that_was_left_does_not_come_back_with_a_contact_known_by_it_alone(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    archive: MemoryFlowArchive,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    topic.write(0, *says("", "hello", number=1, user_id=ANA))
    await settled()
    topic.write(1, *says(PHONE, "hello", number=2))
    await settled()
    ana = await owner(store, f"bsuid:{ANA}")
    changed = _changed("user_changed_number", user_id=BEN, previous_user_id=ANA)

    topic.write(1, *_tells(changed, wa_id=PHONE, user_id=ANA))
    await settled()

    compared = await Rebuilding(MemoryStateInUse(store), archive).compare()
    names = (f"wa:{PHONE}", f"bsuid:{ANA}", f"bsuid:{BEN}")
    assert await owners(store, *names) == [None, ana, ana]
    assert len(of_type(await stored(store), events.ContactMerged)) == 1
    assert compared.findings == ()
    assert topic.parked == []


async def test_who_has_the_number_that_a_person_left_keeps_it(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says("", "hello", number=1, user_id=ANA))
    topic.write(1, *says(PHONE, "hello", number=2, user_id="US.3"))
    await settled()
    ana, heir = await owners(store, f"bsuid:{ANA}", "bsuid:US.3")
    changed = _changed("user_changed_number", user_id=BEN, previous_user_id=ANA)

    topic.write(1, *_tells(changed, wa_id=PHONE, user_id=ANA))
    await settled()

    assert await owners(store, f"wa:{PHONE}", "bsuid:US.3", f"bsuid:{BEN}") == [heir, heir, ana]
