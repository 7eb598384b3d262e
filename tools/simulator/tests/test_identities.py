"""People are known by number, by user id, or by both, and may change either."""

import json
from typing import Any

import httpx
import pytest

from simulator.ids import user_id_of
from simulator.testing import FakeBusiness

ANA, NEW = "15550001111", "15550009999"
BEN = "US.13491208655302741918"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}
SEND = {"messaging_product": "whatsapp", **TEXT}


async def writes(client: httpx.AsyncClient, key: str) -> None:
    (await client.post(f"/simulator/users/{key}/messages", json=TEXT)).raise_for_status()


async def lines(client: httpx.AsyncClient, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/simulator/users/{key}/transcript")).json()
    return found


async def test_whoever_has_only_a_user_id_shows_no_number_anywhere(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await writes(client, BEN)
    sent = await graph.post(MESSAGES, json={**SEND, "recipient": BEN})
    await business.statuses(3)

    assert sent.json()["contacts"] == [{"input": BEN, "user_id": BEN}]
    value, *statuses = await business.webhooks(4)
    assert value["messages"][0]["from_user_id"] == value["contacts"][0]["user_id"] == BEN
    assert {status["statuses"][0]["recipient_user_id"] for status in statuses} == {BEN}
    for told in (value, *statuses):
        assert not {'"from"', '"wa_id"', '"recipient_id"'} & set(json.dumps(told).split())


async def test_a_person_with_a_number_is_found_by_the_user_id_as_well(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await writes(client, ANA)
    await writes(client, user_id_of(ANA))

    first, second = await business.webhooks(2)
    assert first["contacts"] == second["contacts"]
    assert len(await lines(client, ANA)) == 2


async def test_an_answer_names_the_number_as_whatsapp_knows_it_also_when_dialled_otherwise(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.put("/simulator/users/551187654321", json={"also_dialled": ["5511987654321"]})
    await writes(client, "551187654321")

    answer = await graph.post(MESSAGES, json={**SEND, "to": "+5511987654321"})

    assert answer.json()["contacts"] == [{"input": "+5511987654321", "wa_id": "551187654321"}]


async def test_the_number_wins_when_both_ids_are_given(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    for key in (ANA, BEN):
        await writes(client, key)

    answer = await graph.post(MESSAGES, json={**SEND, "to": ANA, "recipient": BEN})

    assert answer.json()["contacts"] == [{"input": ANA, "wa_id": ANA}]
    assert (len(await lines(client, ANA)), len(await lines(client, BEN))) == (2, 1)


async def test_a_user_name_and_a_parent_id_go_with_the_person(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    parent = "US.ENT.1234"
    profile = {"name": "Ana", "username": "@ana", "parent_user_id": parent, "shown": "user-id"}
    await client.put(f"/simulator/users/{ANA}", json=profile)
    await writes(client, ANA)
    sent = await graph.post(MESSAGES, json={**SEND, "recipient": parent})
    await business.statuses(2)

    message, first, second = await business.webhooks(3)
    assert sent.status_code == 200
    assert message["messages"][0]["from_parent_user_id"] == parent
    assert message["contacts"] == [
        {
            "profile": {"name": "Ana", "username": "@ana"},
            "user_id": user_id_of(ANA),
            "parent_user_id": parent,
        }
    ]
    assert first["contacts"][0]["profile"] == {"name": "Ana"}  # never with `sent`, Meta says
    assert second["contacts"][0]["profile"]["username"] == "@ana"
    assert first["statuses"][0]["recipient_parent_user_id"] == parent


async def test_who_changes_the_number_tells_it_from_the_old_one_and_gets_another_user_id(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await writes(client, ANA)
    moved = await client.post(f"/simulator/users/{ANA}/change-number", json={"wa_id": NEW})
    await writes(client, NEW)

    _, told, after = await business.webhooks(3)
    message = told["messages"][0]
    body = message["system"].pop("body")
    assert "contacts" not in told
    assert (message["type"], message["from"]) == ("system", ANA)
    assert message["system"] == {
        "type": "user_changed_number",
        "wa_id": NEW,
        "user_id": user_id_of(NEW),
        "previous_user_id": user_id_of(ANA),
    }
    assert body.endswith(f"changed from {ANA} to {NEW}")
    assert moved.json() == {"wamid": message["id"], "wa_id": NEW, "user_id": user_id_of(NEW)}
    assert after["messages"][0]["from"] == NEW
    assert len(await lines(client, NEW)) == 2


async def test_a_number_that_was_left_belongs_to_nobody_and_then_to_another_person(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await writes(client, ANA)
    await client.post(f"/simulator/users/{ANA}/change-number", json={"wa_id": NEW})
    stale = await graph.post(MESSAGES, json={**SEND, "recipient": user_id_of(ANA)})
    await writes(client, ANA)

    value = (await business.webhooks(3))[2]
    assert stale.json()["error"]["code"] == 131009
    assert value["contacts"][0]["user_id"] not in {user_id_of(ANA), user_id_of(NEW)}
    assert len(await lines(client, ANA)) == 1


async def test_nobody_moves_to_a_number_that_somebody_else_has(client: httpx.AsyncClient) -> None:
    for key in (ANA, NEW):
        await writes(client, key)

    answer = await client.post(f"/simulator/users/{ANA}/change-number", json={"wa_id": NEW})

    assert answer.status_code == 409
    assert answer.json() == {"detail": "Somebody else has this number."}


@pytest.mark.parametrize("key", [ANA, BEN])
async def test_a_changed_user_id_is_told_without_any_number(
    key: str, client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await writes(client, key)
    changed = (await client.post(f"/simulator/users/{key}/change-user-id", json={})).json()

    before, told = await business.webhooks(2)
    message = told["messages"][0]
    assert not {"from", "from_user_id"} & message.keys()
    del message["system"]["body"]
    assert message["system"] == {
        "type": "user_changed_user_id",
        "user_id": changed["user_id"],
        "previous_user_id": before["contacts"][0]["user_id"],
    }
    assert changed["user_id"] != before["contacts"][0]["user_id"]
    assert len(await lines(client, changed["user_id"])) == 1
