"""A flow waits for a while, until a moment, or for all that somebody has to say."""

from datetime import UTC, datetime, timedelta

from domain.events import AnswerRecorded, SessionCompleted, WaitBegun
from domain.session.testing import Given, Spoken

END = "  - {id: end, complete: {outcome: done, say: Done}}\n"


def began(spoken: Spoken) -> datetime | None:
    (wait,) = [one for one in spoken.happened if isinstance(one, WaitBegun)]
    return wait.until


def test_a_flow_goes_on_by_itself_after_a_while() -> None:
    spoken = Given.flow("  - {id: hi, say: Hi}\n  - {id: nap, wait: {for: 2h}}\n" + END).nobody()
    waits = spoken.hears("hi")

    assert (waits.words, began(waits)) == ("Hi", waits.now + timedelta(hours=2))
    assert waits.after(timedelta(minutes=119)).happened == ()
    assert waits.after(timedelta(hours=2)).words == "Done"


def test_a_flow_waits_until_a_moment_that_it_works_out() -> None:
    steps = "  - {id: nap, wait: {until: \"today + duration('33h')\"}}\n" + END
    waits = Given.flow(steps, "time_zone: Europe/Madrid").nobody().hears("hi")

    assert began(waits) == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert waits.after(timedelta(days=1)).words == "Done"


def test_a_moment_that_has_passed_or_that_nobody_knows_is_not_waited_for() -> None:
    for until in ("today", "'null'", "\"timestamp('2020-01-01T00:00:00Z')\"", "now"):
        steps = f"  - {{id: nap, wait: {{until: {until}}}}}\n" + END
        assert Given.flow(steps).nobody().hears("hi").words == "Done"


def test_what_somebody_writes_during_a_wait_is_kept_and_not_answered() -> None:
    waits = Given.flow("  - {id: nap, wait: {for: 2h}}\n" + END).nobody().hears("hi")
    written = waits.hears("and now?")

    assert written.types == ["message.received.v1"]
    assert written.after(timedelta(hours=2)).words == "Done"


def test_a_session_does_not_expire_while_it_waits_for_a_moment() -> None:
    steps = "  - {id: nap, wait: {for: 10d}}\n  - {id: a, ask: 'How was it?', text: {}}\n" + END
    waits = Given.flow(steps).nobody().hears("hi")
    asked = waits.after(timedelta(days=10))

    assert asked.words == "How was it?"
    assert asked.after(timedelta(hours=71)).happened == ()
    assert asked.after(timedelta(hours=72)).types == ["session.expired.v1"]


COLLECT = "  - {id: story, wait: {collect: 30s, most: 3}, personal: true}\n" + END


def test_everything_that_somebody_writes_within_seconds_is_one_answer() -> None:
    asked = Given.flow("  - {id: tell, say: Tell me.}\n" + COLLECT).nobody().hears("hi")
    first = asked.after(timedelta(hours=1)).hears("It was cold.")
    # a minute passes with every message
    done = first.after(timedelta(seconds=30))

    assert first.types == ["message.received.v1", "message.collected.v1"]
    assert done.types[:2] == ["wait.ended.v1", "answer.recorded.v1"]
    answer = done.happened[1]
    assert isinstance(answer, AnswerRecorded)
    assert (answer.personal.value, answer.is_personal) == ("It was cold.", True)
    assert answer.message_id == first.session.collected_last


def test_parts_of_an_answer_stand_on_lines_of_their_own_and_their_number_is_bounded() -> None:
    long = COLLECT.replace("30s", "30m")
    spoken = Given.flow(long).nobody().hears("hi").hears("One").hears("  Two ")
    done = spoken.hears("Three")

    assert done.types[-1] == "session.completed.v1"
    ended = done.happened[-1]
    assert isinstance(ended, SessionCompleted)
    assert ended.personal.answers == {"story": "One\nTwo\nThree"}


def test_nobody_is_hurried_who_has_not_begun_to_write() -> None:
    waits = Given.flow(COLLECT).nobody().hears("hi")

    assert [*waits.deadlines] == ["session-expiry"]
    assert waits.after(timedelta(hours=72)).types == ["session.expired.v1"]


def test_captions_are_collected_and_reactions_are_not() -> None:
    waits = Given.flow(COLLECT).nobody().hears("hi")

    assert waits.sends_file().types == ["message.received.v1"]


def test_what_was_collected_is_the_answer_when_a_human_gives_the_session_back() -> None:
    spoken = Given.flow(COLLECT).nobody().hears("hi").hears("One")
    released = spoken.is_handed_off().is_released()

    assert released.session.answers == {"story": "One"}
    assert released.types[-1] == "session.completed.v1"


def test_who_writes_during_a_wait_is_heard_where_the_flow_says_so() -> None:
    steps = (
        "  - {id: nap, wait: {for: 2h, heard: awake}}\n"
        + END
        + "  - {id: awake, ask: 'Yes?', text: {}, next: end}\n"
    )
    heard = Given.flow(steps).nobody().hears("hi").hears("are you there?")

    assert (heard.types[1], heard.words) == ("wait.ended.v1", "Yes?")
    assert "wait" not in heard.deadlines
    assert heard.hears("good").words == "Done"


def test_a_flow_that_goes_on_by_itself_for_ever_ends_after_a_hundred_times() -> None:
    steps = "  - {id: nap, wait: {for: 1h}}\n  - {id: again, say: I wait., next: nap}\n"
    waits = Given.flow(steps).nobody().hears("hi")
    late = waits.after(timedelta(hours=99))

    assert "session.expired.v1" not in late.types
    assert late.after(timedelta(hours=2)).types[-1] == "session.expired.v1"
    assert "session.expired.v1" not in late.hears("yes").after(timedelta(hours=99)).types
