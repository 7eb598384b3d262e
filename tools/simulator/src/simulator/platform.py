"""The running platform: its parts in order, and what happened so far in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from simulator.access import AccessBoard
from simulator.acting import Acting
from simulator.crm_endpoint import CrmEndpoint
from simulator.envelopes import Business
from simulator.event_panel import EventPanel
from simulator.event_reader import EventReader
from simulator.failures import Failures
from simulator.faults import FaultBoard
from simulator.http_caller import Caller
from simulator.ingress_client import IngressClient
from simulator.journal import Journal
from simulator.media import MediaStore
from simulator.number import Number
from simulator.people import People
from simulator.sending import Sending
from simulator.settings import Settings
from simulator.statuses import Statuses
from simulator.stream import Hub
from simulator.templates import Templates
from simulator.webhooks import Delivery, Pauses
from streaming.health import HealthServer
from streaming.service import Component, Service, background


@dataclass(slots=True)
class Simulator:
    """The platform, wired. `web` answers requests as long as the rest is running."""

    settings: Settings
    business: Business
    faults: FaultBoard
    web: FastAPI
    caller: Caller
    hub: Hub
    people: People
    media: MediaStore
    ingress: IngressClient
    delivery: Delivery
    statuses: Statuses
    failures: Failures
    templates: Templates
    number: Number
    access: AccessBoard
    sending: Sending
    acting: Acting
    crm: CrmEndpoint
    journal: Journal
    panel: EventPanel
    reader: EventReader | None

    def service(self) -> Service:
        """Return the parts in the order in which they start."""
        pauses = Pauses(self.settings.webhook_first_pause_s, self.settings.webhook_longest_pause_s)
        server = HealthServer(
            self.settings.host,
            self.settings.port,
            ready=lambda: None,
            routes=[Mount("/", app=self.web)],
        )
        verify = background("handshake", lambda: self.ingress.verify(pauses))
        parts = [
            Component("webhooks", _nothing, self._stop_webhooks),
            Component("http", server.start, server.stop, server.died),
            replace(verify, died=None),  # it ends once the business has proved itself
            Component("page streams", _nothing, self._close_streams),
        ]
        if self.reader is not None:
            parts.append(background("event panel", self.reader.run))
        return Service("simulator", parts)

    def stats(self) -> Mapping[str, Any]:
        """Return what happened so far, in numbers."""
        shake = self.ingress.handshake
        calls = self.crm.calls()
        return {
            "handshake": {
                "verified": shake.verified,
                "attempts": shake.attempts,
                "last_status": shake.last_status,
            },
            "webhooks": {"pending": self.delivery.pending, **self.delivery.counts},
            "sends": dict(self.sending.counts),
            "calls": {"waiting": self.sending.waiting},
            "statuses": dict(self.statuses.counts),
            "users": len(self.people.everybody()),
            "media": {"files": len(self.media), "bytes": self.media.held_bytes},
            "crm": {
                "calls": len(calls),
                "verified": sum(call["verified"] for call in calls),
                "duplicates": sum(call["duplicate_of_earlier"] for call in calls),
            },
            "events": {"watching": self.watching(), "read": self.panel.read},
        }

    def watching(self) -> bool:
        """Return whether the events can be followed now."""
        return self.reader is not None and self.reader.connected

    async def _stop_webhooks(self) -> None:
        await self.number.stop()
        await self.statuses.stop()
        await self.delivery.stop()
        await self.caller.close()
        self.journal.close()

    async def _close_streams(self) -> None:
        self.hub.close()


async def _nothing() -> None:
    """Start nothing: the part only has something to stop."""
