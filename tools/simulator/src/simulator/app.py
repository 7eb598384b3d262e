"""Composition root: builds the platform from its settings."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.routing import Mount

from simulator.control_api import ControlApi
from simulator.crm_endpoint import CrmEndpoint
from simulator.envelopes import Business
from simulator.event_panel import EventPanel
from simulator.event_reader import EventReader
from simulator.faults import FaultBoard
from simulator.graph_api import GraphApi
from simulator.ingress_client import IngressClient
from simulator.limits import Limits
from simulator.media import MediaStore
from simulator.page import Page
from simulator.people import People
from simulator.sending import Sending
from simulator.settings import Settings
from simulator.statuses import Pace, Statuses
from simulator.stored_files import S3Access, StoredFiles
from simulator.stream import Hub, Stream
from simulator.webhooks import Delivery, Pauses
from simulator.writing import Writing
from streaming.health import HealthServer
from streaming.service import Component, Service, background


@dataclass(slots=True)
class Simulator:
    """The platform, wired. `web` answers requests as long as the rest is running."""

    settings: Settings
    web: FastAPI
    http: httpx.AsyncClient
    hub: Hub
    people: People
    media: MediaStore
    ingress: IngressClient
    delivery: Delivery
    statuses: Statuses
    sending: Sending
    crm: CrmEndpoint
    panel: EventPanel
    reader: EventReader | None

    def service(self) -> Service:
        """Return the parts in the order in which they start."""
        server = HealthServer(
            self.settings.host,
            self.settings.port,
            ready=lambda: None,
            routes=[Mount("/", app=self.web)],
        )
        verify = background("handshake", lambda: self.ingress.verify(_pauses(self.settings)))
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
        await self.statuses.stop()
        await self.delivery.stop()
        await self.http.aclose()

    async def _close_streams(self) -> None:
        self.hub.close()


def build(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Simulator:
    """Wire the platform. `transport` replaces the way to the business' webhook address."""
    business = _business(settings)
    dice = random.Random(settings.seed)  # noqa: S311 - dice for faults, not for secrets
    faults, hub = FaultBoard(), Hub()
    people, panel = People(hub.publish), EventPanel(hub.publish)
    media = MediaStore(
        clock, ttl_s=settings.media_url_ttl_s, most_bytes=settings.media_memory_bytes
    )
    http = httpx.AsyncClient(
        timeout=settings.webhook_timeout_s, transport=transport, trust_env=False
    )
    ingress = _ingress(settings, http)
    delivery = Delivery(
        ingress,
        faults,
        dice,
        pauses=_pauses(settings),
        concurrency=settings.webhook_concurrency,
    )
    statuses = Statuses(
        business=business, people=people, delivery=delivery, pace=_pace(settings), clock=clock
    )
    sending = Sending(
        business=business,
        people=people,
        media=media,
        limits=Limits(),
        faults=faults,
        statuses=statuses,
        clock=clock,
        dice=dice,
    )
    secret = settings.crm_secret.get_secret_value()
    simulator = Simulator(
        settings=settings,
        web=FastAPI(title="Simulator", docs_url=None, redoc_url=None, openapi_url=None),
        http=http,
        hub=hub,
        people=people,
        media=media,
        ingress=ingress,
        delivery=delivery,
        statuses=statuses,
        sending=sending,
        crm=CrmEndpoint(secret, faults, lambda call: hub.publish("crm", None, call)),
        panel=panel,
        reader=_reader(settings, panel),
    )
    _add_routes(simulator, business, faults, clock)
    return simulator


def _add_routes(
    simulator: Simulator, business: Business, faults: FaultBoard, clock: Callable[[], float]
) -> None:
    web, settings = simulator.web, simulator.settings
    writing = Writing(business, simulator.people, simulator.media, simulator.delivery, clock)
    control = ControlApi(
        people=simulator.people,
        writing=writing,
        faults=faults,
        ingress=simulator.ingress,
        stats=simulator.stats,
    )
    page = Page(
        business,
        simulator.people,
        simulator.media,
        simulator.panel,
        simulator.crm,
        simulator.watching,
    )
    web.include_router(control.router())
    web.include_router(simulator.crm.router())
    web.include_router(StoredFiles(simulator.panel, _s3(settings)).router())
    web.include_router(Stream(simulator.hub, page.snapshot).router())
    page.mount(web)
    graph = GraphApi(
        access_token=settings.access_token.get_secret_value(),
        phone_number_id=settings.phone_number_id,
        sending=simulator.sending,
        media=simulator.media,
        faults=faults,
    )
    graph.mount(web)


def _business(settings: Settings) -> Business:
    return Business(
        settings.phone_number_id,
        settings.display_phone_number,
        settings.business_account_id,
        settings.business_name,
    )


def _ingress(settings: Settings, http: httpx.AsyncClient) -> IngressClient:
    return IngressClient(
        http,
        settings.webhook_url,
        app_secret=settings.app_secret.get_secret_value(),
        verify_token=settings.verify_token.get_secret_value(),
    )


def _pace(settings: Settings) -> Pace:
    return Pace(settings.sent_after_s, settings.delivered_after_s, settings.read_after_s)


def _pauses(settings: Settings) -> Pauses:
    return Pauses(settings.webhook_first_pause_s, settings.webhook_longest_pause_s)


def _reader(settings: Settings, panel: EventPanel) -> EventReader | None:
    if settings.kafka_bootstrap_servers is None:
        return None
    return EventReader(
        settings.kafka_bootstrap_servers,
        settings.topic_prefix,
        settings.instance_id,
        panel.record,
    )


def _s3(settings: Settings) -> S3Access | None:
    secret = settings.s3_secret_access_key
    if not (settings.s3_endpoint_url and settings.s3_access_key_id and secret):
        return None
    return S3Access(
        settings.s3_endpoint_url,
        settings.s3_access_key_id,
        secret.get_secret_value(),
        settings.s3_region,
    )


async def _nothing() -> None:
    """Start nothing: the part only has something to stop."""
