"""What people send arrives typed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.codec import decode_command
from domain.commands import ReceiveMessage
from domain.values import command_id, message_id
from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]

NUMBER = "106540352242922"
PHOTO = {"id": "701", "mime_type": "image/jpeg", "sha256": "c2hh", "caption": "the damage"}
STICKER = {"id": "704", "mime_type": "image/webp", "animated": False}
DOCUMENT = {"id": "702", "mime_type": "application/pdf", "filename": "polizza è.pdf"}
VOICE = {"id": "703", "mime_type": "audio/ogg; codecs=opus", "voice": True}
POLL = {"code": 131051, "title": "Message type unknown"}


@pytest.fixture
def received(reading: Read, webhook: Make) -> Callable[[dict[str, Any]], ReceiveMessage]:
    def receive(message: dict[str, Any]) -> ReceiveMessage:
        found = reading(webhook(messages=[message]))
        assert not found.parked
        (entry,) = found.commands
        command = decode_command(entry.type, entry.data)
        assert isinstance(command, ReceiveMessage)
        return command

    return receive


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ({"type": "text", "text": {"body": "ciao"}}, {"type": "text", "text": "ciao"}),
        ({"type": "text", "text": {"body": ""}}, {"type": "text", "text": ""}),
        ({"type": "text", "text": {"body": 42}}, {"type": "text", "text": "42"}),
        ({"text": {"body": "no type"}}, {"type": "text", "text": "no type"}),
        (
            {"type": "image", "image": PHOTO},
            {
                "type": "image",
                "media_id": "701",
                "mime_type": "image/jpeg",
                "sha256": "c2hh",
                "caption": "the damage",
                "voice": False,
            },
        ),
        (
            {"type": "video", "video": {"id": 705}},
            {
                "type": "video",
                "media_id": "705",
                "mime_type": "application/octet-stream",
                "voice": False,
            },
        ),
        (
            {"type": "document", "document": DOCUMENT},
            {
                "type": "document",
                "media_id": "702",
                "mime_type": "application/pdf",
                "file_name": "polizza è.pdf",
                "voice": False,
            },
        ),
        (
            {"type": "sticker", "sticker": STICKER},
            {"type": "sticker", "media_id": "704", "mime_type": "image/webp", "voice": False},
        ),
        *(
            (
                {"type": kind, kind: VOICE},
                {
                    "type": "audio",
                    "media_id": "703",
                    "mime_type": "audio/ogg; codecs=opus",
                    "voice": True,
                },
            )
            for kind in ("audio", "voice")
        ),
        (
            {"location": {"latitude": 45.4, "longitude": "9.19", "name": "Duomo"}},
            {"type": "location", "latitude": 45.4, "longitude": 9.19, "name": "Duomo"},
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "y", "title": "Y"}},
            },
            {"type": "button_reply", "id": "y", "title": "Y"},
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "7", "title": "Fire"}},
            },
            {"type": "list_reply", "id": "7", "title": "Fire"},
        ),
        (
            {"type": "button", "button": {"payload": "STOP", "text": "Stop promotions"}},
            {"type": "template_button", "id": "STOP", "title": "Stop promotions"},
        ),
        (
            {"type": "button", "button": {"text": "Yes"}},
            {"type": "template_button", "id": "Yes", "title": "Yes"},
        ),
        (
            {"type": "unsupported", "errors": [POLL], "unsupported": {"type": "poll_creation"}},
            {"type": "unsupported", "code": 131051, "title": "Message type unknown"},
        ),
        ({"type": "unsupported"}, {"type": "unsupported"}),
    ],
)
def test_every_kind_of_message_arrives_typed(
    received: Make, sent: dict[str, Any], typed: dict[str, Any]
) -> None:
    message = {"from": "15551234567", "id": "wamid.A", "timestamp": "1795435100", **sent}

    content = received(message).personal.message

    assert content.model_dump(exclude_none=True) == typed


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "hologram", "hologram": {"depth": [1, 2, {"a": None}]}},
        {"type": "reaction", "reaction": {"message_id": "wamid.B", "emoji": "👍"}},
        {"type": "order", "order": {"product_items": [{"quantity": "2"}]}},
        {"type": "contacts", "contacts": [{"phones": []}]},
        {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "x"}}},
        {"type": "interactive"},
        {"type": "button", "button": {}},
        {"something": "new"},
        {"type": None},
        {"type": ["text"]},
    ],
)
def test_a_type_nobody_foresaw_is_kept_whole(received: Make, sent: dict[str, Any]) -> None:
    message = {"from": "15551234567", "id": "wamid.A", **sent}

    content = received(message).personal.message

    kind = sent.get("type") if isinstance(sent.get("type"), str) else None
    assert content.model_dump() == {"type": "unknown", "original_type": kind, "raw": message}


def test_a_message_is_named_by_its_number_and_wamid(
    reading: Read, webhook: Make, text: Make
) -> None:
    (entry,) = reading(webhook(messages=[text("wamid.X")])).commands

    command = decode_command(entry.type, entry.data)
    assert isinstance(command, ReceiveMessage)
    assert entry.id == command_id("message.receive.v1", NUMBER, "wamid.X")
    assert command.message_id == message_id("wamid.X")
    assert command.personal.wamid == "wamid.X"
    assert command.phone_number_id == NUMBER


@pytest.mark.parametrize("timestamp", ["1795435100", 1795435100])
def test_a_message_is_from_when_whatsapp_says(
    received: Make, text: Make, timestamp: object
) -> None:
    sent = received(text(timestamp=timestamp)).received_at

    assert sent == datetime(2026, 11, 23, 11, 58, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "timestamp", [None, "", "soon", "0", -5, True, 1795435100000, "9" * 400, [], 1.5]
)
def test_a_message_without_a_sensible_time_is_from_now(
    received: Make, text: Make, timestamp: object
) -> None:
    sent = received(text(timestamp=timestamp)).received_at

    assert sent == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_an_emoji_cut_in_half_does_not_lose_the_message(reading: Read, webhook: Make) -> None:
    cut = b'{"from":"15551234567","id":"wamid.A","type":"text","text":{"body":"hi \\ud83d"}}'
    body = webhook(messages=["HERE"]).replace(b'"HERE"', cut)

    found = reading(body)

    assert not found.parked
    assert json.loads(found.commands[0].data)["personal"]["message"]["text"] == "hi ?"
