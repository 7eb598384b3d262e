"""What is not understood is parked with its place, and the rest goes on."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]


def _entries(*changes: object) -> bytes:
    return json.dumps({"entry": [{"id": "1", "changes": list(changes)}]}).encode()


@pytest.mark.parametrize(
    ("body", "reason", "path"),
    [
        (b"", "not-json", "$"),
        (b'{"entry": [', "not-json", "$"),
        (b"\xff\xfe\x00", "not-json", "$"),
        (b"NaN", "not-json", "$"),
        (b"[" * 100_000, "not-json", "$"),
        (b"[]", "wrong-shape", "$"),
        (b"null", "wrong-shape", "$"),
        (b"{}", "wrong-shape", "$.entry"),
        (b'{"object": "page", "entry": [{}]}', "unknown-object", "$.object"),
        (b'{"entry": []}', "nothing-said", "$.entry"),
        (b'{"entry": [7]}', "wrong-shape", "$.entry[0]"),
        (b'{"entry": [{"changes": {}}]}', "wrong-shape", "$.entry[0].changes"),
        (_entries({}), "unknown-field", "$.entry[0].changes[0].field"),
        (_entries({"field": "mood"}), "unknown-field", "$.entry[0].changes[0].field"),
        (_entries({"field": ["messages"]}), "unknown-field", "$.entry[0].changes[0].field"),
        (
            _entries({"field": "messages", "value": "x"}),
            "wrong-shape",
            "$.entry[0].changes[0].value",
        ),
        (
            _entries({"field": "messages", "value": {}}),
            "wrong-shape",
            "$.entry[0].changes[0].value",
        ),
        (b'{"entry": [{"changes": [{"field": "calls"}]}]}', "wrong-shape", "$.entry[0].changes[0]"),
        (b'{"entry": [' + b"0," * 20_000 + b"0]}", "too-many-updates", "$"),
    ],
)
def test_a_webhook_that_is_not_understood_is_parked_with_its_place(
    reading: Read, body: bytes, reason: str, path: str
) -> None:
    found = reading(body)

    assert [(problem.reason, problem.path) for problem in found.parked] == [(reason, path)]
    assert not found.commands
    assert not found.account_updates


def test_a_number_that_is_not_ours_is_parked_and_ours_goes_on(
    reading: Read, webhook: Make, change: Make, text: Make
) -> None:
    foreign = change(messages=[text("wamid.1"), text("wamid.2")], number="999")

    found = reading(webhook(foreign, change(messages=[text("wamid.3")])))

    assert [(problem.reason, problem.path) for problem in found.parked] == [
        ("unconfigured-number", "$.entry[0].changes[0].value")
    ]
    assert len(found.commands) == 1


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        ("no object", ""),
        (None, ""),
        ({"from": "15551234567", "type": "text", "text": {"body": "x"}}, ".id"),
        ({"id": "a", "from": "15551234567", "type": "text", "text": {"body": []}}, ".text.body"),
        ({"id": "a", "from": "15551234567", "type": "text"}, ".text.body"),
        ({"id": "a", "from": "15551234567", "type": "image", "image": {}}, ".image.id"),
        ({"id": "a", "from": "15551234567", "type": "location", "location": {}}, ".location"),
        ({"id": "a", "from": "1" * 4000, "type": "text", "text": {"body": "x"}}, ".from"),
    ],
)
def test_one_unreadable_message_is_parked_and_its_neighbours_go_on(
    reading: Read, webhook: Make, text: Make, broken: object, path: str
) -> None:
    found = reading(webhook(messages=[text("wamid.1"), broken, text("wamid.2")]))

    assert [problem.path for problem in found.parked] == [
        f"$.entry[0].changes[0].value.messages[1]{path}"
    ]
    assert len(found.commands) == 2


def test_a_command_too_large_for_its_topic_is_parked(
    reading: Read, webhook: Make, text: Make
) -> None:
    floats = webhook(messages=[text(type="hologram", hologram=["HERE"])])
    body = floats.replace(b'"HERE"', b",".join([b"1e15"] * 800_000))

    found = reading(body)

    assert [problem.reason for problem in found.parked] == ["too-large"]


def test_a_change_that_says_nothing_is_parked(reading: Read, webhook: Make) -> None:
    found = reading(webhook(contacts=[{"wa_id": "15551234567"}]))

    assert [problem.reason for problem in found.parked] == ["nothing-said"]
