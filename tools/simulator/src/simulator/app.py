"""Composition root: builds the platform from its settings."""

import random
import time
from collections.abc import Callable

from fastapi import FastAPI

from simulator.control_api import ControlApi
from simulator.crm_endpoint import CrmEndpoint
from simulator.envelopes import Business
from simulator.event_panel import EventPanel
from simulator.event_reader import EventReader
from simulator.faults import FaultBoard
from simulator.graph_api import GraphApi
from simulator.http_caller import Caller, HttpCaller
from simulator.ingress_client import IngressClient
from simulator.journal import Journal
from simulator.limits import Limits
from simulator.media import MediaStore
from simulator.page import Page
from simulator.people import People
from simulator.platform import Simulator
from simulator.sending import Sending
from simulator.settings import Settings
from simulator.statuses import Pace, Statuses
from simulator.stored_files import S3Access, StoredFiles
from simulator.stream import Hub, Stream
from simulator.visitors import OwnPagesOnly
from simulator.webhooks import Delivery, Pauses
from simulator.writing import Writing


def build(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    caller: Caller | None = None,
) -> Simulator:
    """Wire the platform. `caller` replaces the way to the business' webhook address."""
    simulator = _parts(settings, clock, caller or HttpCaller(settings.webhook_timeout_s))
    web = simulator.web
    web.add_middleware(OwnPagesOnly)
    web.include_router(_control(simulator, clock).router())
    web.include_router(simulator.crm.router())
    web.include_router(StoredFiles(simulator.panel, _s3(settings)).router())
    page = page_of(simulator)
    web.include_router(Stream(simulator.hub, page.snapshot).router())
    page.mount(web)
    _graph(simulator).mount(web)
    return simulator


def _parts(settings: Settings, clock: Callable[[], float], caller: Caller) -> Simulator:
    business, faults, hub = _business(settings), FaultBoard(), Hub()
    journal = Journal(settings.journal)
    dice = random.Random(settings.seed)  # noqa: S311 - dice for faults, not for secrets
    people, panel = People(hub.publish), EventPanel(hub.publish)
    media = MediaStore(
        clock, ttl_s=settings.media_url_ttl_s, most_bytes=settings.media_memory_bytes
    )
    ingress = _ingress(settings, caller)
    delivery = _delivery(settings, ingress, faults, dice, journal)
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
        journal=journal,
    )
    secret = settings.crm_secret.get_secret_value()
    return Simulator(
        settings=settings,
        business=business,
        faults=faults,
        web=FastAPI(title="Simulator", docs_url=None, redoc_url=None, openapi_url=None),
        caller=caller,
        hub=hub,
        people=people,
        media=media,
        ingress=ingress,
        delivery=delivery,
        statuses=statuses,
        sending=sending,
        crm=CrmEndpoint(secret, faults, lambda call: hub.publish("crm", None, call), journal),
        journal=journal,
        panel=panel,
        reader=_reader(settings, panel),
    )


def _control(simulator: Simulator, clock: Callable[[], float]) -> ControlApi:
    writing = Writing(
        simulator.business, simulator.people, simulator.media, simulator.delivery, clock
    )
    return ControlApi(
        people=simulator.people,
        writing=writing,
        faults=simulator.faults,
        ingress=simulator.ingress,
        stats=simulator.stats,
    )


def page_of(simulator: Simulator) -> Page:
    """Return the chat page of this platform."""
    return Page(
        simulator.business,
        simulator.people,
        simulator.media,
        simulator.panel,
        simulator.crm,
        simulator.watching,
    )


def _graph(simulator: Simulator) -> GraphApi:
    return GraphApi(
        access_token=simulator.settings.access_token.get_secret_value(),
        phone_number_id=simulator.business.phone_number_id,
        sending=simulator.sending,
        media=simulator.media,
        faults=simulator.faults,
    )


def _delivery(
    settings: Settings,
    ingress: IngressClient,
    faults: FaultBoard,
    dice: random.Random,
    journal: Journal,
) -> Delivery:
    return Delivery(
        ingress,
        faults,
        dice,
        pauses=Pauses(settings.webhook_first_pause_s, settings.webhook_longest_pause_s),
        concurrency=settings.webhook_concurrency,
        journal=journal,
    )


def _business(settings: Settings) -> Business:
    return Business(
        settings.phone_number_id,
        settings.display_phone_number,
        settings.business_account_id,
        settings.business_name,
    )


def _ingress(settings: Settings, caller: Caller) -> IngressClient:
    return IngressClient(
        caller,
        settings.webhook_url,
        app_secret=settings.app_secret.get_secret_value(),
        verify_token=settings.verify_token.get_secret_value(),
    )


def _pace(settings: Settings) -> Pace:
    return Pace(settings.sent_after_s, settings.delivered_after_s, settings.read_after_s)


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
