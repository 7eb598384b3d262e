"""Live updates for the page, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from simulator.people import KEY

BEAT_S = 15.0
MOST_WAITING = 5_000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened. Without `wa_id` it is for every page."""

    kind: str
    wa_id: str | None
    data: Mapping[str, Any]


class Hub:
    """Hands each notice to every open page; one that does not keep up is cut off and reconnects."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[Notice | None]] = set()

    def publish(self, kind: str, wa_id: str | None, data: Mapping[str, Any]) -> None:
        """Tell every page."""
        for page in list(self._pages):
            if page.qsize() < MOST_WAITING:
                page.put_nowait(Notice(kind, wa_id, data))
            else:
                self._pages.discard(page)
                page.put_nowait(None)

    @contextmanager
    def page(self) -> Iterator[asyncio.Queue[Notice | None]]:
        """Open a page: its queue gets the notices from now on, and None at the end."""
        queue: asyncio.Queue[Notice | None] = asyncio.Queue()
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)

    def close(self) -> None:
        """End all pages' streams."""
        for page in self._pages:
            page.put_nowait(None)
        self._pages.clear()


class Stream:
    """`GET /simulator/stream?user=`: first a snapshot, then what happens, for one person."""

    def __init__(self, hub: Hub, snapshot: Callable[[str], Mapping[str, Any]]) -> None:
        self._hub = hub
        self._snapshot = snapshot

    def router(self) -> APIRouter:
        """Return the route."""
        router = APIRouter()
        router.add_api_route("/simulator/stream", self._open, methods=["GET"])
        return router

    async def _open(self, user: Annotated[str, Query(pattern=KEY)]) -> StreamingResponse:
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self.follow(user), media_type="text/event-stream", headers=headers)

    async def follow(self, wa_id: str) -> AsyncGenerator[str]:
        """Give the stream of one page, in the wire format of server-sent events."""
        with self._hub.page() as queue:
            yield _event("snapshot", self._snapshot(wa_id))
            while True:
                try:
                    notice = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if notice is None:
                    return
                if (event := _for_page(notice, wa_id)) is not None:
                    yield event


def _for_page(notice: Notice, wa_id: str) -> str | None:
    if notice.wa_id in {None, wa_id} or notice.kind == "person":
        return _event(notice.kind, notice.data)
    if notice.kind == "message":
        return _event("elsewhere", {"wa_id": notice.wa_id})
    return None


def _event(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
