"""What a flow's author marked is hidden from whoever looks on, wherever it is repeated."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from domain import codec, events
from domain.messages import InboundLocation, InboundText, OutboundText
from domain.ports.event_store import NewEvent, Origin
from domain.ports.session_archive import ArchivedEvent
from domain.values import CommandId, ContactId, EventId, MessageId, ReplyId, SessionId
from session_core.use_cases.masking import MASK, Marks, marks

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHO = ContactId(UUID("0d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b11"))
SESSION = SessionId(UUID("7c1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c22"))
FIRST, SECOND = MessageId(UUID(int=1)), MessageId(UUID(int=2))
PASSPORT = "X-1234567"


def answer(step: str, value: str, message: MessageId, *, marked: bool) -> events.AnswerRecorded:
    return events.AnswerRecorded(
        contact_id=WHO,
        session_id=SESSION,
        message_id=message,
        step=step,
        is_personal=True if marked else None,
        personal=events.Answer(value=value),
    )


def received(message: MessageId, said: InboundText | InboundLocation) -> events.MessageReceived:
    return events.MessageReceived(
        contact_id=WHO,
        session_id=SESSION,
        phone_number_id="106540352242922",
        message_id=message,
        received_at=NOON,
        kind=said.type,
        personal=events.ReceivedMessage(wamid="wamid.1", from_="15550001111", message=said),
    )


def marked_by(*told: events.Event) -> Marks:
    origin = Origin(CommandId(uuid4()), NOON, WHO, "c0")
    return marks(
        ArchivedEvent(
            number,
            NewEvent(SESSION, number, EventId(uuid4()), event.TYPE, codec.encode(event), origin),
            NOON,
        )
        for number, event in enumerate(told, start=1)
    )


def shown(by: Marks, event: events.Event) -> dict[str, Any]:
    return by.event(event.TYPE, json.loads(codec.encode(event)))


TOLD = (
    answer("passport", PASSPORT, FIRST, marked=True),
    answer("color", "green", SECOND, marked=False),
)


def test_a_marked_answer_is_hidden_and_another_is_not() -> None:
    by = marked_by(*TOLD)

    assert shown(by, TOLD[0])["personal"] == {"value": MASK}
    assert shown(by, TOLD[1])["personal"] == {"value": "green"}
    assert shown(by, TOLD[0])["step"] == "passport"


def test_the_message_that_gave_it_is_hidden_too_but_not_whose_it_is() -> None:
    by = marked_by(*TOLD)

    assert shown(by, received(FIRST, InboundText(text=f"It is {PASSPORT}")))["personal"] == {
        "wamid": "wamid.1",
        "from": "15550001111",
        "message": {"type": "text", "text": MASK},
    }
    place = InboundLocation(latitude=41.4, longitude=2.1)
    hidden = shown(by, received(FIRST, place))["personal"]["message"]
    assert hidden == {"type": "location", "latitude": MASK, "longitude": MASK}
    assert shown(by, received(SECOND, InboundText(text="green")))["personal"]["message"] == {
        "type": "text",
        "text": "green",
    }


def test_wrong_answers_to_the_same_question_are_hidden() -> None:
    rejected = events.AnswerRejected(
        contact_id=WHO,
        session_id=SESSION,
        message_id=SECOND,
        step="passport",
        reason="not-a-match",
        attempt=1,
    )
    by = marked_by(rejected, TOLD[0])

    hidden = shown(by, received(SECOND, InboundText(text="X-123456")))
    assert hidden["personal"]["message"]["text"] == MASK


def test_replies_and_outcomes_that_repeat_it_hide_it() -> None:
    by = marked_by(*TOLD)
    reply = events.ReplyRequested(
        contact_id=WHO,
        session_id=SESSION,
        reply_id=ReplyId(uuid4()),
        phone_number_id="106540352242922",
        kind="text",
        personal=events.OutgoingReply(
            to="15550001111", message=OutboundText(text=f"Thank you, {PASSPORT} is noted.")
        ),
    )
    completed = events.SessionCompleted(
        contact_id=WHO,
        session_id=SESSION,
        phone_number_id="106540352242922",
        flow="kyc",
        outcome="known",
        personal=events.Outcome(
            answers={"passport": PASSPORT, "color": "green"}, data={"document": PASSPORT}
        ),
    )

    assert shown(by, reply)["personal"]["message"]["text"] == f"Thank you, {MASK} is noted."
    assert shown(by, completed)["personal"] == {
        "answers": {"passport": MASK, "color": "green"},
        "data": {"document": MASK},
    }
    assert by.answers({"passport": PASSPORT, "color": "green"}) == {
        "passport": MASK,
        "color": "green",
    }


def test_a_short_answer_leaves_other_words_readable() -> None:
    by = marked_by(answer("pain", "5", FIRST, marked=True))
    reply = {"personal": {"message": {"type": "text", "text": "We call at 15:00."}}}

    assert by.event("reply.requested.v1", reply) == reply
    assert by.answers({"pain": "5"}) == {"pain": MASK}


def test_without_marks_everything_is_shown_as_it_is() -> None:
    by = marked_by(TOLD[1])

    assert shown(by, TOLD[1]) == json.loads(codec.encode(TOLD[1]))


def test_what_is_hidden_of_the_forgotten_anyway_needs_no_mask() -> None:
    by = marked_by(*TOLD)

    assert by.event("answer.recorded.v1", {"step": "passport"}) == {"step": "passport"}
