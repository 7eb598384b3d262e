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
        ({"type": "text", "text": {"body": ""}}, {"type": "text", "text": ""}),
        ({"type": "text", "text": {"body": 42}}, {"type": "text", "text": "42"}),
        ({"text": {"body": "no type"}}, {"type": "text", "text": "no type"}),
        ({"contacts": [{}]}, {"type": "contacts", "cards": ({},)}),
        (
            {"type": "video", "video": {"id": 705}},
            {
                "type": "video",
                "media_id": "705",
                "mime_type": "application/octet-stream",
                "voice": False,
            },
        ),
        ({"type": "order", "order": {"product_items": [{}]}}, {"type": "order", "items": ({},)}),
        (
            {"type": "interactive", "interactive": {"nfm_reply": {"response_json": {"a": 1}}}},
            {"type": "flow_reply", "response": {"a": 1}},
        ),
    ],
)
def test_a_message_that_is_written_oddly_arrives_typed(
    received: Make, sent: dict[str, Any], typed: dict[str, Any]
) -> None:
    message = {"from": "15551234567", "id": "wamid.A", "timestamp": "1795435100", **sent}

    content = received(message).personal.message

    assert content.model_dump(exclude_none=True) == typed


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "hologram", "hologram": {"depth": [1, 2, {"a": None}]}},
        {"type": "reaction", "reaction": {"emoji": "👍"}},
        {"type": "order", "order": {"product_items": []}},
        {"type": "contacts", "contacts": []},
        {"type": "system"},
        {"type": "edit", "edit": {"original_message_id": "wamid.B"}},
        {"type": "revoke", "revoke": {}},
        {"type": "unknown"},
        {"type": "interactive", "interactive": {"nfm_reply": "x"}},
        {"type": "interactive", "interactive": {"call_permission_reply": {"is_permanent": True}}},
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
    assert entry.id == str(command_id("message.receive.v1", NUMBER, "wamid.X"))
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


@pytest.mark.parametrize("levels", [50, 198, 199, 200, 5000])
def test_a_form_filled_in_however_deep_can_be_read_by_who_comes_next(
    received: Make, levels: int
) -> None:
    filled_in = '{"a":' * levels + "1" + "}" * levels
    form = {"name": "flow", "response_json": filled_in}
    message = {"from": "15551234567", "id": "wamid.A", "type": "interactive"}

    command = received({**message, "interactive": {"type": "nfm_reply", "nfm_reply": form}})

    kept = command.personal.message
    assert (kept.response is None) == (levels > 100)
    assert kept.response_json == (filled_in if levels > 100 else None)
