"""What the desk answers, and which command says so."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.codec import UndecodableMessage, encode
from domain.commands import RecordLookup
from domain.events import EVENTS, LookupRequested, Query
from domain.values import ContactId, LookupId, SessionId, command_id
from lookups.__main__ import main
from lookups.adapters.table import Table
from lookups.handlers import AnswerLookups, is_wanted
from lookups.knowledge import Unreadable
from streaming import cloudevents
from streaming.cloudevents import CloudEvent, Headers
from streaming.runner import Record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(UUID("0d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b11"))
SESSION = SessionId(UUID("7c1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c22"))
ASKED = LookupId(UUID("9a1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c33"))
SHIPPED = Path(__file__).parents[1] / "desk.yaml"

TABLE = """
order-status:
  - when: {order: A-17}
    found: {status: shipped, due: "{today+1}", parcels: [{day: "{today}", weight: 2}]}
  - {when: {order: A-500}, failed: true}
  - {when: {order: A-504}, silent: true}
  - {when: {order: A-404}, not_found: true}
  - {when: {order: 17}, found: {status: lost}}
"""


class Commands:
    """Keeps what was sent: topic, partition, key and the command with its envelope."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes, CloudEvent]] = []

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        self.sent.append((topic, partition, key, cloudevents.decode(value, headers)))

    def answers(self) -> list[RecordLookup]:
        return [RecordLookup.model_validate_json(command.data) for *_, command in self.sent]


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "desk.yaml"
    file.write_text(TABLE)
    return file


@pytest.fixture
def handle(table: Path, commands: Commands) -> AnswerLookups:
    return AnswerLookups(Table(table), commands, now=lambda: NOON)


def asked(
    query: dict[str, Any], *, name: str = "order-status", by: datetime | None = None
) -> Record:
    event = LookupRequested(
        contact_id=ANA,
        session_id=SESSION,
        phone_number_id="106540352242922",
        lookup_id=ASKED,
        flow="order-status",
        step="find",
        name=name,
        answer_by=by or NOON + timedelta(seconds=30),
        personal=Query(query=query),
    )
    return record(encode(event))


def record(data: bytes) -> Record:
    envelope = CloudEvent(
        id="e-1",
        type=LookupRequested.TYPE,
        source="session-core",
        time=NOON,
        data=data,
        correlation_id="c0",
    )
    return Record(
        topic="session-events",
        partition=4,
        offset=17,
        key=b"key",
        value=data,
        headers=[],
        timestamp=0,
        event=envelope,
    )


def write(table: Path, text: str | None) -> None:
    if text is None:
        table.unlink()
    else:
        table.write_text(text)


async def test_what_the_table_has_is_found_with_its_days_counted_from_today(
    handle: AnswerLookups, commands: Commands
) -> None:
    await handle(asked({"order": "A-17"}))

    (told,) = commands.answers()
    assert (told.contact_id, told.session_id, told.lookup_id) == (ANA, SESSION, ASKED)
    assert told.outcome == "found"
    assert told.personal.data == {
        "status": "shipped",
        "due": "2026-11-24",
        "parcels": [{"day": "2026-11-23", "weight": 2}],
    }


async def test_the_answer_goes_where_the_question_came_from_and_names_its_cause(
    handle: AnswerLookups, commands: Commands
) -> None:
    await handle(asked({"order": "A-17"}))

    ((topic, partition, key, command),) = commands.sent
    assert (topic, partition, key) == ("session-commands", 4, str(ANA).encode())
    assert (command.causation_id, command.correlation_id) == ("e-1", "c0")
    assert (command.type, command.subject) == ("lookup.record.v1", str(SESSION))


async def test_a_question_that_comes_again_is_answered_by_the_same_command(
    handle: AnswerLookups, commands: Commands
) -> None:
    await handle(asked({"order": "A-17"}))
    await handle(asked({"order": "A-17"}))

    first, second = (command.id for *_, command in commands.sent)
    assert first == second == str(command_id("lookup.record.v1", str(ASKED)))


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        ("A-17", "found"),
        (" a-17 ", "found"),
        ("17", "found"),
        (17, "found"),
        ("A-404", "not-found"),
        ("B-1", "not-found"),
        (None, "not-found"),
        ("A-500", "failed"),
    ],
)
async def test_people_need_not_write_a_number_as_the_table_does(
    handle: AnswerLookups, commands: Commands, order: str | int | None, outcome: str
) -> None:
    await handle(asked({"order": order}))

    assert [told.outcome for told in commands.answers()] == [outcome]


@pytest.mark.parametrize(
    "silent",
    [
        asked({"order": "A-504"}),
        asked({"order": "A-17"}, name="weather"),
        asked({"order": "A-17"}, by=NOON - timedelta(seconds=1)),
    ],
    ids=["told to be silent", "others answer it", "asked too long ago"],
)
async def test_some_questions_are_not_answered(
    handle: AnswerLookups, commands: Commands, silent: Record
) -> None:
    await handle(silent)

    assert commands.sent == []


async def test_what_is_changed_in_the_table_counts_at_once(
    handle: AnswerLookups, commands: Commands, table: Path
) -> None:
    write(table, "order-status: [{found: {status: lost}}]")
    await handle(asked({"order": "A-17"}))

    assert [told.personal.data for told in commands.answers()] == [{"status": "lost"}]


@pytest.mark.parametrize("spoilt", ["order-status: [", "order-status: [{}]", "- 1", None])
async def test_while_the_table_cannot_be_read_the_flow_is_told_that_it_failed(
    handle: AnswerLookups, commands: Commands, table: Path, spoilt: str | None
) -> None:
    write(table, spoilt)
    await handle(asked({"order": "A-17"}))

    assert [told.outcome for told in commands.answers()] == ["failed"]


async def test_an_answer_may_name_what_was_asked_for(
    handle: AnswerLookups, commands: Commands, table: Path
) -> None:
    write(table, 'order-status: [{found: {at: ["{day}T09:30", "{day+2}", "{order+1} {?} {x}"]}}]')
    await handle(asked({"day": "2026-11-30", "order": "A-17"}))

    assert [told.personal.data for told in commands.answers()] == [
        {"at": ["2026-11-30T09:30", "2026-12-02", "{order+1} {?} {x}"]}
    ]


def test_a_wrong_table_is_refused_with_its_place(table: Path) -> None:
    table.write_text("order-status:\n  - {when: {order: A-1}, found: {}, failed: true}\n")
    with pytest.raises(Unreadable, match=r"desk\.yaml: order-status\.0: .*exactly one"):
        Table(table).read()

    table.write_text("order-status:\n  - {{\n")
    with pytest.raises(Unreadable, match=r"desk\.yaml line 3: no YAML"):
        Table(table).read()


def test_with_a_wrong_table_the_service_does_not_start(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.write_text("- 1")
    for name, value in (("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), ("PORT", "0")):
        monkeypatch.setenv(f"LOOKUPS_{name}", value)
    monkeypatch.setenv("LOOKUPS_TABLE", str(table))

    with pytest.raises(SystemExit, match=r"desk\.yaml"):
        main()


async def test_an_unreadable_question_is_refused(handle: AnswerLookups) -> None:
    with pytest.raises(UndecodableMessage):
        await handle(record(b'{"personal": {"query": {}}}'))


def test_of_all_events_only_questions_are_read() -> None:
    assert [kind for kind in EVENTS if is_wanted(kind)] == ["lookup.requested.v1"]


def test_the_table_that_comes_with_it_can_be_read_and_is_json() -> None:
    known = Table(SHIPPED).read()

    assert {"order-status", "appointment-slots", "appointment-booking"} == set(known)
    for entries in known.values():
        json.dumps([entry.found for entry in entries])
