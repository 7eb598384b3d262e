"""The CRM of the laptop: verifies Standard Webhooks and remembers what it was told, in order."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

from simulator.faults import FaultBoard
from simulator.journal import Journal

MOST_CALLS = 10_000


class CrmEndpoint:
    """`POST /crm/webhooks` and the list of calls. Bounded: the oldest are forgotten."""

    def __init__(
        self,
        secret: str,
        faults: FaultBoard,
        notify: Callable[[Mapping[str, Any]], None],
        journal: Journal | None = None,
    ) -> None:
        self._journal = journal or Journal(None)
        self._webhook = Webhook(secret)
        self._faults = faults
        self._notify = notify
        self._calls: deque[dict[str, Any]] = deque(maxlen=MOST_CALLS)
        self._taken: dict[str, None] = {}

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/crm/webhooks", self._receive, methods=["POST"])
        router.add_api_route("/simulator/crm/calls", self.calls, methods=["GET"])
        return router

    def calls(self) -> list[dict[str, Any]]:
        """Return what the CRM was told, in order of arrival."""
        return list(self._calls)

    async def _receive(self, request: Request) -> Response:
        content = await request.body()
        headers = dict(request.headers)
        status = self._answer(content, headers)
        self._remember(content, headers, status)
        return Response(status_code=status)

    def _answer(self, content: bytes, headers: dict[str, str]) -> int:
        if not self._is_verified(content, headers):
            return HTTPStatus.UNAUTHORIZED
        return self._faults.take_crm_status() or HTTPStatus.NO_CONTENT

    def _is_verified(self, content: bytes, headers: dict[str, str]) -> bool:
        try:
            self._webhook.verify(content, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # a malformed item is a plain ValueError
            return False
        return True

    def _remember(self, content: bytes, headers: Mapping[str, str], status: int) -> None:
        body = _readable(content)
        call_id = headers.get("webhook-id")
        taken = status == HTTPStatus.NO_CONTENT
        call = {
            "id": call_id,
            "type": body.get("type") if isinstance(body, dict) else None,
            "verified": status != HTTPStatus.UNAUTHORIZED,
            "body": body,
            "at": datetime.now(UTC).isoformat(),
            "duplicate_of_earlier": taken and call_id in self._taken,
            "answered": int(status),
        }
        if taken and call_id is not None:
            self._taken[call_id] = None
            if len(self._taken) > MOST_CALLS:
                del self._taken[next(iter(self._taken))]
        self._journal.write(
            "crm",
            id=call_id,
            type=call["type"],
            answered=int(status),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        self._calls.append(call)
        self._notify(call)


def _readable(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
