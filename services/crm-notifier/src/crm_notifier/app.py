"""Composition root of crm-notifier: the only module that knows every other."""

from typing import NamedTuple

from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.crms import CRMS
from crm_notifier.handlers import SERVICE, Destination, TellCrm, wanted
from crm_notifier.settings import Settings
from crm_notifier.use_cases.holding_back import CALLS, HoldingBack
from crm_notifier.use_cases.subjects import events_about
from domain.codec import UndecodableMessage
from domain.ports.crm import CrmRefused, CrmUnavailable
from domain.topics import (
    PARKED_BY_CRM_NOTIFIER,
    REDRIVEN_TO_CRM_NOTIFIER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
    parked_by_crm_notifier,
    redriven_to_crm_notifier,
)
from streaming.beginning import Beginning
from streaming.health import HealthServer
from streaming.kafka import Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.parking import Parking
from streaming.redriven import Redriven
from streaming.runner import KeyedRunner
from streaming.service import Component, Service

_AT_ONCE = 4 * CALLS
"""Events under way. Those that wait for Kafka keep nobody from a call."""


def build(settings: Settings) -> Service:
    """Wire the service; nothing is opened or read before it starts."""
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    http = HttpClient(private_network=settings.private_network, inside=settings.inside())
    crm = HoldingBack(CRMS[settings.crm](settings, http, settings.map))
    destination = Destination(crm, settings.name or crm.name, events_about(settings.tell))
    reader = reader_of(settings)
    topics = [SESSION_EVENTS.name, SESSION_COMMANDS.name, reader.parked]
    link = Link(connection, publisher, kafka, topics=topics)
    tell = TellCrm(destination, publisher)
    unavailable, rejected = (CrmUnavailable, PublishFailed), (CrmRefused, UndecodableMessage)
    events, group = kafka.topic(SESSION_EVENTS.name), kafka.group(reader.group)
    park = Parking(publisher, reader.parked, group)
    beginning = Beginning(kafka, topic=events, group=group, begin=settings.start)
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
        topic=events,
        group=group,
        instance_id=settings.instance_id,
        handle=tell,
        park=park,
        unavailable=unavailable,
        rejected=rejected,
        concurrency=_AT_ONCE,
        on_assigned=redriven.on_assigned,
        on_released=redriven.on_released,
        wanted=wanted(destination.told),
    )
    health = HealthServer(
        settings.host,
        settings.port,
        ready=lambda: link.ready() or runner.ready(),
        status=lambda: _paused(crm) or runner.status() or redriven.status(),
    )
    return Service(
        SERVICE,
        [
            Component("health", health.start, health.stop, health.died),
            Component("crm", http.start, http.stop),
            Component("kafka", link.start, link.stop, link.died),
            Component("beginning", beginning.start, beginning.stop),
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


def _paused(crm: HoldingBack) -> str | None:
    """Say that a person has to look, and why: no restart would mend it."""
    reason = crm.paused()
    return None if reason is None else f"the CRM takes nothing from us until you look: {reason}"
