"""People who want no more messages: by words of the flow, or because WhatsApp says so."""

import pytest

from domain import commands, events
from domain.messages import InboundChoice, InboundMedia, OutboundTemplate
from domain.session.testing import NUMBER, Given, Spoken
from domain.values import ReplyId

FLOW = """
name: pet
title: A pet
triggers: {default: true}
opt_out: {words: [stop, unsubscribe], say: You hear no more from us.}
steps:
  - id: name
    ask: What is its name?
    text: {}
  - {id: end, complete: {outcome: known}}
"""
OTHER = """
name: hours
title: Opening hours
triggers: {keywords: [hours]}
steps:
  - id: day
    ask: For which day?
    files: {kinds: [image], max: 3}
  - {id: end, complete: {outcome: told}}
"""
BACK = "opt_in: {words: [start], say: Welcome back.}\n"
OFFER = OutboundTemplate(name="offer", language="en", category="marketing")


@pytest.fixture
def stoppable() -> Spoken:
    return Given({"pet.yaml": FLOW}).nobody()


@pytest.fixture
def two_flows() -> Spoken:
    return Given({"pet.yaml": FLOW + BACK, "hours.yaml": OTHER}).nobody()


def talking(spoken: Spoken) -> dict[str, object]:
    session = spoken.person.open_session
    assert session is not None
    return {"contact_id": spoken.person.contact_id, "session_id": session.session_id}


@pytest.mark.parametrize("said", ["stop", " STOP! ", "Unsubscribe."])
def test_the_words_of_the_flow_end_the_session_with_a_confirmation(
    stoppable: Spoken, said: str
) -> None:
    spoken = stoppable.hears("hi").hears(said)

    assert spoken.types == [
        "message.received.v1",
        "contact.opted-out.v1",
        "reply.requested.v1",
        "session.cancelled.v1",
    ]
    assert spoken.words == "You hear no more from us."
    assert spoken.person.contact.opted_out
    assert spoken.person.open_session is None


def test_somebody_without_a_session_can_opt_out_too(stoppable: Spoken) -> None:
    spoken = stoppable.hears("stop")

    assert spoken.words == "You hear no more from us."
    assert spoken.person.contact.opted_out
    assert spoken.person.open_session is None


def test_the_quick_reply_of_a_template_counts_like_its_words(stoppable: Spoken) -> None:
    tap = InboundChoice(type="template_button", id="1", title="Stop")

    assert stoppable.hears("hi").hears(tap).person.contact.opted_out


def test_who_opts_out_twice_is_confirmed_twice_and_recorded_once(stoppable: Spoken) -> None:
    spoken = stoppable.hears("stop").hears("stop")

    assert spoken.words == "You hear no more from us."
    assert "contact.opted-out.v1" not in spoken.types


def test_a_list_of_words_is_enough() -> None:
    flow = FLOW.replace("{words: [stop, unsubscribe], say: You hear no more from us.}", "[stop]")

    assert Given({"pet.yaml": flow}).nobody().hears("stop").person.contact.opted_out


def test_the_words_of_one_flow_count_in_the_sessions_of_every_other(two_flows: Spoken) -> None:
    spoken = two_flows.hears("hours").hears("Stop")

    assert spoken.words == "You hear no more from us."
    assert spoken.person.contact.opted_out
    assert spoken.person.open_session is None


def test_where_several_flows_list_the_word_the_one_that_is_open_or_the_default_confirms() -> None:
    other = OTHER + "opt_out: {words: [stop], say: The shop is silent.}\n"
    nobody = Given({"a-shop.yaml": other, "pet.yaml": FLOW}).nobody()

    assert nobody.hears("hours").hears("stop").words == "The shop is silent."
    assert nobody.hears("hi").hears("stop").words == "You hear no more from us."
    assert nobody.hears("stop").words == "You hear no more from us."


def test_who_opted_out_comes_back_by_a_word_and_begins_a_conversation(two_flows: Spoken) -> None:
    spoken = two_flows.hears("stop").hears("Start!")

    assert spoken.types == [
        "session.initiated.v1",
        "message.received.v1",
        "contact.opted-in.v1",
        "reply.requested.v1",
    ]
    assert spoken.words == "Welcome back.\n\nWhat is its name?"
    assert not spoken.person.contact.opted_out


def test_who_comes_back_in_the_middle_of_another_flow_reads_its_question_again(
    two_flows: Spoken,
) -> None:
    spoken = two_flows.hears("stop").hears("hours").hears("start")

    assert spoken.types == ["message.received.v1", "contact.opted-in.v1", "reply.requested.v1"]
    assert spoken.words == "Welcome back.\n\nFor which day?"


def test_who_comes_back_after_the_first_file_loses_none(two_flows: Spoken) -> None:
    photo = InboundMedia(type="image", media_id="1", mime_type="image/jpeg")
    spoken = two_flows.hears("stop").hears("hours").hears(photo).hears("start")

    assert spoken.words == "Welcome back."
    assert "session.completed.v1" in spoken.hears("done").types


def test_while_a_human_talks_coming_back_is_recorded_and_the_bot_stays_silent(
    two_flows: Spoken,
) -> None:
    spoken = two_flows.hears("stop").hears("hi").hears("agent").hears("start")

    assert spoken.types == ["message.received.v1", "contact.opted-in.v1"]


def test_of_who_never_opted_out_the_word_to_come_back_is_an_answer(two_flows: Spoken) -> None:
    assert "answer.recorded.v1" in two_flows.hears("hi").hears("start").types


def test_a_word_to_come_back_that_arrives_after_a_later_stop_changes_nothing(
    two_flows: Spoken,
) -> None:
    early = two_flows.message("start")
    spoken = two_flows.hears("hi").hears("hm").hears("stop").asked(early)

    assert "contact.opted-in.v1" not in spoken.types
    assert spoken.person.contact.opted_out


def test_a_marketing_template_after_coming_back_goes_out() -> None:
    flow = FLOW + BACK + "template: {name: offer, language: en, category: marketing}\n"
    spoken = Given({"pet.yaml": flow}).nobody().hears("stop").hears("start")
    [request] = [one for one in spoken.happened if isinstance(one, events.ReplyRequested)]

    assert request.personal.fallback == OFFER
    assert request.opted_out is None


def test_without_such_words_in_any_flow_they_are_an_answer(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("stop")

    assert "answer.recorded.v1" in spoken.types
    assert not spoken.person.contact.opted_out


def test_while_a_human_talks_the_choice_is_recorded_and_the_bot_stays_silent(
    stoppable: Spoken,
) -> None:
    spoken = stoppable.hears("hi").hears("agent").hears("stop")

    assert spoken.types == ["message.received.v1", "contact.opted-out.v1"]
    assert spoken.person.open_session


@pytest.mark.parametrize("by_webhook", [True, False], ids=["later, by a status", "at once"])
def test_a_refusal_because_marketing_was_stopped_is_remembered(
    stoppable: Spoken, *, by_webhook: bool
) -> None:
    spoken = stoppable.hears("hi")
    reply = reply_of(spoken)
    command = (
        commands.RecordDeliveryStatus(
            phone_number_id=NUMBER,
            status="failed",
            at=spoken.now,
            reply_id=reply,
            code=131050,
            personal=commands.StatusSubject(wamid="wamid.9"),
        )
        if by_webhook
        else commands.RecordReplyFailed.model_validate(
            {**talking(spoken), "reply_id": reply, "code": 131050, "reason": "refused"}
        )
    )
    spoken = spoken.asked(command)

    assert spoken.types == ["reply.failed.v1", "contact.opted-out.v1"]


@pytest.mark.parametrize("template", [OFFER, OFFER.model_copy(update={"category": "utility"})])
def test_a_request_says_when_it_is_a_marketing_template_for_who_opted_out(
    stoppable: Spoken, template: OutboundTemplate
) -> None:
    spoken = stoppable.hears("hi").hears("agent").hears("stop")
    said = commands.HumanReply(message=template)
    spoken = spoken.asked(
        commands.ReplyInSession.model_validate({**talking(spoken), "personal": said})
    )
    [request] = spoken.happened

    assert isinstance(request, events.ReplyRequested)
    assert request.opted_out == (True if template.category == "marketing" else None)


def reply_of(spoken: Spoken) -> ReplyId:
    return next(
        event.reply_id for event in spoken.happened if isinstance(event, events.ReplyRequested)
    )


def test_an_opt_in_is_confirmed_in_a_language_of_the_flow_that_lists_its_word() -> None:
    spanish = """
name: consent
title: Consent
languages: [en, es]
triggers: {keywords: [consent]}
language_words: {es: [español]}
opt_out: {words: [baja], say: {en: Out., es: Fuera.}}
opt_in: {words: [alta], say: {en: Welcome back., es: De nuevo.}}
wrong: {en: No., es: No.}
unreadable: {en: No., es: No.}
unasked_file: {en: No., es: No.}
agent: {words: []}
steps:
  - {id: why, ask: {en: "Why?", es: "Why, in Spanish?"}, text: {}}
  - {id: end, complete: {outcome: known}}
"""
    nobody = Given({"pet.yaml": FLOW, "consent.yaml": spanish}).nobody()
    out = nobody.hears("consent").hears("español").hears("baja")

    assert out.words == "Fuera."
    assert out.hears("alta").words.startswith("De nuevo.")
