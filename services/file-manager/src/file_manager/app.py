"""Composition root of file-manager: the only module that knows every other."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from domain.codec import UndecodableMessage
from domain.ports.files import MediaUnavailable, StorageRefused, StorageUnavailable
from domain.topics import (
    PARKED_BY_FILE_MANAGER,
    REDRIVEN_TO_FILE_MANAGER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)
from file_manager.adapters.clamd import ClamdScanner
from file_manager.adapters.kafka_file_history import KafkaFileHistory
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_care import S3Care
from file_manager.adapters.s3_storage import S3Storage
from file_manager.adapters.whatsapp_media import GraphApi, WhatsAppMedia, http_client
from file_manager.handlers import SERVICE
from file_manager.handlers.events import KeepFiles, is_wanted
from file_manager.handlers.janitor import tidy_for_ever
from file_manager.handlers.links import Links
from file_manager.settings import Settings
from file_manager.use_cases.checks import Checks, Scanning
from file_manager.use_cases.fetching import Fetcher
from file_manager.use_cases.inspecting import InspectionUnavailable
from file_manager.use_cases.keeping import FileKeeper
from file_manager.use_cases.pace import Pace
from file_manager.use_cases.tidying import Tidier
from file_manager.use_cases.verifying import Verifier
from streaming.health import HealthServer
from streaming.http import HttpServer
from streaming.kafka import Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.parking import Parking
from streaming.redriven import Redriven
from streaming.runner import KeyedRunner
from streaming.service import Component, Service, background


def build(settings: Settings) -> Service:
    """Wire the service; nothing is opened or read before it starts."""
    _quieten_clients()
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    topics = (SESSION_EVENTS, SESSION_COMMANDS, PARKED_BY_FILE_MANAGER)
    link = Link(connection, publisher, kafka, topics=[topic.name for topic in topics])
    graph = _graph(settings)
    http = http_client(graph)
    storage = S3Storage(_bucket(settings))
    keeper = FileKeeper(_fetcher(settings, graph, http), _checks(settings), storage)
    keep = KeepFiles(keeper, storage, publisher)
    park = Parking(publisher, PARKED_BY_FILE_MANAGER.name, kafka.group(SERVICE))
    unavailable = (MediaUnavailable, InspectionUnavailable, StorageUnavailable, PublishFailed)
    rejected = (StorageRefused, UndecodableMessage)
    redriven = Redriven(
        kafka,
        topic=kafka.topic(REDRIVEN_TO_FILE_MANAGER.name),
        group=kafka.group(f"{SERVICE}.redriven"),
        handle=keep,
        park=park,
        unavailable=unavailable,
        rejected=rejected,
    )
    runner = KeyedRunner(
        broker=connection,
        topic=kafka.topic(SESSION_EVENTS.name),
        group=kafka.group(SERVICE),
        instance_id=settings.instance_id,
        handle=keep,
        park=park,
        unavailable=unavailable,
        rejected=rejected,
        on_assigned=redriven.on_assigned,
        on_released=redriven.on_released,
        concurrency=settings.concurrency,
        wanted=is_wanted,
    )
    health = HealthServer(
        settings.host,
        settings.port,
        ready=lambda: link.ready() or runner.ready() or storage.ready(),
        status=lambda: runner.status() or redriven.status(),
    )
    tidier = tidier_of(settings, storage)
    return Service(
        SERVICE,
        [
            Component("health", health.start, health.stop, health.died),
            Component("media", _nothing, http.aclose),
            Component("storage", storage.start, storage.stop),
            *_links(settings, storage),
            background("janitor", lambda: tidy_for_ever(tidier, settings.janitor_hours)),
            Component("kafka", link.start, link.stop, link.died),
            Component("events", runner.start, runner.stop, runner.died),
        ],
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[S3Storage]:
    """Give the bucket alone, opened, for who has one thing to do in it."""
    _quieten_clients()
    storage = S3Storage(_bucket(settings))
    await storage.open()
    try:
        yield storage
    finally:
        await storage.stop()


def tidier_of(settings: Settings, storage: S3Storage) -> Tidier:
    """Give what tidies the bucket."""
    return Tidier(S3Care(storage), settings.s3_rules)


def verifier_of(settings: Settings, storage: S3Storage) -> Verifier:
    """Give what compares all events with the bucket."""
    history = KafkaFileHistory(settings.kafka(f"{SERVICE}-verify"))
    return Verifier(history, storage, S3Care(storage))


def _links(settings: Settings, storage: S3Storage) -> Iterator[Component]:
    if settings.api_port is not None and settings.api_token is not None:
        links = Links(storage, settings.api_token, seconds=settings.link_seconds)
        app = Starlette(routes=links.routes())
        server = HttpServer(settings.host, settings.api_port, app)
        yield Component("links", server.start, server.stop, server.died)


def _fetcher(settings: Settings, graph: GraphApi, http: httpx.AsyncClient) -> Fetcher:
    pace = Pace(settings.bytes_per_second)
    return Fetcher(WhatsAppMedia(http, graph), settings.max_bytes, pace)


def _checks(settings: Settings) -> Checks:
    if settings.clamd_address is None:
        return Checks()
    scanner = ClamdScanner.at(settings.clamd_address)
    return Checks(Scanning(scanner, required=settings.scan == "required"))


def _graph(settings: Settings) -> GraphApi:
    return GraphApi(
        url=str(settings.graph_url),
        version=settings.graph_version,
        token=settings.access_token,
        media_hosts=settings.media_hosts,
        transfer_seconds=settings.transfer_seconds,
    )


def _bucket(settings: Settings) -> Bucket:
    endpoint, elsewhere = settings.s3_endpoint_url, settings.s3_link_endpoint_url
    encryption, lock = settings.s3_encryption, settings.s3_object_lock
    return Bucket(
        name=settings.s3_bucket,
        endpoint_url=None if endpoint is None else str(endpoint),
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        ca=settings.s3_ca_file,
        link_endpoint_url=None if elsewhere is None else str(elsewhere),
        encryption=None if encryption == "none" else encryption,
        kms_key_id=settings.s3_kms_key_id,
        lock=None if lock == "none" else lock,
        lock_days=settings.s3_object_lock_days,
        rules=settings.s3_rules,
    )


def _quieten_clients() -> None:
    """Keep addresses and headers, which the clients log, out of our log."""
    for name in ("httpx", "httpcore", "boto3", "botocore", "aiobotocore"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def _nothing() -> None:
    """Start nothing: connections are opened by the first call."""
