"""Any CRM that takes signed webhooks (Standard Webhooks 1.0)."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx

from crm_notifier.adapters.retry_after import pause_of
from crm_notifier.adapters.webhook_signature import sign
from domain.ports.crm import EVERYTHING, CrmRefused, CrmUnavailable, Notable
from domain.values import EventId
from streaming.calling import Call
from streaming.traced import SpanKind, Traced

TELL = Traced(
    "POST",
    SpanKind.CLIENT,
    "One call of the CRM's webhook; where that is stays out of it, as it may be a secret",
    attributes=("http.request.method", "service.peer.name", "http.response.status_code"),
    below="the attempt at the event",
    always={"http.request.method": "POST", "service.peer.name": "crm"},
)
TIMEOUT = 15.0
"""Seconds for a whole call; the specification recommends 15 to 30."""

MOST_READ = 64 * 1024
"""Bytes of an answer that are read, only so that the connection can be used again."""

LONGEST_READ = 0.25
"""Seconds given to reading them: the status has said already what became of the call."""

_WORTH_RETRYING = frozenset({408, 425, 429})
_GONE = 410


class SignedWebhook:
    """Posts each event; the receiver tells repeats by `webhook-id`, which is the event's id."""

    name = "webhook"
    supports = EVERYTHING

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        key: bytes,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: float = TIMEOUT,
    ) -> None:
        self._http = http
        self._url = url
        self._key = key
        self._now = now
        self._timeout = timeout
        self._not_before = datetime.min.replace(tzinfo=UTC)

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Post the event, signed anew for this attempt. Raises CrmUnavailable or CrmRefused.

        Nobody is posted to while the receiver asked for a pause: it asks for all events.
        """
        self._keep_pause()
        body = _body(event, at)
        headers = self._headers(str(event_id), body)
        try:
            with Call("crm", TELL) as call:
                async with (
                    asyncio.timeout(self._timeout),
                    self._http.stream(
                        "POST", self._url, content=body, headers=headers, follow_redirects=False
                    ) as response,
                ):
                    call.answered(response.status_code)
                    await _drain(response)
        except TimeoutError:
            raise CrmUnavailable("timeout") from None
        except httpx.TransportError as error:
            raise CrmUnavailable(type(error).__name__) from None
        self._judge(response)

    def _keep_pause(self) -> None:
        left = (self._not_before - self._now()).total_seconds()
        if left > 0:
            raise CrmUnavailable("asked-to-wait", after=left)

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        if status == _GONE:
            raise CrmRefused("endpoint-gone")
        if not response.is_server_error and status not in _WORTH_RETRYING:
            raise CrmRefused(f"http-{status}")
        now = self._now()
        after = pause_of(response.headers.get("retry-after"), now)
        self._not_before = max(self._not_before, now + timedelta(seconds=after or 0))
        raise CrmUnavailable(f"http-{status}", after=after)

    def _headers(self, webhook_id: str, body: bytes) -> dict[str, str]:
        timestamp = int(self._now().timestamp())
        return {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(
                self._key, webhook_id=webhook_id, timestamp=timestamp, body=body
            ),
        }


def _body(event: Notable, at: datetime) -> bytes:
    noun_and_verb, _, _version = event.TYPE.rpartition(".")
    content = {
        "type": noun_and_verb.replace("-", "_"),
        "timestamp": at.astimezone(UTC).isoformat(),
        "data": event.model_dump(mode="json", exclude_none=True),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


async def _drain(response: httpx.Response) -> None:
    """Read a short answer to its end; a long, slow or broken one costs us the connection only."""
    read = 0
    with suppress(TimeoutError, httpx.TransportError):
        async with asyncio.timeout(LONGEST_READ):
            async for piece in response.aiter_raw(MOST_READ):
                read += len(piece)
                if read >= MOST_READ:
                    return
