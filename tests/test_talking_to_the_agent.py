import asyncio
import io
import sys

import httpx
import pytest
from rich.console import Console

from demo.events import Reader, holes, reading
from demo.person import Person, words_of
from demo.play import play
from demo.stage import Stage
from devstack.endpoints import Endpoints
from watching import Meet, events_until, every_webhook_answered, of, of_person

pytestmark = pytest.mark.system


SHOWN = (
    "What is your full name?",
    "session.completed.v1",
    "same bytes as sent  yes",
    "session.completed      signature verified",
)


async def test_the_demo_shows_chat_events_file_and_crm(known: Endpoints) -> None:
    screen = io.StringIO()

    await play(known, Stage(Console(file=screen, width=120)))

    shown = screen.getvalue()
    for part in SHOWN:
        assert part in shown


async def test_the_demo_shows_the_same_of_a_system_that_others_started(known: Endpoints) -> None:
    told = {
        "SIMULATOR_URL": known.simulator,
        "KAFKA_BOOTSTRAP_SERVERS": known.kafka,
        "CHAT_PAGE": "http://localhost:8090",
        **{f"S3_{name}".upper(): value for name, value in known.s3.model_dump().items()},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo.elsewhere"),
        env={"COLUMNS": "120"} | {f"DEMO_{name}": value for name, value in told.items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()

    shown = output.decode()
    assert process.returncode == 0, shown
    for part in (*SHOWN, "Chat page: http://localhost:8090/?user=1555"):
        assert part in shown


async def test_twenty_people_at_once_get_one_reply_each_though_every_webhook_comes_twice(
    simulator: httpx.AsyncClient, known: Endpoints, meet: Meet, events: Reader
) -> None:
    people = [meet() for _ in range(20)]
    await simulator.put("/simulator/faults", json={"webhooks": {"duplicate": 1.0}})

    await asyncio.gather(*(person.write("hello") for person in people))
    await asyncio.gather(*(person.next_reply() for person in people))
    seen = await events_until(
        events, lambda seen: len(of(seen, "reply.sent.v1")) >= 20, "twenty replies sent"
    )
    await every_webhook_answered(simulator)
    seen += await events.read_to_end()

    assert [len(await person.received()) for person in people] == [1] * 20
    received = [event.data["message_id"] for event in of(seen, "message.received.v1")]
    assert len(received) == len(set(received)) == 20
    async with reading(known.kafka, from_start=True) as whole:
        everything = await whole.read_to_end()
    assert holes(everything) == []
    assert len({event.id for event in everything}) == len(everything)


async def test_one_trace_leads_from_the_webhook_to_every_event_of_a_message(
    meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.write("hello")
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "reply.sent.v1")), "a reply sent"
    )

    traces = {(event.traceparent or "")[3:35] for event in of_person(seen, person)[:4]}
    assert len(traces) == 1
    assert "" not in traces


async def test_the_keyword_flow_offers_a_list_and_ends_with_its_outcome(
    meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.write("callback")
    assert words_of(await person.next_reply()) == "Gladly. When may we call you?"
    await person.tap("Noon")
    await person.next_reply()
    await person.write("ana@example.org")

    assert words_of(await person.next_reply()) == "Noted, we call you. Until then!"
    seen = await events_until(
        events, lambda seen: bool(of(seen, "session.completed.v1")), "the session's end"
    )
    assert [e.data["outcome"] for e in of(seen, "session.completed.v1")] == ["requested"]


async def test_nothing_personal_stands_in_keys_or_headers(meet: Meet, events: Reader) -> None:
    person = meet()
    await person.write("hello")
    seen = await events_until(events, lambda seen: bool(of(seen, "reply.sent.v1")), "a reply")

    for event in seen:
        plain = {key: value for key, value in event.data.items() if key != "personal"}
        assert person.wa_id not in f"{event.key} {event.subject} {event.id} {plain}"


async def test_who_gets_a_number_that_somebody_left_gets_nothing_that_is_meant_for_them(
    simulator: httpx.AsyncClient, meet: Meet, events: Reader
) -> None:
    before, after = meet(), meet()
    await before.write("callback")
    await before.next_reply()
    await _shows_user_id(simulator, before)
    moving = {"wa_id": after.wa_id}
    old = f"/simulator/users/{before.wa_id}"
    (await simulator.post(f"{old}/change-number", json=moving)).raise_for_status()
    await events_until(
        events,
        lambda seen: any(
            event.data["personal"].get("from") == before.wa_id
            for event in of(seen, "contact.name-released.v1")
        ),
        "that the old number is given up",
    )
    stranger = Person(simulator, before.wa_id)
    await _shows_user_id(simulator, stranger)

    await stranger.write("callback")
    await stranger.next_reply()
    await after.next_reply()
    await after.write("am")

    assert "e-mail" in words_of(await after.next_reply())
    assert len(await stranger.received()) == 1


async def _shows_user_id(simulator: httpx.AsyncClient, person: Person) -> None:
    shown = {"shown": "user-id"}
    (await simulator.put(f"/simulator/users/{person.wa_id}", json=shown)).raise_for_status()
