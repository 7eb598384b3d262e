"""What is tapped has little room: titles whose placeholders brought too much are cut."""

from domain.messages import (
    Button,
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundMessage,
    Row,
)
from domain.messages.limits import BUTTON_TITLE, ROW_DESCRIPTION, ROW_TITLE
from domain.session.flows.offering import shortened


def with_short_titles(message: OutboundMessage) -> OutboundMessage:
    """Return the message as WhatsApp takes it; an author's own titles fit already."""
    match message:
        case OutboundButtons(buttons=buttons):
            if all(len(one.title) <= BUTTON_TITLE for one in buttons):
                return message
            return message.model_copy(update={"buttons": tuple(map(_cut_button, buttons))})
        case OutboundList(button=button, rows=rows):
            if len(button) <= BUTTON_TITLE and all(map(_fits, rows)):
                return message
            update = {"button": shortened(button, BUTTON_TITLE), "rows": tuple(map(_cut, rows))}
            return message.model_copy(update=update)
        case OutboundLink(button=button) | OutboundFlow(button=button):
            if len(button) <= BUTTON_TITLE:
                return message
            return message.model_copy(update={"button": shortened(button, BUTTON_TITLE)})
        case _:
            return message


def _cut_button(button: Button) -> Button:
    return button.model_copy(update={"title": shortened(button.title, BUTTON_TITLE)})


def _fits(row: Row) -> bool:
    return len(row.title) <= ROW_TITLE and len(row.description or "") <= ROW_DESCRIPTION


def _cut(row: Row) -> Row:
    described = row.description and shortened(row.description, ROW_DESCRIPTION)
    return row.model_copy(
        update={"title": shortened(row.title, ROW_TITLE), "description": described}
    )
