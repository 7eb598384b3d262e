"""Keeps other people's web pages out: a browser on this laptop opens those, too."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BODIES = frozenset({"application/json", "multipart/form-data"})


class OwnPagesOnly:
    """Refuses what a page of somebody else makes a browser send.

    The Host must be loopback, or one of `names`, by which callers beside us in a network of
    containers know us: any other name that resolves to us reads nothing (DNS rebinding).
    What changes something must not come from another origin (CSRF), and below /simulator its
    body must be of a declared type that a plain form cannot give, or multipart.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 or 415 in its place."""
        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> JSONResponse | None:
        host = request.headers.get("host", "")
        if not is_ours(host, self._names):
            return _refused(403, "The simulator answers only on this computer's own addresses.")
        if request.method in SAFE_METHODS:
            return None
        origin = request.headers.get("origin")
        if origin is not None and origin != f"{request.scope['scheme']}://{host}":
            return _refused(403, "Pages of other origins may change nothing here.")
        if not _has_known_body(request):
            return _refused(415, "The body must be application/json or multipart/form-data.")
        return None


def is_ours(host: str, names: Collection[str]) -> bool:
    """Say whether a Host header, with or without a port, is loopback or one of `names`."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name in names or ip_address(name).is_loopback
    except ValueError:
        return False


def _has_known_body(request: Request) -> bool:
    if request.method == "DELETE" or not request.url.path.startswith("/simulator/"):
        return True
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return declared in BODIES


def _refused(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status_code=status)
