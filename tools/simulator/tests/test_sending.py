"""The business sends, and the person's phone and the status webhooks show it."""

from typing import Any

import httpx
import pytest

from simulator.ids import user_id_of
from simulator.platform import Simulator
from simulator.testing import FakeBusiness, Hands

ANA = "15550001111"
MESSAGES = "/v24.0/106540352242922/messages"


def text(body: str, **more: Any) -> dict[str, Any]:
    content = {"type": "text", "text": {"body": body}}
    return {"messaging_product": "whatsapp", "to": f"+{ANA}", **content, **more}


async def ana_writes(client: httpx.AsyncClient) -> str:
    message = {"type": "text", "text": {"body": "hi"}}
    answer = await client.post(f"/simulator/users/{ANA}/messages", json=message)
    return str(answer.json()["wamid"])


async def transcript(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = (await client.get(f"/simulator/users/{ANA}/transcript")).json()
    return lines


async def test_an_accepted_message_is_answered_as_meta_does(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await ana_writes(client)

    answer = await graph.post(MESSAGES, json=text("hello"))

    assert answer.status_code == 200
    body = answer.json()
    assert body["contacts"] == [{"input": f"+{ANA}", "wa_id": ANA}]
    assert body["messages"][0]["id"].startswith("wamid.")
    assert body["messaging_product"] == "whatsapp"


async def test_the_business_hears_sent_delivered_and_read_with_its_own_reference(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await ana_writes(client)
    sent = await graph.post(MESSAGES, json=text("hello", biz_opaque_callback_data="reply-1"))

    statuses = await business.statuses(3)

    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {sent.json()["messages"][0]["id"]}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"reply-1"}
    assert {status["recipient_id"] for status in statuses} == {ANA}
    assert [status.get("pricing") for status in statuses] == [
        {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"},
        {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"},
        None,
    ]


async def test_every_message_has_an_id_of_its_own(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await ana_writes(client)

    answers = [await graph.post(MESSAGES, json=text("hello")) for _ in range(20)]

    assert len({answer.json()["messages"][0]["id"] for answer in answers}) == 20


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}], ids=["none", "wrong"])
async def test_a_call_without_the_right_token_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post(MESSAGES, json=text("hello"), headers=headers)

    error = answer.json()["error"]
    assert answer.status_code == 401
    assert error.pop("fbtrace_id")
    assert error == {
        "message": "(#190) Access token has expired or is not valid",
        "type": "OAuthException",
        "code": 190,
        "error_data": {"messaging_product": "whatsapp", "details": "Invalid OAuth access token"},
    }


async def test_a_person_who_never_wrote_gets_nothing_but_templates(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    template = {"type": "template", "template": {"name": "hello", "language": {"code": "en"}}}
    refused = await graph.post(MESSAGES, json=text("hello"))
    accepted = await graph.post(MESSAGES, json={**text(""), **template})

    assert refused.json()["error"]["code"] == 131047
    assert accepted.json()["messages"][0]["message_status"] == "accepted"
    assert [line["message"]["type"] for line in await transcript(client)] == ["template"]


async def test_the_window_closes_24_hours_after_the_persons_last_message(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, clock: Hands
) -> None:
    await ana_writes(client)
    clock.turn(24 * 3600)
    in_time = await graph.post(MESSAGES, json=text("just in time"))
    clock.turn(1)
    too_late = await graph.post(MESSAGES, json=text("too late"))

    assert in_time.status_code == 200
    assert too_late.json()["error"]["code"] == 131047


async def test_a_window_can_be_closed_at_once_until_the_person_writes_again(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await ana_writes(client)
    await client.put("/simulator/users/15550001111", json={"window": "closed"})
    refused = await graph.post(MESSAGES, json=text("hello"))
    await ana_writes(client)
    accepted = await graph.post(MESSAGES, json=text("hello again"))

    assert refused.json()["error"]["code"] == 131047
    assert accepted.status_code == 200


async def test_an_unknown_recipient_becomes_a_person(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await graph.post(MESSAGES, json=text("hello"))

    users = (await client.get("/simulator/users")).json()

    assert [user["wa_id"] for user in users] == [ANA]


async def test_a_person_can_be_reached_by_the_business_scoped_user_id(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await ana_writes(client)
    body = {**text("hello"), "recipient": user_id_of(ANA)}
    del body["to"]

    known = await graph.post(MESSAGES, json=body)
    unknown = await graph.post(MESSAGES, json={**body, "recipient": "US.0"})

    assert known.json()["contacts"] == [{"input": user_id_of(ANA), "user_id": user_id_of(ANA)}]
    assert unknown.json()["error"]["code"] == 131009


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v24.0/999/messages", b"{}", 33),
        ("/latest/106540352242922/messages", b"{}", 2500),
        (MESSAGES, b"{not json", 100),
        (MESSAGES, b"[]", 100),
    ],
    ids=["unknown number", "no version", "no JSON", "no object"],
)
async def test_a_call_that_makes_no_sense_is_refused(
    graph: httpx.AsyncClient, path: str, body: bytes, code: int
) -> None:
    answer = await graph.post(path, content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code


async def test_the_business_cannot_write_to_itself(graph: httpx.AsyncClient) -> None:
    answer = await graph.post(MESSAGES, json={**text("hello"), "to": "15550783881"})

    assert answer.json()["error"]["code"] == 131021


async def test_a_read_receipt_turns_this_and_earlier_messages_blue(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    wamids = [await ana_writes(client) for _ in range(3)]
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": wamids[1]}

    answer = await graph.post(MESSAGES, json=receipt)

    ana = platform.people.meet(ANA)
    assert answer.json() == {"success": True}
    assert [entry.tick == "read" for entry in ana.entries] == [True, True, False]


async def test_a_read_receipt_for_an_unknown_message_is_refused(graph: httpx.AsyncClient) -> None:
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}

    answer = await graph.post(MESSAGES, json=receipt)

    assert answer.json()["error"]["code"] == 131009


async def test_the_person_sees_that_the_business_is_typing(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    wamid = await ana_writes(client)
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    with platform.hub.page() as page:
        await graph.post(MESSAGES, json={**receipt, "typing_indicator": {"type": "text"}})

    kinds = [notice.kind for notice in (page.get_nowait() for _ in range(page.qsize())) if notice]
    assert "typing" in kinds


async def test_an_answer_turns_the_persons_messages_blue(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    await ana_writes(client)

    await graph.post(MESSAGES, json=text("hello"))

    assert platform.people.meet(ANA).entries[0].tick == "read"


async def test_a_reaction_is_only_ever_sent_and_never_read(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    wamid = await ana_writes(client)
    reaction = {"type": "reaction", "reaction": {"message_id": wamid, "emoji": "👍"}}
    await graph.post(MESSAGES, json={**text(""), **reaction})
    await graph.post(MESSAGES, json=text("hello"))

    statuses = await business.statuses(4)

    assert sorted(status["status"] for status in statuses) == ["delivered", "read", "sent", "sent"]


async def test_a_reaction_to_an_unknown_message_fails_by_webhook(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await ana_writes(client)
    reaction = {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}}
    await graph.post(MESSAGES, json={**text(""), **reaction})

    [status] = await business.statuses(1)

    assert status["status"] == "failed"
    assert status["errors"][0]["code"] == 131009
    assert len(await transcript(client)) == 1
