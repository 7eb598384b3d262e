"""Timelines tell what the world was told, in pages, and say when to come again."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain import codec, events
from domain.ports.event_store import Append, NewEvent, NewSession, Origin
from domain.values import CommandId, ContactId, SessionId, event_id
from installation.lookups import NOON, NUMBER, Conversation, session_of_ana
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore

pytestmark = pytest.mark.connected


async def test_the_timeline_is_what_the_world_was_told_page_by_page(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "Rex", "Dog")
    session = await session_of_ana(client)
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


async def test_while_the_database_is_down_the_api_says_when_to_come_again(
    client: httpx.AsyncClient, talk: Conversation, connections: Connections
) -> None:
    await talk.say("hello")
    session = await session_of_ana(client)
    async with connections.borrow() as connection:
        await connection.execute("ALTER TABLE event RENAME TO gone")
        away = await client.get(f"/sessions/{session}")
        await connection.execute("ALTER TABLE gone RENAME TO event")

    assert away.status_code == 503
    assert away.headers["retry-after"] == "2"
    assert (await client.get(f"/sessions/{session}")).status_code == 200


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
