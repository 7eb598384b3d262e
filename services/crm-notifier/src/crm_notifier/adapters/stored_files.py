"""People's files, fetched from file-manager: it says where each lies, and there it is read."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from pydantic import SecretStr
from yarl import URL

from crm_notifier.adapters.http_client import Answer, Content, HttpClient
from domain.events import FileStored
from domain.ports.crm import CrmFailure, CrmPaused, CrmUnavailable
from streaming.traced import SpanKind, Traced

LOCATE = Traced(
    "GET /files/{key}",
    SpanKind.CLIENT,
    "Asks file-manager where a file can be read",
    attributes=("service.peer.name", "http.response.status_code"),
    below="the attempt at the event",
    always={"service.peer.name": "file-manager"},
)
FETCH = Traced(
    "fetch a file for the CRM",
    SpanKind.CLIENT,
    "Reads a file from the storage, until the CRM has it",
    attributes=("service.peer.name", "http.response.status_code"),
    below="the attempt at the event",
    always={"service.peer.name": "storage"},
)
SLOWEST = 128 * 1024
"""Bytes a second; of what is slower we let go."""
BEGINNING = 30.0
"""Seconds besides."""
PAUSE = 60.0
"""Seconds until file-manager is asked again whether it lets us in."""

_REDIRECTS = range(300, 400)
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class NotToBeHad(Exception):
    """The file is not there any more, or not the one that was stored."""


class Files(NamedTuple):
    """Where file-manager answers `GET /files/{key}`, and the token that it asks for."""

    url: str
    token: SecretStr


class Fetched:
    """The bytes of a file, for one pass; `differs` once it turns out to be another file."""

    def __init__(self, event: FileStored, content: Content) -> None:
        self.differs = False
        self._event = event
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces; the last one only when all of them are the file that was stored.

        Raises NotToBeHad.
        """
        hashed, left, held = hashlib.sha256(), self._event.size, b""
        async for piece in self._content.pieces:
            if held:
                yield held
            hashed.update(piece)
            left, held = left - len(piece), piece
            if left < 0:
                break
        self.differs = left != 0 or hashed.hexdigest() != self._event.sha256
        if self.differs:
            raise NotToBeHad
        yield held


class StoredFiles:
    """Shows the token to file-manager alone; where it sends us, its link is all that is needed."""

    def __init__(self, http: HttpClient, files: Files) -> None:
        self._http = http
        self._files = files

    @asynccontextmanager
    async def open(self, event: FileStored) -> AsyncIterator[Fetched]:
        """Open a file, to be read within the context.

        Raises NotToBeHad, CrmUnavailable, or CrmPaused where file-manager does not let us in.
        """
        link = await self._link(event)
        async with self._http.open(FETCH, link, within=seconds(event.size)) as content:
            if content.status != HTTPStatus.OK:
                raise _failure(content.status, "storage")
            yield Fetched(event, content)

    async def _link(self, event: FileStored) -> URL:
        answer = await self._http.call(
            LOCATE,
            "GET",
            f"{self._files.url.rstrip('/')}/files/{quote(event.key)}",
            headers={"authorization": f"Bearer {self._files.token.get_secret_value()}"},
        )
        if answer.status in _DENIED:
            raise CrmPaused("files-access-denied", after=PAUSE)
        if answer.status not in _REDIRECTS:
            raise _failure(answer.status, "files")
        return self._led_to(answer)

    def _led_to(self, answer: Answer) -> URL:
        try:
            leads_to = URL(answer.headers.get("location", ""), encoded=True)
            link = URL(self._files.url).join(leads_to)
        except ValueError:
            raise CrmUnavailable("files-link-unusable") from None
        plain = link.scheme == "http" and self._http.is_inside(link)
        if link.scheme != "https" and not plain:
            raise CrmPaused("files-link-not-https", after=PAUSE)
        return link


def seconds(size: int) -> float:
    """Return how long so many bytes may take."""
    return BEGINNING + size / SLOWEST


def _failure(status: int, whose: str) -> CrmFailure | NotToBeHad:
    return NotToBeHad() if status in _GONE else CrmUnavailable(f"{whose}-http-{status}")
