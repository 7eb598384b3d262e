"""The panel shows each person's own events, whatever their type, and opens stored files."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from simulator.event_panel import MOST_EVENTS, EventPanel, StoredFile
from simulator.labels import LABELS, label_of
from simulator.platform import Simulator
from simulator.stream import Stream
from streaming.cloudevents import CloudEvent

ANA, BEN = "15550001111", "15550002222"


class Pages:
    """Remembers what each person's page was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, _: str, wa_id: str, card: Mapping[str, Any]) -> None:
        self.told.append((wa_id, card["type"]))


def event(kind: str, contact: str, **data: Any) -> CloudEvent:
    content = {"contact_id": contact, "session_id": f"session of {contact}", **data}
    return CloudEvent(
        id="5ac94b3f",
        type=kind,
        source="session-core",
        time=datetime(2026, 11, 23, 10, tzinfo=UTC),
        data=json.dumps(content).encode(),
        subject="session",
        sequence=7,
        stream_version=3,
    )


def received(contact: str, number: str) -> CloudEvent:
    personal = {"from": number, "wamid": "wamid.1", "message": {"type": "text", "text": "hi"}}
    return event("message.received.v1", contact, personal=personal)


def types(panel: EventPanel, wa_id: str) -> list[str]:
    return [card["type"] for card in panel.events_of(wa_id)]


def named_by_id(contact: str, user_id: str) -> CloudEvent:
    personal = {"user_id": user_id, "wamid": "wamid.1", "message": {"type": "text", "text": "hi"}}
    return event("message.received.v1", contact, personal=personal)


def test_whoever_shows_only_a_user_id_sees_their_events_under_the_own_key(
    platform: Simulator,
) -> None:
    for key in (ANA, "US.1"):
        platform.people.meet(key)

    platform.panel.record(named_by_id("contact a", platform.people.meet(ANA).user_id))
    platform.panel.record(named_by_id("contact b", "US.1"))

    assert types(platform.panel, ANA) == types(platform.panel, "US.1") == ["message.received.v1"]


def test_events_before_the_person_is_known_are_shown_too() -> None:
    pages = Pages()
    panel = EventPanel(pages)

    panel.record(event("session.initiated.v1", "contact a"))
    panel.record(received("contact a", ANA))
    panel.record(event("answer.recorded.v1", "contact a"))

    kinds = ["session.initiated.v1", "message.received.v1", "answer.recorded.v1"]
    assert types(panel, ANA) == kinds
    assert pages.told == [(ANA, kind) for kind in kinds]


def test_each_person_sees_only_their_own_events() -> None:
    panel = EventPanel(Pages())

    panel.record(received("contact a", ANA))
    panel.record(received("contact b", BEN))
    panel.record(event("session.completed.v1", "contact b"))

    assert types(panel, ANA) == ["message.received.v1"]
    assert types(panel, BEN) == ["message.received.v1", "session.completed.v1"]


def test_a_person_the_business_writes_to_first_is_found_by_the_recipient() -> None:
    panel = EventPanel(Pages())

    panel.record(event("reply.requested.v1", "contact a", personal={"to": f"+{ANA}"}))

    assert types(panel, ANA) == ["reply.requested.v1"]


def test_an_event_card_says_when_what_and_where_in_the_stream() -> None:
    panel = EventPanel(Pages())
    panel.record(received("contact a", ANA))

    [card] = panel.events_of(ANA)

    assert card["label"] == "Message received"
    assert card["time"] == "2026-11-23T10:00:00+00:00"
    assert (card["sequence"], card["stream_version"]) == (7, 3)
    assert card["data"]["personal"]["message"] == {"type": "text", "text": "hi"}


def test_a_template_that_went_out_for_a_closed_window_is_told_from_the_message_itself() -> None:
    panel = EventPanel(Pages())
    panel.record(received("a", ANA))
    panel.record(event("reply.sent.v1", "a"))
    panel.record(event("reply.sent.v1", "a", fallback=True))

    assert [card["label"] for card in panel.events_of(ANA)][1:] == [
        "Reply sent",
        "Reply sent: the template, the window was closed",
    ]


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("message.received.v1", "Message received"),
        ("message.received.v12", "Message received"),
        ("parcel.lost.v1", "parcel.lost.v1"),
        ("nonsense", "nonsense"),
    ],
)
def test_every_type_has_a_label_even_one_nobody_knows(kind: str, label: str) -> None:
    assert label_of(kind) == label


def test_no_two_types_share_a_label() -> None:
    assert len(set(LABELS.values())) == len(LABELS)


@pytest.mark.parametrize("data", [b"\xff", b"[]", b"{", b"7"])
def test_an_event_that_cannot_be_read_is_only_counted(data: bytes) -> None:
    panel = EventPanel(Pages())
    odd = event("message.received.v1", "contact a")

    panel.record(CloudEvent(id="1", type=odd.type, source="x", time=odd.time, data=data))

    assert (panel.read, panel.unreadable) == (0, 1)


@pytest.mark.parametrize("personal", [None, "masked", {"from": None}, {"from": {"cipher": "x"}}])
def test_an_event_without_readable_personal_part_belongs_to_nobody_yet(personal: Any) -> None:
    panel = EventPanel(Pages())

    panel.record(event("message.received.v1", "contact a", personal=personal))

    assert panel.read == 1
    assert panel.events_of(ANA) == []


def test_only_the_latest_events_of_a_person_are_kept() -> None:
    panel = EventPanel(Pages())
    for _ in range(MOST_EVENTS + 5):
        panel.record(received("contact a", ANA))

    assert panel.events_of(ANA)[0]["arrival"] == 6
    assert len(panel.events_of(ANA)) == MOST_EVENTS


def test_a_stored_file_is_found_by_its_id() -> None:
    panel = EventPanel(Pages())
    where = {"bucket": "files", "key": "a/b.png", "mime_type": "image/png", "size": 3}

    panel.record(event("file.stored.v1", "contact a", file_id="file 1", **where))

    assert panel.file("file 1") == StoredFile("files", "a/b.png", "image/png")
    assert panel.file("file 2") is None


async def test_a_file_that_is_not_stored_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/simulator/files/none")

    assert answer.status_code == 404


async def test_the_snapshot_holds_everything_the_page_shows(
    client: httpx.AsyncClient, platform: Simulator, pages: Stream
) -> None:
    await client.post(
        f"/simulator/users/{ANA}/messages", json={"type": "text", "text": {"body": "hi"}}
    )
    platform.panel.record(received("contact a", ANA))
    stream = pages.follow(ANA)

    first = await anext(stream)
    await stream.aclose()

    kind, data = first.split("\n")[:2]
    shown = json.loads(data.removeprefix("data: "))
    assert kind == "event: snapshot"
    assert [entry["message"]["type"] for entry in shown["messages"]] == ["text"]
    assert [card["type"] for card in shown["events"]] == ["message.received.v1"]
    assert shown["business"]["name"] == "Harbour Insurance"
    assert shown["watching"] is False
