"""Whether the bytes on their way are what was announced and what may be kept."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator

from domain.ports.files import HashMismatch, Media
from file_manager.use_cases.file_types import HEAD_BYTES, FileType


class Unacceptable(Exception):
    """The file may not be kept, whoever tries again; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def announced_sha256(from_webhook: str | None, from_platform: str | None) -> str | None:
    """Return the announced hash as hex, or None if there is none.

    The webhook's is base64, the Graph API's hex (Meta, webhooks and media). Raises HashMismatch
    if they contradict each other.
    """
    announced = {_hex(from_webhook)} if from_webhook else set()
    if from_platform:
        announced.add(from_platform.lower())
    if len(announced) > 1:
        raise HashMismatch("the announced hashes differ")
    return next(iter(announced), None)


async def checked(media: Media, file_type: FileType, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """Pass the content on while it is acceptable: small enough and of the declared type.

    Raises Unacceptable, or HashMismatch when the size is not the announced one.
    """
    if (media.size or 0) > max_bytes:
        raise Unacceptable("too-large")
    size = 0
    async for piece in _head_first(media.content):
        if size == 0 and not file_type.matches(piece[:HEAD_BYTES]):
            raise Unacceptable("wrong-type")
        size += len(piece)
        if size > max_bytes:
            raise Unacceptable("too-large")
        yield piece
    if media.size not in (None, size):
        raise HashMismatch("the size is not the announced one")


async def _head_first(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join the first pieces, so that the very first holds all that decides about the type."""
    head = b""
    async for piece in content:
        if len(head) < HEAD_BYTES:
            head += piece
            if len(head) < HEAD_BYTES:
                continue
            yield head
        else:
            yield piece
    if len(head) < HEAD_BYTES:
        yield head


def _hex(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).hex()
    except ValueError:
        raise HashMismatch("the announced hash is unreadable") from None
