"""What happened. One class per `ce_type`; the union is complete."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, get_args

from domain.events.contact import (
    ContactAbsorbed,
    ContactErased,
    ContactIdentified,
    ContactLanguageChosen,
    ContactMerged,
    ContactNameReleased,
    ContactOptedIn,
    ContactOptedOut,
    CrmNotified,
    CrmRejected,
    Identity,
    Names,
    ReleasedName,
)
from domain.events.file import FileDetails, FileRejected, FileStored, FileUploaded
from domain.events.flow import (
    Found,
    LookupAnswered,
    LookupRequested,
    MessageCollected,
    Part,
    Query,
    QuestionReminded,
    StepTimedOut,
    Values,
    VariablesSet,
    WaitBegun,
    WaitEnded,
)
from domain.events.message import (
    Answer,
    AnswerRecorded,
    AnswerRejected,
    MessageReceived,
    ReceivedMessage,
)
from domain.events.reply import (
    Failure,
    OutgoingReply,
    ReplyDelivered,
    ReplyFailed,
    ReplyPlayed,
    ReplyRead,
    ReplyRequested,
    ReplySent,
    SentMessage,
)
from domain.events.session import (
    Note,
    Outcome,
    SessionCancelled,
    SessionCompleted,
    SessionExpired,
    SessionHandedOff,
    SessionInitiated,
    SessionMigrated,
    SessionReleased,
    SessionRestarted,
    SessionWindowClosing,
)

ContactEvent: TypeAlias = (
    ContactIdentified
    | ContactMerged
    | ContactAbsorbed
    | ContactNameReleased
    | ContactOptedOut
    | ContactOptedIn
    | ContactLanguageChosen
    | ContactErased
)
"""Events of a contact's own stream; every other event belongs to a session's."""

CrmEvent: TypeAlias = CrmNotified | CrmRejected
"""Events of the session's stream when they have one, else of the contact's."""

SessionEvent: TypeAlias = (
    SessionInitiated
    | SessionHandedOff
    | SessionReleased
    | SessionCompleted
    | SessionExpired
    | SessionCancelled
    | SessionRestarted
    | SessionMigrated
    | SessionWindowClosing
    | VariablesSet
    | LookupRequested
    | LookupAnswered
    | WaitBegun
    | WaitEnded
    | QuestionReminded
    | StepTimedOut
    | MessageReceived
    | MessageCollected
    | AnswerRecorded
    | AnswerRejected
    | FileUploaded
    | FileStored
    | FileRejected
    | ReplyRequested
    | ReplySent
    | ReplyDelivered
    | ReplyRead
    | ReplyPlayed
    | ReplyFailed
)

Event: TypeAlias = SessionEvent | ContactEvent | CrmEvent

EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {event.TYPE: event for event in get_args(Event)}
)
"""Every event by its `ce_type`."""

__all__ = [
    "EVENTS",
    "Answer",
    "AnswerRecorded",
    "AnswerRejected",
    "ContactAbsorbed",
    "ContactErased",
    "ContactEvent",
    "ContactIdentified",
    "ContactLanguageChosen",
    "ContactMerged",
    "ContactNameReleased",
    "ContactOptedIn",
    "ContactOptedOut",
    "CrmEvent",
    "CrmNotified",
    "CrmRejected",
    "Event",
    "Failure",
    "FileDetails",
    "FileRejected",
    "FileStored",
    "FileUploaded",
    "Found",
    "Identity",
    "LookupAnswered",
    "LookupRequested",
    "MessageCollected",
    "MessageReceived",
    "Names",
    "Note",
    "Outcome",
    "OutgoingReply",
    "Part",
    "Query",
    "QuestionReminded",
    "ReceivedMessage",
    "ReleasedName",
    "ReplyDelivered",
    "ReplyFailed",
    "ReplyPlayed",
    "ReplyRead",
    "ReplyRequested",
    "ReplySent",
    "SentMessage",
    "SessionCancelled",
    "SessionCompleted",
    "SessionEvent",
    "SessionExpired",
    "SessionHandedOff",
    "SessionInitiated",
    "SessionMigrated",
    "SessionReleased",
    "SessionRestarted",
    "SessionWindowClosing",
    "StepTimedOut",
    "Values",
    "VariablesSet",
    "WaitBegun",
    "WaitEnded",
]
