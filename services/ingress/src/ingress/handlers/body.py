"""Reads the bytes of a request, never more than a webhook can have."""

import asyncio

from starlette.requests import Request

from ingress.handlers.in_flight import Share

MOST_BYTES = 4 * 1024 * 1024
"""Meta sends up to 3 MB (webhooks/overview)."""

_MOST_SECONDS = 10.0


class TooLarge(Exception):
    """The body is larger than any webhook."""


async def read_body(request: Request, share: Share) -> bytes:
    """Return the bytes as they came.

    Raises TooLarge, NoRoom, TimeoutError when they come too slowly, ClientDisconnect.
    """
    if _declared(request) > MOST_BYTES:
        raise TooLarge
    chunks: list[bytes] = []
    async with asyncio.timeout(_MOST_SECONDS):
        async for chunk in request.stream():
            share.add(len(chunk))
            if share.held > MOST_BYTES:
                raise TooLarge
            chunks.append(chunk)
    return b"".join(chunks)


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
