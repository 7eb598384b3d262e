"""States are shown as they were: at a version, at a time, and never made up."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain import codec
from domain.events import Event
from domain.ports.event_store import RecordedEvent
from domain.session import Occasion, fold
from domain.values import SessionId
from installation.lookups import NOON, Conversation, session_of_ana
from session_core.adapters.postgres_connections import Connections

pytestmark = pytest.mark.connected


async def test_the_state_at_each_version_is_what_folding_by_hand_gives(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "R", "Rex", "agent")
    session = SessionId(UUID(await session_of_ana(client)))
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
    session = await session_of_ana(client)
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
    session = await session_of_ana(client)
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
    session = await session_of_ana(client)

    answer = await client.get(f"/sessions/{session}/state?version=1000")

    assert answer.status_code == 404


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
