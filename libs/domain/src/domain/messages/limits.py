"""WhatsApp's limits of what can be said (Meta: messages pages, interactive pages)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import assert_never

from domain.messages.card import Card
from domain.messages.details import OutboundContacts, OutboundLocation
from domain.messages.files import HeaderFile, OutboundMedia
from domain.messages.interactive import (
    Header,
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocationRequest,
    Row,
)
from domain.messages.outbound import OutboundMessage, OutboundText
from domain.messages.signals import OutboundReaction, OutboundReadReceipt
from domain.messages.template import OutboundTemplate, TextParameter

TEXT = 4096
"""Characters of a text, and of the words of a list."""
BODY = 1024
"""Characters of the words of every other interactive message."""
CAPTION = 1024
SMALL = 60
"""Characters of a header or a footer."""
BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256
ROWS = 10
ROW_TITLE = 24
ROW_DESCRIPTION = 72
ROW_ID = 200
SECTION_TITLE = 24
CARDS = 257
TEMPLATE_BUTTONS = 10
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
CAPTIONED = frozenset({"image", "video", "document"})


def exceeded(message: OutboundMessage) -> str | None:
    """Say where the message breaks which limit, the first one; never what stands there."""
    return next(_problems(message), None)


def _problems(message: OutboundMessage) -> Iterator[str]:
    match message:
        case OutboundText():
            yield from _length("text", message.text, TEXT)
        case OutboundButtons():
            yield from _words(message.header, message.text, message.footer, BODY)
            yield from _count("buttons", message.buttons, BUTTONS)
            for button in message.buttons:
                yield from _length("buttons: title", button.title, BUTTON_TITLE)
                yield from _length("buttons: id", button.id, BUTTON_ID)
            yield from _unique("buttons: id", [button.id for button in message.buttons])
        case OutboundList():
            yield from _words(message.header, message.text, message.footer, TEXT)
            yield from _length("button", message.button, BUTTON_TITLE)
            yield from _rows(message.rows)
        case OutboundLink():
            yield from _words(message.header, message.text, message.footer, BODY)
            yield from _length("button", message.button, BUTTON_TITLE)
            yield from _address("url", message.url)
        case OutboundFlow():
            yield from _words(message.header, message.text, message.footer, BODY)
            yield from _flow(message)
        case OutboundLocationRequest():
            yield from _length("text", message.text, BODY)
        case OutboundMedia():
            yield from _media(message)
        case OutboundLocation():
            yield from _degrees("latitude", message.latitude, 90)
            yield from _degrees("longitude", message.longitude, 180)
        case OutboundContacts():
            yield from _cards(message.cards)
        case OutboundReaction() | OutboundReadReceipt():
            yield from _required("wamid", message.wamid)
        case OutboundTemplate():
            yield from _template(message)
        case _:
            assert_never(message)


def _words(header: Header | None, text: str, footer: str | None, most: int) -> Iterator[str]:
    match header:
        case HeaderFile():
            yield from _file("header", header)
        case None:
            pass
        case _:
            yield from _length("header", header.text, SMALL)
    yield from _length("text", text, most)
    if footer is not None:
        yield from _length("footer", footer, SMALL)


def _rows(rows: Sequence[Row]) -> Iterator[str]:
    yield from _count("rows", rows, ROWS)
    sections = [section for section, _ in groupby(row.section for row in rows)]
    if len(sections) > 1 and not all(sections):
        yield "rows: section: needed on every row, as soon as there are two"
    for row in rows:
        yield from _length("rows: title", row.title, ROW_TITLE)
        yield from _length("rows: id", row.id, ROW_ID)
        if row.description is not None:
            yield from _length("rows: description", row.description, ROW_DESCRIPTION)
        if row.section is not None:
            yield from _length("rows: section", row.section, SECTION_TITLE)
    yield from _unique("rows: id", [row.id for row in rows])


def _flow(message: OutboundFlow) -> Iterator[str]:
    yield from _length("button", message.button, BUTTON_TITLE)
    # An emoji is a symbol of the kind "other", or changes one.
    if any(unicodedata.category(char) in ("So", "Sk") for char in message.button):
        yield "button: no emoji"
    if bool(message.flow_id) == bool(message.flow_name):
        yield "flow_id: exactly one of flow_id and flow_name"
    yield from _required("token", message.token)
    if message.action == "data_exchange" and (message.screen or message.data):
        yield "screen: only with the action navigate"
    if message.data and not message.screen:
        yield "data: only with a screen"


def _media(message: OutboundMedia) -> Iterator[str]:
    yield from _file("", message)
    if message.caption is not None:
        if message.type not in CAPTIONED:
            yield "caption: only under an image, a video or a document"
        yield from _at_most("caption", message.caption, CAPTION)
    if message.voice is not None and message.type != "audio":
        yield "voice: only for audio"


def _file(place: str, file: HeaderFile | OutboundMedia) -> Iterator[str]:
    at = f"{place}: " if place else ""
    if [file.media_id, file.link, file.file].count(None) != 2:  # noqa: PLR2004  # all but one
        yield f"{at}media_id: exactly one of media_id, link and file"
    if file.link:
        yield from _address(f"{at}link", file.link)
    if file.file_name is not None and file.type != "document":
        yield f"{at}file_name: only for a document"


def _cards(cards: Sequence[Card]) -> Iterator[str]:
    yield from _count("cards", cards, CARDS)
    for card in cards:
        yield from _required("cards: name: formatted", (card.name and card.name.formatted) or "")
        for phone in card.phones or ():
            yield from _required("cards: phones: phone", phone.phone or "")


def _template(message: OutboundTemplate) -> Iterator[str]:
    if not _TEMPLATE_NAME.fullmatch(message.name):
        yield "name: small letters, digits and underscores, at most 512"
    yield from _required("language", message.language)
    if isinstance(message.header, HeaderFile):
        yield from _file("header", message.header)
    for place, parameters in (("header", [message.header]), ("body", message.body or ())):
        for parameter in parameters:
            if isinstance(parameter, TextParameter):
                yield from _length(place, parameter.text, BODY)
    for button in message.buttons or ():
        if not 0 <= button.index < TEMPLATE_BUTTONS:
            yield f"buttons: index: 0 to {TEMPLATE_BUTTONS - 1}"
    yield from _unique("buttons: index", [str(one.index) for one in message.buttons or ()])


def _length(place: str, text: str, most: int) -> Iterator[str]:
    yield from _required(place, text)
    yield from _at_most(place, text, most)


def _at_most(place: str, text: str, most: int) -> Iterator[str]:
    if len(text) > most:
        yield f"{place}: at most {most} characters"


def _required(place: str, text: str) -> Iterator[str]:
    if not text.strip():
        yield f"{place}: needed"


def _count(place: str, items: Sequence[object], most: int) -> Iterator[str]:
    if not 1 <= len(items) <= most:
        yield f"{place}: 1 to {most}"


def _unique(place: str, values: Iterable[str]) -> Iterator[str]:
    listed = list(values)
    if len(set(listed)) != len(listed):
        yield f"{place}: each only once"


def _address(place: str, url: str) -> Iterator[str]:
    if not url.startswith(("https://", "http://")):
        yield f"{place}: begins with https://"


def _degrees(place: str, degrees: float, most: int) -> Iterator[str]:
    if not -most <= degrees <= most:
        yield f"{place}: {-most} to {most}"
