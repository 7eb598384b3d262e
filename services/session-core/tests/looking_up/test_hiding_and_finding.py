"""Marked answers are hidden unless asked for; lookups and variables go through the API as well."""

from typing import Any

import httpx
import pytest

from installation.lookups import ANA, NUMBER, Conversation, command, session_of_ana

pytestmark = pytest.mark.connected

PASSPORT = "X1234567"
FLOW = """
name: pet
title: An identity
languages: [en, es]
wrong: {"*": No.}
unreadable: {"*": No.}
unasked_file: {"*": No.}
agent: {say: {"*": One moment.}}
triggers: {default: true, variables: {order: {type: text, default: none}}}
steps:
  - id: name
    ask: {en: "Your passport for {{ order }}?", es: "Su pasaporte para {{ order }}?"}
    pattern: {matches: "[A-Z][0-9]{7}"}
    personal: true
    wrong: {en: That is none., es: No lo es.}
  - {id: find, lookup: {name: passports, query: {passport: name}}, not_found: end, failed: end}
  - {id: told, say: {en: "{{ name }} is {{ find.state }}.", es: "{{ name }}: {{ find.state }}."}}
  - {id: end, complete: {outcome: known}}
"""


@pytest.fixture
def flows() -> dict[str, str]:
    return {"pet.yaml": FLOW}


async def timeline(client: httpx.AsyncClient, session: str, **more: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/sessions/{session}", params=more)
    events: list[dict[str, Any]] = answer.json()["events"]
    return events


async def test_a_marked_answer_is_shown_to_nobody_who_does_not_ask_for_it(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", "X123456")
    session = await session_of_ana(client)
    assert "X123456" not in str(await timeline(client, session))
    await talk.say(PASSPORT)

    pages: list[dict[str, int]] = [{}, {"limit": 2, "after": 4}]
    for page in pages:
        hidden = str(await timeline(client, session, **page))
        assert "X123456" not in hidden
    state = (await client.get(f"/sessions/{session}/state")).json()
    assert state["personal"] == {"answers": {"name": "•••"}}

    assert PASSPORT in str(await timeline(client, session, unmasked=True))
    shown = (await client.get(f"/sessions/{session}/state?unmasked=true")).json()
    assert shown["personal"] == {"answers": {"name": PASSPORT}}


async def test_an_operator_can_answer_what_a_flow_looked_up(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    await talk.say("hello", PASSPORT)
    session = await session_of_ana(client)
    (asked,) = [
        one["data"]
        for one in await timeline(client, session)
        if one["type"] == "lookup.requested.v1"
    ]
    assert asked["name"] == "passports"
    assert asked["personal"] == {"query": {"passport": "•••"}}

    answer = {"lookup_id": asked["lookup_id"], "outcome": "found", "data": {"state": "valid"}}
    accepted = await command(client, "record-lookup", session_id=session, **answer)
    await talk.done()

    told = await timeline(client, session, unmasked=True)
    assert accepted.status_code == 202
    assert [one["type"] for one in told][-3:] == [
        "lookup.answered.v1",
        "reply.requested.v1",
        "session.completed.v1",
    ]
    assert told[-2]["data"]["personal"]["message"]["text"] == f"{PASSPORT} is valid."


async def test_a_conversation_is_begun_with_variables_in_a_language(
    client: httpx.AsyncClient, talk: Conversation
) -> None:
    begin = {"phone_number_id": NUMBER, "flow": "pet", "to": ANA, "language": "es"}
    given = {"variables": {"order": "A-17"}}
    accepted = await command(client, "initiate", None, **begin, **given)
    await talk.done()

    told = await timeline(client, await session_of_ana(client))
    asked = [one["data"] for one in told if one["type"] == "reply.requested.v1"]
    assert accepted.status_code == 202
    assert [one["personal"]["message"]["text"] for one in asked] == ["Su pasaporte para A-17?"]
