"""People are found by name, and only by those names that are theirs."""

from uuid import uuid4

import httpx
import pytest

from installation.lookups import ANA, BEN, NUMBER, Conversation, search, session_of_ana

pytestmark = pytest.mark.connected


async def test_a_person_is_found_by_name_with_their_sessions(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", user_id="US.1", parent="US.ENT.1")

    (by_phone,) = await search(client, **{"from": ANA})
    (by_user_id,) = await search(client, user_id="US.1")
    (by_parent,) = await search(client, user_id="US.ENT.1")
    by_id = (await client.get(f"/contacts/{by_phone['contact_id']}")).json()

    assert by_phone == by_user_id == by_parent == by_id
    assert by_id["personal"] == {
        "wa_id": ANA,
        "user_id": "US.1",
        "parent_user_id": "US.ENT.1",
    }
    assert by_id["phone_number_id"] == NUMBER
    assert [(one["flow"], one["status"]) for one in by_id["sessions"]] == [("pet", "waiting")]


async def test_nobody_is_found_by_a_name_of_another_business_or_person(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    other = {"phone_number_id": "1", "from": ANA}

    assert await search(client, **{"from": BEN}) == []
    assert (await client.post("/contacts/search", json=other)).json() == {"contacts": []}


async def test_a_session_is_no_contact_and_a_contact_is_no_session(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello")
    session = await session_of_ana(client)
    (contact,) = await search(client, **{"from": ANA})

    answers = [
        await client.get(f"/contacts/{session}"),
        await client.get(f"/sessions/{contact['contact_id']}"),
        await client.get(f"/contacts/{uuid4()}"),
        await client.get(f"/sessions/{uuid4()}/state?version=1"),
        await client.post("/commands/erase", json={"contact_id": session}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
