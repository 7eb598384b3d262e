import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from domain.account_updates import AccountUpdate, AccountUpdated
from domain.codec import UndecodableMessage, decode_command, decode_event, encode
from domain.commands import ABOUT_A_SESSION, COMMANDS
from domain.events import EVENTS
from domain.upcasting import UPCASTS

GOLDEN = Path(__file__).parent / "golden"
PERSONAL_VALUES = ("15550001111", "US.1349", "wamid.", "Ana", "kitchen", "Kim", "upset", "hi")


def published(kind: str) -> list[Path]:
    return sorted((GOLDEN / kind).glob("*.json"))


def type_of(file: Path) -> str:
    noun, verb, version = file.name.split(".")[:3]
    return f"{noun}.{verb}.{version}"


@pytest.mark.parametrize("file", published("events"), ids=lambda file: file.stem)
def test_every_event_ever_published_can_still_be_read(file: Path) -> None:
    data = file.read_bytes()
    read = decode_event(type_of(file), data)

    assert type_of(file) != read.TYPE or json.loads(encode(read)) == json.loads(data)


@pytest.mark.parametrize("file", published("commands"), ids=lambda file: file.stem)
def test_every_command_ever_published_can_still_be_read(file: Path) -> None:
    data = file.read_bytes()
    read = decode_command(type_of(file), data)

    assert type_of(file) != read.TYPE or json.loads(encode(read)) == json.loads(data)


@pytest.mark.parametrize("file", published("account-updates"), ids=lambda file: file.stem)
def test_all_news_ever_published_can_still_be_read(file: Path) -> None:
    data = file.read_bytes()
    read = AccountUpdated.model_validate_json(data)

    assert read.update is not None
    assert json.loads(read.model_dump_json(exclude_none=True)) == json.loads(data)


def test_every_type_of_news_has_a_golden_file() -> None:
    read = [
        AccountUpdated.model_validate_json(file.read_bytes())
        for file in published("account-updates")
    ]

    assert {type(one.update) for one in read} == set(get_args(get_args(AccountUpdate)[0]))


def test_every_type_has_a_golden_file() -> None:
    for kind, models in (("events", EVENTS), ("commands", COMMANDS)):
        types = {type_of(file) for file in published(kind)}

        assert set(models) <= types
        assert types - set(models) <= set(UPCASTS)


def outside_personal(data: Any) -> Iterator[str]:
    match data:
        case dict():
            for key, value in data.items():
                if key != "personal":
                    yield from outside_personal(value)
        case list():
            for value in data:
                yield from outside_personal(value)
        case _:
            yield str(data)


@pytest.mark.parametrize(
    "file", [*published("events"), *published("commands")], ids=lambda file: file.stem
)
def test_nothing_personal_stands_outside_the_personal_part(file: Path) -> None:
    plain = " ".join(outside_personal(json.loads(file.read_bytes())))

    assert [value for value in PERSONAL_VALUES if f" {value}" in f" {plain}"] == []


def test_what_a_newer_writer_adds_is_ignored() -> None:
    data = json.loads((GOLDEN / "events" / "reply.sent.v1.json").read_bytes())
    newer = json.dumps({**data, "added_later": 1}).encode()

    assert decode_event("reply.sent.v1", newer) == decode_event(
        "reply.sent.v1", json.dumps(data).encode()
    )


def test_an_unreadable_message_is_refused_without_repeating_its_values() -> None:
    with pytest.raises(UndecodableMessage) as refused:
        decode_event("reply.sent.v1", b'{"contact_id": "+1 555 000 1111"}')

    assert "contact_id" in str(refused.value)
    assert "555" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\xff", b'{"contact_id"'])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(UndecodableMessage):
        decode_command("session.release.v1", data)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UndecodableMessage, match="unknown"):
        decode_event("session.imagined.v1", b"{}")


def test_every_command_that_names_a_session_is_known_to_be_about_one() -> None:
    naming = {kind for kind in COMMANDS.values() if "session_id" in kind.model_fields}

    assert set(ABOUT_A_SESSION) == naming
