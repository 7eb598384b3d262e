"""An operator reads a conversation before they answer it."""

from datetime import timedelta

import pytest

from domain import codec, commands, events
from domain.messages import InboundMedia, OutboundTemplate, OutboundText
from domain.ports.event_store import NewEvent, Origin
from domain.ports.operators import SessionHome
from domain.ports.session_archive import ArchivedEvent, Page
from domain.session.testing import NOON, Given, Spoken
from domain.values import NAMESPACE, ContactId, EventId, SessionId, command_id
from session_core.handlers.terminal_conversation import conversation
from session_core.use_cases.looking_up import Timeline

SESSION, CONTACT = SessionId(NAMESPACE), ContactId(NAMESPACE)


@pytest.fixture
def nobody(flows: dict[str, str]) -> Spoken:
    return Given(flows).nobody()


def told(*turns: Spoken, erased_until: int = 0) -> list[str]:
    """Give what the terminal shows, without the times."""
    happened = [event for turn in turns for event in turn.happened]
    archived = [archive(event, number) for number, event in enumerate(happened, 1)]
    home = SessionHome(CONTACT, 1, "handed-off")
    shown = conversation(SESSION, Timeline(home, Page(archived, len(archived)), erased_until))
    return [line.partition("Z  ")[2] or line for line in shown.splitlines()]


def archive(event: events.Event, number: int) -> ArchivedEvent:
    origin = Origin(command_id("c"), NOON + timedelta(seconds=number), CONTACT, "c", None)
    data = codec.encode(event)
    kept = NewEvent(NAMESPACE, number, EventId(NAMESPACE), event.TYPE, data, origin)
    return ArchivedEvent(number, kept, NOON)


def reply(spoken: Spoken, words: commands.HumanReply) -> Spoken:
    session, who = spoken.person.open_session, spoken.person.contact_id
    assert session
    assert who
    about = {"contact_id": who, "session_id": session.session_id}
    return spoken.asked(commands.ReplyInSession(**about, personal=words))


def outcome(spoken: Spoken, *, reason: str | None = None, fallback: bool = False) -> Spoken:
    """Let what was asked for last be sent, or fail."""
    request = spoken.happened[-1]
    assert isinstance(request, events.ReplyRequested)
    about = {name: getattr(request, name) for name in ("contact_id", "session_id", "reply_id")}
    if reason is not None:
        return spoken.asked(commands.RecordReplyFailed(**about, reason=reason))
    acceptance = commands.Acceptance(wamid="wamid.1")
    return spoken.asked(
        commands.RecordReplySent(**about, personal=acceptance, fallback=fallback or None)
    )


def test_who_said_what_is_read_from_top_to_bottom(nobody: Spoken) -> None:
    began = nobody.hears("hello")
    sent = outcome(began)
    photo = InboundMedia(
        type="image", media_id="1", mime_type="image/png", sha256="aGFzaA==", caption="This is Rex"
    )
    hands = [began, sent, *(turns := [sent.hears("agent")]), turns[-1].hears(photo)]
    kim = reply(hands[-1], commands.HumanReply(message=OutboundText(text="Kim here")))

    assert told(*hands, kim, outcome(kim, reason="window-closed"))[1:] == [
        "--         begun: pet, by message",
        "person     hello",
        "agent      What is its name?  [sent]",
        "person     agent",
        "agent      A vet takes over.  [asked for, no outcome yet]",
        "--         handed off: asked, team vets",
        "person     (image) This is Rex",
        "colleague  Kim here  [failed: window-closed]",
    ]


def test_that_the_person_got_the_fallback_and_not_the_words_is_shown(nobody: Spoken) -> None:
    handed = nobody.hears("hello").hears("agent")
    call_us = OutboundTemplate(name="call_us", language="en")
    words = commands.HumanReply(message=OutboundText(text="Kim here"), fallback=call_us)
    kim = reply(handed, words)

    assert told(handed, kim, outcome(kim, fallback=True))[-1] == (
        "colleague  Kim here  [not this but its fallback: sent]"
    )


def test_what_a_person_writes_cannot_steer_the_terminal(nobody: Spoken) -> None:
    shown = told(nobody.hears("a\x1b[2Jb\nc\u202ed"))

    assert "person     a\N{REPLACEMENT CHARACTER}[2Jb" in shown
    assert shown[shown.index("person     a\N{REPLACEMENT CHARACTER}[2Jb") + 1].strip() == (
        "c\N{REPLACEMENT CHARACTER}d"
    )


def test_of_somebody_who_asked_to_be_forgotten_no_words_are_shown(nobody: Spoken) -> None:
    shown = "\n".join(told(nobody.hears("I am Ana"), erased_until=99))

    assert "Ana" not in shown
    assert "person     (forgotten: the person asked for it)" in shown


def test_options_are_shown_under_their_question(nobody: Spoken) -> None:
    shown = told(nobody.hears("hello").hears("Rex"))

    assert "agent      (buttons) What is it?  <Dog | Cat>  [asked for, no outcome yet]" in shown
