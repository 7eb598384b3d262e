"""Forms that the business published as WhatsApp Flows, asked for like a question."""

from datetime import timedelta

from domain.events import AnswerRecorded
from domain.messages import InboundChoice, OutboundFlow
from domain.session.testing import Given, Spoken

SHOP = """
  - {id: name, ask: "Name?", text: {}}
  - id: booking
    flow_form:
      flow: "120"
      ask: "{{ name }}, please fill this in."
      button: Fill in
      screen: DATES
      data: {who: name}
    personal: true
    timeout: {after: 1h, to: silent}
    reminder: {after: 10m, say: The form is open.}
  - {id: end, complete: {outcome: booked, say: "{{ booking.day }} for {{ booking.guests + 1 }}"}}
  - {id: silent, complete: {outcome: silent}}
"""


def asked() -> Spoken:
    return Given.flow(SHOP).nobody().hears("hi").hears("Ana")


def form(spoken: Spoken) -> OutboundFlow:
    (shown,) = spoken.replies
    assert isinstance(shown, OutboundFlow)
    return shown


def test_the_form_opens_with_what_is_known() -> None:
    shown = form(asked())

    assert (shown.text, shown.button, shown.screen) == (
        "Ana, please fill this in.",
        "Fill in",
        "DATES",
    )
    assert shown.data == {"who": "Ana"}


def test_what_was_filled_in_is_known_by_its_fields() -> None:
    done = asked().fills_in(day="Monday", guests=2, flow_token="x")

    (answer,) = [one for one in done.happened if isinstance(one, AnswerRecorded)]
    assert (answer.personal.data, answer.is_personal) == ({"day": "Monday", "guests": 2}, True)
    assert done.words == "Monday for 3"


def test_a_form_of_another_conversation_is_not_taken_for_this_one() -> None:
    other = form(asked().hears("hello?")).token
    first = asked()
    wrong = first.fills_in(token="of another conversation", day="Monday")

    assert wrong.words == "Sorry, that does not fit.\n\nAna, please fill this in."
    assert form(first).token == form(wrong).token
    assert wrong.fills_in(token=other).types[-1] == "session.completed.v1"


def test_forms_of_two_people_or_two_conversations_have_other_tokens() -> None:
    first = asked()
    second = first.fills_in().hears("hi").hears("Ana")

    assert form(first).token != form(second).token


def test_words_instead_of_the_form_are_answered_with_the_form() -> None:
    assert isinstance(asked().hears("Monday").replies[-1], OutboundFlow)


def test_a_template_button_brings_the_form_again_without_reproach() -> None:
    tap = InboundChoice(type="template_button", id="COME_BACK", title="Come back")

    assert asked().hears(tap).words == "Ana, please fill this in."


def test_who_does_not_fill_it_in_is_reminded_and_at_last_let_go() -> None:
    reminded = asked().after(timedelta(minutes=10))

    assert reminded.words == "The form is open.\n\nAna, please fill this in."
    assert reminded.after(timedelta(minutes=50)).types[0] == "step.timed-out.v1"


def test_back_leads_from_the_form_to_the_question_before() -> None:
    spoken = Given.flow(SHOP, "back: [back]").nobody().hears("hi").hears("Ana").hears("back")

    assert spoken.words == "Name?"
