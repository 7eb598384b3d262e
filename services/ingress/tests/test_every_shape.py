"""Each shape that Meta documents, or that others have met, becomes exactly one command or news."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.account_updates import AccountUpdated
from domain.codec import decode_command, encode
from domain.values import command_id, message_id
from ingress.use_cases.fields import ACCOUNT_FIELDS, CONVERSATION_FIELDS
from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]
Shape = dict[str, Any]

NUMBER = "106540352242922"
ANA = "15551234567"
SECONDS, MOMENT = "1795435100", "2026-11-23T11:58:20Z"


def shapes(name: str) -> list[Shape]:
    found = yaml.safe_load((Path(__file__).parent / "shapes" / name).read_text(encoding="utf-8"))
    return list(found)


def name_of(shape: Shape) -> str:
    return str(shape.get("shape") or shape["field"])


def without_nothing(pairs: Shape) -> Shape:
    return {key: value for key, value in pairs.items() if value is not None}


@pytest.mark.parametrize("shape", shapes("messages.yaml"), ids=name_of)
def test_a_message_of_this_shape_is_received(reading: Read, webhook: Make, shape: Shape) -> None:
    sent = {"id": "wamid.A", "from": ANA, "timestamp": SECONDS, **shape["sent"]}
    sent = without_nothing(sent)
    more = {"contacts": shape["contacts"]} if "contacts" in shape else {}

    found = reading(webhook(messages=[sent], **more))

    content = shape.get("message") or without_nothing(
        {"type": "unknown", "original_type": shape.get("kept"), "raw": sent}
    )
    personal = {"wamid": "wamid.A", "from": ANA, **shape.get("beside", {}), "message": content}
    (entry,) = found.commands
    assert json.loads(entry.data) == {
        "phone_number_id": NUMBER,
        "message_id": str(message_id("wamid.A")),
        "received_at": MOMENT,
        "personal": without_nothing(personal),
    }
    assert entry.id == str(command_id("message.receive.v1", NUMBER, "wamid.A"))
    assert not found.parked
    assert not found.account_updates
    assert encode(decode_command(entry.type, entry.data)) == entry.data


@pytest.mark.parametrize("shape", shapes("statuses.yaml"), ids=name_of)
def test_a_status_of_this_shape_is_recorded(reading: Read, webhook: Make, shape: Shape) -> None:
    told = {"id": "wamid.OURS", "status": "delivered", "timestamp": SECONDS, "recipient_id": ANA}
    more = {"contacts": shape["contacts"]} if "contacts" in shape else {}

    found = reading(webhook(statuses=[without_nothing({**told, **shape["sent"]})], **more))

    personal = {"wamid": "wamid.OURS", "recipient": ANA, **shape.get("personal", {})}
    (entry,) = found.commands
    assert json.loads(entry.data) == {
        "phone_number_id": NUMBER,
        "status": "delivered",
        "at": MOMENT,
        **shape.get("recorded", {}),
        "personal": without_nothing(personal),
    }
    user = shape.get("user", ANA) or str(message_id("wamid.OURS"))
    assert entry.key == f"{NUMBER}/{user}"
    assert not found.parked
    assert encode(decode_command(entry.type, entry.data)) == entry.data


@pytest.mark.parametrize("shape", shapes("preferences.yaml"), ids=name_of)
def test_a_preference_or_echo_of_this_shape_is_news_and_a_command(
    reading: Read, webhook: Make, shape: Shape
) -> None:
    found = reading(webhook(field=shape["field"], **shape["parts"]))

    (entry,) = found.commands
    (news,) = found.account_updates
    assert json.loads(entry.data) == {"phone_number_id": NUMBER, **shape["command"]}
    assert json.loads(news.data)["update"] == {"phone_number_id": NUMBER, **shape["update"]}
    assert not found.parked
    assert encode(decode_command(entry.type, entry.data)) == entry.data
    AccountUpdated.model_validate_json(news.data)


@pytest.mark.parametrize("shape", shapes("account.yaml"), ids=name_of)
def test_news_of_this_shape_are_passed_on(reading: Read, webhook: Make, shape: Shape) -> None:
    change = {"field": shape["field"], "value": shape["value"]}

    found = reading(webhook(change))

    (news,) = found.account_updates
    data = json.loads(news.data)
    assert data.pop("update", None) == shape.get("update")
    assert data == change
    assert not found.commands
    assert not found.parked
    AccountUpdated.model_validate_json(news.data)


def test_every_field_about_the_account_has_a_shape_here() -> None:
    told = {shape["field"] for shape in shapes("account.yaml")}

    assert told | CONVERSATION_FIELDS == ACCOUNT_FIELDS | {"messages"}
