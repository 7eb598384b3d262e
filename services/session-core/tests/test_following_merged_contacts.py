"""What concerns a merged contact is carried on by the one that it was merged into."""

from domain import codec, commands, events
from domain.values import ContactId, command_id
from installation.people import (
    ANA,
    NUMBER,
    OTHER_PHONE,
    PHONE,
    Begin,
    Makes,
    Record,
    Says,
    Settled,
    as_record,
    of_type,
    owner,
    owners,
    stored,
    two_contacts,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore


def _merges(younger: ContactId | None, older: ContactId | None) -> Record:
    assert younger is not None
    assert older is not None
    merge = commands.MergeContact(contact_id=younger, into=older)
    return as_record(merge, command_id(merge.TYPE, str(younger), str(older)))


async def test_whoever_opted_out_under_one_name_has_opted_out_under_all(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    older, _ = await two_contacts(topic, says, store)
    stop = commands.RecordConsent(
        phone_number_id=NUMBER,
        value="stop",
        source="user_preferences",
        personal=commands.Person(user_id=ANA),
    )
    topic.write(1, *record(stop, identity=command_id(stop.TYPE, ANA)))
    await settled()

    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    opted_out = of_type(await stored(store), events.ContactOptedOut)
    (followed,) = [one for one in opted_out if one.event.origin.contact_id == older]
    assert b'"merged"' in followed.event.data


async def test_what_became_of_the_youngers_replies_is_still_recorded(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    _, younger = await two_contacts(topic, says, store)
    asked = of_type(await stored(store), events.ReplyRequested)
    (reply,) = [
        codec.decode_event(one.event.type, one.event.data)
        for one in asked
        if one.event.origin.contact_id == younger
    ]
    assert isinstance(reply, events.ReplyRequested)
    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    sent = commands.RecordReplySent(
        contact_id=reply.contact_id,
        session_id=reply.session_id,
        reply_id=reply.reply_id,
        personal=commands.Acceptance(wamid="wamid.1"),
    )
    topic.write(1, *record(sent, identity=command_id(sent.TYPE, str(reply.reply_id))))
    await settled()
    read = commands.RecordDeliveryStatus(
        phone_number_id=NUMBER,
        status="read",
        at=reply.window_expires_at,
        reply_id=reply.reply_id,
        personal=commands.StatusSubject(wamid="wamid.1", user_id=ANA),
    )
    topic.write(0, *record(read, identity=command_id(read.TYPE, "wamid.1", "read")))
    await settled()

    found = await stored(store)
    (recorded,) = of_type(found, events.ReplySent)
    (seen,) = of_type(found, events.ReplyRead)
    assert recorded.event.origin.contact_id == seen.event.origin.contact_id == younger


async def test_an_older_contact_that_was_merged_itself_hands_on_what_it_absorbs(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    """The oldest is known by a number, the middle by a user id, the youngest by another number."""
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1))
    topic.write(1, *says("", "hello", number=2, user_id=ANA))
    await settled()
    oldest, middle = await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}")
    topic.write(1, *says(OTHER_PHONE, "hello", number=3))
    await settled()
    youngest = await owner(store, f"wa:{OTHER_PHONE}")

    topic.write(1, *_merges(middle, oldest))
    topic.write(1, *_merges(youngest, middle))
    await settled()
    topic.write(1, *says(OTHER_PHONE, "Rex", number=4))
    await settled()

    names = (f"wa:{PHONE}", f"bsuid:{ANA}", f"wa:{OTHER_PHONE}")
    assert await owners(store, *names) == [oldest, oldest, oldest]
    found = await stored(store)
    assert of_type(found, events.AnswerRecorded)[0].event.origin.contact_id == oldest
    assert topic.parked == []


async def test_contacts_merged_in_a_circle_are_parked_and_the_rest_goes_on(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    older, younger = await two_contacts(topic, says, store)
    topic.write(1, *_merges(younger, older))
    await settled()

    topic.write(0, *_merges(older, younger))
    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    assert [reason for _, reason in topic.parked] == ["merged in a circle"]
    assert len(of_type(await stored(store), events.AnswerRecorded)) == 1


async def test_a_contact_cannot_be_merged_into_one_that_does_not_exist(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    older, _ = await two_contacts(topic, says, store)
    unknown = ContactId(command_id("nobody"))

    topic.write(0, *_merges(older, unknown))
    await settled()

    assert [reason for _, reason in topic.parked] == ["unknown contact: the one to merge into"]
    assert await owner(store, f"wa:{PHONE}") == older
