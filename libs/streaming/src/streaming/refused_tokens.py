"""Lets aiokafka notice that Kafka refuses a token; left alone it goes on as if it were let in.

A broker refuses with a text and waits for a byte before it hangs up (RFC 7628, 3.2.3). aiokafka
reads that text as success, and whatever it asks next gets no true answer: a client that starts then
finds a cluster without brokers. The path below aiokafka's public surface is only here.
"""

from typing import Any

from aiokafka import conn
from aiokafka.errors import SaslAuthenticationFailed

from streaming.tokens import TokenSource

_SEEN = b"\x01", True


def heed() -> None:
    """Take a refusal for what it is, and tell the source of the token, in this process."""
    conn.OAuthAuthenticator = _Authenticator


class _Authenticator(conn.OAuthAuthenticator):  # type: ignore[misc]  # aiokafka is untyped
    _sasl_oauth_token_provider: Any
    _token_sent: bool
    _token = ""
    _refused = False

    async def step(self, payload: bytes | None) -> tuple[bytes, bool] | None:
        if not self._token_sent:
            first: tuple[bytes, bool] = await super().step(payload)
            return first
        if self._refused:
            raise SaslAuthenticationFailed("the token was refused")
        source = self._sasl_oauth_token_provider
        self._refused = bool(payload)
        if isinstance(source, TokenSource):
            source.learn(self._token, accepted=not self._refused)
        return _SEEN if self._refused else None

    def _build_oauth_client_request(self, token: str, extensions: str) -> str:
        self._token = token
        request: str = super()._build_oauth_client_request(token, extensions)
        return request
