"""The CRM believes only signed calls, remembers them in order, and fails when told to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from simulator.platform import Simulator

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"type": "session.completed", "timestamp": "2026-11-23T10:00:00Z", "data": {}})


def signed(
    call_id: str, body: str = BODY, *, secret: str = SECRET, age: timedelta = timedelta(0)
) -> dict[str, str]:
    now = datetime.now(UTC) - age
    return {
        "webhook-id": call_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(call_id, now, body),
    }


async def tell(client: httpx.AsyncClient, headers: dict[str, str], body: str = BODY) -> int:
    answer = await client.post("/crm/webhooks", content=body, headers=headers)
    return answer.status_code


async def calls(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = (await client.get("/simulator/crm/calls")).json()
    return told


async def test_a_signed_call_is_taken_and_remembered(client: httpx.AsyncClient) -> None:
    status = await tell(client, signed("evt_1"))

    [call] = await calls(client)
    assert status == 204
    assert datetime.fromisoformat(call.pop("at")).tzinfo is not None
    assert call == {
        "id": "evt_1",
        "type": "session.completed",
        "verified": True,
        "body": json.loads(BODY),
        "duplicate_of_earlier": False,
        "answered": 204,
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed("evt_1", secret="whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        signed("evt_1", body="another body"),
        signed("evt_1", age=timedelta(minutes=6)),
        {**signed("evt_1"), "webhook-id": "evt_2"},
        {**signed("evt_1"), "webhook-signature": "v1"},
    ],
    ids=["unsigned", "other secret", "other body", "old", "other id", "malformed"],
)
async def test_a_call_that_is_not_genuine_is_refused_but_shown(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    status = await tell(client, headers)

    [call] = await calls(client)
    assert status == 401
    assert call["verified"] is False
    assert call["duplicate_of_earlier"] is False


async def test_calls_are_listed_in_order_of_arrival(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await tell(client, signed(f"evt_{number}"))

    assert [call["id"] for call in await calls(client)] == [f"evt_{number}" for number in range(5)]


async def test_a_call_that_was_already_taken_is_marked_as_a_duplicate(
    client: httpx.AsyncClient,
) -> None:
    for call_id in ("evt_1", "evt_2", "evt_1"):
        await tell(client, signed(call_id))

    assert [call["duplicate_of_earlier"] for call in await calls(client)] == [False, False, True]


async def test_the_repeat_of_a_call_the_crm_had_failed_is_no_duplicate(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/simulator/faults", json={"crm": {"status": 500, "times": 1}})

    statuses = [await tell(client, signed("evt_1")) for _ in range(3)]

    assert statuses == [500, 204, 204]
    assert [call["answered"] for call in await calls(client)] == [500, 204, 204]
    assert [call["duplicate_of_earlier"] for call in await calls(client)] == [False, False, True]


async def test_the_crm_fails_as_often_as_told_and_no_forged_call_uses_it_up(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/simulator/faults", json={"crm": {"status": 503, "times": 2}})

    statuses = [await tell(client, headers) for headers in ({}, signed("a"), signed("a"))]

    assert statuses == [401, 503, 503]
    assert await tell(client, signed("a")) == 204


async def test_the_crm_fails_until_cleared_when_no_number_is_given(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/simulator/faults", json={"crm": {"status": 429}})
    broken = [await tell(client, signed("a")) for _ in range(3)]
    await client.delete("/simulator/faults")

    assert broken == [429] * 3
    assert await tell(client, signed("a")) == 204


async def test_a_call_that_is_no_json_is_shown_as_it_came(client: httpx.AsyncClient) -> None:
    await tell(client, {}, body="not json")

    assert (await calls(client))[0]["body"] == "not json"


async def test_the_page_hears_of_every_call(client: httpx.AsyncClient, platform: Simulator) -> None:
    with platform.hub.page() as page:
        await tell(client, signed("evt_1"))

    notice = page.get_nowait()
    assert notice is not None
    assert (notice.kind, notice.data["id"]) == ("crm", "evt_1")
