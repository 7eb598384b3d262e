"""Numbers pass from one person to another, and nobody is taken for somebody else."""

from domain import codec, commands, events
from domain.values import command_id
from installation.people import (
    ANA,
    BEN,
    NUMBER,
    OTHER_PHONE,
    PHONE,
    Begin,
    Makes,
    Says,
    Settled,
    messages,
    of_type,
    owner,
    owners,
    settled_shards,
    stored,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore


async def test_a_number_that_somebody_else_has_now_leads_to_a_new_contact(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    await settled()
    ana = await owner(store, f"wa:{PHONE}")

    topic.write(0, *says(PHONE, "hello", number=2, user_id=BEN))
    await settled()
    topic.write(1, *says("", "Rex", number=3, user_id=ANA))
    topic.write(0, *says(PHONE, "Rover", number=4))
    await settled()

    found = await stored(store)
    ben = await owner(store, f"wa:{PHONE}")
    assert await owners(store, f"bsuid:{ANA}", f"bsuid:{BEN}") == [ana, ben]
    assert ben not in {ana, None}
    asked = [
        codec.decode_event(one.event.type, one.event.data)
        for one in of_type(found, events.ReplyRequested)
        if one.event.origin.contact_id == ana
    ]
    assert isinstance(asked[-1], events.ReplyRequested)
    assert (asked[-1].personal.to, asked[-1].personal.user_id) == (None, ANA)
    heard = of_type(found, events.AnswerRecorded)
    assert {one.event.origin.contact_id for one in heard} == {ana, ben}
    assert topic.parked == []


async def test_a_number_passes_to_a_person_who_is_known_already_and_at_home_elsewhere(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says("", "hello", number=2, user_id=BEN))
    await settled()
    ana, ben = await owners(store, f"bsuid:{ANA}", f"bsuid:{BEN}")

    topic.write(1, *says(PHONE, "Rover", number=3, user_id=BEN))
    await settled()

    found = await stored(store)
    (heard,) = of_type(found, events.AnswerRecorded)
    (given_up,) = of_type(found, events.ContactNameReleased)
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}") == [ben, ana]
    assert heard.event.origin.contact_id == ben
    assert given_up.event.origin.contact_id == ana


async def test_a_person_nobody_can_reach_any_more_is_not_left_in_a_session(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(1, *says(OTHER_PHONE, "hello", number=1, user_id=BEN))
    topic.write(0, *says(PHONE, "hello", number=2))
    await settled()

    topic.write(0, *says(PHONE, "Rover", number=3, user_id=BEN))
    await settled()

    (cancelled,) = of_type(await stored(store), events.SessionCancelled)
    assert b'"unreachable"' in cancelled.event.data


async def test_a_person_who_writes_from_a_new_number_leaves_the_old_one_to_nobody(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    await settled()
    ana = await owner(store, f"wa:{PHONE}")

    topic.write(1, *says(OTHER_PHONE, "Rex", number=2, user_id=ANA))
    await settled()
    before = await owners(store, f"wa:{PHONE}", f"wa:{OTHER_PHONE}")
    topic.write(0, *says(PHONE, "hello", number=3))
    await settled()

    assert before == [None, ana]
    assert await owner(store, f"wa:{PHONE}") not in {ana, None}


async def test_an_older_message_that_comes_late_does_not_bring_the_old_number_back(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(0, *says(OTHER_PHONE, "Rex", number=9, user_id=ANA))
    await settled()

    topic.write(0, *says(PHONE, "dog", number=5, user_id=ANA))
    await settled()

    found = await stored(store)
    ana = await owner(store, f"bsuid:{ANA}")
    assert await owners(store, f"wa:{PHONE}", f"wa:{OTHER_PHONE}") == [None, ana]
    assert len(messages(found)) == 3


async def test_a_number_that_was_left_to_somebody_who_has_moved_on_meanwhile_is_nobodys(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says("", "hello", number=2, user_id=BEN))
    await settled()
    ana, ben = await owners(store, f"bsuid:{ANA}", f"bsuid:{BEN}")

    topic.write(0, *says(PHONE, "Rover", number=3, user_id=BEN))  # takes its way by Ana's home
    topic.write(1, *says(OTHER_PHONE, "dog", number=9, user_id=BEN))
    await settled()

    found = await stored(store)
    given_up = [one.event.origin.contact_id for one in of_type(found, events.ContactNameReleased)]
    assert given_up == [ana, ben]
    assert await owners(store, f"wa:{PHONE}", f"wa:{OTHER_PHONE}") == [None, ben]
    assert len(messages(found)) == 4
    assert topic.parked == []


async def test_a_number_that_comes_to_a_third_person_on_the_way_is_given_up_twice_as_two_facts(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    first = await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says("", "hello", number=2, user_id=BEN))
    topic.write(0, *says("", "hello", number=3, user_id="US.3"))
    await settled()
    ana, ben, cid = await owners(store, f"bsuid:{ANA}", f"bsuid:{BEN}", "bsuid:US.3")
    await first.lanes.stop()
    await first.shards.stop()

    topic.write(1, *says(PHONE, "Rover", number=4, user_id="US.3"))
    topic.write(0, *says(PHONE, "Rover", number=5, user_id=BEN))  # takes its way by Ana's home
    await begin(shards=(0,))
    await settled_shards(topic, store, 0)
    await begin(shards=(1,))
    await settled()

    found = await stored(store)
    given_up = of_type(found, events.ContactNameReleased)
    assert {one.event.origin.contact_id for one in given_up} == {ana, ben, cid}
    assert len({one.event.event_id for one in found}) == len(found)
    assert await owner(store, f"wa:{PHONE}") == ben
    assert len(messages(found)) == 5


async def test_a_number_that_was_left_to_somebody_for_an_old_consent_is_nobodys(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(1, *says(OTHER_PHONE, "hello", number=9, user_id=BEN))
    await settled()
    ben = await owner(store, f"bsuid:{BEN}")

    resume = commands.RecordConsent(
        phone_number_id=NUMBER,
        value="resume",
        source="user_preferences",
        personal=commands.Person(from_=PHONE, user_id=BEN),
    )
    topic.write(0, *record(resume, identity=command_id(resume.TYPE, "1")))
    await settled()

    given_up = of_type(await stored(store), events.ContactNameReleased)
    assert [one.event.origin.contact_id == ben for one in given_up] == [False, True]
    assert await owners(store, f"wa:{PHONE}", f"wa:{OTHER_PHONE}") == [None, ben]
