"""A colleague answers from the phone app: the bot falls silent until the session is given back."""

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from domain import commands, events
from domain.session.testing import ANA, NUMBER, Spoken


def echoed(
    spoken: Spoken, wamid: str = "wamid.kim", *, at: datetime | None = None, to: str = ANA
) -> Spoken:
    echo = commands.HandOffSession(
        phone_number_id=NUMBER,
        source="echo",
        at=at or spoken.now + timedelta(seconds=30),
        personal=commands.HandOffNote(from_=to, wamid=wamid),
    )
    return spoken.asked(echo, id_of=(wamid,))


def about(spoken: Spoken) -> dict[str, object]:
    session = spoken.person.open_session
    assert session is not None
    return {"contact_id": spoken.person.contact_id, "session_id": session.session_id}


def released(spoken: Spoken) -> Spoken:
    return spoken.asked(commands.ReleaseSession.model_validate(about(spoken)))


def test_the_bot_is_silent_once_a_colleague_answered(nobody: Spoken) -> None:
    spoken = echoed(nobody.hears("hi"))
    (handed_off,) = spoken.happened

    assert isinstance(handed_off, events.SessionHandedOff)
    assert handed_off.reason == "echo"
    assert spoken.hears("Rex").types == ["message.received.v1"]


def test_more_words_of_the_colleague_change_nothing(nobody: Spoken) -> None:
    spoken = echoed(nobody.hears("hi"))

    assert echoed(spoken, "wamid.more").happened == ()


def test_the_bot_goes_on_where_it_was_when_the_session_is_given_back(nobody: Spoken) -> None:
    spoken = released(echoed(nobody.hears("hi")))

    assert spoken.types == ["session.released.v1", "reply.requested.v1"]
    assert spoken.words == "What is its name?"


def test_a_webhook_that_comes_late_or_again_does_not_silence_the_bot_anew(nobody: Spoken) -> None:
    first = echoed(nobody.hears("hi"))
    second_at = first.now + timedelta(seconds=30)
    again = released(echoed(first, "wamid.second", at=second_at))

    assert echoed(again, "wamid.kim").happened == ()
    assert echoed(again, "wamid.second", at=second_at).happened == ()
    assert echoed(again, "wamid.third").types == ["session.handed-off.v1"]


def test_who_is_in_no_session_gets_one_that_is_the_colleagues(nobody: Spoken) -> None:
    spoken = echoed(nobody)

    assert spoken.types == [
        "contact.identified.v1",
        "session.initiated.v1",
        "session.handed-off.v1",
    ]
    heard = spoken.hears("thanks, Kim")
    assert heard.types == ["contact.identified.v1", "message.received.v1"]
    assert heard.person.contact.name == "Ana"
    assert heard.hears("bye").types == ["message.received.v1"]
    assert released(spoken).replies


def test_after_the_colleague_ended_it_the_bot_answers_the_next_message(nobody: Spoken) -> None:
    spoken = echoed(nobody)
    ended = spoken.asked(
        commands.CompleteSession.model_validate({**about(spoken), "outcome": "told"})
    )

    assert echoed(ended, "wamid.late", at=ended.now - timedelta(minutes=1)).happened == ()
    assert "session.initiated.v1" in ended.hears("hi").types


def test_an_echo_of_a_reply_of_ours_is_no_colleague(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = next(e for e in spoken.happened if isinstance(e, events.ReplyRequested))
    sent = spoken.asked(
        commands.RecordReplySent(
            contact_id=request.contact_id,
            session_id=request.session_id,
            reply_id=request.reply_id,
            personal=commands.Acceptance(wamid="wamid.ours"),
        )
    )

    assert echoed(sent, "wamid.ours").happened == ()


def test_a_name_that_an_echo_shows_is_remembered(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    echo = commands.HandOffSession(
        phone_number_id=NUMBER,
        source="echo",
        personal=commands.HandOffNote(from_=ANA, user_id="US.1", parent_user_id="US.ENT.1"),
    )

    told = spoken.asked(echo)

    assert told.types == ["contact.identified.v1", "session.handed-off.v1"]
    assert told.person.contact.names == {f"wa:{ANA}", "bsuid:US.1", "parent:US.ENT.1"}


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"phone_number_id": NUMBER},
        {"personal": {"from": ANA}},
        {"contact_id": "d20437e3-40e4-54ac-a3ce-790cf36f6f7e"},
    ],
)
def test_a_hand_off_that_names_nobody_cannot_be_read(named: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either contact and session, or number and person"):
        commands.HandOffSession.model_validate(named)
