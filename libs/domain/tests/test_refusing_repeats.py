"""How long a repeat is recognised, in how much room, and what becomes of what has no room."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import events
from domain.session import spilled_from
from domain.session.person import MOST_SESSIONS
from domain.session.seen import GENERATION, MOST_OLDER, Seen
from domain.session.testing import NOON, Spoken
from domain.values import CommandId, command_id

ROOM = GENERATION * (MOST_OLDER + 1)
SECOND = timedelta(seconds=1)


def command(number: int) -> CommandId:
    return command_id("message.receive.v1", str(number))


def after(commands: int, *, every: timedelta = SECOND) -> Seen:
    seen = Seen()
    for number in range(commands):
        seen = seen.adding(command(number), NOON + number * every)
    return seen


def test_everything_is_remembered_while_there_is_room() -> None:
    seen = after(ROOM - 1, every=timedelta(days=1))

    assert all(command(number) in seen for number in range(ROOM - 1))
    assert not seen.may_have_spilled(NOON)


def test_however_much_a_person_sends_the_room_stays_the_same() -> None:
    assert len(after(5 * ROOM).ids) <= ROOM


@pytest.mark.parametrize("every", [SECOND, timedelta(0), -SECOND])
def test_what_is_let_go_within_seven_days_is_handed_over_to_be_kept_elsewhere(
    every: timedelta,
) -> None:
    kept: set[CommandId] = set()
    seen = Seen()
    for number in range(3 * ROOM):
        one, at = command(number), NOON + number * every
        grown = seen.adding(one, at)
        kept |= spilled_from(seen, grown, at, [one])
        seen = grown

    assert {command(number) for number in range(3 * ROOM)} == kept | seen.ids
    assert kept.isdisjoint(seen.ids)
    assert seen.may_have_spilled(NOON + timedelta(days=6))


def test_what_is_let_go_after_seven_days_is_nobodys_concern() -> None:
    before, one = after(ROOM - 1), command(ROOM)
    at = NOON + timedelta(days=8)
    grown = before.adding(one, at)

    assert len(grown.ids) < len(before.ids)
    assert spilled_from(before, grown, at, [one]) == frozenset()
    assert not grown.may_have_spilled(NOON + timedelta(days=8))


@settings(max_examples=30, deadline=None)
@given(times=st.lists(st.integers(-9, 9), max_size=200))
def test_clocks_that_are_wrong_make_nothing_forgotten_while_there_is_room(
    times: list[int],
) -> None:
    seen = Seen()
    for number, days in enumerate(times):
        seen = seen.adding(command(number), NOON + timedelta(days=days))

    assert len(seen.ids) == len(times)


def test_of_many_sessions_the_newest_and_the_open_one_are_remembered(nobody: Spoken) -> None:
    spoken, begun = nobody, []
    for _ in range(MOST_SESSIONS + 5):
        spoken = spoken.hears("hours")
        begun += [e for e in spoken.happened if isinstance(e, events.SessionInitiated)]

    newest = [event.session_id for event in begun[-MOST_SESSIONS:]]
    assert len(begun) == MOST_SESSIONS + 5
    assert list(spoken.person.sessions) == newest
    assert all(first.flow == second.flow for first, second in pairwise(begun))
