"""Reads the bytes of a request, never more than a webhook can have."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from starlette.requests import ClientDisconnect, Request

from ingress.handlers.in_flight import Share

MOST_BYTES = 4 * 1024 * 1024
"""Meta sends up to 3 MB (webhooks/overview)."""

PATIENCE_SECONDS = 3.0
"""What a body may take before its length counts; a lost packet is sent again within that."""

_LEAST_BYTES_PER_SECOND = 1024 * 1024
_FAREWELL_BYTES = 16 * 1024 * 1024
_FAREWELL_SECONDS = 2.0


class TooLarge(Exception):
    """The body is larger than any webhook."""


async def read_body(request: Request, share: Share, patience_s: float) -> bytes:
    """Return the bytes as they came.

    Raises TooLarge, NoRoom, TimeoutError when they come too slowly, ClientDisconnect.
    """
    declared = _declared(request)
    async with contextlib.aclosing(request.stream()) as stream:
        body = await _bounded(stream, share, patience_s) if declared <= MOST_BYTES else None
        if body is None:
            if declared <= _FAREWELL_BYTES:
                await _hear_out(stream)
            raise TooLarge
    return body


async def _bounded(
    stream: AsyncGenerator[bytes, None], share: Share, patience_s: float
) -> bytes | None:
    chunks: list[bytes] = []
    latest = asyncio.get_running_loop().time() + patience_s
    async with asyncio.timeout_at(latest) as patience:
        async for chunk in stream:
            share.add(len(chunk))
            if share.held > MOST_BYTES:
                return None
            chunks.append(chunk)
            patience.reschedule(latest + share.held / _LEAST_BYTES_PER_SECOND)
    return b"".join(chunks)


async def _hear_out(stream: AsyncGenerator[bytes, None]) -> None:
    """Drop a little more: a client reset in mid-sentence would never see why."""
    left = _FAREWELL_BYTES
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            async for chunk in stream:
                left -= len(chunk)
                if left < 0:
                    return


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
