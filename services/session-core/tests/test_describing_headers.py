"""The headers that readers rely on are those that the AsyncAPI document promises."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from domain.ports.event_store import RecordedEvent
from installation.appends import ANA, happened
from session_core.adapters.event_records import laid_out
from streaming.cloudevents import CloudEvent, encode

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "asyncapi.json"
Headers = list[tuple[str, bytes]]


def promised(topic: str, message: str) -> Any:
    """Resolve the schema of a message's headers, closed so that no other header is allowed."""
    document = json.loads(DOCUMENT.read_text())
    where = document["channels"][topic]["messages"][message]["headers"]["$ref"]
    name = where.removeprefix("#/components/schemas/")
    return {**document["components"]["schemas"][name], "additionalProperties": False}


def written(headers: Headers) -> dict[str, str]:
    return {name: content.decode() for name, content in headers}


def test_an_event_has_the_promised_headers_and_no_other() -> None:
    ((_, _, headers),) = laid_out([RecordedEvent(7, happened(ANA, 1))])

    Draft202012Validator(promised("session-events", "session.initiated.v1")).validate(
        written(headers)
    )


def test_a_command_has_the_promised_headers_and_no_other() -> None:
    command = CloudEvent(
        id="1",
        type="message.receive.v1",
        source="ingress",
        time=datetime(2026, 11, 26, tzinfo=UTC),
        data=b"{}",
        subject="a",
        correlation_id="b",
        causation_id="c",
        traceparent="d",
    )
    schema = promised("session-commands", "message.receive.v1")

    Draft202012Validator(schema).validate(written(encode(command)))
    left_out = {name: text for name, text in written(encode(command)).items() if name != "ce_type"}
    assert not Draft202012Validator(schema).is_valid(left_out)
