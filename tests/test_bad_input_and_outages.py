import asyncio
import json
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from demo.conversation import photo
from demo.events import Reader, holes, reading
from demo.person import Person, words_of
from devstack.endpoints import Endpoints
from devstack.stack import Stack
from watching import Meet, events_until, of, of_person, until

pytestmark = pytest.mark.system


def webhook(known: Endpoints, person: Person, message: dict[str, Any], **change: Any) -> str:
    number = known.whatsapp.phone_number_id
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000000", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": person.wa_id}],
        "messages": [{"from": person.wa_id, "timestamp": "1795000000", **message}],
        **change,
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]})


async def post(simulator: httpx.AsyncClient, body: str, *, sign: str = "well") -> int:
    signature = {"well": True, "not": False, "forged": "forged"}[sign]
    webhook = {"body": body, "sign": signature}
    answer = await simulator.post("/simulator/webhooks/raw", json=webhook)
    return int(answer.raise_for_status().json()["status"])


async def parked(known: Endpoints, topic: str) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=known.kafka, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[bytes | None] = []
        while [p for p, end in ends.items() if await consumer.position(p) < end]:
            batches = await consumer.getmany(timeout_ms=200)
            found += [record.value for records in batches.values() for record in records]
    return found


async def test_a_forged_signature_is_refused_and_leaves_no_trace(
    simulator: httpx.AsyncClient, known: Endpoints, meet: Meet, events: Reader
) -> None:
    person = meet()
    forged = webhook(known, person, {"id": "wamid.forged", "type": "text", "text": {"body": "x"}})

    assert await post(simulator, forged, sign="forged") == 401
    assert await post(simulator, forged, sign="not") == 401
    await _next_session_of(meet(), events)
    assert await person.received() == []


async def _next_session_of(person: Person, events: Reader) -> None:
    await person.write("hello")
    await events_until(
        events, lambda seen: bool(of_person(seen, person)), "somebody else's message"
    )


async def test_broken_json_with_a_good_signature_is_parked_with_its_bytes(
    simulator: httpx.AsyncClient, known: Endpoints
) -> None:
    body = '{"object": "whatsapp_business_account", "entry": [{'

    assert await post(simulator, body) == 200
    assert body.encode() in await parked(known, "webhook-parked")


async def test_a_body_of_five_mebibytes_is_refused(simulator: httpx.AsyncClient) -> None:
    assert await post(simulator, json.dumps({"x": "x" * (5 * 1024 * 1024)})) == 413


async def test_a_message_of_an_unknown_type_is_kept_and_the_person_told(
    simulator: httpx.AsyncClient, known: Endpoints, meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.write("hello")
    await person.next_reply()
    hologram = {"id": f"wamid.h{person.wa_id}", "type": "hologram", "hologram": {"id": "7"}}

    assert await post(simulator, webhook(known, person, hologram)) == 200
    assert words_of(await person.next_reply()).startswith("I can't read this kind of message.")
    seen = await events_until(
        events, lambda seen: len(of(of_person(seen, person), "message.received.v1")) == 2, "both"
    )
    kept = of(of_person(seen, person), "message.received.v1")[-1].data["personal"]["message"]
    assert kept["type"] == "unknown"
    assert kept["raw"]["hologram"] == {"id": "7"}


async def test_a_webhook_for_a_number_that_is_not_configured_is_parked(
    simulator: httpx.AsyncClient, known: Endpoints, meet: Meet
) -> None:
    message = {"id": "wamid.elsewhere", "type": "text", "text": {"body": "hi"}}
    metadata = {"display_phone_number": "1", "phone_number_id": "999"}
    body = webhook(known, meet(), message, metadata=metadata)

    assert await post(simulator, body) == 200
    assert body.encode() in await parked(known, "webhook-parked")


async def asked_for_photos(person: Person) -> None:
    for text in ("hello", "Ana Pérez", "AB-123456", "water", "yesterday"):
        await person.write(text)
        await person.next_reply()


async def send_photo(person: Person) -> None:
    await person.send_file("kitchen.jpg", photo(), "image/jpeg")


async def test_a_photo_that_has_expired_is_rejected_and_asked_for_again(
    simulator: httpx.AsyncClient, meet: Meet, events: Reader
) -> None:
    person = meet()
    await asked_for_photos(person)
    await simulator.put("/simulator/faults", json={"media_expired": True})
    await send_photo(person)
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "file.rejected.v1")), "a rejection"
    )
    told = [words_of(await person.next_reply()), words_of(await person.next_reply())]

    assert [e.data["reason"] for e in of(seen, "file.rejected.v1")] == ["media-expired"]
    assert "I could not fetch your file in time. Please send it again." in told


async def test_a_photo_sent_while_s3_is_down_for_twenty_seconds_is_stored_once(
    whole_stack: Stack, meet: Meet, events: Reader
) -> None:
    person = meet()
    await asked_for_photos(person)
    await asyncio.to_thread(whole_stack.kill, "s3")
    await send_photo(person)
    await person.next_reply()
    await asyncio.sleep(20)
    await asyncio.to_thread(whole_stack.start, "s3")
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "file.stored.v1")), "the file stored"
    )
    seen += await events.read_to_end()

    assert len(of(of_person(seen, person), "file.stored.v1")) == 1


async def test_a_crm_that_fails_then_works_is_told_exactly_once(
    simulator: httpx.AsyncClient, meet: Meet, events: Reader
) -> None:
    person = meet()
    await simulator.put("/simulator/faults", json={"crm": {"status": 500, "times": 1}})
    await person.write("hello")
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "crm.notified.v1")), "the CRM told"
    )

    told, *_ = of(of_person(seen, person), "crm.notified.v1")
    calls = (await simulator.get("/simulator/crm/calls")).json()
    answers = [call["answered"] for call in calls if call["id"] == told.data["event_id"]]
    assert answers == [500, 204]


async def test_a_conversation_goes_on_after_postgresql_restarted_in_its_middle(
    whole_stack: Stack, known: Endpoints, meet: Meet
) -> None:
    person = meet()
    await person.write("hello")
    await person.next_reply()
    restarting = asyncio.create_task(asyncio.to_thread(whole_stack.restart, "postgres"))
    await person.write("Ana Pérez")

    assert words_of(await person.next_reply()).startswith("What is your policy number?")
    await restarting
    assert len(await person.received()) == 2
    async with reading(known.kafka, from_start=True) as whole:
        assert holes(await whole.read_to_end()) == []


async def test_every_service_killed_in_turn_loses_and_doubles_nothing(
    whole_stack: Stack, known: Endpoints, meet: Meet
) -> None:
    person = meet()
    conversation = ("hello", "Ana Pérez", "AB-123456", "water", "yesterday")
    services = ("ingress", "session-core", "sender", "file-manager", "crm-notifier")
    for text, service in zip(conversation, services, strict=True):
        await person.write(text)
        await asyncio.to_thread(whole_stack.kill, service)
        await asyncio.to_thread(whole_stack.start, service)
        await person.next_reply(within_s=60)

    assert len(await person.received()) == len(conversation)
    async with reading(known.kafka, from_start=True) as whole:
        everything = await whole.read_to_end()
    assert holes(everything) == []
    assert len(of(of_person(everything, person), "message.received.v1")) == len(conversation)


async def test_what_the_log_files_hold_is_nothing_personal(whole_stack: Stack, meet: Meet) -> None:
    person = meet()
    await person.write("Tell nobody")
    await person.next_reply()

    async def logs() -> dict[str, str]:
        folder = whole_stack.site.log("any").parent
        services = ("ingress", "session-core", "sender", "file-manager", "crm-notifier")
        return {name: (folder / f"{name}.log").read_text() for name in services}

    found = await until(logs, "the logs of the services")
    for text in found.values():
        assert person.wa_id not in text
        assert "Tell nobody" not in text
        assert "wamid." not in text
