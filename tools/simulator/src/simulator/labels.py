"""What the panel calls each type of event, for people who never read its code."""

import re
from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "session.initiated": "Conversation started",
    "session.handed-off": "Handed to a colleague",
    "session.released": "Given back to the agent",
    "session.completed": "Conversation completed",
    "session.expired": "Conversation ran out of time",
    "session.cancelled": "Conversation cancelled",
    "message.received": "Message received",
    "answer.recorded": "Answer recorded",
    "answer.rejected": "Answer not understood",
    "file.uploaded": "File arrived",
    "file.stored": "File stored safely",
    "file.rejected": "File refused",
    "reply.requested": "Reply decided",
    "reply.sent": "Reply sent",
    "reply.delivered": "Reply delivered",
    "reply.read": "Reply read",
    "reply.played": "Voice message played",
    "reply.failed": "Reply failed",
    "contact.identified": "Person recognised",
    "contact.merged": "Two contacts are one person",
    "contact.opted-out": "Opted out",
    "contact.opted-in": "Opted in",
    "contact.erased": "Person forgotten",
    "crm.notified": "CRM told",
    "crm.rejected": "CRM refused",
    "lookup.requested": "Looking something up",
}
VERSION = re.compile(r"\.v\d+$")


def label_of(event_type: str) -> str:
    """Return the human name of a type of any version; an unknown type is its own name."""
    return LABELS.get(VERSION.sub("", event_type), event_type)
