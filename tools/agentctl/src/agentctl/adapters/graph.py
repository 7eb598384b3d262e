"""Meta's Graph API, as far as access is concerned."""

from collections.abc import Mapping
from typing import Any

from agentctl.adapters.http import Answer, Http


class GraphRefused(Exception):
    """Meta refused the call; `code` is its own number for why."""

    def __init__(self, code: int | None, status: int) -> None:
        super().__init__(f"code {code}" if code is not None else f"HTTP {status}")
        self.code = code


class Graph:
    """Every method may raise HttpTrouble or GraphRefused."""

    def __init__(self, http: Http, url: str, version: str) -> None:
        self._http = http
        self._base = f"{url.rstrip('/')}/{version}"
        self.last: Answer | None = None
        """The latest answer, for its clock."""

    async def get(
        self, path: str, token: str, params: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Return what is at `path`, asked for with `token`."""
        headers = {"authorization": f"Bearer {token}"}
        self.last = answer = await self._http.ask(
            "GET", f"{self._base}/{path}", params=params, headers=headers
        )
        body = answer.json()
        if not isinstance(body, dict) or "error" in body or answer.status >= 400:  # noqa: PLR2004 HTTP
            raise GraphRefused(_code(body), answer.status)
        return body


def _code(body: Any) -> int | None:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else None
