"""How crm-notifier gets into Salesforce: OAuth 2.0 without a person, and tokens that end unsaid."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, ValidationError

from crm_notifier.adapters.http_addresses import OURSELVES
from crm_notifier.adapters.http_client import Answer, HttpClient
from domain.ports.crm import CrmFailure, CrmPaused, CrmUnavailable
from streaming.refusing import Unfit
from streaming.traced import SpanKind, Traced

TOKEN = Traced(
    "POST /services/oauth2/token",
    SpanKind.CLIENT,
    "One request for a token of Salesforce",
    attributes=("http.request.method", "service.peer.name", "http.response.status_code"),
    below="nothing: the calls of all wait for it",
    always={"http.request.method": "POST", "service.peer.name": "crm"},
)

Grant = Callable[[], Mapping[str, str]]
"""Makes the form that a token is asked for with."""

ASSERTION_LIVES = timedelta(minutes=3)
"""How long what we sign is good: the longest that Salesforce takes (OAuth 2.0 JWT bearer flow)."""
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_PASSING = frozenset({"server_error", "temporarily_unavailable", "unknown_error"})


class Session(NamedTuple):
    """A token, and the address at which it is good."""

    token: str
    url: str


class _Granted(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    access_token: str
    instance_url: str


class _Denied(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    error: str


def client_credentials(client_id: str, client_secret: str) -> Grant:
    """Give the form of an app that runs as the user set there."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return lambda: form


def jwt_bearer(
    client_id: str,
    username: str,
    key: RSAKey,
    *,
    audience: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Grant:
    """Give the form of an app that signs for a user, which was approved before."""

    def form() -> Mapping[str, str]:
        ends = int((now() + ASSERTION_LIVES).timestamp())
        claims = {"iss": client_id, "sub": username, "aud": audience, "exp": ends}
        return {"grant_type": _JWT_BEARER, "assertion": jwt.encode({"alg": "RS256"}, claims, key)}

    return form


def private_key(pem: str) -> RSAKey:
    """Read the key that signs. Raises Unfit without a word of it."""
    with suppress(Exception):  # whatever is wrong with it, the error may quote it
        key = RSAKey.import_key(pem)
        if key.is_private:
            return key
    raise Unfit("must be an RSA private key as PEM")


class Tokens:
    """Takes a token when there is none, for all who wait for it at once.

    Salesforce says neither how long it is good nor gives another for it: it is used until refused.
    """

    def __init__(self, http: HttpClient, url: str, grant: Grant) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._grant = grant
        self._session: Session | None = None
        self._taking = asyncio.Lock()

    async def session(self) -> Session:
        """Return what is to be used now. Raises CrmUnavailable, or CrmPaused: we are not let in."""
        async with self._taking:
            if self._session is None:
                self._session = self._granted(await self._ask())
            return self._session

    def forget(self, refused: Session) -> None:
        """Use this no more, unless another was taken already."""
        if self._session == refused:
            self._session = None

    async def _ask(self) -> Answer:
        return await self._http.call(
            TOKEN,
            "POST",
            f"{self._url}/services/oauth2/token",
            body=urlencode(self._grant()).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )

    def _granted(self, answer: Answer) -> Session:
        if answer.status != HTTPStatus.OK:
            raise _denial(answer)
        try:
            granted = _Granted.model_validate_json(answer.body)
        except ValidationError:
            raise CrmUnavailable("token-not-understood") from None
        if not self._is_safe(granted.instance_url):
            raise CrmPaused("instance-not-https")
        return Session(granted.access_token, granted.instance_url.rstrip("/"))

    def _is_safe(self, instance: str) -> bool:
        """Plain http is for a machine that plays Salesforce for itself."""
        given, known = urlsplit(instance), urlsplit(self._url)
        ours = {given.hostname, known.hostname} <= OURSELVES
        return given.scheme == "https" or (given.scheme == "http" and ours)


def _denial(answer: Answer) -> CrmFailure:
    """Say why there is no token: what is not the vendor's word may pass."""
    try:
        error = _Denied.model_validate_json(answer.body).error
    except ValidationError:
        return CrmUnavailable(f"token-http-{answer.status}")
    word = "".join(one if one.isascii() and one.isalnum() else "-" for one in error.lower())[:60]
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error in _PASSING:
        return CrmUnavailable(f"token-{word}")
    return CrmPaused(f"token-{word}")
