"""What is asked. One class per `ce_type`; the union is complete."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, get_args

from domain.commands.contact import (
    AbsorbContact,
    EraseContact,
    MergeContact,
    Names,
    Person,
    RecordConsent,
    RecordCrm,
)
from domain.commands.file import RecordFileRejected, RecordFileStored
from domain.commands.lookup import Found, RecordLookup
from domain.commands.message import IncomingMessage, ReceiveMessage
from domain.commands.reply import (
    Acceptance,
    RecordDeliveryStatus,
    RecordReplyFailed,
    RecordReplySent,
    StatusSubject,
)
from domain.commands.session import (
    Addressee,
    CancelSession,
    CompleteSession,
    FireTimer,
    HandOffNote,
    HandOffSession,
    HumanReply,
    InitiateSession,
    ReleaseSession,
    ReplyInSession,
)

Command: TypeAlias = (
    InitiateSession
    | ReceiveMessage
    | RecordDeliveryStatus
    | RecordReplySent
    | RecordReplyFailed
    | RecordFileStored
    | RecordFileRejected
    | RecordCrm
    | HandOffSession
    | ReplyInSession
    | ReleaseSession
    | CompleteSession
    | CancelSession
    | FireTimer
    | RecordLookup
    | RecordConsent
    | MergeContact
    | AbsorbContact
    | EraseContact
)

COMMANDS: Mapping[str, type[Command]] = MappingProxyType(
    {command.TYPE: command for command in get_args(Command)}
)
"""Every command by its `ce_type`."""

ABOUT_A_SESSION = (
    RecordReplySent,
    RecordReplyFailed,
    RecordFileStored,
    RecordFileRejected,
    RecordCrm,
    HandOffSession,
    ReplyInSession,
    ReleaseSession,
    CompleteSession,
    CancelSession,
    FireTimer,
    RecordLookup,
)
"""Commands that name the session they are about; what CRM is told may name none."""

__all__ = [
    "ABOUT_A_SESSION",
    "COMMANDS",
    "AbsorbContact",
    "Acceptance",
    "Addressee",
    "CancelSession",
    "Command",
    "CompleteSession",
    "EraseContact",
    "FireTimer",
    "Found",
    "HandOffNote",
    "HandOffSession",
    "HumanReply",
    "IncomingMessage",
    "InitiateSession",
    "MergeContact",
    "Names",
    "Person",
    "ReceiveMessage",
    "RecordConsent",
    "RecordCrm",
    "RecordDeliveryStatus",
    "RecordFileRejected",
    "RecordFileStored",
    "RecordLookup",
    "RecordReplyFailed",
    "RecordReplySent",
    "ReleaseSession",
    "ReplyInSession",
    "StatusSubject",
]
