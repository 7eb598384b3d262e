"""A number that somebody left may be a stranger's: nothing that is meant for them goes there."""

from datetime import timedelta

import pytest

from domain import commands, events
from domain.messages import (
    InboundMessage,
    InboundSystem,
    InboundText,
    OutboundMessage,
    OutboundTemplate,
    OutboundText,
)
from domain.session import Aliases, addressed
from domain.session.testing import ANA, NUMBER, Spoken

OLD, NEW = ANA, "15550009999"
FIRST, SECOND = "US.1", "US.2"
MOVED, OTHER_ID = "user_changed_number", "user_changed_user_id"


def hears(
    spoken: Spoken,
    message: str | InboundMessage,
    number: str | None = None,
    user_id: str | None = None,
    *,
    late: timedelta = timedelta(0),
) -> Spoken:
    """Let the person send a message that shows these names."""
    command = spoken.message(message)
    shown = command.personal.model_copy(update={"from_": number, "user_id": user_id})
    sent = {"personal": shown, "received_at": command.received_at - late}
    return spoken.asked(command.model_copy(update=sent))


def addressees(spoken: Spoken) -> list[tuple[str | None, str | None]]:
    """Give to which number and user id the latest replies go."""
    asked = [event for event in spoken.happened if isinstance(event, events.ReplyRequested)]
    return [(event.personal.to, event.personal.user_id) for event in asked]


@pytest.mark.parametrize("from_number", [OLD, None])
@pytest.mark.parametrize("change", [MOVED, OTHER_ID])
def test_who_changed_and_shows_no_number_is_answered_by_user_id_alone(
    change: str, from_number: str | None, nobody: Spoken
) -> None:
    known = hears(nobody, "hi", OLD, FIRST)
    told = InboundSystem(change=change, user_id=SECOND, previous_user_id=FIRST)

    changed = hears(known, told, from_number, FIRST)
    after = hears(changed, "Rex", user_id=SECOND)

    assert changed.person.contact.names == {f"bsuid:{FIRST}", f"bsuid:{SECOND}"}
    assert addressees(after) == [(None, SECOND)]


@pytest.mark.parametrize("user_id", [FIRST, None])
def test_a_changed_number_is_given_up_also_where_the_user_id_stays(
    user_id: str | None, nobody: Spoken
) -> None:
    known = hears(nobody, "hi", OLD, FIRST)

    changed = hears(known, InboundSystem(change=MOVED, user_id=user_id), OLD, FIRST)

    assert changed.types == ["contact.name-released.v1", "message.received.v1"]
    assert changed.person.contact.names == {f"bsuid:{FIRST}"}
    assert changed.person.open_session is not None


def test_what_changed_is_said_once_for_all_numbers_under_which_somebody_was_known(
    nobody: Spoken,
) -> None:
    both = hears(hears(nobody, "hi", "551187654321", FIRST), "Rex", "551187654321", FIRST)
    contact = both.person.contact
    spelled = contact._replace(names=contact.names | {"wa:5511987654321"})
    known = Spoken(both.flows, both.person._replace(contact=spelled), both.now, both.turn)
    told = InboundSystem(change=MOVED, user_id=SECOND, previous_user_id=FIRST)

    changed = hears(known, told, "551187654321", FIRST)

    assert changed.person.contact.names == {f"bsuid:{FIRST}", f"bsuid:{SECOND}"}


def test_whoever_was_known_by_that_number_alone_cannot_be_reached_any_more(nobody: Spoken) -> None:
    known = hears(nobody, "hi", OLD)

    changed = hears(known, InboundSystem(change=MOVED), OLD)

    assert changed.types == [
        "contact.name-released.v1",
        "message.received.v1",
        "session.cancelled.v1",
    ]
    assert changed.person.contact.names == frozenset()
    assert changed.person.open_session is None


def test_a_number_shown_since_is_kept_when_the_change_is_told_late(nobody: Spoken) -> None:
    told = InboundSystem(change=MOVED, user_id=FIRST)
    moved = hears(nobody, "hi", NEW, FIRST)

    late = hears(moved, told, OLD, FIRST, late=timedelta(hours=2))

    assert late.person.contact.wa_id == NEW
    assert late.person.contact.released == {f"wa:{OLD}"}


def test_a_number_shown_since_is_kept_when_the_same_change_is_told_twice(nobody: Spoken) -> None:
    told = InboundSystem(change=OTHER_ID, user_id=SECOND, previous_user_id=FIRST)
    moved = hears(hears(hears(nobody, "hi", OLD, FIRST), told), "Rex", NEW, SECOND)

    again = hears(moved, told, user_id=FIRST)

    assert again.person.contact.wa_id == NEW


def test_a_number_that_was_left_comes_back_with_who_writes_from_it(nobody: Spoken) -> None:
    told = InboundSystem(change=MOVED, user_id=SECOND, previous_user_id=FIRST)
    left = hears(hears(nobody, "hi", OLD, FIRST), told, OLD, FIRST)

    back = hears(left, "Rex", OLD, SECOND)

    assert back.person.contact.wa_id == OLD
    assert addressees(back) == [(OLD, SECOND)]


def test_of_a_newcomer_only_the_names_that_hold_on_are_remembered(nobody: Spoken) -> None:
    with_id = hears(nobody, InboundSystem(change=MOVED), OLD, FIRST)
    without = hears(nobody, InboundSystem(change=MOVED), OLD)

    assert with_id.person.contact.names == {f"bsuid:{FIRST}"}
    assert without.person.contact.names == {f"wa:{OLD}"}


def test_another_system_message_leaves_the_number(nobody: Spoken) -> None:
    told = InboundSystem(change="customer_identity_changed", user_id=FIRST)

    assert hears(hears(nobody, "hi", OLD, FIRST), told, OLD).person.contact.wa_id == OLD


def test_a_user_id_that_did_not_change_says_nothing_of_the_number(nobody: Spoken) -> None:
    told = InboundSystem(change=OTHER_ID, user_id=FIRST, previous_user_id=FIRST)
    command = nobody.message(told)

    assert addressed(command) == Aliases(NUMBER, (f"wa:{ANA}",), (f"bsuid:{FIRST}",))


def test_whoever_hides_the_number_is_answered_by_user_id_though_the_number_is_known(
    nobody: Spoken,
) -> None:
    known = hears(nobody, "hi", OLD, FIRST)

    hidden = hears(known, "Rex", user_id=FIRST)

    assert hidden.person.contact.wa_id == OLD
    assert addressees(known) == [(OLD, FIRST)]
    assert addressees(hidden) == [(None, FIRST)]


def test_a_colleague_reaches_who_hides_the_number_by_user_id_until_it_is_shown_again(
    nobody: Spoken,
) -> None:
    asked = hears(hears(nobody, "hi", OLD, FIRST), "agent", user_id=FIRST)
    hidden = asked.asked(_words(asked))
    shown = hears(hidden, "thanks", OLD, FIRST)

    assert addressees(hidden) == [(None, FIRST)]
    assert addressees(shown.asked(_words(shown))) == [(OLD, FIRST)]


@pytest.mark.parametrize(
    "late", [InboundText(text="hello"), InboundSystem(change="customer_identity_changed")]
)
def test_what_came_late_or_from_whatsapp_itself_does_not_show_the_number_again(
    late: InboundMessage, nobody: Spoken
) -> None:
    asked = hears(hears(nobody, "hi", OLD, FIRST), "agent", user_id=FIRST)

    after = hears(asked, late, OLD, FIRST, late=timedelta(hours=1))

    assert addressees(after.asked(_words(after))) == [(None, FIRST)]


def test_a_code_to_sign_in_goes_to_the_number_as_whatsapp_sends_it_to_no_id(
    nobody: Spoken,
) -> None:
    asked = hears(hears(nobody, "hi", OLD, FIRST), "agent", user_id=FIRST)
    code = OutboundTemplate(name="code", language="en", category="authentication")

    assert addressees(asked.asked(_words(asked, code))) == [(OLD, FIRST)]


def test_a_conversation_that_an_operator_begins_goes_to_the_number_that_was_named(
    nobody: Spoken,
) -> None:
    hidden = hears(hears(nobody, "Opening hours", OLD, FIRST), "thanks", user_id=FIRST)
    ended = hidden.asked(_ending(hidden))
    begin = commands.InitiateSession(
        phone_number_id=NUMBER, flow="pet", personal=commands.Addressee(to=OLD)
    )

    assert addressees(ended.asked(begin)) == [(OLD, FIRST)]


def _words(spoken: Spoken, message: OutboundMessage | None = None) -> commands.ReplyInSession:
    session, who = spoken.person.open_session, spoken.person.contact_id
    assert session is not None
    assert who is not None
    return commands.ReplyInSession(
        contact_id=who,
        session_id=session.session_id,
        personal=commands.HumanReply(message=message or OutboundText(text="It is Kim.")),
    )


def _ending(spoken: Spoken) -> commands.CancelSession:
    session, who = spoken.person.open_session, spoken.person.contact_id
    assert session is not None
    assert who is not None
    return commands.CancelSession(contact_id=who, session_id=session.session_id, reason="spam")
