"""An operator says more than a few words, and the person gets all of it, in order."""

import json

import pytest

from demo.events import Published, Reader
from demo.person import Person, words_of
from devstack.stack import Stack
from operating import session_core
from watching import Meet, events_until, of, of_person

pytestmark = pytest.mark.system


def sent(seen: list[Published]) -> list[Published]:
    return of(seen, "reply.sent.v1")


async def handed_off(person: Person, events: Reader) -> str:
    """Let the person ask for a human; return the session's id."""
    for words in ("hello", "agent"):
        await person.write(words)
        await person.next_reply()
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "session.handed-off.v1")), "hand-off"
    )
    return str(of(of_person(seen, person), "session.handed-off.v1")[0].subject)


async def test_an_operator_says_anything_that_whatsapp_carries(
    whole_stack: Stack, meet: Meet, events: Reader
) -> None:
    person = meet()
    session = await handed_off(person, events)
    question = await person.write("Where do I sign?")
    about = ("command", "reply", "--session", session)
    long = "We need your signature below. " * 200
    for said in (
        {"type": "read_receipt", "wamid": question, "typing": True},
        {"type": "template", "name": "call_us", "language": "en"},
        {"type": "document", "link": "https://example.com/terms.pdf", "file_name": "terms.pdf"},
    ):
        await session_core(whole_stack, *about, "--message", json.dumps(said))
    await session_core(whole_stack, *about, "--text", long, "--quotes", question)
    got = [await person.next_reply() for _ in range(4)]
    told = {question, *(entry["wamid"] for entry in (await person.received())[-4:])}
    seen = await events_until(
        events,
        lambda seen: told <= {event.data["personal"]["wamid"] for event in sent(seen)},
        "that the receipt and four messages were sent",
    )

    assert [message["type"] for message in got] == ["template", "document", "text", "text"]
    assert " ".join(words_of(message) for message in got[2:]) == long.strip()
    assert got[2]["context"] == {"message_id": question}
    assert of(seen, "reply.failed.v1") == []
