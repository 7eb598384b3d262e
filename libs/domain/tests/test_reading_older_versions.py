"""A made-up older version of `reply.sent` and `reply.failed`: none of ours is older yet."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.codec import UndecodableMessage, decode_command, decode_event
from domain.commands import COMMANDS
from domain.events import EVENTS
from domain.upcasting import UPCASTS, Upcast, Upcasts, unreachable

GOLDEN = Path(__file__).parent / "golden"
TODAY = "reply.sent.v1"


def from_flat(data: Mapping[str, Any]) -> Mapping[str, Any]:
    rest = {name: value for name, value in data.items() if name != "wa_message_id"}
    return {**rest, "wamid": data["wa_message_id"]}


def into_personal(data: Mapping[str, Any]) -> Mapping[str, Any]:
    rest = {name: value for name, value in data.items() if name != "wamid"}
    return {**rest, "personal": {"wamid": data["wamid"]}}


OLDER: Upcasts = {
    "reply.sent.v-1": Upcast("reply.sent.v0", from_flat),
    "reply.sent.v0": Upcast(TODAY, into_personal),
}


def golden(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((GOLDEN / "events" / f"{name}.json").read_bytes())
    return data


def type_of(file: Path) -> str:
    noun, verb, version = file.name.split(".")[:3]
    return f"{noun}.{verb}.{version}"


def oldest() -> bytes:
    today = golden(TODAY)
    wamid = today.pop("personal")["wamid"]
    return json.dumps({**today, "wa_message_id": wamid}).encode()


def test_an_event_two_versions_old_reads_like_the_one_of_today() -> None:
    today = decode_event(TODAY, json.dumps(golden(TODAY)).encode())

    assert decode_event("reply.sent.v-1", oldest(), upcasts=OLDER) == today


def test_a_command_of_an_older_version_that_still_waits_in_the_log_is_understood() -> None:
    data = json.loads((GOLDEN / "commands" / "session.cancel.v1.json").read_bytes())
    today = decode_command("session.cancel.v1", json.dumps(data).encode())
    older = {"why" if name == "reason" else name: value for name, value in data.items()}
    renamed = Upcast("session.cancel.v1", lambda old: {**old, "reason": old["why"]})

    read = decode_command(
        "session.cancel.v0", json.dumps(older).encode(), upcasts={"session.cancel.v0": renamed}
    )

    assert read == today


def test_reading_an_older_event_leaves_what_it_was_given_as_it_is() -> None:
    data = json.loads(oldest())
    before = json.dumps(data)

    from_flat(data)

    assert json.dumps(data) == before


@pytest.mark.parametrize("newer", ["reply.sent.v2", "reply.imagined.v1", "reply.sent", ""])
def test_a_version_newer_than_ours_or_a_type_never_heard_of_is_refused(newer: str) -> None:
    with pytest.raises(UndecodableMessage, match="unknown event type"):
        decode_event(newer, oldest(), upcasts=OLDER)


def test_a_chain_that_ends_before_today_is_refused() -> None:
    broken = {"reply.sent.v-1": OLDER["reply.sent.v-1"]}

    with pytest.raises(UndecodableMessage, match="unknown event type"):
        decode_event("reply.sent.v-1", oldest(), upcasts=broken)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b'{"contact_id"', b"{}"])
def test_bytes_that_are_no_older_event_are_refused(data: bytes) -> None:
    with pytest.raises(UndecodableMessage):
        decode_event("reply.sent.v-1", data, upcasts=OLDER)


def test_an_unreadable_older_event_is_refused_without_repeating_its_values() -> None:
    data = json.dumps({"contact_id": "+1 555 000 1111"}).encode()

    with pytest.raises(UndecodableMessage) as refused:
        decode_event("reply.sent.v-1", data, upcasts=OLDER)

    assert str(refused.value) == "reply.sent.v-1 to reply.sent.v0: KeyError"


def test_every_version_ever_published_leads_to_one_of_today() -> None:
    for kind, models in (("events", EVENTS), ("commands", COMMANDS)):
        published = {type_of(file) for file in (GOLDEN / kind).glob("*.json")}

        assert unreachable(published, set(models)) == set()


def test_a_published_version_without_a_way_to_today_is_noticed() -> None:
    published = {TODAY, "reply.sent.v0", "reply.failed.v0"}

    assert unreachable(published, set(EVENTS), OLDER) == {"reply.failed.v0"}
    assert unreachable(published, set(EVENTS)) == {"reply.sent.v0", "reply.failed.v0"}


def test_a_way_that_leads_in_circles_is_noticed() -> None:
    circle = {"a.b.v1": Upcast("a.b.v2", dict), "a.b.v2": Upcast("a.b.v1", dict)}

    assert unreachable({"a.b.v1"}, set(EVENTS), circle) == {"a.b.v1"}


def test_every_step_leads_one_version_up_and_leaves_no_version_of_today() -> None:
    for start, step in UPCASTS.items():
        name, _, version = start.rpartition(".v")

        assert step.to == f"{name}.v{int(version) + 1}"
        assert start not in EVENTS.keys() | COMMANDS.keys()
