"""One call of Salesforce's REST API: with a token that is good, and what the answer means."""

import re
from typing import Any

from crm_notifier.adapters.http_client import Answer, HttpClient
from crm_notifier.adapters.retry_after import pause_of
from crm_notifier.adapters.salesforce_errors import SESSION_ENDED, code_of, failure, understood
from crm_notifier.adapters.salesforce_requests import Result
from crm_notifier.adapters.salesforce_tokens import Session, Tokens
from domain.ports.crm import CrmPaused, CrmUnavailable
from streaming.traced import SpanKind, Traced

COMPOSITE = Traced(
    "POST /composite",
    SpanKind.CLIENT,
    "One call of Salesforce, which writes up to 25 records",
    attributes=("http.request.method", "service.peer.name", "http.response.status_code"),
    below="nothing: a call tells of several people",
    always={"http.request.method": "POST", "service.peer.name": "crm"},
)
TIMEOUT = 30.0
"""Seconds for a whole call: an organisation's own triggers run within it."""

_USAGE = re.compile(r"api-usage=([0-9]{1,12})/([0-9]{1,12})")


class SalesforceRest:
    """Calls with the token that we have, and once more with a new one where it has ended."""

    def __init__(
        self,
        http: HttpClient,
        tokens: Tokens,
        version: str,
        *,
        within: float = TIMEOUT,
    ) -> None:
        self.version = version
        self.used = 0.0
        """The share of the organisation's calls of a day that is used up, as it said last."""
        self._http = http
        self._tokens = tokens
        self._within = within

    async def composite(self, content: bytes) -> Any:
        """Return the answer as JSON. Raises CrmUnavailable, CrmPaused or CrmRefused."""
        for _ in ("the token that we have", "a new one"):
            session = await self._tokens.session()
            answer = await self._post(session, content)
            result = Result(answer.status, understood(answer.body))
            if code_of(result) != SESSION_ENDED:
                return self._judged(answer, result)
            self._tokens.forget(session)
        raise CrmPaused("invalid-session-id")

    async def _post(self, session: Session, content: bytes) -> Answer:
        answer = await self._http.call(
            COMPOSITE,
            "POST",
            f"{session.url}/services/data/{self.version}/composite",
            body=content,
            headers={
                "authorization": f"Bearer {session.token}",
                "content-type": "application/json",
            },
            within=self._within,
        )
        if told := _USAGE.search(answer.headers.get("sforce-limit-info", "")):
            self.used = int(told[1]) / max(int(told[2]), 1)
        return answer

    def _judged(self, answer: Answer, result: Result) -> Any:
        wrong = failure(result)
        if isinstance(wrong, CrmUnavailable):
            wrong.after = pause_of(answer.headers.get("retry-after"))
        if wrong:
            raise wrong
        if result.body is None:
            raise CrmUnavailable("answer-not-understood")
        return result.body
