from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import pytest
import yaml

from domain import events
from domain.messages import InboundText
from domain.session import FlowBook
from domain.values import SessionId
from flow.course import course, differing, harmless, in_words_of, new_names, replayed
from flow.recording import record
from flow.rehearsal import Rehearsal
from flow.stimuli import NotReplayable
from flow.store import Past
from flow.transcript import Turn
from flow.trying import keep_files, perform
from flow.writing import written
from shop import SHOP, book

DESK = """\
name: desk
title: A desk that knows people
triggers: {default: true}
steps:
  - id: full_name
    ask: Your name?
    text: {}
    personal: true
  - id: mail
    ask: Your e-mail address?
    email: {}
  - id: policy
    ask: Your policy number?
    pattern: {matches: "[A-Z]{2}-[0-9]{6}"}
  - id: photo
    ask: A photo, {{ full_name }}?
    files: {kinds: [image]}
  - id: order
    lookup: {name: order-status, query: {policy: policy}}
    not_found: done
    failed: done
  - id: why
    ask: It is {{ order.status }}. Why do you ask?
    text: {}
    timeout: {after: 10m, to: done}
  - id: done
    complete: {outcome: noted, say: Thank you.}
"""

TALK = (
    {"they": "hello"},
    {"they": "Ana Pérez García"},
    {"they": "ana.perez@gmail.test"},
    {"they": "XY-987654"},
    {"send": {"mime_type": "image/jpeg", "file_name": "ana.jpg"}},
    {"lookup": {"found": {"status": "shipped to Ana Pérez García"}}},
)
LAST = {"they": "I am Ana Pérez García, call +34 612 345 678"}


def lived(flow: str, *turns: Mapping[str, object]) -> tuple[Past, FlowBook]:
    known = book(flow)
    rehearsal = Rehearsal(known)
    for told in turns:
        turn = Turn.model_validate(told)
        perform(turn, rehearsal)
        keep_files(turn, None, rehearsal)
    first = next(e for e, _ in rehearsal.log if isinstance(e, events.SessionInitiated))
    own = [one for one in rehearsal.log if getattr(one[0], "session_id", None) == first.session_id]
    return Past(uuid4(), [], own, forgotten=False), known


def recorded(past: Past, known: FlowBook) -> str:
    [flow] = known.current.values()
    return written(flow.name, [record(past, flow, known, "Recorded").transcript])


def test_a_recorded_session_names_nobody() -> None:
    text = recorded(*lived(DESK, *TALK, LAST))

    for secret in ("Pérez", "García", "gmail", "987654", "612", "ana.jpg"):
        assert secret not in text
    assert "It is shipped to Example words." in text


def test_a_recorded_session_is_a_transcript_that_takes_the_same_course() -> None:
    past, known = lived(DESK, *TALK, LAST)
    [flow] = known.current.values()

    kept = record(past, flow, known, "Recorded")

    assert kept.stopped is None
    assert kept.course is not None
    assert kept.course.path == course([event for event, _ in past.history]).path
    turns = yaml.safe_load(written("desk", [kept.transcript]))["transcripts"][0]["turns"]
    assert [next(iter(turn)) for turn in turns] == [*["they"] * 4, "send", "lookup", "they"]
    assert turns[-1]["outcome"] == "noted"


def test_time_in_which_something_happened_is_recorded() -> None:
    past, known = lived(DESK, *TALK, {"after": "11m"})

    turns = yaml.safe_load(recorded(past, known))["transcripts"][0]["turns"]

    assert turns[-1]["after"] == "10m"
    assert turns[-1]["outcome"] == "noted"


def test_a_flow_that_did_not_change_changes_nothing() -> None:
    past, known = lived(DESK, *TALK, LAST)

    assert replayed(past, known) == course([event for event, _ in past.history])


def test_another_way_through_a_changed_flow_is_told() -> None:
    past, _ = lived(SHOP, {"they": "hi"}, {"they": "5"}, {"tap": "Yes"})
    changed = book(SHOP.replace("{min: 1, max: 5}", "{min: 1, max: 4}"))

    found = [
        *differing(course([event for event, _ in past.history]), replayed(past, changed), {"stars"})
    ]

    assert found == [
        "went stars > sure",
        "goes stars",
        "answer of stars: 5, now none",
        "answer of sure: ***, now none",
        "ended completed: rated, ends still open",
    ]


def test_personal_answers_that_differ_are_not_shown() -> None:
    past, _ = lived(DESK, *TALK, LAST)
    changed = book(DESK.replace("text: {}\n    personal", "text: {max: 5}\n    personal"))

    found = [*differing(course([event for event, _ in past.history]), replayed(past, changed))]

    assert "answer of full_name: ***, now none" in found
    assert not any("Pérez" in line for line in found)


RENAMED = SHOP.replace("- id: stars", "- id: marks").replace("otherwise: stars", "otherwise: marks")
RENAMED = RENAMED.replace("{{ stars }}", "{{ marks }}").replace("stars: stars", "stars: marks")


def whatif(past: Past, before: FlowBook, after: FlowBook) -> list[str]:
    [then], [flow] = before.current.values(), after.current.values()
    happened = [event for event, _ in past.history]
    shown = harmless(flow, then, new_names(flow, happened))
    return [*differing(in_words_of(flow, happened), replayed(past, after), shown)]


def test_a_step_that_a_migration_renames_makes_no_difference() -> None:
    past, before = lived(SHOP, {"they": "hi"}, {"they": "5"}, {"tap": "Yes"})
    [was] = before.current.values()
    migration = f"migrations: [{{from: {was.version}, steps: {{stars: marks}}}}]\n"

    assert whatif(past, before, book(migration + RENAMED)) == []
    assert "answer of stars: 5, now none" in whatif(past, before, book(RENAMED))


def test_steps_of_a_session_that_moved_have_their_new_names() -> None:
    past, before = lived(SHOP, {"they": "hi"}, {"they": "5"})
    [was] = before.current.values()
    [now] = book(RENAMED).current.values()
    began = next(e for e, _ in past.history if isinstance(e, events.SessionInitiated))
    moved = events.SessionMigrated(
        contact_id=began.contact_id,
        session_id=began.session_id,
        flow="shop",
        from_version=was.version,
        flow_version=now.version,
        steps={"stars": "marks"},
    )

    taken = course([*(one for one, _ in past.history), moved])

    assert taken.path == ("marks", "sure")
    assert taken.answers == {"marks": "5"}


def test_what_is_personal_in_one_version_is_shown_of_neither() -> None:
    personal = SHOP.replace(
        "number: {min: 1, max: 5}", "number: {min: 1, max: 5}\n    personal: true"
    )
    past, before = lived(personal, {"they": "hi"}, {"they": "5"})

    for after in (RENAMED, SHOP.replace("max: 5", "max: 4")):
        found = whatif(past, before, book(after))
        assert found
        assert not any("5" in line for line in found)


def test_a_session_that_a_colleague_took_over_cannot_be_replayed() -> None:
    past, known = lived(SHOP, {"they": "hi"})
    event, occasion = past.history[0]
    taken = events.SessionHandedOff(
        contact_id=event.contact_id,
        session_id=SessionId(past.session_id),
        phone_number_id="1",
        flow="shop",
        reason="operator",
    )
    later = occasion._replace(at=occasion.at + timedelta(minutes=1))

    with pytest.raises(NotReplayable, match="by hand"):
        replayed(past._replace(history=[*past.history, (taken, later)]), known)


def test_the_rehearsal_fires_timers_in_their_order() -> None:
    rehearsal = Rehearsal(
        book(SHOP.replace("timeout:", "reminder: {after: 2m, say: Still there.}\n    timeout:"))
    )
    rehearsal.hears(InboundText(text="hi"))

    rehearsal.passes(timedelta(hours=1))

    happened = [event.TYPE for event, _ in rehearsal.log]
    assert happened.index("question.reminded.v1") < happened.index("step.timed-out.v1")
