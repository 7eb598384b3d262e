"""Files of our own in a reply get the platform's ids before anything else is done with it."""

from typing import TypeVar

from pydantic import BaseModel

from domain.events import ReplyRequested
from domain.messages import HeaderFile, OutboundMedia
from domain.ports.media_library import MediaLibrary

MessageT = TypeVar("MessageT", bound=BaseModel)


async def attach(library: MediaLibrary, request: ReplyRequested) -> ReplyRequested:
    """Return the request with ids for files, itself where it has none of ours.

    Raises PlatformUnavailable or SendRefused, as the library does.
    """
    reply = request.personal
    message = await _attached(library, reply.message, request.phone_number_id)
    fallback = reply.fallback
    if fallback is not None:
        fallback = await _attached(library, fallback, request.phone_number_id)
    if message is reply.message and fallback is reply.fallback:
        return request
    changed = reply.model_copy(update={"message": message, "fallback": fallback})
    return request.model_copy(update={"personal": changed})


async def _attached(library: MediaLibrary, message: MessageT, number: str) -> MessageT:
    file = message if isinstance(message, OutboundMedia) else getattr(message, "header", None)
    if not isinstance(file, OutboundMedia | HeaderFile) or file.file is None:
        return message
    media_id = await library.media_id(file.file, file.type, phone_number_id=number)
    # A document is called by its name unless it has another; nothing else is called at all.
    called = (file.file_name or file.file) if file.type == "document" else None
    known = {"media_id": media_id, "file": None, "file_name": called}
    if isinstance(message, OutboundMedia):
        return message.model_copy(update=known)
    return message.model_copy(update={"header": file.model_copy(update=known)})
