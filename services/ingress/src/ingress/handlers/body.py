"""Reads the bytes of a request, never more than a webhook can have."""

import asyncio
import contextlib

from starlette.types import Receive

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


class HungUp(Exception):
    """The sender went away before the end of the body."""


async def whole_body(receive: Receive, share: Share) -> bytes:
    """Return the bytes of a body that is here already. Raises TooLarge, NoRoom, HungUp."""
    body, _ = await _next(receive)
    if len(body) > MOST_BYTES:
        raise TooLarge
    share.add(len(body))
    return body


async def read_body(receive: Receive, declared: int, share: Share, patience_s: float) -> bytes:
    """Return the bytes as they came; `declared` is how many the sender promised, 0 if none.

    Raises TooLarge, NoRoom, TimeoutError when they come too slowly, HungUp.
    """
    body = await _bounded(receive, share, patience_s) if declared <= MOST_BYTES else None
    if body is None:
        if declared <= _FAREWELL_BYTES:
            await _hear_out(receive)
        raise TooLarge
    return body


async def _bounded(receive: Receive, share: Share, patience_s: float) -> bytes | None:
    chunks: list[bytes] = []
    latest = asyncio.get_running_loop().time() + patience_s
    async with asyncio.timeout_at(latest) as patience:
        while True:
            chunk, more = await _next(receive)
            share.add(len(chunk))
            if share.held > MOST_BYTES:
                return None
            chunks.append(chunk)
            if not more:
                return chunk if len(chunks) == 1 else b"".join(chunks)
            patience.reschedule(latest + share.held / _LEAST_BYTES_PER_SECOND)


async def _hear_out(receive: Receive) -> None:
    """Drop a little more: a client reset in mid-sentence would never see why."""
    left = _FAREWELL_BYTES
    with contextlib.suppress(TimeoutError, HungUp):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            more = True
            while more and left > 0:
                chunk, more = await _next(receive)
                left -= len(chunk)


async def _next(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part, and whether there are more. Raises HungUp."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise HungUp
    return message.get("body", b""), message.get("more_body", False)
