"""For tests: a business that answers webhooks as told and remembers them, and a clock to turn."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

import httpx

from simulator.http_caller import Answer, NoAnswer

NO_ANSWER = 0


class FakeBusiness:
    """Stands where ingress would. `answers` are the statuses of the next POSTs, then 200."""

    def __init__(self, verify_token: str = "") -> None:
        self.verify_token = verify_token
        self.answers: deque[int] = deque()
        self.requests: list[httpx.Request] = []
        self.accepted: list[httpx.Request] = []
        self._something = asyncio.Condition()

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """Answer a call of the platform: the business is its caller's other end."""
        try:
            answer = await self(httpx.Request(method, url, headers=headers, content=content))
        except httpx.HTTPError as error:
            raise NoAnswer from error
        return Answer(answer.status_code, answer.content)

    async def close(self) -> None:
        """Hold no connections."""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "GET":
            known = request.url.params.get("hub.verify_token") == self.verify_token
            challenge = request.url.params.get("hub.challenge", "")
            status = self.answers.popleft() if self.answers else 200 if known else 403
            return httpx.Response(status, text=challenge)
        status = self.answers.popleft() if self.answers else 200
        async with self._something:
            self.requests.append(request)
            if status == httpx.codes.OK:
                self.accepted.append(request)
            self._something.notify_all()
        if status == NO_ANSWER:
            raise httpx.ConnectError("nobody listens")
        return httpx.Response(status)

    async def webhooks(self, count: int) -> list[dict[str, Any]]:
        """Return the `value` of the first `count` accepted webhooks, once they are there."""
        async with asyncio.timeout(5), self._something:
            await self._something.wait_for(lambda: len(self.accepted) >= count)
        return [value_of(request.content) for request in self.accepted[:count]]

    def bodies(self) -> list[dict[str, Any]]:
        """Return the bodies accepted so far."""
        return [json.loads(request.content) for request in self.accepted]

    async def statuses(self, count: int) -> list[dict[str, Any]]:
        """Return the first `count` statuses, once they are there."""
        async with asyncio.timeout(5), self._something:
            await self._something.wait_for(lambda: len(self._statuses()) >= count)
        return self._statuses()[:count]

    def _statuses(self) -> list[dict[str, Any]]:
        values = (value_of(request.content) for request in self.accepted)
        return [status for value in values for status in value.get("statuses", [])]


class Hands:
    """A clock that stands still until it is turned. Unix seconds."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def value_of(body: bytes) -> dict[str, Any]:
    """Return the `value` of a webhook's one change."""
    value: dict[str, Any] = json.loads(body)["entry"][0]["changes"][0]["value"]
    return value
