"""Composition root: the only module that knows every other."""

from datetime import UTC, datetime

from domain.topics import ACCOUNT_UPDATES, SESSION_COMMANDS, WEBHOOK_PARKED
from ingress.adapters.kafka_command_log import KafkaCommandLog
from ingress.handlers import Door, webhook_api
from ingress.handlers.in_flight import InFlight
from ingress.settings import Settings
from ingress.use_cases.taking import TakeWebhook
from streaming.health import HealthServer
from streaming.kafka import Publisher, broker
from streaming.link import Link
from streaming.service import Component, Service


def build(settings: Settings) -> Service:
    """Wire the service; nothing starts yet."""
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    publisher = Publisher(connection, kafka)
    written = (SESSION_COMMANDS, ACCOUNT_UPDATES, WEBHOOK_PARKED)
    link = Link(connection, publisher, kafka, topics=[topic.name for topic in written])
    log = KafkaCommandLog(publisher, timeout=settings.ack_seconds)
    door = Door(
        take=TakeWebhook(log, settings.phone_number_ids),
        app_secret=settings.app_secret.get_secret_value(),
        further_secrets=[one.get_secret_value() for one in settings.further_app_secrets],
        verify_token=settings.verify_token.get_secret_value(),
        in_flight=InFlight(settings.in_flight_bytes),
        now=lambda: datetime.now(UTC),
    )
    http = HealthServer(
        settings.host, settings.port, ready=link.ready, direct={"/webhook": webhook_api(door)}
    )
    return Service(
        "ingress",
        [
            Component("kafka", link.begin, link.stop, link.died),
            Component("http", http.start, http.stop, http.died),
        ],
    )
