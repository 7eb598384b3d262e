"""The HTTP side of webhooks: the signed POST, and the verification handshake."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from simulator.envelopes import sign
from simulator.http_caller import Answer, Caller, NoAnswer
from simulator.webhooks import Pauses

Signature: TypeAlias = Literal["forged"] | bool


@dataclass(slots=True)
class Handshake:
    """How the verification of the callback address went."""

    verified: bool = False
    attempts: int = 0
    last_status: int | None = None


class IngressClient:
    """Speaks to the business' callback address as Meta's servers do."""

    def __init__(self, caller: Caller, url: str, *, app_secret: str, verify_token: str) -> None:
        self._caller = caller
        self._url = url
        self._app_secret = app_secret
        self._verify_token = verify_token
        self.handshake = Handshake()

    async def post(self, body: bytes) -> int | None:
        """Post a signed webhook; return the status of the answer, None when there was none."""
        try:
            return (await self.post_raw(body, signature=True)).status
        except NoAnswer:
            return None

    async def post_raw(self, body: bytes, *, signature: Signature) -> Answer:
        """Post any bytes with a good, a forged or no signature. Raises NoAnswer."""
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signature:
            secret = secrets.token_hex() if signature == "forged" else self._app_secret
            headers["X-Hub-Signature-256"] = sign(secret, body)
        return await self._caller.call("POST", self._url, headers=headers, content=body)

    async def verify(
        self, pauses: Pauses, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Ask the business to prove that it knows the verify token, until it does."""
        while not self.handshake.verified:
            self.handshake.attempts += 1
            self.handshake.verified = await self._verify_once()
            if not self.handshake.verified:
                await sleep(pauses.after(self.handshake.attempts))

    async def _verify_once(self) -> bool:
        challenge = str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self._verify_token,
        }
        try:
            answer = await self._caller.call("GET", self._with(query), headers={}, content=b"")
        except NoAnswer:
            self.handshake.last_status = None
            return False
        self.handshake.last_status = answer.status
        return answer.status == HTTPStatus.OK and answer.text == challenge

    def _with(self, query: Mapping[str, str]) -> str:
        return f"{self._url}{'&' if '?' in self._url else '?'}{urlencode(query)}"
