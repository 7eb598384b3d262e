"""What is tapped has little room: titles whose placeholders brought too much are cut."""

from domain.messages import (
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundMessage,
    Row,
)
from domain.messages.limits import BUTTON_TITLE, ROW_DESCRIPTION, ROW_TITLE
from domain.session.flows.asking import NO_WORDS
from domain.session.flows.offering import shortened


def with_short_titles(message: OutboundMessage) -> OutboundMessage:
    """Return the message as WhatsApp takes it; an author's own titles fit already."""
    match message:
        case OutboundButtons(buttons=buttons):
            if all(_fits(one.title, BUTTON_TITLE) for one in buttons):
                return message
            cut = [
                one.model_copy(update={"title": _cut(one.title, BUTTON_TITLE)}) for one in buttons
            ]
            return message.model_copy(update={"buttons": tuple(cut)})
        case OutboundList(button=button, rows=rows):
            if _fits(button, BUTTON_TITLE) and all(map(_row_fits, rows)):
                return message
            update = {"button": _cut(button, BUTTON_TITLE), "rows": tuple(map(_cut_row, rows))}
            return message.model_copy(update=update)
        case OutboundLink(button=button) | OutboundFlow(button=button):
            if _fits(button, BUTTON_TITLE):
                return message
            return message.model_copy(update={"button": _cut(button, BUTTON_TITLE)})
        case _:
            return message


def _fits(words: str, most: int) -> bool:
    return len(words) <= most and not _is_blank(words)


def _row_fits(row: Row) -> bool:
    described = row.description
    return _fits(row.title, ROW_TITLE) and (described is None or _fits(described, ROW_DESCRIPTION))


def _cut_row(row: Row) -> Row:
    described = row.description
    kept = None if described is None or _is_blank(described) else described
    more = kept and shortened(kept, ROW_DESCRIPTION)
    return row.model_copy(update={"title": _cut(row.title, ROW_TITLE), "description": more})


def _cut(words: str, most: int) -> str:
    return NO_WORDS if _is_blank(words) else shortened(words, most)


def _is_blank(words: str) -> bool:
    return not words or words.isspace()
