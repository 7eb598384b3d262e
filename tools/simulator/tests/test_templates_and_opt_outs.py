"""What a template is for, and what the person wants to hear, decide what becomes of it."""

from typing import Any

import httpx
import pytest

from simulator.ids import user_id_of
from simulator.testing import FakeBusiness, Hands

ANA = "15550001111"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}


def template(name: str, **whom: str) -> dict[str, Any]:
    content = {"name": name, "language": {"code": "en"}}
    whom = whom or {"to": ANA}
    return {"messaging_product": "whatsapp", "type": "template", "template": content, **whom}


async def describe(client: httpx.AsyncClient, name: str, **what: Any) -> None:
    (await client.put(f"/simulator/templates/{name}", json=what)).raise_for_status()


async def prefer(client: httpx.AsyncClient, wish: str) -> None:
    answer = await client.post(f"/simulator/users/{ANA}/preferences", json={"marketing": wish})
    answer.raise_for_status()


@pytest.mark.parametrize("wish", ["stop", "resume", "signup"])
async def test_the_business_is_told_what_a_person_wants_to_hear_of(
    wish: str, client: httpx.AsyncClient, business: FakeBusiness, clock: Hands
) -> None:
    await prefer(client, wish)

    [value] = await business.webhooks(1)
    [preference] = value["user_preferences"]
    assert business.bodies()[0]["entry"][0]["changes"][0]["field"] == "user_preferences"
    assert value["contacts"][0]["wa_id"] == preference["wa_id"] == ANA
    assert preference["user_id"] == user_id_of(ANA)
    assert (preference["category"], preference["value"]) == ("marketing_messages", wish)
    assert preference["timestamp"] == int(clock.now)


async def test_marketing_for_whoever_stopped_it_is_accepted_and_fails_by_webhook(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await describe(client, "sale", category="marketing")
    await prefer(client, "stop")

    answer = await graph.post(MESSAGES, json=template("sale"))

    [status] = await business.statuses(1)
    assert answer.status_code == 200
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131050)


@pytest.mark.parametrize(
    ("category", "wishes"), [("marketing", ["stop", "resume"]), ("utility", ["stop"])]
)
async def test_marketing_after_it_was_resumed_and_all_else_reaches_the_person(
    category: str,
    wishes: list[str],
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    business: FakeBusiness,
) -> None:
    await describe(client, "news", category=category)
    for wish in wishes:
        await prefer(client, wish)

    await graph.post(MESSAGES, json=template("news"))

    statuses = await business.statuses(3)
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert statuses[0]["pricing"]["category"] == category


@pytest.mark.parametrize(
    ("status", "code"),
    [("missing", 132001), ("paused", 132015), ("disabled", 132016), ("syncing", 134101)],
)
async def test_a_template_that_may_not_be_used_is_refused(
    status: str, code: int, client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await describe(client, "hello", status=status)

    answer = await graph.post(MESSAGES, json=template("hello"))

    assert answer.json()["error"]["code"] == code


async def test_an_authentication_template_needs_a_number(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await describe(client, "code", category="authentication")

    by_id = await graph.post(MESSAGES, json=template("code", recipient=user_id_of(ANA)))
    by_number = await graph.post(MESSAGES, json=template("code"))

    assert by_id.json()["error"]["code"] == 131062
    assert by_number.status_code == 200


@pytest.mark.parametrize(
    ("code", "status", "approved"),
    [
        (132001, 404, {"languages": ["pt_BR"]}),
        (132000, 400, {"components": {"body": 1}}),
        (132000, 400, {"components": {"header": "image"}}),
        (131008, 400, {"components": {"buttons": ["url"]}}),
    ],
)
async def test_a_template_filled_in_otherwise_than_it_was_approved_is_refused(
    *,
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    code: int,
    status: int,
    approved: dict[str, Any],
) -> None:
    await describe(client, "hello", **approved)
    answer = await graph.post(MESSAGES, json=template("hello"))

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


async def test_templates_that_were_described_are_shown(client: httpx.AsyncClient) -> None:
    await describe(client, "sale", category="marketing")

    shown = (await client.get("/simulator/templates")).json()

    assert shown == {"sale": {"category": "marketing", "status": "approved"}}
