"""People write, in words, taps and files; the transcript tells what was said."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from simulator import writing
from simulator.people import Entry, People
from simulator.platform import Simulator
from simulator.testing import FakeBusiness, Hands

ANA = "15550001111"
JSON = {"content-type": "application/json"}
USER = f"/simulator/users/{ANA}"
TEXT = {"type": "text", "text": {"body": "hi"}}


async def test_the_transcript_tells_both_sides_in_order_and_nothing_else(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, clock: Hands
) -> None:
    wamid = (await client.post(f"{USER}/messages", json=TEXT)).json()["wamid"]
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "hello"}}
    path = "/v24.0/106540352242922/messages"
    sent = await graph.post(path, json={**body, "biz_opaque_callback_data": "reply-1"})
    at = datetime.fromtimestamp(clock.now, tz=UTC).isoformat()

    lines = (await client.get(f"{USER}/transcript")).json()

    assert lines == [
        {"direction": "in", "at": at, "wamid": wamid, "reply_id": None, "message": TEXT},
        {
            "direction": "out",
            "at": at,
            "wamid": sent.json()["messages"][0]["id"],
            "reply_id": "reply-1",
            "message": {"type": "text", "text": {"body": "hello"}},
        },
    ]


async def test_a_refused_message_never_appears_in_the_transcript(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.post(f"{USER}/messages", json=TEXT)
    await client.put("/simulator/faults", json={"sends": {"error_code": 131000}})
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "hello"}}
    await graph.post("/v24.0/106540352242922/messages", json=body)

    lines = (await client.get(f"{USER}/transcript")).json()

    assert [line["direction"] for line in lines] == ["in"]


async def test_a_person_who_never_wrote_has_an_empty_transcript(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{USER}/transcript")).json() == []


async def test_a_tap_on_a_button_names_the_message_it_answers(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    tap = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}
    message = {"type": "interactive", "interactive": tap, "context": {"id": "wamid.asked"}}

    await client.post(f"{USER}/messages", json=message)

    [value] = await business.webhooks(1)
    assert value["messages"][0]["interactive"] == tap
    assert value["messages"][0]["context"] == {"from": "15550783881", "id": "wamid.asked"}


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/png", "image"),
        ("video/mp4", "video"),
        ("audio/ogg; codecs=opus", "audio"),
        ("application/pdf", "document"),
    ],
)
async def test_a_file_arrives_as_the_kind_of_message_that_fits_it(
    client: httpx.AsyncClient, business: FakeBusiness, mime_type: str, kind: str
) -> None:
    content = b"the bytes"
    files = {"file": ("claim.bin", content, mime_type)}

    await client.post(f"{USER}/messages", files=files, data={"caption": "Look"})

    [value] = await business.webhooks(1)
    message = value["messages"][0]
    assert message["type"] == kind
    assert message[kind]["mime_type"] == mime_type
    assert message[kind]["caption"] == "Look"
    assert message[kind]["sha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert message[kind].get("filename") == ("claim.bin" if kind == "document" else None)


async def test_a_file_can_be_sent_as_another_kind(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    files = {"file": ("a.png", b"png", "image/png")}

    await client.post(f"{USER}/messages", files=files, data={"type": "document"})

    [value] = await business.webhooks(1)
    assert value["messages"][0]["document"]["filename"] == "a.png"


async def test_a_file_beyond_metas_limit_is_handed_over_as_an_error(
    client: httpx.AsyncClient, business: FakeBusiness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "INBOUND_MOST", 10)

    await client.post(f"{USER}/messages", files={"file": ("a.png", b"0" * 11, "image/png")})

    [value] = await business.webhooks(1)
    message = value["messages"][0]
    assert message["type"] == "unsupported"
    assert message["errors"][0]["code"] == 131052


async def test_a_type_nobody_knows_is_handed_over_all_the_same(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.post(f"{USER}/messages", json={"type": "hologram", "hologram": {"a": 1}})

    [value] = await business.webhooks(1)
    assert value["messages"][0]["hologram"] == {"a": 1}


async def test_nobody_can_write_under_another_persons_number(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.post(f"{USER}/messages", json={**TEXT, "from": "999", "id": "wamid.mine"})

    [value] = await business.webhooks(1)
    assert value["messages"][0]["from"] == ANA
    assert value["messages"][0]["id"] != "wamid.mine"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": 7}'])
async def test_a_message_without_a_type_is_refused_with_a_sentence(
    client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post(f"{USER}/messages", content=body, headers=JSON)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("A message is a JSON object")


async def test_an_upload_without_a_file_is_refused_with_a_sentence(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post(f"{USER}/messages", files={"photo": ("a", b"a")})

    assert answer.status_code == 422
    assert answer.json() == {"detail": "The field file must hold a file."}


async def test_a_number_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/simulator/users/ana/messages", json=TEXT)

    assert answer.status_code == 422


async def test_messages_are_refused_while_too_many_webhooks_wait(
    client: httpx.AsyncClient, platform: Simulator
) -> None:
    platform.delivery.pending = 10**9

    answer = await client.post(f"{USER}/messages", json=TEXT)

    assert answer.status_code == 503
    assert (await client.get(f"{USER}/transcript")).json() == []


async def test_the_people_are_listed_with_the_latest_first(client: httpx.AsyncClient) -> None:
    for wa_id in ("15550000001", "15550000002", "15550000001"):
        await client.post(f"/simulator/users/{wa_id}/messages", json=TEXT)
    await client.put("/simulator/users/15550000002", json={"name": "Ben"})

    users: list[dict[str, Any]] = (await client.get("/simulator/users")).json()

    assert [(user["wa_id"], user["messages"]) for user in users] == [
        ("15550000001", 2),
        ("15550000002", 1),
    ]
    assert users[1]["name"] == "Ben"


def test_the_oldest_messages_and_the_quietest_people_are_forgotten() -> None:
    people = People(lambda *_: None, most_people=2, most_messages=2)
    at = datetime.now(UTC)
    for number in range(3):
        person = people.meet("15550000001")
        people.add(person, Entry("in", at, f"wamid.{number}", TEXT))
    people.meet("15550000002")
    people.meet("15550000003")

    assert [person.wa_id for person in people.everybody()] == ["15550000003", "15550000002"]
    assert [entry.wamid for entry in person.entries] == ["wamid.1", "wamid.2"]
    assert [people.by_wamid(f"wamid.{number}") for number in range(3)] == [None] * 3
