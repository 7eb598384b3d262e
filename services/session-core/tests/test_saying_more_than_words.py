"""What operators type to say to a person: words, or anything else that WhatsApp carries."""

from collections.abc import AsyncIterator

import httpx
import pytest

from domain.commands import HumanReply
from domain.messages import OutboundTemplate, OutboundText
from installation.desk import ANA, SESSION, OneSession, Outbox
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_session_archive import PostgresSessionArchive
from session_core.handlers.query_api import QueryApi, application
from session_core.handlers.terminal_words import UnclearWords, human_reply
from session_core.use_cases.looking_up import Records
from session_core.use_cases.operating import OperatorsDesk


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
async def client(outbox: Outbox) -> AsyncIterator[httpx.AsyncClient]:
    directory = OneSession()
    archive = PostgresSessionArchive(Connections("postgresql://127.0.0.1:1/nowhere"))
    desk = OperatorsDesk(directory, outbox)
    transport = httpx.ASGITransport(app=application(QueryApi(Records(archive, directory), desk)))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


async def test_a_person_can_be_sent_a_template_and_an_answer_with_a_way_out(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    template = {"type": "template", "name": "call_us", "language": "en"}
    about = {"session_id": str(SESSION)}
    answered = {"text": "hi", "quotes": "wamid.7", "fallback": template}
    for each in ({"message": template}, answered):
        await client.post("/commands/reply", json={**about, **each})

    said = [command.personal for _, command, _, _ in outbox.sent if hasattr(command, "personal")]
    call_us = OutboundTemplate(name="call_us", language="en")
    assert said == [
        HumanReply(message=call_us),
        HumanReply(message=OutboundText(text="hi"), quotes="wamid.7", fallback=call_us),
    ]


async def test_what_whatsapp_would_refuse_is_told_at_once_and_long_words_are_no_problem(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    button = {"id": "yes", "title": f"Yes, call {ANA} please"}
    asked = {"type": "buttons", "text": "Well? " * 1000, "buttons": [button]}
    refused = await client.post(
        "/commands/reply", json={"session_id": str(SESSION), "message": asked}
    )
    button["title"] = "Yes"
    taken = await client.post(
        "/commands/reply", json={"session_id": str(SESSION), "message": asked}
    )

    assert (refused.status_code, taken.status_code) == (422, 202)
    assert refused.json()["detail"] == (
        "WhatsApp would refuse it: buttons: title: at most 20 characters"
    )
    assert len(outbox.sent) == 1


def test_plain_words_are_a_text() -> None:
    assert human_reply("Hello", None, "wamid.7") == HumanReply(
        message=OutboundText(text="Hello"), quotes="wamid.7"
    )


def test_a_template_is_written_as_json() -> None:
    template = '{"type": "template", "name": "call_us", "language": "en"}'

    assert human_reply(None, template, None).message == OutboundTemplate(
        name="call_us", language="en"
    )


def test_words_may_have_a_template_as_their_way_out_of_a_closed_window() -> None:
    template = '{"type": "template", "name": "call_us", "language": "en"}'

    assert human_reply("Hello", None, None, template).fallback == OutboundTemplate(
        name="call_us", language="en"
    )


def test_a_way_out_that_is_no_template_is_told_without_repeating_it() -> None:
    with pytest.raises(UnclearWords) as refused:
        human_reply("Hello", None, None, '{"type": "text", "name": "Ana"}')

    assert str(refused.value) == "fallback.type: literal_error; fallback.language: missing"


@pytest.mark.parametrize(
    ("text", "message", "problem"),
    [
        (None, None, "either --text or --message"),
        ("Hello", "{}", "either --text or --message"),
        ("", None, "text: string_too_short"),
        (None, '{"type": "text", "text": 5}', "message.text.text: string_type"),
        (None, '{"type": "song"}', "message: union_tag_invalid"),
        (None, "Ana said", "message: json_invalid"),
    ],
    ids=["nothing", "both", "no words", "a number", "no such kind", "no JSON"],
)
def test_what_is_no_message_is_told_without_repeating_it(
    text: str | None, message: str | None, problem: str
) -> None:
    with pytest.raises(UnclearWords) as refused:
        human_reply(text, message, None)

    assert str(refused.value) == problem
