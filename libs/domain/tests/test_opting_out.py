"""People who want no more messages: by words of the flow, or because WhatsApp says so."""

import pytest

from domain import commands, events
from domain.messages import InboundChoice, OutboundTemplate
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
OFFER = OutboundTemplate(name="offer", language="en", category="marketing")


@pytest.fixture
def stoppable() -> Spoken:
    return Given({"pet.yaml": FLOW}).nobody()


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


def test_without_such_words_in_the_flow_they_are_an_answer(nobody: Spoken) -> None:
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
