"""How long a session waits for a person, and what becomes of a timer that comes too early."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import commands
from domain.session import deadlines, timer_changes
from domain.session.state import InteractiveSession
from domain.session.testing import ANA, NOON, NUMBER, Spoken
from domain.values import timer_id

PATIENCE = timedelta(hours=72)
"""What a flow has that does not say otherwise."""


def session_of(spoken: Spoken) -> InteractiveSession:
    (session,) = spoken.person.sessions.values()
    return session


def deadline(spoken: Spoken) -> datetime | None:
    session = session_of(spoken)
    flow = spoken.flows.of_session(session.flow, session.flow_version)
    return deadlines(session, flow).get("session-expiry")


def fire(spoken: Spoken, after: timedelta) -> commands.FireTimer:
    session, due_at = session_of(spoken), spoken.now + after
    assert spoken.person.contact_id is not None
    return commands.FireTimer(
        contact_id=spoken.person.contact_id,
        session_id=session.session_id,
        timer_id=timer_id(session.session_id, "session-expiry", due_at),
        kind="session-expiry",
        due_at=due_at,
    )


def begun_by_operator(nobody: Spoken) -> Spoken:
    return nobody.asked(
        commands.InitiateSession(
            phone_number_id=NUMBER, flow="pet", personal=commands.Addressee(to=ANA)
        )
    )


def test_a_session_expires_only_after_long_silence(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    early = fire(spoken, PATIENCE - timedelta(microseconds=1))
    due = fire(spoken, PATIENCE)

    assert deadline(spoken) == spoken.now + PATIENCE
    assert spoken.asked(early).happened == ()
    assert spoken.asked(due).types == ["session.expired.v1"]


def test_a_session_whose_last_message_comes_from_the_end_of_all_calendars_never_expires(
    nobody: Spoken,
) -> None:
    spoken = nobody.hears("hi")
    end = datetime.max.replace(tzinfo=UTC)
    session = session_of(spoken)._replace(last_message_at=end - timedelta(days=2))
    flow = spoken.flows.of_session(session.flow, session.flow_version)

    assert deadlines(session, flow) == {"session-expiry": end}


def test_a_timer_of_before_the_last_answer_is_stale(nobody: Spoken) -> None:
    greeted = nobody.hears("hi")
    due = fire(greeted, PATIENCE)
    answered = replace(greeted, now=greeted.now + PATIENCE - timedelta(minutes=2)).hears("Rex")

    assert answered.asked(due).happened == ()
    assert deadline(answered) == answered.now + PATIENCE


def test_whoever_was_asked_by_an_operator_has_as_long_to_answer(nobody: Spoken) -> None:
    begun = begun_by_operator(nobody)

    assert deadline(begun) == begun.now + PATIENCE
    assert begun.asked(fire(begun, PATIENCE - timedelta(hours=1))).happened == ()
    assert begun.asked(fire(begun, PATIENCE)).types == ["session.expired.v1"]


def test_a_message_that_was_days_on_its_way_begins_a_session_that_lasts(nobody: Spoken) -> None:
    late = nobody.message("hi").model_copy(update={"received_at": NOON - timedelta(days=5)})
    begun = nobody.asked(late, id_of=("late",))

    assert deadline(begun) == begun.now + PATIENCE


def test_a_message_overtaken_by_a_later_one_shortens_nothing(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex")
    old = spoken.message("dog").model_copy(update={"received_at": NOON})

    assert deadline(spoken.asked(old, id_of=("old",))) == deadline(spoken)


def test_a_session_that_waits_for_a_human_expires_too(nobody: Spoken) -> None:
    handed = nobody.hears("hi").hears("agent")

    assert handed.asked(fire(handed, PATIENCE)).types == ["session.expired.v1"]


def test_a_timer_of_a_session_that_ended_or_never_was_decides_nothing(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    due = fire(spoken, PATIENCE)
    session = session_of(spoken)
    ended = spoken.asked(
        commands.CancelSession(
            contact_id=due.contact_id, session_id=session.session_id, reason="enough"
        )
    )
    elsewhere = due.model_copy(update={"session_id": due.timer_id})

    assert ended.asked(due).happened == ()
    assert deadline(ended) is None
    assert spoken.asked(elsewhere).happened == ()
    assert nobody.asked(due).happened == ()


def test_the_same_firing_has_its_effect_once(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    due = fire(spoken, PATIENCE)
    expired = spoken.asked(due, id_of=(str(due.timer_id),))

    assert expired.asked(due, id_of=(str(due.timer_id),)).happened == ()


def test_a_timer_is_set_when_a_session_begins_and_cleared_when_it_ends(nobody: Spoken) -> None:
    begun = nobody.hears("hi")
    expired = begun.asked(fire(begun, PATIENCE))
    before, after = session_of(begun), session_of(expired)

    assert timer_changes(None, before, begun.flows) == {"session-expiry": deadline(begun)}
    assert timer_changes(before, after, begun.flows) == {"session-expiry": None}
    assert timer_changes(after, after, begun.flows) == {}


def test_an_answer_leaves_the_timer_alone_until_it_fires(nobody: Spoken) -> None:
    greeted = nobody.hears("hi")
    answered = greeted.hears("Rex")
    before, after = session_of(greeted), session_of(answered)
    fired = timer_changes(after, after, greeted.flows, fired="session-expiry")

    assert timer_changes(before, after, greeted.flows) == {}
    assert fired == {"session-expiry": deadline(answered)}


def test_a_deadline_that_came_nearer_moves_its_timer(nobody: Spoken) -> None:
    after = session_of(nobody.hears("hi"))
    before = after._replace(began_at=after.began_at + timedelta(hours=1))

    assert timer_changes(before, after, nobody.flows) == {
        "session-expiry": after.silent_since + PATIENCE
    }


def test_a_timer_that_fires_for_nothing_is_cleared(nobody: Spoken) -> None:
    spoken = nobody.hears("hours")

    assert timer_changes(None, None, spoken.flows, fired="session-expiry") == {
        "session-expiry": None
    }
    assert timer_changes(
        session_of(spoken), session_of(spoken), spoken.flows, fired="session-expiry"
    ) == {"session-expiry": None}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delays=st.lists(st.integers(-10_000, 10_000), max_size=8), operator=st.booleans())
def test_whatever_a_person_sends_in_whatever_order_a_deadline_never_moves_back(
    *, delays: list[int], operator: bool, nobody: Spoken
) -> None:
    spoken = begun_by_operator(nobody) if operator else nobody.hears("hi")
    reached = [deadline(spoken)]
    for number, delay in enumerate(delays):
        moment = spoken.now + timedelta(minutes=delay)
        message = spoken.message("?").model_copy(update={"received_at": moment})
        spoken = spoken.asked(message, id_of=(str(number),))
        reached.append(deadline(spoken))

    assert reached == sorted(one for one in reached if one is not None)
