"""What happens: people send files and have sessions, as session-core publishes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.codec import encode
from domain.events import (
    FileUploaded,
    Note,
    Outcome,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.events.file import FileDetails
from domain.topics import PARTITIONS, SESSION_EVENTS
from domain.values import ContactId, FileId, MessageId, SessionId
from streaming import cloudevents
from streaming.cloudevents import CloudEvent
from streaming.kafka import OutgoingRecord

NUMBER = "106540352242922"
_EVENTS_OF_A_SESSION = 3
_LARGE_EVERY, _GONE_EVERY, _BAD_EVERY, _REFUSED_EVERY = 50, 20, 25, 40
_Event: TypeAlias = FileUploaded | SessionInitiated | SessionHandedOff | SessionCompleted


@dataclass(frozen=True)
class Happened:
    """An event, its id, and what is to come of it."""

    id: str
    event: _Event
    refused: bool = False
    """Whether each CRM refuses it for good."""

    def record(self) -> OutgoingRecord:
        contact = self.event.contact_id
        envelope = CloudEvent(
            id=self.id,
            type=self.event.TYPE,
            source="session-core",
            time=datetime.now(UTC),
            data=encode(self.event),
            correlation_id="c0",
        )
        return OutgoingRecord(
            topic=SESSION_EVENTS.name,
            value=envelope.data,
            key=str(contact).encode(),
            headers=cloudevents.encode(envelope),
            partition=contact.int % PARTITIONS,
        )


def life(people: int, *, sessions: int, files: int) -> Sequence[Happened]:
    """Give what happens to so many people; their files are spread over their sessions."""
    happened = [
        one
        for turn in range(sessions)
        for person in range(people)
        for one in _session(person, turn)
    ]
    sent = [_file(number, number % people) for number in range(files)]
    step = max(1, len(happened) // max(1, len(sent)))
    for number, one in enumerate(sent):
        happened.insert(number * (step + 1), one)
    return happened


def media_of(file: FileUploaded) -> str:
    """Give under which id the platform has a file."""
    return file.media_id


def _session(person: int, turn: int) -> list[Happened]:
    contact, session = ContactId(_id("contact", person)), SessionId(_id("session", person, turn))
    events: list[_Event] = [
        SessionInitiated(
            contact_id=contact,
            session_id=session,
            phone_number_id=NUMBER,
            flow="claim",
            flow_version="f3a1",
            trigger="message",
        ),
        SessionHandedOff(
            contact_id=contact,
            session_id=session,
            phone_number_id=NUMBER,
            flow="claim",
            team="claims",
            reason="asked",
            personal=Note(note="Ana rang twice"),
        ),
        SessionCompleted(
            contact_id=contact,
            session_id=session,
            phone_number_id=NUMBER,
            flow="claim",
            outcome="completed",
            personal=Outcome(answers={"name": "Ana"}),
        ),
    ]
    first = (person + turn * 1000) * _EVENTS_OF_A_SESSION
    return [
        Happened(
            str(_id("event", person, turn, place)), event, (first + place) % _REFUSED_EVERY == 7
        )
        for place, event in enumerate(events)
    ]


def _file(number: int, person: int) -> Happened:
    media = f"{number}-large" if number % _LARGE_EVERY == 1 else f"{number}-photo"
    if number % _GONE_EVERY == 3:
        media = f"gone-{number}"
    elif number % _BAD_EVERY == 5:
        media = f"bad-{number}"
    file = FileUploaded(
        contact_id=ContactId(_id("contact", person)),
        session_id=SessionId(_id("session", person, 0)),
        message_id=MessageId(_id("message", number)),
        file_id=FileId(_id("file", number)),
        phone_number_id=NUMBER,
        step="photos",
        kind="image",
        media_id=media,
        mime_type="image/jpeg",
        personal=FileDetails(file_name="kitchen.jpg"),
    )
    return Happened(str(_id("upload", number)), file)


def _id(*named: object) -> UUID:
    return uuid5(NAMESPACE_OID, " ".join(map(str, named)))
