"""Asks an OAuth 2 token server for a token, by client credentials."""

import asyncio
import base64
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote_plus, urlsplit

import httpx
from pydantic import BaseModel, Field, SecretStr, ValidationError

from streaming.connecting import because
from streaming.tokens import NoToken, Token

ASK_SECONDS = 5.0
"""Less than the shortest session timeout: who waits for a token may send no heartbeat."""
_MOST_BYTES = 64 * 1024
_UNTOLD_SECONDS = 300.0
_LONGEST_SECONDS = 86_400.0
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""RFC 6750. Anything else could end the field in which Kafka is told it."""
_REFUSALS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "invalid_scope"}
    | {"unauthorized_client", "unsupported_grant_type"}
)
"""RFC 6749, section 5.2. Other words are not repeated, for they may quote us."""


class _Granted(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: SecretStr
    token_type: str = "bearer"  # noqa: S105 the kind of all tokens that Kafka takes
    expires_in: float | None = Field(default=None, allow_inf_nan=False)


class _Refused(BaseModel):
    error: str = ""


class _Claims(BaseModel):
    exp: float | None = Field(default=None, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """Who we are to the token server at `url`."""

    url: str
    client_id: str
    client_secret: SecretStr
    scope: str | None
    tls: ssl.SSLContext
    wall_clock: Callable[[], float] = time.time

    async def ask(self) -> Token:
        """Return a new token within ASK_SECONDS. Raises NoToken, in words without secrets."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                status, body = await self._post()
        except TimeoutError:
            raise self._none(f"it does not answer within {ASK_SECONDS:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._none(because(error)) from None
        if status != HTTPStatus.OK:
            raise self._none(f"it answers {status}{_refusal(body)}")
        return self._token(body)

    async def _post(self) -> tuple[int, bytes]:
        form = {"grant_type": "client_credentials"}
        if self.scope is not None:
            form["scope"] = self.scope
        client = httpx.AsyncClient(verify=self.tls, timeout=None, trust_env=False)  # noqa: S113 ask() limits it as a whole
        async with client, client.stream("POST", self.url, data=form, auth=self._auth) as answer:
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise self._none("its answer does not end")
        return answer.status_code, body

    @property
    def _auth(self) -> httpx.BasicAuth:
        """Both encoded before they are joined: RFC 6749, section 2.3.1."""
        secret = self.client_secret.get_secret_value()
        return httpx.BasicAuth(quote_plus(self.client_id), quote_plus(secret))

    def _token(self, body: bytes) -> Token:
        try:
            granted = _Granted.model_validate_json(body)
        except ValidationError:
            raise self._none("its answer holds no token") from None
        value = granted.access_token.get_secret_value()
        if granted.token_type.lower() != "bearer" or not _BEARER.fullmatch(value):
            raise self._none("what it gives is no bearer token")
        seconds = self._seconds(value, granted.expires_in)
        if seconds <= 0:
            raise self._none("its token has expired already, by the clock of this machine")
        return Token(granted.access_token, min(seconds, _LONGEST_SECONDS))

    def _seconds(self, token: str, told: float | None) -> float:
        """Believe whichever speaks of less: the server, or the token itself where it is a JWT."""
        expiry = _expiry(token)
        known = [told, None if expiry is None else expiry - self.wall_clock()]
        return min((one for one in known if one is not None), default=_UNTOLD_SECONDS)

    def _none(self, reason: str) -> NoToken:
        return NoToken(f"no token from {urlsplit(self.url).hostname}: {reason}")


def _refusal(body: bytes) -> str:
    try:
        error = _Refused.model_validate_json(body).error
    except ValidationError:
        return ""
    return f" {error}" if error in _REFUSALS else ""


def _expiry(token: str) -> float | None:
    """Read when a JWT ends, unchecked: Kafka checks it, we want to know when to come again."""
    try:
        _, claims, _ = token.split(".")
        return _Claims.model_validate_json(base64.urlsafe_b64decode(claims + "==")).exp
    except ValueError:  # not in three parts, not in base64, no claims
        return None
