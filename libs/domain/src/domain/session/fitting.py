"""A message whose words are too long becomes several, in the order in which they are read."""

from collections.abc import Iterable, Iterator

from domain.messages import (
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocationRequest,
    OutboundMedia,
    OutboundMessage,
    OutboundText,
)
from domain.messages.limits import BODY, CAPTION, CAPTIONED, TEXT
from domain.session.splitting import split, split_off_end


def fit(messages: Iterable[OutboundMessage]) -> Iterator[OutboundMessage]:
    """Yield the messages, or several in the place of one, so that no words are too long.

    What is tapped stands under the last words, a file above the first.
    """
    for message in messages:
        match message:
            case OutboundText() if len(message.text) > TEXT:
                yield from _texts(message.text, preview_url=message.preview_url)
            case OutboundList() if len(message.text) > TEXT:
                yield from _before(message, message.text, TEXT)
            case OutboundButtons() | OutboundLink() | OutboundFlow() | OutboundLocationRequest():
                yield from _before(message, message.text, BODY)
            case OutboundMedia(caption=str(caption)) if _too_long(message, caption):
                first = split(caption, CAPTION)[0]
                yield message.model_copy(update={"caption": first})
                yield from _texts(caption.strip()[len(first) :])
            case _:
                yield message


def _texts(text: str, *, preview_url: bool | None = None) -> Iterator[OutboundMessage]:
    for part in split(text, TEXT):
        yield OutboundText(text=part, preview_url=preview_url)


def _before(message: OutboundMessage, text: str, most: int) -> Iterator[OutboundMessage]:
    if len(text) <= most:
        yield message
        return
    before, end = split_off_end(text, most)
    yield from _texts(before)
    yield message.model_copy(update={"text": end})


def _too_long(message: OutboundMedia, caption: str) -> bool:
    return message.type in CAPTIONED and len(caption) > CAPTION
