"""Composition root: the only module that knows every other."""

from domain.codec import UndecodableMessage
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from lookups.adapters.log_of_misfits import LogOfMisfits
from lookups.adapters.table import Table
from lookups.handlers import SERVICE, AnswerLookups, is_wanted
from lookups.settings import Settings
from streaming.health import HealthServer
from streaming.kafka import Publisher, PublishFailed, broker
from streaming.link import Link
from streaming.runner import KeyedRunner
from streaming.service import Component, Service


def build(settings: Settings) -> Service:
    """Wire the service; nothing but the table is read before it starts. Raises Unreadable."""
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    topics = [SESSION_EVENTS.name, SESSION_COMMANDS.name]
    link = Link(connection, publisher, kafka, topics=topics)
    table = Table(settings.table)
    table.read()
    runner = KeyedRunner(
        broker=connection,
        topic=kafka.topic(SESSION_EVENTS.name),
        group=kafka.group(SERVICE),
        instance_id=settings.instance_id,
        handle=AnswerLookups(table, publisher),
        park=LogOfMisfits(),
        unavailable=(PublishFailed,),
        rejected=(UndecodableMessage,),
        wanted=is_wanted,
    )
    health = HealthServer(
        settings.host,
        settings.port,
        ready=lambda: link.ready() or runner.ready(),
        status=runner.status,
    )
    return Service(
        SERVICE,
        [
            Component("health", health.start, health.stop, health.died),
            Component("kafka", link.start, link.stop, link.died),
            Component("events", runner.start, runner.stop, runner.died),
        ],
    )
