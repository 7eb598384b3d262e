"""Echoes, odd statuses, odd messages, groups, and news of any field reach the business."""

from typing import Any

import httpx
import pytest

from simulator.ids import user_id_of
from simulator.testing import FakeBusiness, Hands

ANA = "15550001111"
USER = f"/simulator/users/{ANA}"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}


async def test_what_somebody_of_the_business_types_on_the_phone_is_echoed(
    client: httpx.AsyncClient, business: FakeBusiness, clock: Hands
) -> None:
    wamid = (await client.post(f"{USER}/echoes", json=TEXT)).json()["wamid"]
    await client.post(
        f"{USER}/echoes", json={"type": "revoke", "revoke": {"original_message_id": wamid}}
    )

    first, second = await business.webhooks(2)
    assert business.bodies()[0]["entry"][0]["changes"][0]["field"] == "smb_message_echoes"
    assert first["message_echoes"] == [
        {
            "from": "15550783881",
            "to": ANA,
            "to_user_id": user_id_of(ANA),
            "id": wamid,
            "timestamp": str(int(clock.now)),
            **TEXT,
        }
    ]
    assert second["message_echoes"][0]["revoke"] == {"original_message_id": wamid}
    lines = (await client.get(f"{USER}/transcript")).json()
    assert (lines[0]["direction"], lines[0]["wamid"]) == ("out", wamid)


async def test_an_echo_opens_no_window(client: httpx.AsyncClient, graph: httpx.AsyncClient) -> None:
    await client.post(f"{USER}/echoes", json=TEXT)

    answer = await graph.post(MESSAGES, json={"messaging_product": "whatsapp", "to": ANA, **TEXT})

    assert answer.json()["error"]["code"] == 131047


async def test_a_message_in_a_group_names_the_group_and_opens_no_window_of_the_person(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.post(f"{USER}/messages", json={**TEXT, "group_id": "G1"})

    answer = await graph.post(MESSAGES, json={"messaging_product": "whatsapp", "to": ANA, **TEXT})

    [value] = await business.webhooks(1)
    message = value["messages"][0]
    assert (message["group_id"], message["from"]) == ("G1", ANA)
    assert answer.json()["error"]["code"] == 131047


@pytest.mark.parametrize("status", ["played", "deleted", "delivered", "teleported"])
async def test_any_status_can_be_told_of_any_message(
    status: str, client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    told = {"id": "wamid.nobodys", "status": status, "recipient_type": "group"}

    await client.post(f"{USER}/statuses", json=told)

    [value] = await business.webhooks(1)
    assert told.items() <= value["statuses"][0].items()
    assert value["statuses"][0]["recipient_id"] == ANA


async def test_a_status_of_a_known_message_carries_the_business_own_reference(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.post(f"{USER}/messages", json=TEXT)
    body = {"messaging_product": "whatsapp", "to": ANA, "biz_opaque_callback_data": "r1", **TEXT}
    wamid = (await graph.post(MESSAGES, json=body)).json()["messages"][0]["id"]
    await business.statuses(3)
    await client.post(f"{USER}/statuses", json={"id": wamid, "status": "played"})

    *_, played = await business.statuses(4)
    assert (played["status"], played["biz_opaque_callback_data"]) == ("played", "r1")


@pytest.mark.parametrize(
    "message",
    [
        {"from": ANA, "id": "wamid.1", "location": {"latitude": 1, "longitude": 2}},
        {"from": "", "id": "wamid.2", "timestamp": 1795000000, "type": "text"},
        {"from": "US.1", "id": "wamid.3", "type": "text", "text": "not an object"},
        {},
    ],
    ids=["no type", "no sender", "a user id for a number", "nothing"],
)
async def test_a_message_can_be_sent_exactly_as_it_stands(
    message: dict[str, Any], client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    for contacts in (True, False):
        body = {"message": message, "contacts": contacts}
        (await client.post(f"{USER}/exact-messages", json=body)).raise_for_status()

    with_card, without = await business.webhooks(2)
    assert with_card["messages"] == without["messages"] == [message]
    assert ("contacts" in with_card, "contacts" in without) == (True, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_template_status_update", {"event": "PAUSED", "message_template_id": 1}),
        ("account_update", {"event": "ACCOUNT_RESTRICTION"}),
        ("group_lifecycle_update", {"groups": [{"group_id": "G1", "type": "group_create"}]}),
        ("history", {"history": []}),
        ("calls", {"calls": [{"id": "wacid.1", "event": "connect"}]}),
        ("a_field_of_tomorrow", {"anything": [1, "2"]}),
    ],
)
async def test_news_of_any_field_are_told_as_given(
    field: str, value: dict[str, Any], client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.post("/simulator/updates", json={"field": field, "value": value})
    news = {"field": field, "value": value, "metadata": True}
    await client.post("/simulator/updates", json=news)

    plain, with_number = await business.webhooks(2)
    assert business.bodies()[0]["entry"][0]["changes"][0]["field"] == field
    assert plain == value
    assert with_number["metadata"]["phone_number_id"] == "106540352242922"
    assert value.items() <= with_number.items()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("echoes", {"text": {"body": "hi"}}),
        ("statuses", {"status": "read"}),
        ("preferences", {"marketing": "perhaps"}),
        ("change-number", {"wa_id": "abc"}),
        ("exact-messages", {"message": "hi"}),
    ],
)
async def test_acts_that_make_no_sense_are_refused(
    path: str, body: dict[str, Any], client: httpx.AsyncClient
) -> None:
    assert (await client.post(f"{USER}/{path}", json=body)).status_code == 422
