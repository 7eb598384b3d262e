"""Composition root: builds the platform from its settings."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from simulator.access import AccessBoard
from simulator.account import Account
from simulator.acting import Acting
from simulator.acting_api import ActingApi
from simulator.control_api import ControlApi
from simulator.crm_endpoint import CrmEndpoint
from simulator.envelopes import Business, Update, envelope
from simulator.event_panel import EventPanel
from simulator.event_reader import EventReader
from simulator.failures import Failures
from simulator.faults import FaultBoard
from simulator.graph_access import GraphAccess
from simulator.graph_api import GraphApi
from simulator.http_caller import Caller, HttpCaller
from simulator.ingress_client import IngressClient
from simulator.journal import Journal
from simulator.limits import Limits, Rates
from simulator.media import MediaStore
from simulator.number import Number
from simulator.number_api import NumberApi
from simulator.page import Page
from simulator.people import People
from simulator.platform import Simulator
from simulator.refusing import Refusals
from simulator.sending import Sending
from simulator.settings import Settings
from simulator.statuses import Pace, Statuses
from simulator.stored_files import S3Access, StoredFiles
from simulator.stream import Hub, Stream
from simulator.templates import Templates
from simulator.visitors import OwnPagesOnly
from simulator.webhooks import Delivery, Pauses, TooManyPending
from simulator.writing import Writing


def build(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    caller: Caller | None = None,
) -> Simulator:
    """Wire the platform. `caller` replaces the way to the business' webhook address."""
    simulator = _platform(settings, clock, caller or HttpCaller(settings.webhook_timeout_s))
    web = simulator.web
    web.add_middleware(OwnPagesOnly, names=settings.host_names)
    web.add_exception_handler(TooManyPending, _full)
    for part in (_control(simulator, clock), simulator.crm, *_acts(simulator)):
        web.include_router(part.router())
    web.include_router(StoredFiles(simulator.panel, _s3(settings)).router())
    page = page_of(simulator)
    web.include_router(Stream(simulator.hub, page.snapshot).router())
    page.mount(web)
    _graph_access(simulator).mount(web)
    _graph(simulator).mount(web)
    return simulator


@dataclass(frozen=True, slots=True)
class _World:
    """What all parts share."""

    settings: Settings
    clock: Callable[[], float]
    business: Business
    faults: FaultBoard
    dice: random.Random
    journal: Journal
    hub: Hub
    people: People
    media: MediaStore


def _platform(settings: Settings, clock: Callable[[], float], caller: Caller) -> Simulator:
    world = _world(settings, clock)
    business, people, faults, hub = world.business, world.people, world.faults, world.hub
    ingress = _ingress(settings, caller)
    delivery = _delivery(world, ingress)
    statuses = _statuses(world, delivery)
    account = Account(business, delivery, clock)
    number = Number(Limits(_rates(settings)), account)
    failures, templates = Failures(), Templates()
    panel = EventPanel(hub.publish, people.key_of)
    secret = settings.crm_secret.get_secret_value()
    return Simulator(
        settings=settings,
        business=business,
        faults=faults,
        web=FastAPI(
            title="Simulator",
            docs_url=None,
            redoc_url=None,
            openapi_url="/simulator/openapi.json",
        ),
        caller=caller,
        hub=hub,
        people=people,
        media=world.media,
        ingress=ingress,
        delivery=delivery,
        statuses=statuses,
        failures=failures,
        templates=templates,
        number=number,
        access=AccessBoard(),
        sending=_sending(world, statuses, _refusals(world, failures, number, templates)),
        acting=Acting(
            business=business,
            people=people,
            delivery=delivery,
            statuses=statuses,
            account=account,
            clock=clock,
        ),
        crm=CrmEndpoint(secret, faults, partial(hub.publish, "crm", None), world.journal),
        journal=world.journal,
        panel=panel,
        reader=_reader(settings, panel),
    )


def _world(settings: Settings, clock: Callable[[], float]) -> _World:
    hub = Hub()
    return _World(
        settings=settings,
        clock=clock,
        business=_business(settings),
        faults=FaultBoard(),
        dice=random.Random(settings.seed),  # noqa: S311 - dice for faults, not for secrets
        journal=Journal(settings.journal),
        hub=hub,
        people=People(hub.publish),
        media=MediaStore(
            clock, ttl_s=settings.media_url_ttl_s, most_bytes=settings.media_memory_bytes
        ),
    )


def _statuses(world: _World, delivery: Delivery) -> Statuses:
    settings = world.settings
    return Statuses(
        business=world.business,
        people=world.people,
        delivery=delivery,
        pace=Pace(settings.sent_after_s, settings.delivered_after_s, settings.read_after_s),
        clock=world.clock,
        faults=world.faults,
        dice=world.dice,
    )


def _refusals(world: _World, failures: Failures, number: Number, templates: Templates) -> Refusals:
    return Refusals(
        faults=world.faults,
        failures=failures,
        number=number,
        templates=templates,
        clock=world.clock,
        dice=world.dice,
    )


def _sending(world: _World, statuses: Statuses, refusals: Refusals) -> Sending:
    return Sending(
        business=world.business,
        people=world.people,
        media=world.media,
        refusals=refusals,
        faults=world.faults,
        statuses=statuses,
        clock=world.clock,
        journal=world.journal,
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


def _acts(simulator: Simulator) -> tuple[ActingApi, NumberApi]:
    acting = simulator.acting
    number = NumberApi(
        failures=simulator.failures,
        number=simulator.number,
        templates=simulator.templates,
        acting=acting,
        access=simulator.access,
    )
    return ActingApi(simulator.people, acting), number


async def _full(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "Too many webhooks wait for the business."}, status_code=503)


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
        access=simulator.access,
    )


def _graph_access(simulator: Simulator) -> GraphAccess:
    settings = simulator.settings
    return GraphAccess(
        business=simulator.business,
        app_id=settings.app_id,
        app_secret=settings.app_secret.get_secret_value(),
        access_token=settings.access_token.get_secret_value(),
        callback_url=settings.webhook_url,
        board=simulator.access,
    )


def _delivery(world: _World, ingress: IngressClient) -> Delivery:
    settings = world.settings

    def pack(updates: Sequence[Update], *, merged: bool) -> bytes:
        return envelope(updates, account_id=world.business.account_id, merged=merged)

    return Delivery(
        ingress,
        world.faults,
        world.dice,
        pack=pack,
        pauses=Pauses(settings.webhook_first_pause_s, settings.webhook_longest_pause_s),
        concurrency=settings.webhook_concurrency,
        journal=world.journal,
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


def _rates(settings: Settings) -> Rates:
    return Rates(settings.number_per_second, settings.pair_seconds, settings.pair_burst)


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
