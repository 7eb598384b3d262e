"""How the platform calls the business: an answer is a status and bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp

_IDLE_S = 4.0
"""Shorter than servers wait for another request on a connection."""


class NoAnswer(Exception):
    """There was no answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content: bytes

    @property
    def text(self) -> str:
        """The content, as far as it is text."""
        return self.content.decode(errors="replace")


class Caller(Protocol):
    """Makes HTTP calls."""

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """Make one call, without following redirects. Raises NoAnswer."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class HttpCaller:
    """Calls by aiohttp: four webhooks a reply have to be cheap on a laptop."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """Make one call; see the protocol."""
        session = self._opened()
        try:
            async with session.request(
                method, url, headers=headers, data=content or None, allow_redirects=False
            ) as response:
                return Answer(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer from error

    async def close(self) -> None:
        """Close the connections; harmless to repeat."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
            )
        return self._session
