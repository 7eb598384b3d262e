"""Files of our own in what goes out get the platform's ids before it is announced."""

from typing import TypeVar

from pydantic import BaseModel

from domain.events import OutgoingReply
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


def has_file(message: BaseModel) -> bool:
    """Say whether a file of ours is in it, for which `attach` is to be called."""
    return _file_of(message) is not None


async def attach(library: MediaLibrary, reply: OutgoingReply, number: str) -> OutgoingReply:
    """Return the reply with ids for its message's files, itself where it has none of ours.

    What would go out in its stead is left alone. Raises as the library does.
    """
    message = await _attached(library, reply.message, number)
    return reply if message is reply.message else reply.model_copy(update={"message": message})


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
