"""Composition root of crm-notifier: the only module that knows every other."""

import logging
import sys
from typing import NamedTuple, assert_never

import httpx
from pydantic import SecretStr

from crm_notifier.adapters.console import ConsoleCrm
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signing_key
from crm_notifier.handlers import SERVICE, Destination, TellCrm, wanted
from crm_notifier.settings import Settings
from crm_notifier.use_cases.subjects import events_about
from domain.codec import UndecodableMessage
from domain.ports.crm import CrmRefused, CrmService, CrmUnavailable
from domain.topics import (
    PARKED_BY_CRM_NOTIFIER,
    REDRIVEN_TO_CRM_NOTIFIER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
    parked_by_crm_notifier,
    redriven_to_crm_notifier,
)
from streaming.health import HealthServer
from streaming.kafka import Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.parking import Parking
from streaming.redriven import Redriven
from streaming.runner import KeyedRunner
from streaming.service import Component, Service


def build(settings: Settings) -> Service:
    """Wire the service; nothing is opened or read before it starts."""
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    http = _http()
    destination = _destination(settings, http)
    reader = reader_of(settings)
    topics = [SESSION_EVENTS.name, SESSION_COMMANDS.name, reader.parked]
    link = Link(connection, publisher, kafka, topics=topics)
    tell = TellCrm(destination, publisher)
    park = Parking(publisher, reader.parked, kafka.group(reader.group))
    unavailable, rejected = (CrmUnavailable, PublishFailed), (CrmRefused, UndecodableMessage)
    redriven = Redriven(
        kafka,
        topic=kafka.topic(reader.redriven),
        group=kafka.group(f"{reader.group}.redriven"),
        handle=tell,
        park=park,
        unavailable=unavailable,
        rejected=rejected,
    )
    runner = KeyedRunner(
        broker=connection,
        topic=kafka.topic(SESSION_EVENTS.name),
        group=kafka.group(reader.group),
        instance_id=settings.instance_id,
        handle=tell,
        park=park,
        unavailable=unavailable,
        rejected=rejected,
        on_assigned=redriven.on_assigned,
        on_released=redriven.on_released,
        wanted=wanted(destination.told),
    )
    health = HealthServer(
        settings.host,
        settings.port,
        ready=lambda: link.ready() or runner.ready(),
        status=lambda: runner.status() or redriven.status(),
    )
    return Service(
        SERVICE,
        [
            Component("health", health.start, health.stop, health.died),
            Component("crm", _nothing, http.aclose),
            Component("kafka", link.start, link.stop, link.died),
            Component("events", runner.start, runner.stop, runner.died),
        ],
    )


class Reader(NamedTuple):
    """In which group events are read, where those go that the CRM refuses, and come back from."""

    group: str
    parked: str
    redriven: str


def reader_of(settings: Settings) -> Reader:
    """Give a destination with a name of its own a position and parked events of its own."""
    if settings.name is None:
        return Reader(SERVICE, PARKED_BY_CRM_NOTIFIER.name, REDRIVEN_TO_CRM_NOTIFIER.name)
    return Reader(
        f"{SERVICE}-{settings.name}",
        parked_by_crm_notifier(settings.name).name,
        redriven_to_crm_notifier(settings.name).name,
    )


def _destination(settings: Settings, http: httpx.AsyncClient) -> Destination:
    crm = _crm(settings, http)
    return Destination(crm, settings.name or crm.name, events_about(settings.tell))


def _crm(settings: Settings, http: httpx.AsyncClient) -> CrmService:
    match settings.crm:
        case "console":
            return ConsoleCrm(sys.stdout)
        case "webhook":
            key = signing_key(_given(settings.webhook_secret))
            return SignedWebhook(http, _given(settings.webhook_url), key)
        case _:
            assert_never(settings.crm)


def _given(secret: SecretStr | None) -> str:
    """Return what the settings have made sure of."""
    if secret is None:
        raise ValueError("the settings were not validated")
    return secret.get_secret_value()


def _http() -> httpx.AsyncClient:
    """Give a client that leaves the time limit to the adapter and the environment alone."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they log addresses and headers
    return httpx.AsyncClient(
        timeout=None,  # noqa: S113 the adapter limits the call as a whole
        trust_env=False,
        headers={"user-agent": "whatsapp-agent/crm-notifier"},
    )


async def _nothing() -> None:
    """Start nothing: connections are opened by the first call."""
