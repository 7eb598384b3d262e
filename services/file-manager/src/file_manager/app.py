"""Composition root of file-manager: the only module that knows every other."""

import logging

import httpx

from domain.codec import UndecodableMessage
from domain.ports.files import MediaUnavailable, StorageRefused, StorageUnavailable
from domain.topics import (
    PARKED_BY_FILE_MANAGER,
    REDRIVEN_TO_FILE_MANAGER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)
from file_manager.adapters.s3_storage import Bucket, S3Storage
from file_manager.adapters.whatsapp_media import GraphApi, WhatsAppMedia, http_client
from file_manager.handlers import SERVICE, KeepFile, is_wanted
from file_manager.settings import Settings
from file_manager.use_cases.keeping import FileKeeper
from streaming.health import HealthServer
from streaming.kafka import Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.parking import Parking
from streaming.redriven import Redriven
from streaming.runner import KeyedRunner
from streaming.service import Component, Service


def build(settings: Settings) -> Service:
    """Wire the service; nothing is opened or read before it starts."""
    _quieten_clients()
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    topics = (SESSION_EVENTS, SESSION_COMMANDS, PARKED_BY_FILE_MANAGER)
    link = Link(connection, publisher, kafka, topics=[topic.name for topic in topics])
    http = http_client()
    storage = _storage(settings)
    keeper = FileKeeper(_media(settings, http), storage, settings.max_bytes)
    keep = KeepFile(keeper, publisher)
    park = Parking(publisher, PARKED_BY_FILE_MANAGER.name, kafka.group(SERVICE))
    unavailable = (MediaUnavailable, StorageUnavailable, PublishFailed)
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
    return Service(
        SERVICE,
        [
            Component("health", health.start, health.stop, health.died),
            Component("media", _nothing, http.aclose),
            Component("storage", storage.start, storage.stop),
            Component("kafka", link.start, link.stop, link.died),
            Component("events", runner.start, runner.stop, runner.died),
        ],
    )


def _media(settings: Settings, http: httpx.AsyncClient) -> WhatsAppMedia:
    graph = GraphApi(
        url=str(settings.graph_url),
        version=settings.graph_version,
        token=settings.access_token,
        media_hosts=settings.media_hosts,
        transfer_seconds=settings.transfer_seconds,
    )
    return WhatsAppMedia(http, graph)


def _storage(settings: Settings) -> S3Storage:
    endpoint = settings.s3_endpoint_url
    bucket = Bucket(
        name=settings.s3_bucket,
        endpoint_url=None if endpoint is None else str(endpoint),
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        ca=settings.s3_ca_file,
    )
    return S3Storage(bucket)


def _quieten_clients() -> None:
    """Keep addresses and headers, which the clients log, out of our log."""
    for name in ("httpx", "httpcore", "boto3", "botocore", "aiobotocore"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def _nothing() -> None:
    """Start nothing: connections are opened by the first call."""
