"""Just before the 24 hours are over in which we may write freely, the flow can speak up."""

from datetime import timedelta

from domain.session.testing import Given, Spoken

HOUR = timedelta(hours=1)
STEPS = """
  - {id: size, ask: "How big?", number: {}}
  - {id: end, complete: {outcome: done}}
"""
HEAD = "window_closing: {before: 2h, say: We can write to you for two more hours.}"


def asked(head: str = HEAD, steps: str = STEPS) -> Spoken:
    return Given.flow(steps, head).nobody().hears("hi")


def test_shortly_before_the_window_closes_the_person_is_told_and_asked_again() -> None:
    told = asked().after(22 * HOUR)

    assert told.types == ["session.window-closing.v1", "reply.requested.v1"]
    assert told.words == "We can write to you for two more hours.\n\nHow big?"


def test_the_person_is_told_once_for_each_window() -> None:
    told = asked().after(22 * HOUR)
    again = told.hears("big").after(22 * HOUR)

    assert told.after(40 * HOUR).happened == ()
    assert again.types[0] == "session.window-closing.v1"


def test_a_message_keeps_the_window_open_for_another_day() -> None:
    spoken = asked().after(21 * HOUR).hears("big")

    assert spoken.after(21 * HOUR).happened == ()
    assert spoken.after(22 * HOUR).types[0] == "session.window-closing.v1"


def test_the_flow_may_go_elsewhere_instead() -> None:
    steps = STEPS + "  - {id: call, complete: {outcome: by-phone, say: We call you.}}\n"
    steps = steps.replace("by-phone", "by_phone")
    told = asked("window_closing: {before: 2h, to: call}", steps).after(22 * HOUR)

    assert told.types[-1] == "session.completed.v1"
    assert told.words == "We call you."


def test_nobody_is_told_whom_nothing_is_asked() -> None:
    steps = "  - {id: nap, wait: {for: 30h}}\n" + STEPS

    assert asked(steps=steps).after(29 * HOUR).happened == ()


def test_when_it_is_too_late_nothing_is_said_that_could_not_be_read() -> None:
    spoken = asked()
    late = spoken.fires("window-closing", at=spoken.now + 25 * HOUR)

    assert late.types == ["session.window-closing.v1"]
    assert late.after(40 * HOUR).happened == ()


def test_whom_the_business_wrote_to_first_has_no_window_to_close() -> None:
    begun = Given.flow(STEPS, HEAD).nobody().is_begun("shop")

    assert [*begun.deadlines] == ["session-expiry"]
