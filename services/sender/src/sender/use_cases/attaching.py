"""Files of our own in a reply get the platform's ids before anything else is done with it."""

from typing import TypeVar

from pydantic import BaseModel

from domain.events import ReplyRequested
from domain.messages import (
    HeaderFile,
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundMedia,
    OutboundTemplate,
)
from domain.ports.media_library import MediaLibrary

MessageT = TypeVar("MessageT", bound=BaseModel)


async def attach(library: MediaLibrary, request: ReplyRequested) -> ReplyRequested:
    """Return the request with ids for files, itself where it has none of ours.

    Raises PlatformUnavailable or SendRefused, as the library does.
    """
    reply = request.personal
    if not _file_of(reply.message) and not _file_of(reply.fallback):
        return request
    number, message, fallback = request.phone_number_id, reply.message, reply.fallback
    changed = {
        "message": await _attached(library, message, number),
        "fallback": fallback and await _attached(library, fallback, number),
    }
    return request.model_copy(update={"personal": reply.model_copy(update=changed)})


def _file_of(message: BaseModel | None) -> HeaderFile | OutboundMedia | None:
    """Return the file of ours that the message names."""
    match message:
        case OutboundMedia(file=str()):
            return message
        case OutboundButtons() | OutboundLink() | OutboundFlow() | OutboundTemplate():
            header = message.header
            return header if isinstance(header, HeaderFile) and header.file else None
        case _:
            return None


async def _attached(library: MediaLibrary, message: MessageT, number: str) -> MessageT:
    file = _file_of(message)
    if file is None or file.file is None:
        return message
    media_id = await library.media_id(file.file, file.type, phone_number_id=number)
    # A document is called by its name unless it has another; nothing else is called at all.
    called = (file.file_name or file.file) if file.type == "document" else None
    known = {"media_id": media_id, "file": None, "file_name": called}
    if isinstance(message, OutboundMedia):
        return message.model_copy(update=known)
    return message.model_copy(update={"header": file.model_copy(update=known)})
