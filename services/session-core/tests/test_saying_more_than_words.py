"""What operators type to say to a person: words, or anything else that WhatsApp carries."""

import json
import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import httpx
import pytest

from domain.commands import HumanReply
from domain.messages import OutboundMessage, OutboundTemplate, OutboundText, TextParameter
from domain.messages.limits import exceeded
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


FILLED = {
    "type": "template",
    "name": "call_us",
    "language": "en",
    "header": "Your claim",
    "body": ["Ana", {"type": "text", "text": "noon", "name": "at"}],
}
CALL_ANA = OutboundTemplate(
    name="call_us",
    language="en",
    header=TextParameter(text="Your claim"),
    body=(TextParameter(text="Ana"), TextParameter(text="noon", name="at")),
)


async def test_plain_words_fill_a_template_whoever_asks_for_it(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    await client.post("/commands/reply", json={"session_id": str(SESSION), "message": FILLED})
    way_out = {"text": "hi", "fallback": FILLED}
    await client.post("/commands/reply", json={"session_id": str(SESSION), **way_out})
    typed = json.dumps(FILLED)

    assert [
        command.personal for _, command, _, _ in outbox.sent if hasattr(command, "personal")
    ] == [
        HumanReply(message=CALL_ANA),
        HumanReply(message=OutboundText(text="hi"), fallback=CALL_ANA),
    ]
    assert human_reply(None, typed, None).message == CALL_ANA
    assert human_reply("hi", None, None, typed).fallback == CALL_ANA


EXAMPLES = re.findall(
    r"^--message .*$",
    (Path(__file__).parents[3] / "docs/reference/reply-kinds.md").read_text(),
    re.MULTILINE,
)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_a_message_can_be_copied_into_the_terminal(example: str) -> None:
    _, typed = shlex.split(example)

    assert exceeded(human_reply(None, typed, None).message) is None


def test_there_is_an_example_of_every_kind_of_message() -> None:
    shown = {human_reply(None, shlex.split(each)[1], None).message.type for each in EXAMPLES}
    members = get_args(get_args(OutboundMessage)[0])

    assert shown == {
        kind for one in members for kind in get_args(one.model_fields["type"].annotation)
    }


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
        (
            None,
            '{"type": "template", "name": "call_us", "language": "en", "body": [5]}',
            "message.template.body.0: model_attributes_type",
        ),
        (None, '{"type": "song"}', "message: union_tag_invalid"),
        (None, "Ana said", "message: json_invalid"),
    ],
    ids=[
        "nothing",
        "both",
        "no words",
        "a number",
        "a number in a template",
        "no such kind",
        "no JSON",
    ],
)
def test_what_is_no_message_is_told_without_repeating_it(
    text: str | None, message: str | None, problem: str
) -> None:
    with pytest.raises(UnclearWords) as refused:
        human_reply(text, message, None)

    assert str(refused.value) == problem
