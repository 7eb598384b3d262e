"""WhatsApp answers a reply with a name; the person it went to goes by that one, too."""

from domain import codec, commands, events
from domain.values import command_id
from installation.people import (
    ANA,
    NUMBER,
    OTHER_PHONE,
    PHONE,
    Begin,
    Makes,
    Says,
    Settled,
    of_type,
    owner,
    owners,
    settled_shards,
    stored,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore


async def _initiated(
    topic: MemoryCommands, store: MemoryEventStore, record: Makes
) -> events.ReplyRequested:
    begins = commands.InitiateSession(
        phone_number_id=NUMBER, flow="pet", personal=commands.Addressee(to=PHONE)
    )
    topic.write(0, *record(begins, identity=command_id(begins.TYPE, PHONE)))
    await settled_shards(topic, store, 0, 1)
    (asked,) = of_type(await stored(store), events.ReplyRequested)
    reply = codec.decode_event(asked.event.type, asked.event.data)
    assert isinstance(reply, events.ReplyRequested)
    return reply


def _sent(reply: events.ReplyRequested, **named: str) -> commands.RecordReplySent:
    return commands.RecordReplySent(
        contact_id=reply.contact_id,
        session_id=reply.session_id,
        reply_id=reply.reply_id,
        personal=commands.Acceptance(wamid="wamid.1", **named),
    )


async def test_another_number_that_whatsapp_answers_with_is_one_more_name(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    reply = await _initiated(topic, store, record)

    sent = _sent(reply, wa_id=OTHER_PHONE)
    topic.write(0, *record(sent, identity=command_id(sent.TYPE, str(reply.reply_id))))
    await settled()
    topic.write(1, *says(OTHER_PHONE, "Rex", number=1))
    await settled()

    names = (f"wa:{PHONE}", f"wa:{OTHER_PHONE}")
    assert await owners(store, *names) == [reply.contact_id, reply.contact_id]
    assert len(of_type(await stored(store), events.AnswerRecorded)) == 1


async def test_whom_whatsapp_answers_with_is_the_same_person_if_known_already(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    reply = await _initiated(topic, store, record)
    topic.write(1, *says(OTHER_PHONE, "hello", number=1, user_id=ANA))
    await settled()

    sent = _sent(reply, wa_id=OTHER_PHONE)
    topic.write(0, *record(sent, identity=command_id(sent.TYPE, str(reply.reply_id))))
    await settled()

    names = (f"wa:{PHONE}", f"wa:{OTHER_PHONE}", f"bsuid:{ANA}")
    assert len(set(await owners(store, *names))) == 1
    assert len(of_type(await stored(store), events.ContactMerged)) == 1
    assert len(of_type(await stored(store), events.ReplySent)) == 1


async def test_an_answer_to_an_old_number_does_not_bring_it_back(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, record: Makes, begin: Begin
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    topic.write(0, *says(OTHER_PHONE, "Rex", number=2, user_id=ANA))
    await settled_shards(topic, store, 0, 1)
    asked = of_type(await stored(store), events.ReplyRequested)[0]
    reply = codec.decode_event(asked.event.type, asked.event.data)
    assert isinstance(reply, events.ReplyRequested)

    sent = _sent(reply, wa_id=PHONE)
    topic.write(0, *record(sent, identity=command_id(sent.TYPE, str(reply.reply_id))))
    await settled_shards(topic, store, 0, 1)

    assert len(of_type(await stored(store), events.ReplySent)) == 1
    assert await owner(store, f"wa:{PHONE}") is None
