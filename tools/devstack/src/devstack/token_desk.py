"""A token server for tests: real signatures, and every kind of trouble on request."""

import json
import secrets
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus

from joserfc import jwt
from joserfc.jwk import RSAKey

from devstack.ports import LOOPBACK

AUDIENCE = "kafka"


@dataclass(frozen=True)
class Reply:
    """What the desk says to who asks for a token."""

    status: int
    body: bytes
    location: str = ""
    """Where it points to."""


def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": secrets.token_hex(8)})


@dataclass
class TokenDesk:
    """Gives tokens that Kafka believes, for `life` seconds, to who knows the secret.

    `instead` answers in its place; it may raise or block.
    """

    client_id: str = "whatsapp-agent"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    life: float = 3600
    instead: Callable[[], Reply] | None = None
    asked: int = 0
    url: str = ""
    _key: RSAKey = field(default_factory=_key)

    @property
    def token_url(self) -> str:
        """Where tokens are."""
        return f"{self.url}/token"

    @property
    def jwks_url(self) -> str:
        """Where Kafka finds what our signatures are checked by."""
        return f"{self.url}/jwks"

    def token(self, *, life: float | None = None, audience: str = AUDIENCE) -> str:
        """Sign a token; a negative `life` ended before it began."""
        now = time.time()
        ends = now + (self.life if life is None else life)
        who = {"iss": self.url, "sub": self.client_id, "aud": audience}
        claims = {**who, "iat": min(now, ends) - 1, "exp": ends}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid or ""}, claims, self._key)

    def grant(self, token: str, *, expires_in: object = None) -> Reply:
        """Give the answer that holds a token."""
        told = self.life if expires_in is None else expires_in
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": told}
        return Reply(200, json.dumps(answer).encode())

    def answer(self, authorization: str, form: str) -> Reply:
        """Answer who asks for a token."""
        self.asked += 1
        if self.instead is not None:
            return self.instead()
        if not self._knows(authorization):
            return Reply(401, b'{"error": "invalid_client", "error_description": "no such secret"}')
        if parse_qs(form).get("grant_type") != ["client_credentials"]:
            return Reply(400, b'{"error": "unsupported_grant_type"}')
        return self.grant(self.token())

    def keys(self) -> bytes:
        """Give the public key."""
        return json.dumps({"keys": [self._key.as_dict(private=False)]}).encode()

    def _knows(self, authorization: str) -> bool:
        kind, _, both = authorization.partition(" ")
        name, _, secret = b64decode(both).decode().partition(":")
        told = unquote_plus(name), unquote_plus(secret)
        return kind == "Basic" and told == (self.client_id, self.client_secret)


@contextmanager
def open_desk() -> Iterator[TokenDesk]:
    """Serve on loopback for as long as it takes."""
    desk = TokenDesk()

    class Window(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._say(Reply(200, desk.keys()))

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say(desk.answer(self.headers.get("authorization", ""), form))

        def log_message(self, *_: object) -> None:
            return

        def _say(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(reply.body)))
            if reply.location:
                self.send_header("location", reply.location)
            self.end_headers()
            self.wfile.write(reply.body)

    with ThreadingHTTPServer((LOOPBACK, 0), Window) as server:
        server.daemon_threads = True
        desk.url = f"http://{LOOPBACK}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()
