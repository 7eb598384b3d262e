"""One bad command is parked and the conversation goes on; many of them stop the shard."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from structlog.testing import capture_logs

from domain import commands
from domain.ports.event_store import AliasKey, Append, StoreRefused
from domain.topics import MAX_COMMAND_BYTES, MAX_HEADER_BYTES
from domain.values import command_id
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.app.core import Core

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]

ANA = "15550001111"
NUMBER = "106540352242922"


class PickyStore(MemoryEventStore):
    """Cannot store names with a NUL, as PostgreSQL cannot."""

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        if any("\x00" in alias.key.name for append in appends for alias in append.aliases):
            raise StoreRefused("CharacterNotInRepertoireError")
        return await super().append(appends)


def kinds(world: MemoryEventPublisher, shard: int = 0) -> list[str]:
    return [one.event.type for one in world.published(shard)]


@pytest.mark.parametrize(
    "broken",
    [
        (None, []),
        (b"{", [("ce_id", b"\xff")]),
        (b"{}", [("ce_id", b"1"), ("ce_type", b"x"), ("ce_source", b"x")]),
    ],
    ids=["no value", "a header that is no text", "no time"],
)
async def test_bytes_that_are_no_command_are_kept_and_the_conversation_goes_on(  # noqa: PLR0917 by name
    broken: Record,
    topic: MemoryCommands,
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    topic.write(0, *says(ANA, "hello", number=1))
    topic.write(0, *broken, key=b"\xff")
    topic.write(0, *says(ANA, "Rex", number=2))

    await begin()
    await settled()

    ((delivery, reason),) = topic.parked
    assert (delivery.value, delivery.headers, delivery.key) == (*broken, b"\xff")
    assert reason.startswith("invalid CloudEvent: ")
    assert [(one.offset, one.reason) for one in store.parked(0)] == [(1, reason)]
    assert "answer.recorded.v1" in kinds(world)


async def test_a_command_whose_data_is_wrong_is_parked_without_quoting_it(
    topic: MemoryCommands, says: Says, begin: Begin, settled: Settled
) -> None:
    value, headers = says(ANA, "hello")
    topic.write(0, value.replace(b'"received_at"', b'"recieved_at"'), headers)

    await begin()
    await settled()

    ((_, reason),) = topic.parked
    assert reason == "undecodable: received_at: missing"


async def test_a_message_whose_time_has_no_zone_is_parked_and_its_sender_is_heard_later(
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    value, headers = says(ANA, "hello", number=1)
    quiet = value.replace(
        b'"message":{"type":"text","text":"hello"}',
        b'"message":{"type":"unknown","original_type":"reaction","raw":{}}',
    )
    topic.write(0, quiet.replace(b"12:00:01Z", b"12:00:01"), headers)
    topic.write(0, *says(ANA, "hello", number=2))

    await begin()
    await settled()

    assert [reason for _, reason in topic.parked] == ["undecodable: received_at: timezone_aware"]
    assert kinds(world).count("message.received.v1") == 1


async def test_what_is_parked_is_an_error_in_the_log_that_names_nobody(
    topic: MemoryCommands, begin: Begin, settled: Settled
) -> None:
    topic.write(1, ANA.encode(), [("ce_id", ANA.encode())], key=ANA.encode())

    with capture_logs() as lines:
        await begin()
        await settled()

    (line,) = [one for one in lines if one["event"] == "command parked"]
    assert (line["log_level"], line["shard"], line["offset"]) == ("error", 1, 0)
    assert line["reason"].startswith("invalid CloudEvent")
    assert ANA not in str(lines)


async def test_a_command_that_breaks_the_engine_is_parked_and_others_are_answered(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    archive: MemoryFlowArchive,
    flows: dict[str, str],
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    topic.write(0, *says(ANA, "hello", number=1))
    first = await begin()
    await settled()
    await first.lanes.stop()
    await first.shards.stop()
    archive.forget()

    topic.write(0, *says(ANA, "Rex", number=2))
    topic.write(0, *says("15550002222", "hello", number=1))
    await begin(sources={"pet.yaml": flows["pet.yaml"].replace("its name", "the name")})
    await settled()

    assert [reason for _, reason in topic.parked] == ["bug: KeyError"]
    assert kinds(world).count("session.initiated.v1") == 2


async def test_what_can_never_be_stored_is_found_among_many_and_parked_alone(
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    eventually: Eventually,
) -> None:
    store = PickyStore()
    for person in range(10):
        name = f"1555000{person}" + ("\x00" if person == 7 else "")
        topic.write(person % 2, *says(name, "hello"))

    await begin(store=store)
    await eventually(lambda: store.next_offset(0) == store.next_offset(1) == 5)

    assert [(one.shard, one.offset, reason) for one, reason in topic.parked] == [
        (1, 3, "cannot be stored")
    ]
    await eventually(lambda: (kinds(world) + kinds(world, 1)).count("session.initiated.v1") == 9)


async def test_too_many_bad_commands_stop_their_shard_and_no_other(
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    begin: Begin,
    eventually: Eventually,
) -> None:
    core = await begin()
    for _ in range(21):
        topic.write(0, b"{}", [])
    topic.write(1, *says(ANA, "hello"))

    await eventually(lambda: core.ready() is not None and store.next_offset(1) == 1)

    assert core.ready() == (
        "shard 0: too many commands cannot be handled: invalid CloudEvent: specversion is not 1.0"
    )
    assert topic.parked == []
    assert store.next_offset(0) == 0


@pytest.mark.parametrize(
    ("flow", "told"), [("nope", "nope"), ("+15550001111", "not a name"), ("a\x00", "not a name")]
)
async def test_a_session_of_an_unknown_flow_is_parked_with_the_name_if_it_is_one(  # noqa: PLR0917 by name
    flow: str,
    told: str,
    topic: MemoryCommands,
    record: Callable[..., Record],
    begin: Begin,
    settled: Settled,
) -> None:
    initiate = commands.InitiateSession(
        phone_number_id="1", flow=flow, personal=commands.Addressee(to=ANA)
    )
    topic.write(0, *record(initiate, identity=command_id("x", "y")))

    await begin()
    await settled()

    assert [reason for _, reason in topic.parked] == [f"unknown flow: {told}"]


async def test_a_command_about_somebody_who_never_was_is_passed_over(
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    record: Callable[..., Record],
    begin: Begin,
    settled: Settled,
) -> None:
    unheard_of = command_id("x", "y")
    release = commands.ReleaseSession.model_validate(
        {"contact_id": unheard_of, "session_id": unheard_of}
    )
    topic.write(0, *record(release, identity=unheard_of))

    await begin()
    await settled()

    assert topic.parked == []
    assert kinds(world) == []


@pytest.mark.parametrize("where", ["the data", "a header", "the key"])
async def test_a_command_so_large_that_no_topic_could_take_what_follows_is_parked(  # noqa: PLR0917 by name
    where: str,
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    value, headers = says(ANA, "hello", number=1)
    if where == "the data":
        value = value.replace(b"hello", b"x" * MAX_COMMAND_BYTES)
    if where == "a header":
        headers.append(("ce_correlationid", b"x" * MAX_HEADER_BYTES))
    key = b"x" * MAX_HEADER_BYTES if where == "the key" else b"x"
    topic.write(0, value, headers, key=key)
    topic.write(0, *says(ANA, "hello", number=2))

    await begin()
    await settled()

    assert [reason for _, reason in topic.parked] == ["too large"]
    assert kinds(world).count("message.received.v1") == 1


async def test_a_command_that_grows_too_large_as_an_event_takes_no_number_from_anybody(
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    topic.write(0, *says(ANA, "hello", number=1, user_id="US.1"))
    value, headers = says(ANA, "hello", number=2, user_id="US.2")
    short = b",".join([b"1e15"] * (MAX_COMMAND_BYTES // 10))  # in our words 1000000000000000.0
    raw = b'{"type":"unknown","raw":{"a":[%b]}}' % short
    topic.write(0, value.replace(b'{"type":"text","text":"hello"}', raw), headers)

    await begin()
    await settled()

    assert [reason for _, reason in topic.parked] == ["too large"]
    phone, user_id = AliasKey(NUMBER, f"wa:{ANA}"), AliasKey(NUMBER, "bsuid:US.1")
    owners = (await store.load([phone, user_id], [])).names
    assert owners[phone] == owners[user_id]
    assert len(await store.read(0, after=0, limit=100)) == 4
