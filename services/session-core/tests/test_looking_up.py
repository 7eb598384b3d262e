"""What happened can be looked up: timelines, states as they were, people by name."""

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain import codec, events
from domain.commands import Command
from domain.events import Event
from domain.ports.event_store import Append, NewEvent, NewSession, Origin, RecordedEvent
from domain.session import Occasion, fold
from domain.values import CommandId, ContactId, SessionId, event_id
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_session_archive import PostgresSessionArchive
from session_core.adapters.postgres_session_directory import PostgresSessionDirectory
from session_core.app.core import Core
from session_core.handlers.api_guard import Guard
from session_core.handlers.query_api import QueryApi, application
from session_core.use_cases.looking_up import Records
from session_core.use_cases.operating import OperatorsDesk
from streaming.cloudevents import CloudEvent, encode

pytestmark = pytest.mark.connected

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Begin = Callable[..., Awaitable[Core]]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
TOKEN, NUMBER = "a-token-of-the-tests", "106540352242922"
ANA, BEN = "15550001111", "15550002222"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TopicOutbox:
    """Brings operators' commands to the topic in memory."""

    def __init__(self, topic: MemoryCommands) -> None:
        self._topic = topic

    async def send(
        self, command: Command, *, command_id: CommandId, key: str, shard: int | None
    ) -> None:
        event = CloudEvent(
            id=str(command_id),
            type=command.TYPE,
            source="operator",
            time=NOON,
            data=codec.encode(command),
        )
        self._topic.write(shard or 0, event.data, encode(event), key=key.encode())


class Conversation:
    """Writes as people do, and waits until session-core is done."""

    def __init__(
        self, topic: MemoryCommands, store: PostgresEventStore, says: Says, eventually: Eventually
    ) -> None:
        self._topic = topic
        self._store = store
        self._says = says
        self._eventually = eventually
        self._numbers = itertools.count(1)

    async def say(self, *texts: str, person: str = ANA, user_id: str | None = None) -> None:
        for text in texts:
            number = next(self._numbers)
            self._topic.write(0, *self._says(person, text, number=number, user_id=user_id))
            await self.done()

    async def done(self) -> None:
        async def caught_up() -> bool:
            read = [await self._connections_offset(shard) for shard in (0, 1)]
            return read == [self._topic.bounds(shard).end for shard in (0, 1)]

        await self._eventually(caught_up)

    async def _connections_offset(self, shard: int) -> int:
        async with self._store._connections.borrow() as connection:  # noqa: SLF001 a test looks
            query = "SELECT next_offset FROM shard WHERE shard = $1"
            return int(await connection.fetchval(query, shard) or 0)

    async def events(self) -> list[RecordedEvent]:
        return list(await self._store.read(0, after=0, limit=1000))


@pytest.fixture
async def talk(
    connections: Connections,
    topic: MemoryCommands,
    says: Says,
    begin: Begin,
    eventually: Eventually,
) -> Conversation:
    store = PostgresEventStore(connections)
    await begin(store=store)
    return Conversation(topic, store, says, eventually)


@pytest.fixture
async def client(
    connections: Connections, topic: MemoryCommands
) -> AsyncIterator[httpx.AsyncClient]:
    directory = PostgresSessionDirectory(connections)
    desk = OperatorsDesk(directory, PostgresEventStore(connections), TopicOutbox(topic))
    records = Records(PostgresSessionArchive(connections), directory)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Guard(application(QueryApi(records, desk)), TOKEN)),
        base_url="http://api",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


async def _search(client: httpx.AsyncClient, **name: str) -> list[dict[str, Any]]:
    answer = await client.post("/contacts/search", json={"phone_number_id": NUMBER, **name})
    found: list[dict[str, Any]] = answer.json()["contacts"]
    return found


async def _session(client: httpx.AsyncClient) -> str:
    (contact,) = await _search(client, **{"from": ANA})
    return str(contact["sessions"][0]["session_id"])


async def test_a_person_is_found_by_name_with_their_sessions(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", user_id="US.1")

    (by_phone,) = await _search(client, **{"from": ANA})
    (by_user_id,) = await _search(client, user_id="US.1")
    by_id = (await client.get(f"/contacts/{by_phone['contact_id']}")).json()

    assert by_phone == by_user_id == by_id
    assert by_id["personal"] == {"wa_id": ANA, "user_id": "US.1"}
    assert by_id["phone_number_id"] == NUMBER
    assert [(one["flow"], one["status"]) for one in by_id["sessions"]] == [("pet", "waiting")]


async def test_nobody_is_found_by_a_name_of_another_business_or_person(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    other = {"phone_number_id": "1", "from": ANA}

    assert await _search(client, **{"from": BEN}) == []
    assert (await client.post("/contacts/search", json=other)).json() == {"contacts": []}


async def test_a_session_is_no_contact_and_a_contact_is_no_session(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    session = await _session(client)
    (contact,) = await _search(client, **{"from": ANA})

    answers = [
        await client.get(f"/contacts/{session}"),
        await client.get(f"/sessions/{contact['contact_id']}"),
        await client.get(f"/contacts/{uuid4()}"),
        await client.get(f"/sessions/{uuid4()}/state?version=1"),
        await client.post("/commands/erase", json={"contact_id": session}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


async def test_the_timeline_is_what_the_world_was_told_page_by_page(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "Rex", "Dog")
    session = await _session(client)
    told = [one for one in await talk.events() if str(one.event.stream_id) == session]

    shown: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(f"/sessions/{session}?after={after}&limit=2")).json()
        assert len(page["events"]) <= 2
        shown += page["events"]
        after = page["next_after"]

    assert [(one["type"], one["version"], one["sequence"]) for one in shown] == [
        (one.event.type, one.event.version, one.sequence) for one in told
    ]
    assert [one["event_id"] for one in shown] == [str(one.event.event_id) for one in told]
    assert [codec.decode_event(one["type"], json.dumps(one["data"]).encode()) for one in shown] == [
        codec.decode_event(one.event.type, one.event.data) for one in told
    ]
    assert page["last_version"] == len(told)


async def test_a_page_holds_about_a_mebibyte_however_long_the_events(
    client: httpx.AsyncClient, connections: Connections
) -> None:
    session = await _store_long_events(connections, events=5, size=600_000)

    sizes: list[int] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(f"/sessions/{session}?after={after}")).json()
        sizes.append(len(page["events"]))
        after = page["next_after"]

    assert sizes == [3, 2, 1]


async def test_the_state_at_each_version_is_what_folding_by_hand_gives(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "R", "Rex", "agent")
    session = SessionId(UUID(await _session(client)))
    told = [one for one in await talk.events() if one.event.stream_id == session]

    for count in range(1, len(told) + 1):
        answer = await client.get(f"/sessions/{session}/state?version={count}")
        assert _shown(answer.json()) == _by_hand(told[:count], session)
    now = (await client.get(f"/sessions/{session}/state")).json()

    assert _shown(now) == _by_hand(told, session)
    assert (now["version"], now["status"]) == (len(told), "handed-off")
    assert now["personal"] == {"answers": {"name": "Rex"}}


async def test_the_state_at_a_time_is_what_was_stored_by_then(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "Rex", "Dog")
    session = await _session(client)
    timeline = (await client.get(f"/sessions/{session}")).json()["events"]
    moments = sorted({one["recorded_at"] for one in timeline})

    for moment in moments:
        state = (await client.get(f"/sessions/{session}/state", params={"at": moment})).json()
        assert state["version"] == max(
            one["version"] for one in timeline if one["recorded_at"] <= moment
        )
    before = datetime.fromisoformat(moments[0]) - timedelta(microseconds=1)
    answer = await client.get(f"/sessions/{session}/state", params={"at": before.isoformat()})

    assert len(moments) == 3
    assert state["status"] == "completed"
    assert answer.status_code == 404


async def test_a_clock_that_was_set_back_does_not_bring_later_events_forward(
    client: httpx.AsyncClient, talk: Conversation, connections: Connections
) -> None:
    await talk.say("hello", "Rex")
    session = await _session(client)
    async with connections.borrow() as connection:
        await connection.execute(
            "UPDATE event SET recorded_at = $2::timestamptz - version * interval '1 hour'"
            " WHERE stream_id = $1 AND version > 1",
            session,
            NOON,
        )
        await connection.execute(
            "UPDATE event SET recorded_at = $2 WHERE stream_id = $1 AND version = 1", session, NOON
        )

    early = await client.get(
        f"/sessions/{session}/state", params={"at": (NOON - timedelta(hours=1)).isoformat()}
    )

    assert early.status_code == 404


async def test_a_version_that_was_never_reached_is_not_made_up(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    session = await _session(client)

    answer = await client.get(f"/sessions/{session}/state?version=1000")

    assert answer.status_code == 404


async def test_who_waits_for_a_human_can_be_listed_and_helped(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "agent")
    waiting = (await client.get("/sessions?status=handed-off")).json()["sessions"]
    (session,) = [one["session_id"] for one in waiting]

    replied = await _command(client, "reply", session_id=session, text="A vet is here")
    await talk.done()
    released = await _command(client, "release", session_id=session)
    await talk.done()

    timeline = (await client.get(f"/sessions/{session}")).json()["events"]
    led_to = {one["command_id"]: one["type"] for one in reversed(timeline)}
    assert led_to[replied.json()["command_id"]] == "reply.requested.v1"
    assert led_to[released.json()["command_id"]] == "session.released.v1"
    assert (await client.get("/sessions?status=handed-off")).json() == {"sessions": []}


async def test_a_command_repeated_under_its_key_has_one_effect_and_the_same_answer(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    session = await _session(client)
    once = {"Idempotency-Key": "one"}

    first = await _command(client, "complete", once, session_id=session, outcome="known")
    await talk.done()
    second = await _command(client, "complete", once, session_id=session, outcome="known")
    await talk.done()
    other = await _command(client, "complete", session_id=session, outcome="known")

    ended = [one for one in await talk.events() if one.event.type == "session.completed.v1"]
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert len(ended) == 1
    assert (other.status_code, other.json()["detail"]) == (
        409,
        "the session is completed, not waiting or handed-off",
    )


async def test_a_begun_conversation_is_begun_once_per_key(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    for _ in range(2):
        await _command(
            client,
            "initiate",
            {"Idempotency-Key": "one"},
            phone_number_id=NUMBER,
            flow="pet",
            to=BEN,
        )
    await talk.done()

    (contact,) = await _search(client, **{"from": BEN})
    assert [one["status"] for one in contact["sessions"]] == ["waiting"]


async def test_who_asked_to_be_forgotten_is_not_shown_any_more(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "Rex")
    session = await _session(client)
    (contact,) = await _search(client, **{"from": ANA})

    await _command(client, "erase", contact_id=contact["contact_id"])
    await talk.done()

    erased = (await client.get(f"/contacts/{contact['contact_id']}")).json()
    timeline = (await client.get(f"/sessions/{session}")).json()
    state = (await client.get(f"/sessions/{session}/state")).json()
    assert (erased["erased"], erased["personal"]) == (True, None)
    assert timeline["status"] == "cancelled"
    assert all("personal" not in one["data"] for one in timeline["events"])
    assert state["personal"] is None


async def test_while_the_database_is_down_the_api_says_when_to_come_again(
    client: httpx.AsyncClient, talk: Conversation, connections: Connections
) -> None:
    await talk.say("hello")
    session = await _session(client)
    async with connections.borrow() as connection:
        await connection.execute("ALTER TABLE event RENAME TO gone")
        away = await client.get(f"/sessions/{session}")
        await connection.execute("ALTER TABLE gone RENAME TO event")

    assert away.status_code == 503
    assert away.headers["retry-after"] == "2"
    assert (await client.get(f"/sessions/{session}")).status_code == 200


async def _command(
    client: httpx.AsyncClient, name: str, headers: dict[str, str] | None = None, **body: str
) -> httpx.Response:
    return await client.post(f"/commands/{name}", json=body, headers=headers)


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    names = ("status", "flow", "flow_version", "step", "attempts", "replies", "files")
    return {name: state[name] for name in names} | dict(state["personal"])


def _by_hand(told: list[RecordedEvent], session_id: SessionId) -> dict[str, Any]:
    history: list[tuple[Event, Occasion]] = [
        (
            codec.decode_event(one.event.type, one.event.data),
            Occasion(one.event.origin.command_id, one.event.origin.at),
        )
        for one in told
    ]
    session = fold(history).sessions[session_id]
    return {
        "status": session.status,
        "flow": session.flow,
        "flow_version": session.flow_version,
        "step": session.step,
        "attempts": session.attempts,
        "replies": {str(reply): status for reply, status in session.replies.items()},
        "files": {str(file): status for file, status in session.files.items()},
        "answers": dict(session.answers),
    }


async def _store_long_events(connections: Connections, *, events: int, size: int) -> SessionId:
    store = PostgresEventStore(connections)
    lease = await store.take(0, owner="test")
    contact, session = ContactId(uuid4()), SessionId(uuid4())
    origin = Origin(CommandId(uuid4()), NOON, contact, "correlation")
    begun = _initiated(contact, session)
    long = b'{"said": "%s"}' % (b"x" * size)
    stored = [
        NewEvent(
            session, 1, event_id(origin.command_id, 1), begun.TYPE, codec.encode(begun), origin
        )
    ]
    stored += [
        NewEvent(session, n, event_id(origin.command_id, n), "message.received.v1", long, origin)
        for n in range(2, events + 2)
    ]
    opened = [NewSession(session, contact, NOON, number=1)]
    await store.append([Append(0, lease.epoch, 0, 1, events=stored, sessions=opened)])
    return session


def _initiated(contact: ContactId, session: SessionId) -> events.SessionInitiated:
    return events.SessionInitiated(
        contact_id=contact,
        session_id=session,
        phone_number_id=NUMBER,
        flow="pet",
        flow_version="1",
        trigger="operator",
    )
