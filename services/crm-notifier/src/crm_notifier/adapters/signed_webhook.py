"""Any CRM that takes signed webhooks (Standard Webhooks 1.0)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from yarl import URL

from crm_notifier.adapters.http_client import TIMEOUT, Answer, HttpClient
from crm_notifier.adapters.retry_after import pause_of
from crm_notifier.adapters.webhook_signature import Sign, sign
from domain.events import FileStored
from domain.ports.crm import EVERYTHING, CrmPaused, CrmRefused, CrmUnavailable, Notable
from domain.values import EventId, write_uuid
from streaming.traced import SpanKind, Traced

TELL = Traced(
    "POST",
    SpanKind.CLIENT,
    "One call of the CRM's webhook; where that is stays out of it, as it may be a secret",
    attributes=("http.request.method", "service.peer.name", "http.response.status_code"),
    below="the attempt at the event",
    always={"http.request.method": "POST", "service.peer.name": "crm"},
)
_DONE, _REDIRECTS, _TROUBLE = range(200, 300), range(300, 400), range(500, 600)
_GONE = 410
_NOT_US = frozenset({401, 402, 403, 404, 405, 407, 451})
"""Whatever we would send there: the address, the secret or the account is wrong."""
_WORTH_RETRYING = frozenset({408, 425, 429})


class SignedWebhook:
    """Posts each event; the receiver tells repeats by `webhook-id`, which is the event's id."""

    name = "webhook"
    supports = EVERYTHING

    def __init__(
        self,
        http: HttpClient,
        url: str,
        signers: Sequence[Sign],
        *,
        file_links: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        within: float = TIMEOUT,
    ) -> None:
        self._http = http
        self._url = URL(url)
        self._signers = signers
        self._file_links = file_links
        self._now = now
        self._within = within

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Post the event, signed anew for this attempt."""
        body = _body(event, at, self._file_links)
        answer = await self._http.post(
            TELL,
            self._url,
            body=body,
            headers=self._headers(write_uuid(event_id).decode(), body),
            within=self._within,
        )
        _judge(answer, self._now())

    def _headers(self, webhook_id: str, body: bytes) -> Mapping[str, str]:
        timestamp = int(self._now().timestamp())
        return {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(
                self._signers, webhook_id=webhook_id, timestamp=timestamp, body=body
            ),
        }


def _judge(answer: Answer, now: datetime) -> None:
    status, reason = answer.status, f"http-{answer.status}"
    if status in _DONE:
        return
    if status == _GONE:
        raise CrmPaused("endpoint-gone")
    if status in _REDIRECTS or status in _NOT_US:
        raise CrmPaused(reason)
    if status in _TROUBLE or status in _WORTH_RETRYING:
        raise CrmUnavailable(reason, after=pause_of(answer.headers.get("retry-after"), now))
    raise CrmRefused(reason)


def _body(event: Notable, at: datetime, file_links: str | None) -> bytes:
    noun_and_verb, _, _version = event.TYPE.rpartition(".")
    kind, when = noun_and_verb.replace("-", "_"), at.astimezone(UTC).isoformat()
    told = event.model_dump_json(exclude_none=True)
    if file_links and isinstance(event, FileStored):
        link = json.dumps(f"{file_links.rstrip('/')}/files/{quote(event.key)}")
        told = f'{told[:-1]},"link":{link}}}'
    return f'{{"type":"{kind}","timestamp":"{when}","data":{told}}}'.encode()
