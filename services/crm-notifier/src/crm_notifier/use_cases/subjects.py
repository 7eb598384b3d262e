"""What a CRM is told of, in the words of whoever sets it up."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

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
    MessageReceived,
    ReplyRequested,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.ports.crm import Notable

Subject: TypeAlias = Literal[
    "contact",
    "session",
    "answers",
    "completed",
    "handed-off",
    "files",
    "messages",
    "consent",
    "erasure",
]

EVENTS: Mapping[Subject, frozenset[type[Notable]]] = MappingProxyType(
    {
        "contact": frozenset(
            {ContactIdentified, ContactMerged, ContactAbsorbed, ContactNameReleased}
        ),
        "session": frozenset({SessionInitiated}),
        "answers": frozenset({AnswerRecorded}),
        "completed": frozenset({SessionCompleted}),
        "handed-off": frozenset({SessionHandedOff}),
        "files": frozenset({FileStored}),
        "messages": frozenset({MessageReceived, ReplyRequested}),
        "consent": frozenset({ContactOptedOut, ContactOptedIn}),
        "erasure": frozenset({ContactErased}),
    }
)
USUAL: tuple[Subject, ...] = tuple(one for one in EVENTS if one not in {"answers", "messages"})
"""What is told where nothing is chosen: a CRM need not know every word."""


def events_about(subjects: Iterable[Subject]) -> frozenset[type[Notable]]:
    """Return the events that these subjects stand for."""
    return frozenset().union(*(EVENTS[subject] for subject in subjects))
