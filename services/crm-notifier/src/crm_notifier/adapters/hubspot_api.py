"""How HubSpot is called: at its pace, again where that helps, and what its answers mean."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from crm_notifier.adapters.http_client import CALL, Body, HttpClient
from crm_notifier.adapters.hubspot_answers import Conflict, TooFast, failure_of, problem_of
from crm_notifier.adapters.hubspot_pace import Pace
from domain.ports.crm import CrmUnavailable

TIMEOUT = 20.0
"""Seconds for a call as a whole: a batch of a hundred takes some."""
TRIES = 4
"""Of a call that came too fast, before what it tells waits in Kafka."""

Json: TypeAlias = Mapping[str, Any]
Answered = TypeVar("Answered", bound=BaseModel)


class Access(NamedTuple):
    """Where HubSpot is, in which version it is spoken to, and our key."""

    url: str
    version: str
    token: SecretStr


class _Next(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    after: str


class _Paging(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    next: _Next | None = None


class Page(BaseModel):
    """An answer that is no refusal as a whole; `errors` say which rows of a batch are refused."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    results: Sequence[Json] = ()
    errors: Sequence[Json] = ()
    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        """Where the next page begins, if there is one."""
        return self.paging.next.after if self.paging and self.paging.next else None


class HubSpotApi:
    """Raises CrmUnavailable, CrmRefused and what is drawn in `hubspot_answers`.

    Before each call its caller awaits `turn`; before repeating one it is awaited here.
    Each call of ours can be repeated without harm.
    """

    def __init__(
        self,
        http: HttpClient,
        access: Access,
        pace: Pace,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        within: float = TIMEOUT,
    ) -> None:
        self.turn = pace.turn
        self._http = http
        self._access = access
        self._pace = pace
        self._now = now
        self._within = within

    async def post(self, path: str, body: Json) -> Page:
        """Post to a path in which `{version}` stands for ours."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return await self.patiently(lambda: self.once(Page, "POST", path, content))

    async def get(self, path: str, *, query: Mapping[str, str], **places: str) -> Page:
        """Get a path, its places filled."""
        asked = f"{filled(path, **places)}?{urlencode(query)}"
        return await self.patiently(lambda: self.once(Page, "GET", asked))

    async def patiently(self, once: Callable[[], Awaitable[Answered]]) -> Answered:
        """Call as `once` does, and again where it came too fast, or met another writer."""
        conflicts = tries = 0
        while True:
            try:
                return await once()
            except TooFast as failure:
                tries += 1
                self._pace.exceeded(failure.rest)
                if tries == TRIES:
                    raise
            except Conflict:
                conflicts += 1
                if conflicts > 1:
                    raise
            await self._pace.turn()

    async def once(
        self,
        answered: type[Answered],
        method: str,
        path: str,
        body: Body = None,
        *,
        headers: Mapping[str, str] | None = None,
        within: float | None = None,
    ) -> Answered:
        """Call once, and return the answer as it is to be understood."""
        answer = await self._http.call(
            CALL,
            method,
            self._access.url.rstrip("/") + path.replace("{version}", self._access.version),
            body=body,
            headers={
                "authorization": f"Bearer {self._access.token.get_secret_value()}",
                "content-type": "application/json",
                **(headers or {}),
            },
            within=within or self._within,
        )
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            self._pace.answered(answer.headers)
            return _understood(answered, answer.body)
        raise failure_of(answer.status, problem_of(answer.body), answer.headers, self._now())


def filled(path: str, /, **places: str) -> str:
    """Return the path with its places filled, and `{version}` left."""
    return path.format(
        version="{version}", **{name: quote(one, safe="") for name, one in places.items()}
    )


def _understood(answered: type[Answered], content: bytes) -> Answered:
    try:
        return answered.model_validate_json(content or b"{}")
    except ValidationError:
        raise CrmUnavailable("answer-not-understood") from None
