"""A business asks the platform what its token may do and what its app hears of."""

from typing import Any

import httpx

ACCOUNT, APP, NUMBER = "102290129340398", "670843887433847", "106540352242922"
APP_TOKEN = f"{APP}|app-secret"


async def debugged(client: httpx.AsyncClient, asked_for: str = "token") -> dict[str, Any]:
    asked = {"input_token": asked_for, "access_token": APP_TOKEN}
    answer = await client.get("/v24.0/debug_token", params=asked)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_a_token_is_good_for_all_that_a_business_needs_unless_said(
    client: httpx.AsyncClient,
) -> None:
    told = await debugged(client)

    assert told["is_valid"]
    assert told["app_id"] == APP
    assert told["scopes"] == ["whatsapp_business_management", "whatsapp_business_messaging"]


async def test_a_token_can_be_described_as_good_for_less(client: httpx.AsyncClient) -> None:
    token = {"scopes": ["whatsapp_business_messaging"], "accounts": ["1"], "expires_at": 9}
    await client.put("/simulator/access", json={"token": token})

    told = await debugged(client)

    assert told["expires_at"] == 9
    assert told["granular_scopes"] == [
        {"scope": "whatsapp_business_messaging", "target_ids": ["1"]}
    ]


async def test_nothing_is_known_of_a_token_that_was_made_up(client: httpx.AsyncClient) -> None:
    told = await debugged(client, "made-up")

    assert (told["is_valid"], told["error"]["code"]) == (False, 190)


async def test_every_call_with_a_token_that_is_no_longer_valid_is_refused(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.put("/simulator/access", json={"token": {"is_valid": False}})

    answers = [
        await graph.get(f"/v24.0/{NUMBER}"),
        await graph.get("/v24.0/1234567890"),
        await graph.get(f"/v24.0/{ACCOUNT}/subscribed_apps"),
    ]

    assert [answer.json()["error"]["code"] for answer in answers] == [190, 190, 190]


async def test_the_account_says_which_app_hears_of_it(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(f"/v24.0/{ACCOUNT}/subscribed_apps")

    [app] = answer.json()["data"]
    assert app["whatsapp_business_api_data"]["id"] == APP


async def test_an_account_that_nobody_hears_of_has_no_apps(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.put("/simulator/access", json={"subscription": {"is_subscribed": False}})

    answer = await graph.get(f"/v24.0/{ACCOUNT}/subscribed_apps")

    assert answer.json() == {"data": []}


async def test_without_the_right_to_manage_nobody_learns_who_hears_of_an_account(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.put("/simulator/access", json={"token": {"scopes": []}})

    answer = await graph.get(f"/v24.0/{ACCOUNT}/subscribed_apps")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 10)


async def test_the_fields_of_an_app_are_told_to_the_app_alone(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    told = await client.get(f"/v24.0/{APP}/subscriptions", params={"access_token": APP_TOKEN})
    refused = await graph.get(f"/v24.0/{APP}/subscriptions")

    [subscription] = told.json()["data"]
    assert subscription["callback_url"] == "http://business/webhook"
    assert "messages" in [field["name"] for field in subscription["fields"]]
    assert refused.json()["error"]["code"] == 190


async def test_the_number_says_who_it_is(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(f"/v24.0/{NUMBER}")

    assert answer.json()["display_phone_number"] == "15550783881"
