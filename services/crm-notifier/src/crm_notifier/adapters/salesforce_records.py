"""Our events as records of Salesforce: a person is a Contact, what happened a Task or a Case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from crm_notifier.adapters.phone_numbers import e164
from crm_notifier.adapters.salesforce_requests import Field, Fields, Reference, Request, upsert
from crm_notifier.mapping import (
    HANDED_OFF,
    CrmMap,
    case_fields,
    contact_fields,
    owner,
    stage,
    subject,
)
from domain.events import (
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
    OutgoingReply,
    ReceivedMessage,
    ReplyRequested,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.messages import InboundText, OutboundText
from domain.ports.crm import Notable
from domain.values import ContactId, EventId, SessionId

CONTACT_KEY = "WhatsApp_Contact_Id__c"
"""Of Contact: External ID, unique."""
CASE_KEY = "WhatsApp_Session_Id__c"
"""Of Case: External ID, unique."""
EVENT = "WhatsApp_Event_Id__c"
"""Of Activity (tasks): External ID. On Contact and Case: the event that was told last."""
WA_ID = "WhatsApp_Id__c"
USER_ID = "WhatsApp_User_Id__c"
PROFILE_NAME = "WhatsApp_Name__c"
PHONE = "MobilePhone"
SEEN_AT = "WhatsApp_Seen_At__c"
OPTED_OUT = "WhatsApp_Opted_Out__c"
MERGED_INTO = "WhatsApp_Merged_Into__c"
ERASED = "WhatsApp_Erased__c"

Correction: TypeAlias = ContactNameReleased | ContactAbsorbed

NAME = "LastName"
TASK = "task"
"""The name of the request that writes one."""
NAMELESS = "WhatsApp contact"
"""The name of somebody who came without one: Salesforce takes no contact that has none."""
_LONGEST_NAME = 80
_LONGEST_WORDS = 255
"""Letters of a custom text field."""
_LONGEST_TEXT = 32_000
"""Letters of a Task's or Case's Description (object reference)."""


def contact(
    person: ContactId, event_id: EventId, fields: Fields | None = None, *, only_known: bool = False
) -> Request:
    """Write these fields of the person, and that this event was told."""
    told = {EVENT: str(event_id), **(fields or {})}
    return upsert("contact", "Contact", CONTACT_KEY, person, told, only_known=only_known)


def named(request: Request, event: Notable) -> Request:
    """Return the request for somebody whom Salesforce does not know yet.

    The name is given then alone: whoever corrects it in Salesforce shall not see it undone.
    """
    name = event.personal.name if isinstance(event, ContactIdentified) else None
    fields = {NAME: (name or NAMELESS)[:_LONGEST_NAME], **(request.fields or {})}
    return replace(request, fields=fields)


def records(
    event: Notable, event_id: EventId, at: datetime, crm_map: CrmMap, links: str | None
) -> tuple[Request, ...]:
    """Return what is to be written of the event; the first one is about the person."""
    match event:
        case ContactIdentified():
            return (contact(event.contact_id, event_id, _identity(event.personal)),)
        case ContactMerged():
            gone: Fields = {MERGED_INTO: str(event.into), WA_ID: None, USER_ID: None}
            return (contact(event.contact_id, event_id, gone, only_known=True),)
        case ContactOptedOut() | ContactOptedIn():
            consent = {OPTED_OUT: isinstance(event, ContactOptedOut)}
            return (contact(event.contact_id, event_id, consent),)
        case SessionInitiated():
            return (contact(event.contact_id, event_id, {SEEN_AT: _instant(at)}),)
        case AnswerRecorded():
            answered = contact_fields(crm_map, event.flow, {event.step: event.personal.value})
            return (contact(event.contact_id, event_id, answered),)
        case SessionHandedOff():
            return _handed_off(event, event_id, crm_map)
        case SessionCompleted():
            return _completed(event, event_id, at, crm_map)
        case FileStored():
            task = _task("WhatsApp file", _file(event, links), event_id, at)
            return (contact(event.contact_id, event_id), task)
        case MessageReceived() | ReplyRequested():
            title = "WhatsApp: " + ("from" if isinstance(event, MessageReceived) else "to")
            task = _task(f"{title} the person", _words(event.personal), event_id, at)
            return (contact(event.contact_id, event_id), task)
        case ContactAbsorbed() | ContactNameReleased() | ContactErased():
            return ()  # what becomes of these depends on what Salesforce knows


def corrections(event: Correction, known: Mapping[str, Any]) -> Fields:
    """Return what changes for somebody of whom Salesforce knows this.

    A name that is given up goes if it is still theirs; one that came from another contact of the
    same person fills what is empty.
    """
    match event:
        case ContactNameReleased():
            given_up = _names(event.personal.from_, event.personal.user_id)
            return {field: None for field, name in given_up.items() if known.get(field) == name}
        case ContactAbsorbed():
            kinds = dict(reversed([name.split(":", 1) for name in event.personal.names]))
            gained = _names(kinds.get("wa"), kinds.get("bsuid"))
            return {field: name for field, name in gained.items() if known.get(field) is None}


def _names(wa_id: str | None, user_id: str | None) -> dict[str, str]:
    fields = {WA_ID: wa_id, PHONE: e164(wa_id), USER_ID: user_id}
    return {field: name for field, name in fields.items() if name is not None}


def _identity(known: Identity) -> Fields:
    """Return what is known now; what is not said here may be known from before."""
    names = _names(known.from_, known.user_id)
    return {**names, PROFILE_NAME: known.name[:_LONGEST_WORDS]} if known.name else names


def _handed_off(event: SessionHandedOff, event_id: EventId, crm_map: CrmMap) -> tuple[Request, ...]:
    """Open a case, or leave the state of one to Salesforce where the map names none."""
    answers = event.personal.answers or {}
    said = f"Handed over to a human ({event.reason})."
    case = {
        "Subject": subject(crm_map, event.flow, answers=answers, team=event.team),
        "Description": _text(said, event.personal.note),
        "Origin": "WhatsApp",
        "Status": stage(crm_map, event.flow, HANDED_OFF),
        "OwnerId": owner(crm_map, event.flow, event.team),
    }
    return (
        contact(event.contact_id, event_id, contact_fields(crm_map, event.flow, answers)),
        _case(event.session_id, event_id, case),
    )


def _completed(
    event: SessionCompleted, event_id: EventId, at: datetime, crm_map: CrmMap
) -> tuple[Request, ...]:
    """Write a case only where the map says something of it: not everybody wants one a session."""
    answers, data = event.personal.answers, event.personal.data
    title = subject(crm_map, event.flow, answers=answers, data=data, outcome=event.outcome)
    person = contact(event.contact_id, event_id, contact_fields(crm_map, event.flow, answers))
    said = f"Flow {event.flow} ended as {event.outcome}."
    state = stage(crm_map, event.flow, event.outcome)
    fields = case_fields(crm_map, event.flow, data)
    if state is None and not fields:
        return (person, _task(title, said, event_id, at))
    case = {"Subject": title, "Origin": "WhatsApp", "Status": state, **fields}
    return (
        person,
        _case(event.session_id, event_id, case),
        _task(title, said, event_id, at, about=Reference("case")),
    )


def _case(session: SessionId, event_id: EventId, fields: Fields) -> Request:
    given = {name: value for name, value in fields.items() if value is not None}
    ours: Fields = {"ContactId": Reference("contact"), EVENT: str(event_id)}
    return upsert("case", "Case", CASE_KEY, session, {**given, **ours})


def _task(
    title: str, text: str, event_id: EventId, at: datetime, *, about: Reference | None = None
) -> Request:
    fields: dict[str, Field] = {
        "Subject": title,
        "Description": _text(text),
        "Status": "Completed",
        "ActivityDate": at.astimezone(UTC).date().isoformat(),
        "WhoId": Reference("contact"),
    }
    if about:
        fields["WhatId"] = about
    return upsert(TASK, "Task", EVENT, event_id, fields)


def _file(event: FileStored, links: str | None) -> str:
    link = f"{links.rstrip('/')}/files/{quote(event.key)}" if links else None
    return _text(
        link,
        f"{event.mime_type}, {event.size} bytes",
        f"{event.bucket}/{event.key}",
        f"sha256 {event.sha256}",
        f"file {event.file_id}",
    )


def _words(said: ReceivedMessage | OutgoingReply) -> str:
    message = said.message
    if isinstance(message, InboundText | OutboundText):
        return message.text
    return f"({message.type})"


def _text(*parts: str | None) -> str:
    return "\n".join(filter(None, parts))[:_LONGEST_TEXT]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
