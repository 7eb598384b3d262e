"""Who is silent is reminded of the question, and at last the flow goes on without an answer."""

from datetime import timedelta

import pytest

from domain.session.testing import Given, Spoken

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SHOP = """
  - id: size
    ask: How big?
    number: {min: 1}
    reminder: {after: 10m, say: "Are you there?", times: 2}
    timeout: {after: 30m, to: silent}
  - {id: end, complete: {outcome: done}}
  - {id: silent, complete: {outcome: silent, say: Write when you like.}}
"""


@pytest.fixture
def asked() -> Spoken:
    return Given.flow(SHOP).nobody().hears("hi")


def test_a_silent_person_is_reminded_as_often_as_the_flow_says(asked: Spoken) -> None:
    first = asked.after(10 * MINUTE)
    second = first.after(10 * MINUTE)

    assert first.types == ["question.reminded.v1", "reply.requested.v1"]
    assert first.words == second.words == "Are you there?\n\nHow big?"
    assert second.after(9 * MINUTE).happened == ()


def test_after_the_last_reminder_the_flow_goes_on_without_an_answer(asked: Spoken) -> None:
    late = asked.after(30 * MINUTE)

    assert late.types.count("question.reminded.v1") == 2
    assert late.types[-3:] == ["step.timed-out.v1", "reply.requested.v1", "session.completed.v1"]


def test_who_answers_in_time_is_never_reminded_nor_timed_out(asked: Spoken) -> None:
    answered = asked.after(9 * MINUTE).hears("3")

    assert answered.types[-1] == "session.completed.v1"
    assert answered.after(10 * HOUR).happened == ()


def test_a_wrong_answer_is_an_answer_as_far_as_patience_goes(asked: Spoken) -> None:
    wrong = asked.after(8 * MINUTE).hears("big")

    assert wrong.after(9 * MINUTE).happened == ()
    assert wrong.after(10 * MINUTE).types[0] == "question.reminded.v1"


def test_a_timer_of_before_an_answer_does_nothing(asked: Spoken) -> None:
    due = asked.deadlines["step-timeout"]
    wrong = asked.after(5 * MINUTE).hears("big")

    assert wrong.fires("step-timeout", due, at=due + MINUTE).happened == ()


def test_after_an_outage_nobody_is_timed_out_who_answered_in_time() -> None:
    """All that came meanwhile is decided before the timers: it stands before them in Kafka."""
    colour = "  - {id: colour, ask: 'Which?', text: {}, timeout: {after: 30m, to: silent}}\n"
    steps = SHOP.replace("  - {id: end,", colour + "  - {id: end,")
    asked = Given.flow(steps).nobody().hears("hi")
    due = asked.deadlines
    up_again = asked.now + HOUR
    command = asked.message("3")
    answered = asked.is_down_until(up_again).asked(command)

    assert answered.words == "Which?"
    assert answered.fires("reminder", due["reminder"], at=up_again).happened == ()
    assert answered.fires("step-timeout", due["step-timeout"], at=up_again).happened == ()
    assert answered.deadlines["step-timeout"] == answered.now + 30 * MINUTE


def test_after_an_outage_reminders_do_not_come_all_at_once() -> None:
    long = Given.flow(SHOP.replace("30m", "20h")).nobody().hears("hi")
    late = long.fires("reminder", at=long.now + HOUR)

    assert late.types[0] == "question.reminded.v1"
    assert late.after(9 * MINUTE).happened == ()
    assert late.after(10 * MINUTE).types[0] == "question.reminded.v1"


def test_a_question_that_is_asked_anew_has_all_its_patience_again() -> None:
    steps = (
        SHOP.replace("to: silent}", "to: sorry}") + "  - {id: sorry, say: Once more., next: size}\n"
    )
    steps = steps.replace(
        "  - {id: silent, complete: {outcome: silent, say: Write when you like.}}\n", ""
    )
    asked = Given.flow(steps).nobody().hears("hi")
    again = asked.after(30 * MINUTE)

    assert again.words.endswith("Once more.\n\nHow big?")
    assert again.after(30 * MINUTE).types.count("question.reminded.v1") == 2


def test_nothing_is_due_while_a_human_talks(asked: Spoken) -> None:
    handed = asked.is_handed_off()

    assert handed.after(HOUR).happened == ()
    released = handed.after(HOUR).is_released()
    assert released.words == "How big?"
    assert released.after(10 * MINUTE).types[0] == "question.reminded.v1"


def test_the_words_of_a_reminder_are_said_to_who_sent_a_file_already() -> None:
    steps = """
  - id: photos
    ask: Photos?
    files: {kinds: [image], max: 3}
    reminder: {after: 10m, say: "Are you there?"}
  - {id: end, complete: {outcome: done}}
"""
    one = Given.flow(steps).nobody().hears("hi").sends_file()

    assert one.after(10 * MINUTE).words == (
        "Are you there?\n\nThank you. Send another one, or tap Done."
    )


def test_a_session_that_was_just_timed_out_does_not_expire_at_once() -> None:
    steps = """
  - {id: size, ask: 'How big?', number: {}, timeout: {after: 71h, to: colour}}
  - {id: colour, ask: 'Which?', text: {}}
  - {id: end, complete: {outcome: done}}
"""
    template = "template: {name: come_back, language: en}\n"
    late = Given.flow(steps, template).nobody().hears("hi").after(timedelta(hours=71))

    assert late.words == "Which?"
    assert late.after(timedelta(hours=71)).happened == ()
    assert late.after(timedelta(hours=72)).types == ["session.expired.v1"]
