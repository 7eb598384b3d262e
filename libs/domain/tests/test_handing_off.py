import pytest

from domain import commands, events
from domain.messages import InboundMedia, OutboundText
from domain.session import UnknownFlow
from domain.session.testing import Spoken


def handed_off(nobody: Spoken) -> Spoken:
    return nobody.hears("hi").hears("Rex").hears("Agent")


def ids(spoken: Spoken) -> dict[str, object]:
    session = spoken.person.open_session
    assert session is not None
    return {"contact_id": spoken.person.contact_id, "session_id": session.session_id}


def test_the_word_agent_hands_off_at_any_point(nobody: Spoken) -> None:
    spoken = handed_off(nobody)

    assert spoken.types == ["message.received.v1", "reply.requested.v1", "session.handed-off.v1"]
    assert spoken.words == "A vet takes over."
    for said in ("agent", " AGENT! ", "agent\u200b", "Agent."):
        assert nobody.hears(said).types[-1] == "session.handed-off.v1"


def test_the_bot_is_silent_while_a_human_talks(nobody: Spoken) -> None:
    assert handed_off(nobody).hears("are you there?").types == ["message.received.v1"]


def test_a_file_sent_to_the_human_is_kept(nobody: Spoken) -> None:
    photo = InboundMedia(type="image", media_id="1", mime_type="image/jpeg")

    assert handed_off(nobody).hears(photo).types == ["message.received.v1", "file.uploaded.v1"]


def test_what_the_human_writes_reaches_the_person(nobody: Spoken) -> None:
    spoken = handed_off(nobody)
    words = commands.HumanReply(message=OutboundText(text="Hello, this is Kim."))
    answered = spoken.asked(
        commands.ReplyInSession.model_validate({**ids(spoken), "personal": words})
    )

    assert answered.words == "Hello, this is Kim."


def test_a_human_cannot_talk_over_the_bot(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    words = commands.HumanReply(message=OutboundText(text="Hello"))
    answered = spoken.asked(
        commands.ReplyInSession.model_validate({**ids(spoken), "personal": words})
    )

    assert answered.happened == ()


def test_a_session_given_back_asks_its_question_again(nobody: Spoken) -> None:
    spoken = handed_off(nobody)
    released = spoken.asked(commands.ReleaseSession.model_validate(ids(spoken)))

    assert released.types == ["session.released.v1", "reply.requested.v1"]
    assert released.words == "What is it?"
    assert released.hears("dog").types[1] == "answer.recorded.v1"


def test_a_session_given_back_after_a_file_only_asks_for_another(nobody: Spoken) -> None:
    photo = InboundMedia(type="image", media_id="1", mime_type="image/jpeg")
    first = nobody.hears("hi").hears("Rex").hears("dog").hears(photo)
    handed = first.hears("agent")
    released = handed.asked(commands.ReleaseSession.model_validate(ids(handed)))

    assert released.replies == first.replies


def test_a_session_handed_off_by_its_flow_goes_on_after_that_step(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("R").hears("S")
    released = spoken.asked(commands.ReleaseSession.model_validate(ids(spoken)))

    assert released.words == "What is it?"


def test_an_operator_hands_off_and_cancels(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    handed = spoken.asked(commands.HandOffSession.model_validate({**ids(spoken), "team": "vets"}))
    cancelled = handed.asked(
        commands.CancelSession.model_validate({**ids(spoken), "reason": "spam"})
    )

    assert handed.types == ["session.handed-off.v1"]
    assert cancelled.types == ["session.cancelled.v1"]
    assert cancelled.hears("hello").types[0] == "session.initiated.v1"


def test_an_operator_begins_a_conversation_with_somebody_new(nobody: Spoken) -> None:
    begin = commands.InitiateSession(
        phone_number_id="1", flow="pet", personal=commands.Addressee(to="15550002222")
    )
    spoken = nobody.asked(begin)
    request = spoken.happened[-1]

    assert spoken.types[:2] == ["contact.identified.v1", "session.initiated.v1"]
    assert isinstance(request, events.ReplyRequested)
    assert request.window_expires_at is None
    assert request.personal.to == "15550002222"


def test_an_operator_cannot_begin_a_flow_that_does_not_exist(nobody: Spoken) -> None:
    begin = commands.InitiateSession(
        phone_number_id="1", flow="nope", personal=commands.Addressee(to="15550002222")
    )

    with pytest.raises(UnknownFlow, match="nope"):
        nobody.asked(begin)
