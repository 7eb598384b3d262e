"""Files of our own, as the platform knows them."""

from typing import Literal, Protocol, TypeAlias

FileKind: TypeAlias = Literal["image", "video", "document", "audio", "sticker"]


class MediaLibrary(Protocol):
    """Uploads a file once, and gives the same id for as long as the platform keeps it."""

    async def media_id(self, file: str, kind: FileKind, *, phone_number_id: str) -> str:
        """Return the id under which this business number can send the file as a message of `kind`.

        Raises what a call would raise, but OutcomeUnknown: PlatformUnavailable where there was no
        answer, and SendRefused also where there is no such file, or it is too large or of a wrong
        kind for WhatsApp.
        """
        ...
