"""Reactions, edits, system messages and the like: kept, but not answered."""

import pytest

from domain import events
from domain.messages import (
    Card,
    Context,
    InboundCallPermission,
    InboundContacts,
    InboundEdit,
    InboundFlowReply,
    InboundMessage,
    InboundOrder,
    InboundReaction,
    InboundRevoke,
    InboundSystem,
    InboundText,
    InboundWelcomeRequest,
    OrderItem,
    PlatformError,
    Referral,
)
from domain.session.testing import Spoken

SYSTEM = InboundSystem(change="customer_identity_changed")
EDIT = InboundEdit(original_wamid="wamid.1", message=InboundText(text="Rex II"))
REVOKE = InboundRevoke(original_wamid="wamid.1")
QUIET: list[InboundMessage] = [
    InboundReaction(target_wamid="wamid.1", emoji="👍"),
    InboundCallPermission(response="accept"),
    SYSTEM,
    EDIT,
    REVOKE,
]
SPOKEN: list[InboundMessage] = [
    InboundContacts(cards=(Card(),)),
    InboundFlowReply(name="flow"),
    InboundOrder(items=(OrderItem(quantity=2),)),
]


def in_group(spoken: Spoken, message: InboundMessage | str = "hi all") -> Spoken:
    command = spoken.message(message)
    personal = command.personal.model_copy(update={"group_id": "Y2Fw"})
    return spoken.asked(command.model_copy(update={"personal": personal}))


@pytest.mark.parametrize("message", QUIET, ids=lambda message: message.type)
def test_what_is_no_message_opens_no_session_and_answers_no_question(
    nobody: Spoken, message: InboundMessage
) -> None:
    assert nobody.hears(message).types == ["contact.identified.v1", "message.received.v1"]
    assert nobody.hears("hi").hears(message).types == ["message.received.v1"]


@pytest.mark.parametrize("message", SPOKEN, ids=lambda message: message.type)
def test_what_fits_no_question_is_answered_all_the_same(
    nobody: Spoken, message: InboundMessage
) -> None:
    assert nobody.hears(message).types[1:3] == ["session.initiated.v1", "message.received.v1"]
    assert nobody.hears("hi").hears(message).types == [
        "message.received.v1",
        "answer.rejected.v1",
        "reply.requested.v1",
    ]


def test_who_opens_the_chat_is_greeted_once(nobody: Spoken) -> None:
    spoken = nobody.hears(InboundWelcomeRequest())

    assert spoken.types[-1] == "reply.requested.v1"
    assert spoken.hears(InboundWelcomeRequest()).types == ["message.received.v1"]


@pytest.mark.parametrize("message", [SYSTEM, EDIT, REVOKE], ids=lambda message: message.type)
def test_what_is_no_message_opens_no_window(nobody: Spoken, message: InboundMessage) -> None:
    assert nobody.hears(message).person.contact.window_expires_at is None


def test_whatsapp_speaking_of_somebody_does_not_keep_their_session_alive(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    before = spoken.person.open_session
    after = spoken.hears(SYSTEM).person.open_session

    assert before is not None
    assert after is not None
    assert after.silent_since == before.silent_since


def test_a_message_in_a_group_is_kept_and_its_writer_known(nobody: Spoken) -> None:
    spoken = in_group(nobody)
    received = spoken.happened[-1]

    assert spoken.types == ["contact.identified.v1", "message.received.v1"]
    assert isinstance(received, events.MessageReceived)
    assert received.session_id is None
    assert received.in_group is True
    assert received.personal.group_id == "Y2Fw"


def test_a_message_in_a_group_is_no_part_of_the_talk_with_its_writer(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    window, session = spoken.person.contact.window_expires_at, spoken.person.open_session

    for said in ("Rex", "agent", "hours"):
        heard = in_group(spoken, said)

        assert heard.types == ["message.received.v1"]
        assert heard.person.contact.window_expires_at == window
        assert heard.person.open_session == session


def test_a_message_in_a_group_opens_nobodys_window(nobody: Spoken) -> None:
    assert in_group(nobody).person.contact.window_expires_at is None


def test_what_stands_beside_a_message_is_told_with_it(nobody: Spoken) -> None:
    command = nobody.message("hi")
    beside = {
        "parent_user_id": "US.ENT.1",
        "username": "ana",
        "identity_key_hash": "DF2l",
        "context": Context(wamid="wamid.other", forwarded=True),
        "referral": Referral(source_type="ad"),
        "errors": (PlatformError(code=131000),),
    }
    personal = command.personal.model_copy(update=beside)

    spoken = nobody.asked(command.model_copy(update={"personal": personal}))

    received = next(e for e in spoken.happened if isinstance(e, events.MessageReceived))
    assert {key: getattr(received.personal, key) for key in beside} == beside
