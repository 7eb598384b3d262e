"""What the query API shows. Everything personal stands under `personal`, as on the wire."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from domain.ports.operators import SessionLine
from domain.ports.session_archive import ArchivedEvent
from domain.session.contact import Contact
from domain.session.state import FileStatus, ReplyStatus, Status
from domain.values import CommandId, ContactId, EventId, FileId, ReplyId, SessionId
from session_core.use_cases.looking_up import ContactRecord, PastState, Timeline
from session_core.use_cases.masking import Marks


class EventView(BaseModel):
    """An event as session-events carries it, and when it was stored."""

    event_id: EventId
    type: str
    version: int
    """Within the session, dense from 1."""
    sequence: int
    """Within the partition of session-events."""
    time: datetime
    """Of the command that led to it."""
    recorded_at: datetime
    command_id: CommandId
    data: Mapping[str, Any]


class SessionView(BaseModel):
    """A session with a page of its timeline."""

    session_id: SessionId
    contact_id: ContactId
    status: str
    partition: int
    """Of session-events."""
    last_version: int
    events: Sequence[EventView]
    next_after: int | None
    """What to ask for as `after` to go on; null at the end."""


class Answers(BaseModel):
    """What the person said, by step; `•••` where the flow's author wants it hidden."""

    answers: Mapping[str, str]


class StateView(BaseModel):
    """A session as it was after one of its events."""

    session_id: SessionId
    contact_id: ContactId
    phone_number_id: str
    version: int
    recorded_at: datetime
    """Of the event that led to this state."""
    status: Status
    flow: str
    flow_version: str
    step: str
    attempts: int
    last_message_at: datetime | None
    replies: Mapping[ReplyId, ReplyStatus]
    files: Mapping[FileId, FileStatus]
    personal: Answers | None
    """Null when the person asked to be forgotten."""


class SessionLineView(BaseModel):
    """One session in a list."""

    session_id: SessionId
    flow: str
    flow_version: str
    """On which it is now: that with which it began, or to which it was moved since."""
    status: str
    since: datetime
    team: str | None
    """Whom it was handed to, where a team was named."""
    reason: str | None
    """Why a human talks: `asked`, `flow`, `operator` or `echo`; null unless one does."""


class SessionsView(BaseModel):
    """Sessions, those that changed last first."""

    sessions: Sequence[SessionLineView]


class Names(BaseModel):
    """Ids by which WhatsApp knows the person."""

    wa_id: str | None
    user_id: str | None
    parent_user_id: str | None
    """The user id that linked businesses share."""


class ContactView(BaseModel):
    """A person on one business number, with their newest sessions."""

    contact_id: ContactId
    phone_number_id: str
    opted_out: bool
    merged_into: ContactId | None
    erased: bool
    personal: Names | None
    """Null when the person asked to be forgotten."""
    sessions: Sequence[SessionLineView]


class ContactsView(BaseModel):
    """Who was found: nobody or one."""

    contacts: Sequence[ContactView]


class Accepted(BaseModel):
    """A command on its way; the events it leads to have it as `command_id`."""

    command_id: CommandId


def session_view(session_id: SessionId, timeline: Timeline) -> SessionView:
    """Show a session with a page of its timeline."""
    return SessionView(
        session_id=session_id,
        contact_id=timeline.home.contact_id,
        status=timeline.home.status,
        partition=timeline.home.shard,
        last_version=timeline.page.last_version,
        events=[
            _event_view(event, timeline.marks, hidden=event.sequence < timeline.erased_until)
            for event in timeline.page.events
        ],
        next_after=timeline.page.next_after,
    )


def state_view(past: PastState) -> StateView:
    """Show a session as it was."""
    session = past.session
    return StateView(
        session_id=session.session_id,
        contact_id=past.contact_id,
        phone_number_id=session.phone_number_id,
        version=past.reached.event.version,
        recorded_at=past.reached.recorded_at,
        status=session.status,
        flow=session.flow,
        flow_version=session.flow_version,
        step=session.step,
        attempts=session.attempts,
        last_message_at=session.last_message_at,
        replies=session.replies,
        files=session.files,
        personal=None if past.erased else Answers(answers=past.marks.answers(session.answers)),
    )


def contact_view(record: ContactRecord) -> ContactView:
    """Show a person with their sessions."""
    contact = record.contact
    assert contact.contact_id is not None  # noqa: S101 else they would not have been found
    return ContactView(
        contact_id=contact.contact_id,
        phone_number_id=contact.phone_number_id,
        opted_out=contact.opted_out,
        merged_into=contact.merged_into,
        erased=contact.erased,
        personal=None if contact.erased else _names(contact),
        sessions=lines(record.sessions),
    )


def _names(contact: Contact) -> Names:
    return Names(
        wa_id=contact.wa_id, user_id=contact.user_id, parent_user_id=contact.parent_user_id
    )


def lines(sessions: Sequence[SessionLine]) -> list[SessionLineView]:
    """Show sessions in a list."""
    return [
        SessionLineView(
            session_id=line.session_id,
            flow=line.flow,
            flow_version=line.flow_version,
            status=line.status,
            since=line.since,
            team=line.team,
            reason=line.reason,
        )
        for line in sessions
    ]


def _event_view(archived: ArchivedEvent, marks: Marks, *, hidden: bool) -> EventView:
    event = archived.event
    data = marks.event(event.type, json.loads(event.data))
    return EventView(
        event_id=event.event_id,
        type=event.type,
        version=event.version,
        sequence=archived.sequence,
        time=event.origin.at,
        recorded_at=archived.recorded_at,
        command_id=event.origin.command_id,
        data={name: told for name, told in data.items() if not hidden or name != "personal"},
    )
