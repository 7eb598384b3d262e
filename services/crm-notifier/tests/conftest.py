"""Events to tell of, and the secret both sides know."""

from base64 import b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.events import (
    Answer,
    AnswerRecorded,
    ContactAbsorbed,
    ContactErased,
    ContactIdentified,
    ContactMerged,
    ContactNameReleased,
    ContactOptedIn,
    ContactOptedOut,
    FileStored,
    Identity,
    MessageReceived,
    Names,
    Note,
    Outcome,
    OutgoingReply,
    ReceivedMessage,
    ReleasedName,
    ReplyRequested,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.messages import InboundText, OutboundText
from domain.ports.crm import Notable
from domain.values import ContactId, EventId, FileId, MessageId, ReplyId, SessionId

pytest.register_assert_rewrite("crm_contract")

ANA = ContactId(UUID("0d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b11"))
CLAIM = SessionId(UUID("7c1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c22"))
YOUNGER = ContactId(UUID("1d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b12"))
NUMBER = "106540352242922"
HELLO = MessageId(UUID("6a1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c55"))
ANSWERS = {"name": "Ana Lima", "policy": "PL-204417"}
NOTE = "Ana rang twice already"


@pytest.fixture
def completed() -> SessionCompleted:
    return SessionCompleted(
        contact_id=ANA,
        session_id=CLAIM,
        phone_number_id=NUMBER,
        flow="claim",
        outcome="completed",
        personal=Outcome(answers=ANSWERS),
    )


@pytest.fixture
def frequent(at: datetime) -> tuple[Notable, ...]:
    """What happens again and again in a session."""
    return (
        MessageReceived(
            contact_id=ANA,
            session_id=CLAIM,
            phone_number_id=NUMBER,
            message_id=HELLO,
            received_at=at,
            kind="text",
            personal=ReceivedMessage(
                wamid="wamid.1", from_="15550001111", message=InboundText(text="Ana Lima")
            ),
        ),
        AnswerRecorded(
            contact_id=ANA,
            session_id=CLAIM,
            message_id=HELLO,
            flow="claim",
            step="name",
            personal=Answer(value="Ana Lima"),
        ),
        ReplyRequested(
            contact_id=ANA,
            session_id=CLAIM,
            reply_id=ReplyId(UUID("7a1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c66")),
            phone_number_id=NUMBER,
            kind="text",
            personal=OutgoingReply(to="15550001111", message=OutboundText(text="Thank you, Ana.")),
        ),
    )


@pytest.fixture
def notable(completed: SessionCompleted) -> tuple[Notable, ...]:
    """One of every kind that a CRM is told of unless something else was chosen."""
    return (
        ContactIdentified(
            contact_id=ANA,
            phone_number_id=NUMBER,
            personal=Identity(from_="15550001111", name="Ana Lima"),
        ),
        ContactNameReleased(
            contact_id=ANA, phone_number_id=NUMBER, personal=ReleasedName(from_="15550001111")
        ),
        ContactMerged(contact_id=YOUNGER, into=ANA),
        ContactAbsorbed(
            contact_id=ANA,
            absorbed=YOUNGER,
            phone_number_id=NUMBER,
            personal=Names(names=("wa:15550002222",)),
        ),
        SessionInitiated(
            contact_id=ANA,
            session_id=CLAIM,
            phone_number_id=NUMBER,
            flow="claim",
            flow_version="f3a1",
            trigger="message",
        ),
        SessionHandedOff(
            contact_id=ANA,
            session_id=CLAIM,
            phone_number_id=NUMBER,
            flow="claim",
            team="claims",
            reason="asked",
            personal=Note(note=NOTE),
        ),
        completed,
        FileStored(
            contact_id=ANA,
            session_id=CLAIM,
            file_id=FileId(UUID("5f1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c33")),
            bucket="files",
            key="5f/1c",
            size=48_213,
            mime_type="image/jpeg",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        ContactOptedOut(contact_id=ANA, source="keyword"),
        ContactOptedIn(contact_id=ANA, source="keyword"),
        ContactErased(contact_id=ANA),
    )


@pytest.fixture
def event_id() -> EventId:
    return EventId(UUID("3b1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c44"))


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 11, 23, 9, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture
def secret() -> str:
    return "whsec_" + b64encode(bytes(range(32))).decode()
