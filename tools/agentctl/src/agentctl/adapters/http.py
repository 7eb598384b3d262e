"""Asks over HTTP, and says why there is no answer."""

import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from agentctl.clocks import Reading


class HttpTrouble(Exception):
    """There was no answer; says why, and what may help. Names the host, never the whole address."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    before: float
    after: float

    def json(self) -> Any:
        """Return the JSON of the body, or None."""
        try:
            return httpx.Response(200, content=self.body).json()
        except ValueError:
            return None

    def clock(self) -> Reading | None:
        """Return what the server's clock showed, if it said so."""
        try:
            theirs = parsedate_to_datetime(self.headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return None
        return Reading(self.before, theirs, self.after, resolution=1.0)


class Http:
    """Every method may raise HttpTrouble."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Return the answer, whatever it says; redirects are not followed."""
        before = time.time()
        try:
            answer = await self._client.request(
                method, url, params=params, headers=headers, content=content
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise HttpTrouble(
                "that is no web address", "it begins with https:// or http:// and a host"
            ) from None
        except httpx.HTTPError as error:
            raise _trouble(error, host_of(url)) from None
        return Answer(answer.status_code, answer.content, dict(answer.headers), before, time.time())


@asynccontextmanager
async def http(*, seconds: float) -> AsyncIterator[Http]:
    """Open a client that waits so long for an answer."""
    async with httpx.AsyncClient(
        timeout=seconds, trust_env=False, headers={"user-agent": "whatsapp-agent/agentctl"}
    ) as client:
        yield Http(client)


def host_of(url: str) -> str:
    """Return host and port of an address: the rest may be a secret."""
    return urlsplit(url).netloc.rpartition("@")[2] or "the address"


def _trouble(error: httpx.HTTPError, host: str) -> HttpTrouble:
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return HttpTrouble(f"no such host: {host}", "correct the address, or DNS")
            case ssl.SSLCertVerificationError():
                return HttpTrouble(
                    f"the certificate of {host} is not trusted: {cause.verify_message}",
                    "renew it, or trust the CA that signed it",
                )
            case ssl.SSLError():
                return HttpTrouble(f"no TLS with {host}: {cause.reason}", "check http or https")
            case ConnectionRefusedError():
                return HttpTrouble(f"nobody listens at {host}", "start it, or correct the address")
            case _:
                pass
    if isinstance(error, httpx.TimeoutException):
        return HttpTrouble(f"{host} does not answer in time", "look at firewalls, and at its load")
    if isinstance(error, httpx.ConnectError):
        return HttpTrouble(f"{host} cannot be reached", "check address, network policy and proxy")
    return HttpTrouble(f"{host}: {type(error).__name__}", "look at its log")


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
