"""What Meta documents for every kind of message, word for word: the files in `bodies`."""

import json
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from domain.events import OutgoingReply
from domain.messages import OutboundMessage, OutboundText
from domain.messages.limits import exceeded
from domain.ports.sending import SendRefused
from domain.values import ReplyId
from sender.adapters.graph_body import encode

REPLY = ReplyId(UUID("90af8b3b-2c06-51a6-91a7-954680f49f64"))
BODIES = sorted((Path(__file__).parent / "bodies").glob("*.json"))
MESSAGE: TypeAdapter[OutboundMessage] = TypeAdapter(OutboundMessage)


def message_in(file: Path) -> OutboundMessage:
    return MESSAGE.validate_python(json.loads(file.read_text())["message"])


def body_of(message: OutboundMessage, **reply: str) -> Any:
    given = reply or {"to": "15550001111"}
    return json.loads(encode(OutgoingReply.model_validate({**given, "message": message}), REPLY))


@pytest.mark.parametrize("file", BODIES, ids=lambda file: file.stem)
def test_every_kind_of_message_is_said_as_meta_documents_it(file: Path) -> None:
    message = message_in(file)

    assert body_of(message) == json.loads(file.read_text())["body"]
    assert exceeded(message) is None


def test_no_kind_of_message_is_forgotten_here() -> None:
    classes = get_args(get_args(OutboundMessage)[0])

    assert {type(message_in(file)) for file in BODIES} == set(classes)


def test_an_answer_names_the_message_that_it_answers() -> None:
    body = body_of(OutboundText(text="Yes"), to="15550001111", quotes="wamid.7")

    assert body["context"] == {"message_id": "wamid.7"}


@pytest.mark.parametrize(
    ("known", "addressed"),
    [
        ({"to": "15550001111"}, {"to": "+15550001111"}),
        ({"to": "+15550001111"}, {"to": "+15550001111"}),
        ({"user_id": "US.1349"}, {"recipient": "US.1349"}),
        ({"to": "15550001111", "user_id": "US.1349"}, {"to": "+15550001111"}),
    ],
    ids=["number", "number with plus", "user id", "both"],
)
def test_people_are_addressed_by_number_else_by_user_id(
    known: dict[str, str], addressed: dict[str, str]
) -> None:
    body = body_of(OutboundText(text="Yes"), **known)

    assert {key: body[key] for key in ("to", "recipient") if key in body} == addressed


def test_a_message_to_nobody_is_no_call() -> None:
    with pytest.raises(SendRefused, match="no-addressee"):
        encode(OutgoingReply(message=OutboundText(text="Yes")), REPLY)
