"""Files that we send (Meta: messages pages, business-phone-numbers/media).

A file is named by the id that an upload gave it, by a link from which Meta fetches it, or as one
of our own, which the sender uploads.
"""

from typing import Literal

from pydantic import BaseModel

from domain.wire import WIRE


class HeaderFile(BaseModel):
    """A file above the words of a message."""

    model_config = WIRE
    type: Literal["image", "video", "document"]
    media_id: str | None = None
    link: str | None = None
    file: str | None = None
    """Its name in the sender's media folder."""
    file_name: str | None = None
    """What a document is called on the phone."""


class OutboundMedia(BaseModel):
    """A file, with a caption where it is an image, a video or a document."""

    model_config = WIRE
    type: Literal["image", "video", "document", "audio", "sticker"]
    media_id: str | None = None
    link: str | None = None
    file: str | None = None
    """Its name in the sender's media folder."""
    caption: str | None = None
    file_name: str | None = None
    """What a document is called on the phone."""
    voice: bool | None = None
    """Show audio as a voice message; it has to be OGG with OPUS."""
