"""What reaches the person of what we want to say, and how a transcript speaks of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain import events
from domain.messages import (
    WINDOWLESS,
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocation,
    OutboundMedia,
    OutboundMessage,
    OutboundTemplate,
)

MARGIN = timedelta(seconds=60)
"""Before the end of the window, in which nothing is begun that may arrive after it."""

UNSEEN = frozenset({"read_receipt", "reaction"})
"""What is no message of its own."""


def reached(asked: events.ReplyRequested, now: datetime) -> OutboundMessage | None:
    """Return what goes out now, as sender sees it: outside the window the template, or nothing."""
    closes, told = asked.window_expires_at, asked.personal
    in_window = closes is not None and now + MARGIN < closes
    message = told.message if in_window or told.message.type in WINDOWLESS else told.fallback
    marketing = isinstance(message, OutboundTemplate) and message.category == "marketing"
    return None if marketing and asked.opted_out else message


def words(message: OutboundMessage) -> str | None:
    """Return the words of a message; those of a template only WhatsApp knows."""
    return getattr(message, "text", None) or getattr(message, "caption", None)


def titles(message: OutboundMessage | None, kind: str) -> Sequence[str]:
    """Return the titles of a message's `buttons`, or of its `rows`."""
    if kind == "buttons" and isinstance(message, OutboundButtons):
        return [button.title for button in message.buttons]
    if kind == "rows" and isinstance(message, OutboundList):
        return [row.title for row in message.rows]
    return []


def special(message: OutboundMessage) -> tuple[str, str] | None:
    """Return what else a message is: the name of the expectation, and what is expected."""
    match message:
        case OutboundLink():
            return "link", message.button
        case OutboundFlow():
            return "form", message.button
        case OutboundMedia():
            return "media", message.type
        case OutboundTemplate():
            return "template", message.name
        case OutboundLocation():
            return "place", message.name or f"{message.latitude}, {message.longitude}"
        case _:
            return None
