"""`GET /files/{key}`: sends whoever may see a file to where it can be downloaded, for minutes."""

import hmac

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.ports.files import FileStorage, StorageRefused, StorageUnavailable
from file_manager.handlers.metrics import LINKS
from file_manager.use_cases.object_keys import download_name, file_of

_KEEP_OUT = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_log = structlog.get_logger(__name__)


class Links:
    """Answers those who hold the token: a person's gateway, or a CRM's."""

    def __init__(self, storage: FileStorage, token: SecretStr, *, seconds: int) -> None:
        self._storage = storage
        self._token = token.get_secret_value().encode()
        self._seconds = seconds

    def routes(self) -> list[Route]:
        """Give what the API consists of."""
        return [Route("/files/{key:path}", self.file, methods=["GET"])]

    async def file(self, request: Request) -> Response:
        """Redirect to a link that ends soon; it is told to nobody else and logged nowhere."""
        response = await self._answer(request)
        response.headers.update(_KEEP_OUT)
        LINKS.labels(str(response.status_code)).inc()
        return response

    async def _answer(self, request: Request) -> Response:
        if not self._may(request):
            return _problem(401, "Unauthorized", {"WWW-Authenticate": "Bearer"})
        key = request.path_params["key"]
        name = download_name(key)
        if name is None:
            return _problem(404, "Not Found")
        try:
            if await self._storage.find(key) is None:
                return _problem(404, "Not Found")
            link = await self._storage.link(key, file_name=name, seconds=self._seconds)
        except StorageUnavailable:
            return _problem(503, "Service Unavailable", {"Retry-After": "5"})
        except StorageRefused as refusal:
            _log.error("a file cannot be looked up", problem=str(refusal))
            return _problem(502, "Bad Gateway")
        _log.info("file linked", file_id=str(file_of(key)))
        return RedirectResponse(link, status_code=302)

    def _may(self, request: Request) -> bool:
        given = request.headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        same = hmac.compare_digest(token.strip().encode(), self._token)
        return same and scheme.lower() == "bearer"


def _problem(status: int, title: str, headers: dict[str, str] | None = None) -> Response:
    told = {"title": title, "status": status}
    return JSONResponse(told, status, headers, media_type="application/problem+json")
