"""Operators help, end, begin and erase through the API, and see what came of it."""

import httpx
import pytest

from installation.lookups import ANA, BEN, NUMBER, Conversation, command, search, session_of_ana

pytestmark = pytest.mark.connected


async def test_who_waits_for_a_human_can_be_listed_and_helped(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "agent")
    waiting = (await client.get("/sessions?status=handed-off")).json()["sessions"]
    (session,) = [one["session_id"] for one in waiting]
    assert [(one["team"], one["reason"]) for one in waiting] == [("vets", "asked")]

    replied = await command(client, "reply", session_id=session, text="A vet is here")
    await talk.done()
    released = await command(client, "release", session_id=session)
    await talk.done()

    listed = (await client.get("/sessions")).json()["sessions"]
    assert [(one["team"], one["reason"]) for one in listed] == [(None, None)]
    timeline = (await client.get(f"/sessions/{session}")).json()["events"]
    led_to = {one["command_id"]: one["type"] for one in reversed(timeline)}
    assert led_to[replied.json()["command_id"]] == "reply.requested.v1"
    assert led_to[released.json()["command_id"]] == "session.released.v1"
    assert (await client.get("/sessions?status=handed-off")).json() == {"sessions": []}


async def test_a_command_repeated_under_its_key_has_one_effect_and_the_same_answer(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    session = await session_of_ana(client)
    once = {"Idempotency-Key": "one"}

    first = await command(client, "complete", once, session_id=session, outcome="known")
    await talk.done()
    second = await command(client, "complete", once, session_id=session, outcome="known")
    await talk.done()
    other = await command(client, "complete", session_id=session, outcome="known")

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
        await command(
            client,
            "initiate",
            {"Idempotency-Key": "one"},
            phone_number_id=NUMBER,
            flow="pet",
            to=BEN,
        )
    await talk.done()

    (contact,) = await search(client, **{"from": BEN})
    assert [one["status"] for one in contact["sessions"]] == ["waiting"]


async def test_who_asked_to_be_forgotten_is_not_shown_any_more(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "Rex")
    session = await session_of_ana(client)
    (contact,) = await search(client, **{"from": ANA})

    await command(client, "erase", contact_id=contact["contact_id"])
    await talk.done()

    erased = (await client.get(f"/contacts/{contact['contact_id']}")).json()
    timeline = (await client.get(f"/sessions/{session}")).json()
    state = (await client.get(f"/sessions/{session}/state")).json()
    assert (erased["erased"], erased["personal"]) == (True, None)
    assert timeline["status"] == "cancelled"
    assert all("personal" not in one["data"] for one in timeline["events"])
    assert state["personal"] is None
