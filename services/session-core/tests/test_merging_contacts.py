"""Two contacts that turn out to be one person, and names that pass from one person to another."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from domain import codec, commands, events
from domain.messages import InboundUnknown
from domain.ports.command_source import Delivery, SourceUnavailable
from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    RecordedEvent,
    StoreConflict,
)
from domain.values import CommandId, ContactId, command_id, message_id
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core, Sizes

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Makes = Callable[..., Record]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]

NUMBER = "106540352242922"
PHONE, OTHER_PHONE = "15550001111", "15550002222"
ANA, BEN = "US.1", "US.2"


class HeldUpStore(MemoryEventStore):
    """Holds up one append of a shard, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hold: int | None = None
        self.held = asyncio.Event()
        self.let_go = asyncio.Event()

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        if any(append.shard == self.hold for append in appends):
            self.hold = None
            self.held.set()
            await self.let_go.wait()
        return await super().append(appends)


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


async def stored(store: MemoryEventStore) -> list[RecordedEvent]:
    return [one for shard in (0, 1) for one in await store.read(shard, after=0, limit=10_000)]


def of_type(found: Sequence[RecordedEvent], kind: type[events.Event]) -> list[RecordedEvent]:
    return [one for one in found if one.event.type == kind.TYPE]


def messages(found: Sequence[RecordedEvent]) -> list[CommandId]:
    return [one.event.origin.command_id for one in of_type(found, events.MessageReceived)]


async def owner(store: MemoryEventStore, name: str) -> ContactId | None:
    key = AliasKey(NUMBER, name)
    return (await store.load([key], [])).names.get(key)


async def owners(store: MemoryEventStore, *names: str) -> list[ContactId | None]:
    return [await owner(store, name) for name in names]


async def settled_shards(topic: MemoryCommands, store: MemoryEventStore, *shards: int) -> None:
    async with asyncio.timeout(30):
        while any(store.next_offset(one) < topic.bounds(one).end for one in shards):  # noqa: ASYNC110 the store tells nobody
            await asyncio.sleep(0.002)


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


async def _two_contacts(
    topic: MemoryCommands, says: Says, store: MemoryEventStore
) -> tuple[ContactId | None, ContactId | None]:
    """Let a person be known by phone at home on 0, and by user id at home on 1."""
    topic.write(0, *says(PHONE, "hello", number=1))
    await settled_shards(topic, store, 0, 1)
    topic.write(1, *says("", "hello", number=2, user_id=ANA))
    await settled_shards(topic, store, 0, 1)
    older, younger = await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}")
    return older, younger


async def test_a_message_that_the_younger_had_is_refused_by_the_older_after_the_merge(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    await _two_contacts(topic, says, store)
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
    await _two_contacts(topic, says, store)
    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    topic.write(0, *says("", "hello", number=2, user_id=ANA))
    store.hold = 0

    await store.held.wait()
    await settled_shards(topic, store, 1)
    store.let_go.set()
    await settled_shards(topic, store, 0, 1)

    found = messages(await stored(store))
    assert len(found) == len(set(found)) == 3


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
    older, younger = await _two_contacts(topic, says, store)
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


async def test_names_that_may_pass_on_at_any_time_are_not_kept_in_memory(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    core = await begin()
    _, younger = await _two_contacts(topic, says, store)
    name = AliasKey(NUMBER, f"bsuid:{ANA}")
    before = core.shards.held[1].people.named(name)

    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    assert before == younger
    assert core.shards.held[1].people.named(name) is None


async def test_a_merge_that_was_not_acknowledged_is_asked_for_again_without_harm(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    dispatch = Unacknowledged(topic)
    await begin(dispatch=dispatch)
    older, _ = await _two_contacts(topic, says, store)

    topic.write(0, *says(PHONE, "Rex", number=3, user_id=ANA))
    await settled()

    found = await stored(store)
    assert dispatch.failures == 0
    assert len(of_type(found, events.ContactMerged)) == 1
    assert await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}") == [older, older]


async def test_whoever_opted_out_under_one_name_has_opted_out_under_all(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    record: Makes,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    older, _ = await _two_contacts(topic, says, store)
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
    _, younger = await _two_contacts(topic, says, store)
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
    older, younger = await _two_contacts(topic, says, store)
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
    older, _ = await _two_contacts(topic, says, store)
    unknown = ContactId(command_id("nobody"))

    topic.write(0, *_merges(older, unknown))
    await settled()

    assert [reason for _, reason in topic.parked] == ["unknown contact: the one to merge into"]
    assert await owner(store, f"wa:{PHONE}") == older


def _merges(younger: ContactId | None, older: ContactId | None) -> Record:
    assert younger is not None
    assert older is not None
    merge = commands.MergeContact(contact_id=younger, into=older)
    return _as_record(merge, command_id(merge.TYPE, str(younger), str(older)))


def _as_record(command: commands.Command, identity: CommandId) -> Record:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(identity).encode()),
        ("ce_type", command.TYPE.encode()),
        ("ce_source", b"operator"),
        ("ce_time", b"2026-11-24T12:00:00Z"),
        ("content-type", b"application/json"),
    ]
    return codec.encode(command), headers


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
    return _as_record(told, command_id(told.TYPE, NUMBER, wamid))


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
