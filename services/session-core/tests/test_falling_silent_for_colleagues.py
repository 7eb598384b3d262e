"""A colleague answers from the phone app: the echo finds the person, wherever they live."""

import pytest

from domain import codec, commands, events
from domain.values import command_id
from installation.people import (
    ANA,
    NUMBER,
    PHONE,
    Begin,
    Record,
    Says,
    Settled,
    as_record,
    messages,
    of_type,
    owners,
    stored,
)
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_store import MemoryEventStore


def _echo(wamid: str = "wamid.kim", **named: str) -> Record:
    echo = commands.HandOffSession.model_validate(
        {
            "phone_number_id": NUMBER,
            "source": "echo",
            "at": "2026-11-24T12:00:00Z",
            "personal": {**named, "wamid": wamid},
        }
    )
    return as_record(echo, command_id(echo.TYPE, NUMBER, wamid))


@pytest.mark.parametrize("shards", [(0,), (1,), (0, 1, 1)])
async def test_an_echo_silences_the_session_once_wherever_and_however_often_it_comes_in(  # noqa: PLR0917 fixtures come by name
    shards: tuple[int, ...],
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    await begin()
    topic.write(0, *says(PHONE, "hello", number=1, user_id=ANA))
    await settled()

    for shard in shards:
        topic.write(shard, *_echo(user_id=ANA))
    await settled()
    topic.write(0, *says(PHONE, "Rex", number=2))
    await settled()

    found = await stored(store)
    (handed_off,) = of_type(found, events.SessionHandedOff)
    event = codec.decode_event(handed_off.event.type, handed_off.event.data)
    assert isinstance(event, events.SessionHandedOff)
    assert event.reason == "echo"
    assert len(of_type(found, events.ReplyRequested)) == 1
    assert len(messages(found)) == 2


async def test_who_was_written_to_first_is_known_and_left_to_the_colleague(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin()
    topic.write(1, *_echo(**{"from": PHONE, "user_id": ANA, "parent_user_id": "US.ENT.1"}))
    await settled()
    topic.write(0, *says("", "hello, Kim", number=1, user_id=ANA))
    topic.write(0, *says("", "hello?", number=2, parent="US.ENT.1"))
    await settled()

    found = await stored(store)
    assert len(set(await owners(store, f"wa:{PHONE}", f"bsuid:{ANA}", "parent:US.ENT.1"))) == 1
    assert len(of_type(found, events.SessionInitiated)) == 1
    assert of_type(found, events.ReplyRequested) == []
    assert len(messages(found)) == 2
    assert topic.parked == []
