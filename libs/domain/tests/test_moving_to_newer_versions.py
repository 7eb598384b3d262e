"""Sessions stay on the version that they began with, unless the newer one says how they move."""

from datetime import timedelta

import pytest

from domain.events import SessionMigrated
from domain.session.flows.parsing import parse_flow
from domain.session.migrating import migration_problems
from domain.session.testing import Given, Spoken

OLD = """
  - {id: name, ask: "Name?", text: {}}
  - {id: size, ask: "How big, {{ name }}?", number: {}, timeout: {after: 1h, to: end}}
  - {id: human, hand_off: {say: Wait., lease: {after: 2h}}}
  - {id: end, complete: {outcome: old, say: "{{ name }} {{ size }}"}}
"""
NEW = """
  - {id: who, ask: "Who?", text: {}}
  - {id: height, ask: "How tall, {{ who }}?", number: {}, timeout: {after: 3h, to: end}}
  - {id: human, hand_off: {say: Wait., lease: {after: 2h}}}
  - {id: end, complete: {outcome: new, say: "New: {{ who }} {{ height }}"}}
"""
RENAMED = "{name: who, size: height}"


def old() -> Spoken:
    return Given.flow(OLD).nobody().hears("hi").hears("Ana")


def changed(spoken: Spoken, steps: str = NEW, names: str = RENAMED) -> Spoken:
    version = spoken.session.flow_version
    head = f"migrations: [{{from: '{version}', steps: {names}}}]"
    return spoken.with_flows(Given.flow(steps, head).sources)


def test_a_session_moves_with_the_next_message_under_the_new_names() -> None:
    moved = changed(old()).hears("5")

    (event,) = [one for one in moved.happened if isinstance(one, SessionMigrated)]
    assert event.steps == {"name": "who", "size": "height"}
    assert moved.session.answers == {"who": "Ana", "height": "5"}
    assert moved.session.flow_version == moved.flows.current["shop"].version


def test_the_question_that_is_asked_again_is_the_new_one() -> None:
    assert changed(old()).hears("tall").words == "Sorry, that does not fit.\n\nHow tall, Ana?"


def test_without_a_migration_a_session_stays_where_it_is() -> None:
    stayed = old().with_flows(Given.flow(NEW).sources)

    assert stayed.hears("tall").words == "Sorry, that does not fit.\n\nHow big, Ana?"


def test_a_migration_of_another_version_moves_nobody() -> None:
    head = "migrations: [{from: '0123456789abcdef', steps: {name: who, size: height}}]"
    stayed = old().with_flows(Given.flow(NEW, head).sources)

    assert "session.migrated.v1" not in stayed.hears("tall").types


def test_a_session_whose_step_is_gone_stays_where_it_is() -> None:
    stayed = changed(old(), names="{name: who}")

    assert stayed.hears("tall").words == "Sorry, that does not fit.\n\nHow big, Ana?"


def test_a_session_moves_with_a_timer_that_is_due() -> None:
    late = changed(old()).after(timedelta(hours=3))

    assert "session.migrated.v1" in late.types
    assert late.words == "New: Ana "


def test_a_timer_of_the_old_version_waits_as_long_as_the_new_one_does() -> None:
    spoken = changed(old())
    early = spoken.after(timedelta(hours=1))

    assert early.types == ["session.migrated.v1"]
    assert early.after(timedelta(hours=1)).happened == ()


def test_a_session_moves_when_a_human_gives_it_back() -> None:
    handed = old().hears("5")
    back = changed(handed).is_released()

    assert back.types[0] == "session.migrated.v1"
    assert back.words == "New: Ana 5"


def test_a_session_moves_once() -> None:
    moved = changed(old()).hears("tall")

    assert "session.migrated.v1" not in moved.hears("taller").types


def test_buttons_and_the_way_back_are_known_by_the_new_names() -> None:
    version = old().session.flow_version
    head = f"back: [back]\nmigrations: [{{from: '{version}', steps: {RENAMED}}}]"
    moved = old().with_flows(Given.flow(NEW, head).sources).hears("back")

    assert moved.words == "Who?"


def test_new_conversations_begin_in_the_new_version() -> None:
    spoken = changed(old()).hears("5").is_released()

    assert spoken.hears("hi").words == "Who?"


HEAD = "name: shop\ntitle: A shop\ntriggers: {default: true}\n"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (RENAMED, []),
        (
            "{name: who, size: height, gone: who}",
            ["the older version has no step gone: take it out"],
        ),
        ("{size: height}", ["step name is no more: name the step that takes its place"]),
        ("{name: height, size: height}", ["step name is text, but height is number"]),
        ("{name: who, size: height, human: who}", ["step human is handoff, but who is text"]),
    ],
)
def test_what_cannot_move_is_said_before_anybody_does(names: str, told: list[str]) -> None:
    older = parse_flow(HEAD + "steps:" + OLD)
    place = f"migrations: from {older.version}: "
    newest = parse_flow(
        HEAD + f"migrations: [{{from: '{older.version}', steps: {names}}}]\nsteps:" + NEW
    )

    assert [*migration_problems(newest, older)] == [place + one for one in told]


def test_of_a_version_that_is_not_named_nothing_is_said() -> None:
    assert [
        *migration_problems(parse_flow(HEAD + "steps:" + NEW), parse_flow(HEAD + "steps:" + OLD))
    ] == []
