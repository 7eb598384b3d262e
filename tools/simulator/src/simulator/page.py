"""Serves the chat page, what it shows first, and the files in its bubbles."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from simulator.crm_endpoint import CrmEndpoint
from simulator.envelopes import Business
from simulator.event_panel import EventPanel
from simulator.media import MediaStore
from simulator.people import People
from simulator.stored_files import SAFE

STATIC = Path(__file__).parent / "static"
MOST_SHOWN = 500
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Page:
    """The page at `/`."""

    business: Business
    people: People
    media: MediaStore
    panel: EventPanel
    crm: CrmEndpoint
    watching: Callable[[], bool]
    """Whether the events can be followed now."""

    def mount(self, app: FastAPI) -> None:
        """Add the page's routes."""
        router = APIRouter()
        router.add_api_route("/", self._index, methods=["GET"])
        router.add_api_route("/simulator/media/{media_id}", self._media, methods=["GET"])
        app.include_router(router)
        app.mount("/static", StaticFiles(directory=STATIC))

    def snapshot(self, key: str) -> dict[str, Any]:
        """Return everything that the page shows of one person now."""
        person = self.people.meet(key)
        return {
            "business": {
                "name": self.business.name,
                "number": self.business.display_phone_number,
            },
            "person": {"wa_id": person.key, "name": person.name},
            "people": [
                {"wa_id": other.key, "name": other.name}
                for other in islice(self.people.everybody(), MOST_SHOWN)
            ],
            "messages": [entry.bubble() for entry in list(person.entries)[-MOST_SHOWN:]],
            "events": self.panel.events_of(person.key)[-MOST_SHOWN:],
            "crm": self.crm.calls()[-MOST_SHOWN:],
            "watching": self.watching(),
        }

    async def _index(self) -> FileResponse:
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return FileResponse(STATIC / "index.html", headers=headers)

    async def _media(self, media_id: str) -> Response:
        media = self.media.find(media_id)
        if media is None:
            raise HTTPException(404, "No file has this id.")
        return Response(media.content, media_type=media.mime_type, headers=SAFE)
