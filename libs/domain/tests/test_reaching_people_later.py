import pytest

from domain import commands, events
from domain.messages import (
    InboundChoice,
    OutboundReaction,
    OutboundReadReceipt,
    OutboundTemplate,
    OutboundText,
    TextParameter,
)
from domain.session import Aliases, InvalidFlow, addressed
from domain.session.flows.parsing import parse_flow
from domain.session.testing import ANA, NUMBER, Given, Spoken

HEAD = "name: pet\ntitle: A pet\ntriggers: {default: true}\nagent: {words: [agent]}\n"
STEPS = """
steps:
  - {id: name, ask: "What is its name?", text: {max: 4000}}
  - {id: age, ask: "How old is it?", number: {}}
  - {id: end, complete: {outcome: known, say: Thanks.}}
"""
ABOUT_THE_PET = """
template:
  name: pet_reminder
  language: en
  category: utility
  header: Your pet
  body: ["{{ name }}"]
"""


def flow(template: str = ABOUT_THE_PET) -> Spoken:
    return Given({"pet.yaml": HEAD + template + STEPS}).nobody()


def fallbacks(spoken: Spoken) -> list[OutboundTemplate | None]:
    asked = [event for event in spoken.happened if isinstance(event, events.ReplyRequested)]
    return [event.personal.fallback for event in asked]


def about(*names: str) -> OutboundTemplate:
    return OutboundTemplate(
        name="pet_reminder",
        language="en",
        category="utility",
        header=TextParameter(text="Your pet"),
        body=tuple(TextParameter(text=name) for name in names),
    )


def test_every_question_carries_the_template_for_when_the_window_is_closed() -> None:
    asked = flow().hears("hi").hears("Rex  the\n2nd")

    assert fallbacks(asked) == [about("Rex the 2nd")]


def test_a_template_that_needs_an_answer_waits_until_there_is_one() -> None:
    assert fallbacks(flow().hears("hi")) == [None]


def test_a_template_with_a_longer_answer_than_meta_takes_is_not_offered() -> None:
    asked = flow().hears("hi").hears("x" * 2000)

    assert fallbacks(asked) == [None]


def test_a_template_may_name_its_variables() -> None:
    named = ABOUT_THE_PET.replace('["{{ name }}"]', '{pet_name: "{{ name }}"}')
    asked = flow(named).hears("hi").hears("Rex")

    assert [each and each.body for each in fallbacks(asked)] == [
        (TextParameter(name="pet_name", text="Rex"),)
    ]


def test_of_a_long_turn_only_the_last_part_carries_the_template() -> None:
    long = STEPS.replace("How old is it?", f"{'It is a question. ' * 300}How old is it?")
    spoken = Given({"pet.yaml": HEAD + ABOUT_THE_PET + long}).nobody()
    asked = spoken.hears("hi").hears("Rex")

    assert fallbacks(asked) == [None, about("Rex")]


def test_whoever_is_written_to_first_gets_the_template_where_no_window_is_open() -> None:
    plain = "template: {name: hello_there, language: en}\n"
    addressee = commands.Addressee(to=ANA)
    asked = commands.InitiateSession(phone_number_id=NUMBER, flow="pet", personal=addressee)

    assert fallbacks(flow(plain).asked(asked)) == [
        OutboundTemplate(name="hello_there", language="en")
    ]


def test_a_number_written_with_a_plus_is_the_same_name(nobody: Spoken) -> None:
    addressee = commands.Addressee(to=f"+{ANA}")
    asked = commands.InitiateSession(phone_number_id=NUMBER, flow="pet", personal=addressee)

    begun = nobody.asked(asked)

    assert addressed(asked) == Aliases(NUMBER, (f"wa:{ANA}",))
    assert begun.person.contact.names == {f"wa:{ANA}"}


def reply(spoken: Spoken, words: commands.HumanReply) -> Spoken:
    session = spoken.person.open_session
    assert session
    assert spoken.person.contact_id
    command = commands.ReplyInSession(
        contact_id=spoken.person.contact_id, session_id=session.session_id, personal=words
    )
    return spoken.asked(command)


@pytest.fixture
def handed_off() -> Spoken:
    return flow().hears("hi").hears("Rex").hears("agent")


def test_an_operators_words_are_never_replaced_by_the_template_of_the_flow(
    handed_off: Spoken,
) -> None:
    said = reply(handed_off, commands.HumanReply(message=OutboundText(text="Hello")))

    assert fallbacks(said) == [None]


def test_an_operator_may_choose_a_template_as_a_way_out(handed_off: Spoken) -> None:
    other = OutboundTemplate(name="call_us", language="en")
    words = commands.HumanReply(message=OutboundText(text="Hello"), fallback=other)

    assert fallbacks(reply(handed_off, words)) == [other]


def test_an_operator_may_send_a_template_itself(handed_off: Spoken) -> None:
    template = OutboundTemplate(name="call_us", language="en")
    said = reply(handed_off, commands.HumanReply(message=template))

    assert said.replies == [template]
    assert fallbacks(said) == [None]


def test_a_reaction_is_never_replaced_by_a_template(handed_off: Spoken) -> None:
    words = commands.HumanReply(message=OutboundReaction(wamid="wamid.1", emoji="👍"))

    assert fallbacks(reply(handed_off, words)) == [None]


def test_an_operators_answer_shows_which_message_it_answers(handed_off: Spoken) -> None:
    words = commands.HumanReply(message=OutboundText(text="Word. " * 1000), quotes="wamid.2")
    asked = reply(handed_off, words).happened

    assert [e.personal.quotes for e in asked if isinstance(e, events.ReplyRequested)] == [
        "wamid.2",
        None,
    ]


def test_a_tap_on_the_templates_button_brings_the_question_back_without_a_reproach() -> None:
    tap = InboundChoice(type="template_button", id="Go on", title="Go on")
    asked = flow().hears("hi").hears("Rex").hears(tap)

    assert asked.types == ["message.received.v1", "reply.requested.v1"]
    assert asked.words == "How old is it?"


@pytest.mark.parametrize(("payload", "title"), [("age:young", "Puppy"), ("P1", "Young")])
def test_the_button_of_a_template_can_be_an_answer_by_its_payload_or_title(
    payload: str, title: str
) -> None:
    steps = STEPS.replace("number: {}", "choice: {options: [{id: young, title: Young}]}")
    spoken = Given({"pet.yaml": HEAD + steps}).nobody().hears("hi").hears("Rex")
    told = spoken.hears(InboundChoice(type="template_button", id=payload, title=title))

    assert told.words == "Thanks."


def test_a_flow_may_show_that_a_message_was_read_before_it_is_answered() -> None:
    asked = flow("read_receipts: true\n" + ABOUT_THE_PET).hears("hi").hears("Rex", wamid="wamid.r")

    assert asked.replies == [
        OutboundReadReceipt(wamid="wamid.r", typing=True),
        OutboundText(text="How old is it?"),
    ]
    assert fallbacks(asked) == [None, about("Rex")]


def test_a_read_receipt_comes_to_its_end_without_a_status() -> None:
    asked = flow("read_receipts: true\n").hears("hi", wamid="wamid.r")
    receipt = next(e for e in asked.happened if isinstance(e, events.ReplyRequested))
    sent = commands.RecordReplySent(
        contact_id=receipt.contact_id,
        session_id=receipt.session_id,
        reply_id=receipt.reply_id,
        personal=commands.Acceptance(wamid="wamid.r"),
    )
    session = asked.asked(sent).person.open_session

    assert session
    assert session.replies[receipt.reply_id] == "sent"


WRONG = {
    "template: name: small letters": "template: {name: Our Pet, language: en}\n",
    "template: language: is missing": "template: {name: pet}\n",
    "template: colour: is not known here": "template: {name: pet, language: en, colour: red}\n",
    "template: body: at most 1024 characters": (
        f"template: {{name: pet, language: en, body: [{'x' * 1025}]}}\n"
    ),
    "template: header: needed": 'template: {name: pet, language: en, header: " "}\n',
    "template: body: number 1: uses the answer colour": (
        'template: {name: pet, language: en, body: ["{{ colour }}"]}\n'
    ),
}


@pytest.mark.parametrize(("problem", "template"), WRONG.items(), ids=list(WRONG))
def test_a_template_that_whatsapp_would_refuse_is_refused_with_its_place(
    problem: str, template: str
) -> None:
    with pytest.raises(InvalidFlow, match=f"pet.yaml: {problem}"):
        parse_flow(HEAD + template + STEPS, file="pet.yaml")
