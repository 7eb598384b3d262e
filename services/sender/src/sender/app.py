"""Composition root: the only module that knows every other."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain.codec import UndecodableMessage
from domain.ports.media_library import MediaLibrary
from domain.ports.outlook import NewsUnavailable
from domain.ports.sending import MessageSender, PlatformUnavailable
from domain.ports.sending_ledger import LedgerUnavailable
from domain.topics import (
    ACCOUNT_UPDATES,
    PARKED_BY_SENDER,
    REDRIVEN_TO_SENDER,
    SENDER_LEDGER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)
from sender.adapters.console_media_library import ConsoleMediaLibrary
from sender.adapters.console_sender import ConsoleSender
from sender.adapters.kafka_account_updates import KafkaAccountUpdates
from sender.adapters.kafka_ledger import KafkaLedger
from sender.adapters.kafka_outlook import KafkaOutlook
from sender.adapters.media_folder import MediaFolder
from sender.adapters.whatsapp_cloud import GraphAccess, WhatsAppCloudSender
from sender.adapters.whatsapp_media_library import WhatsAppMediaLibrary
from sender.handlers import GROUP, OUTCOMES, Handlers, is_wanted
from sender.settings import Settings
from sender.use_cases.catching_up import CatchingUp
from sender.use_cases.deferring import Bounds, Deferring
from sender.use_cases.forgetting import keep_forgetting
from sender.use_cases.pacing import Limits, Pacing, Rate
from sender.use_cases.sending import MayHaveBeenSent, Policy, ReplySending
from sender.use_cases.turns import Time
from sender.use_cases.upgrading import Upgrading
from streaming.health import HealthServer
from streaming.kafka import Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.parking import Parking
from streaming.redriven import Redriven
from streaming.runner import KeyedRunner
from streaming.service import Component, Service, background

_PEOPLE_AT_ONCE = 1000
"""Many more than calls: most of them wait for their turn or for a status, not for the platform."""
_MOST_BUFFERED = 10_000
_TOPICS = (SESSION_EVENTS, SESSION_COMMANDS, SENDER_LEDGER, ACCOUNT_UPDATES, PARKED_BY_SENDER)


def build(settings: Settings) -> Service:
    """Wire everything; nothing is started yet."""
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    link = Link(connection, publisher, kafka, topics=[topic.name for topic in _TOPICS])
    sender, library, platform = _platform(settings)
    pacing = Pacing(_limits(settings), stop_pause=settings.stop_pause)
    account = KafkaAccountUpdates(kafka, _upgrading(pacing, settings).upgraded)
    ledger = KafkaLedger(kafka, lost=lambda: runner.rejoin())  # noqa: PLW0108 made later
    events, group = kafka.topic(SESSION_EVENTS.name), kafka.group(GROUP)
    outlook = KafkaOutlook(
        kafka,
        events,
        OUTCOMES,
        lambda partition: door.read_to(partition),  # noqa: PLW0108 made later
        lambda partition, data: door.hear_of_outcome(partition, data),  # noqa: PLW0108
    )
    clock = Time(now=lambda: datetime.now(UTC), monotonic=time.monotonic)
    sending = ReplySending(
        sender=sender,
        library=library,
        ledger=ledger,
        pacing=pacing,
        policy=_policy(settings),
        time=clock,
        catch_up=CatchingUp(outlook),
    )
    keep = timedelta(days=settings.ledger_days)
    trouble = (PlatformUnavailable, LedgerUnavailable, NewsUnavailable, PublishFailed)
    bounds = Bounds(settings.defer_after, settings.deferred_bytes)
    deferring = Deferring(sending, ledger, bounds, clock, trouble)
    park = Parking(publisher, PARKED_BY_SENDER.name, group)
    door = Handlers(deferring, sending.hearsay, publisher, park, events)
    redriven = Redriven(
        kafka,
        topic=kafka.topic(REDRIVEN_TO_SENDER.name),
        group=kafka.group(f"{GROUP}.redriven"),
        handle=door.handle_redriven,
        park=park,
        unavailable=trouble,
        rejected=(UndecodableMessage, MayHaveBeenSent),
    )
    runner = KeyedRunner(
        broker=connection,
        topic=events,
        group=group,
        instance_id=settings.instance_id,
        handle=door.handle,
        park=park,
        unavailable=trouble,
        rejected=(UndecodableMessage,),
        concurrency=_PEOPLE_AT_ONCE,
        max_buffered=_MOST_BUFFERED,
        on_assigned=lambda begins: _assigned(door, redriven, begins),
        on_released=lambda grace: _released(door, redriven, grace),
        on_fetched=door.on_fetched,
        wanted=is_wanted,
    )
    health = HealthServer(
        settings.host,
        settings.port,
        ready=lambda: link.ready() or runner.ready(),
        status=lambda: sending.turns.status() or runner.status() or redriven.status(),
    )
    return Service(
        "sender",
        [
            Component("health", health.start, health.stop, health.died),
            Component("kafka", link.start, link.stop, link.died),
            background("account-updates", account.listen),
            *platform,
            Component("ledger", _nothing, ledger.close),
            background("ledger-sweep", lambda: keep_forgetting(ledger, keep, asyncio.sleep)),
            Component("events", runner.start, runner.stop, runner.died),
        ],
    )


async def _assigned(door: Handlers, redriven: Redriven, begins: Mapping[int, int]) -> None:
    """Read the ledger before what is redriven: it says whether that was sent already."""
    await redriven.on_released(0.0)
    await door.on_assigned(begins)
    await redriven.on_assigned(begins)


async def _released(door: Handlers, redriven: Redriven, grace: float) -> None:
    await asyncio.gather(redriven.on_released(grace), door.on_released(grace))


async def _nothing() -> None:
    """Leave it to the first partitions to begin the ledger."""


def _platform(settings: Settings) -> tuple[MessageSender, MediaLibrary, list[Component]]:
    folder = MediaFolder(settings.media_folder)
    match settings.platform:
        case "console":
            return ConsoleSender(), ConsoleMediaLibrary(folder), []
        case "whatsapp":
            access = GraphAccess(
                url=settings.graph_url,
                version=settings.graph_version,
                token=settings.access_token,
                connect_timeout=settings.connect_timeout,
                total_timeout=settings.total_timeout,
            )
            sender = WhatsAppCloudSender(access)
            library = WhatsAppMediaLibrary(access, folder, monotonic=time.monotonic)
            components = [
                Component("graph-api", sender.start, sender.stop),
                Component("media", library.start, library.stop),
            ]
            return sender, library, components


def _limits(settings: Settings) -> Limits | None:
    if not settings.limits:
        return None
    return Limits(
        number=Rate(settings.number_per_second, settings.number_burst),
        pair=Rate(1 / settings.pair_seconds, settings.pair_burst),
        numbers={id_: one.per_second for id_, one in settings.numbers.items() if one.per_second},
    )


def _upgrading(pacing: Pacing, settings: Settings) -> Upgrading:
    displays = {id_: one.display for id_, one in settings.numbers.items() if one.display}
    return Upgrading(pacing, displays, settings.upgraded_per_second)


def _policy(settings: Settings) -> Policy:
    return Policy(
        unknown=settings.unknown,
        unknown_wait=settings.unknown_wait,
        concurrent_calls=settings.concurrent_calls,
        window_margin=timedelta(seconds=settings.window_margin),
    )
