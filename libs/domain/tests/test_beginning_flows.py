"""Which flow begins with what a person sends first, and flows that the business begins."""

import pytest

from domain import commands
from domain.events import SessionCompleted, SessionInitiated
from domain.messages import InboundChoice, InboundMessage, InboundText, Referral
from domain.session import UnknownFlow
from domain.session.beginning import InvalidVariables
from domain.session.testing import ANA, NUMBER, Given, Spoken
from domain.values import message_id

END = "steps:\n  - {id: end, complete: {outcome: done}}"
FLOWS = {
    "hours": "triggers: {keywords: {en: [hours, opening times], es: [horario]}}\n" + END,
    "parcel": "triggers: {patterns: ['\\b[A-Z]{2}[0-9]{6}\\b', '(?i)where is']}\n" + END,
    "advert": "triggers: {referrals: ['120']}\n" + END,
    "anyone": "triggers: {referrals: [any]}\n" + END,
    "booking": "triggers: {template_buttons: [BOOK_NOW]}\n" + END,
}


def begun(message: str | InboundMessage, referral: str | None = None) -> tuple[str, str | None]:
    nobody = Given.flow("  - {id: end, complete: {outcome: done}}", **FLOWS).nobody()
    said = InboundText(text=message) if isinstance(message, str) else message
    sent = nobody.message(said)
    ad = Referral(source_id=referral, source_type="ad") if referral else None
    command = sent.model_copy(
        update={"personal": sent.personal.model_copy(update={"referral": ad})}
    )
    first = next(one for one in nobody.asked(command).happened if isinstance(one, SessionInitiated))
    return first.flow, first.by


BOOK = InboundChoice(type="template_button", id="BOOK_NOW", title="hours")


@pytest.mark.parametrize(
    ("message", "referral", "flow", "by"),
    [
        ("good morning", None, "shop", "default"),
        ("Opening  Times!", None, "hours", "keyword"),
        ("horario", None, "hours", "keyword"),
        ("my parcel AB123456 is late", None, "parcel", "pattern"),
        ("Where is my hat", None, "parcel", "pattern"),
        ("hello", "120", "advert", "referral"),
        ("hello", "999", "anyone", "referral"),
        (BOOK, None, "booking", "template-button"),
        # the surest sign first
        (BOOK, "120", "booking", "template-button"),
        ("hours", "120", "advert", "referral"),
        ("hours", "999", "hours", "keyword"),
        ("where is AB123456", "999", "parcel", "pattern"),
        ("x" * 5000 + " AB123456", None, "shop", "default"),
    ],
)
def test_the_surest_sign_decides_which_flow_begins(
    message: str | InboundMessage, referral: str | None, flow: str, by: str
) -> None:
    assert begun(message, referral) == (flow, by)


VARIABLES = """
triggers:
  variables:
    order: {}
    pieces: {type: number, default: 1}
    gift: {type: boolean, default: false}
    items: {type: list, default: []}
    buyer: {type: object, default: {}}
steps:
  - id: fine
    ask: "Order {{ order }}, {{ pieces }}, {{ gift }}, {{ size(items) }}, {{ buyer.name }}?"
    text: {}
  - {id: end, complete: {outcome: done}}
"""


def nobody() -> Spoken:
    return Given.flow("  - {id: end, complete: {outcome: done}}", survey=VARIABLES).nobody()


def test_the_business_begins_a_flow_with_values_for_its_variables() -> None:
    spoken = nobody().is_begun(
        "survey", order="A-1", pieces=2, gift=True, items=["a"], buyer={"name": "Ben"}
    )

    assert spoken.words == "Order A-1, 2, true, 1, Ben?"
    assert spoken.session.given["pieces"] == 2


def test_what_is_not_given_is_what_the_flow_says() -> None:
    assert nobody().is_begun("survey", order="A-1").words == "Order A-1, 1, false, 0, ?"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "the variable order is missing"),
        ({"order": 5}, "the variable order is no text"),
        ({"order": "A", "pieces": "2"}, "the variable pieces is no number"),
        ({"order": "A", "pieces": True}, "the variable pieces is no number"),
        ({"order": "A", "gift": 1}, "the variable gift is no boolean"),
        ({"order": "A", "items": {}}, "the variable items is no list"),
        ({"order": "A", "buyer": []}, "the variable buyer is no object"),
        ({"order": "A", "colour": "red", "age": 4}, "survey has no variable age, colour"),
    ],
)
def test_values_that_the_flow_cannot_begin_with_are_refused_by_name_alone(
    values: dict[str, object], told: str
) -> None:
    with pytest.raises(InvalidVariables, match=told):
        nobody().asked(
            commands.InitiateSession(
                phone_number_id=NUMBER,
                flow="survey",
                personal=commands.Addressee(to=ANA, variables=values),
            )
        )


def test_a_flow_that_does_not_exist_cannot_begin() -> None:
    with pytest.raises(UnknownFlow):
        nobody().is_begun("nothing")


def test_who_is_in_a_conversation_is_not_begun_with_again() -> None:
    assert nobody().is_begun("survey", order="A").is_begun("survey", order="B").happened == ()


def test_a_person_begins_a_flow_with_its_defaults() -> None:
    steps = """
  - {id: hello, say: "Hello, {{ contact.name }}: {{ place }}."}
  - {id: end, complete: {outcome: done}}
"""
    head = "triggers: {default: true, variables: {place: {default: Madrid}}}"

    assert Given.flow(steps, head).nobody().hears("hi").words == "Hello, Ana: Madrid."


def test_the_words_of_an_opt_out_count_before_every_trigger() -> None:
    gone = Given.flow(
        "  - {id: end, complete: {outcome: done}}",
        "opt_out: {words: [no more], say: Good bye.}",
        **FLOWS,
    ).nobody()
    command = gone.message("no more")
    referred = command.personal.model_copy(update={"referral": Referral(source_id="120")})
    stopped = gone.asked(command.model_copy(update={"personal": referred}))

    assert stopped.words == "Good bye."
    assert stopped.person.contact.opted_out


def test_a_command_that_comes_twice_begins_once() -> None:
    spoken = nobody().is_begun("survey", order="A")
    command = commands.ReceiveMessage(
        phone_number_id="1",
        message_id=message_id("w"),
        received_at=spoken.now,
        personal=spoken.message("hi").personal,
    )
    once = spoken.asked(command, id_of=("w",))

    assert once.asked(command, id_of=("w",)).happened == ()


def test_a_flow_knows_the_advertisement_that_somebody_came_from() -> None:
    steps = """
  - id: end
    complete:
      outcome: told
      say: "{{ referral.headline }}"
      data: {ad: referral.source_id, click: referral.ctwa_clid}
"""
    nobody = Given.flow(steps).nobody()
    sent = nobody.message("hi")
    ad = Referral(source_id="120", source_type="ad", headline="Solar")
    from_ad = sent.model_copy(
        update={"personal": sent.personal.model_copy(update={"referral": ad})}
    )
    told = nobody.asked(from_ad)
    (ended,) = [one for one in told.happened if isinstance(one, SessionCompleted)]

    assert (told.words, ended.personal.data) == ("Solar", {"ad": "120", "click": None})
    assert nobody.hears("hi").words == ""
