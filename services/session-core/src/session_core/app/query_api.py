"""Wires the query API; nothing starts yet."""

import json
from datetime import UTC, datetime

from session_core.adapters.kafka_command_outbox import KafkaCommandOutbox
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_session_archive import PostgresSessionArchive
from session_core.adapters.postgres_session_directory import PostgresSessionDirectory
from session_core.handlers.api_document import document
from session_core.handlers.api_guard import Guard
from session_core.handlers.query_api import QueryApi, application
from session_core.settings import Settings
from session_core.use_cases.looking_up import Records
from session_core.use_cases.operating import OperatorsDesk
from streaming.http import HttpServer
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.service import Component

_ANSWER_SECONDS = 4.0


def query_api(settings: Settings, publisher: Publisher) -> list[Component]:
    """Give the parts that make up the API, none where no port is set.

    It has connections of its own: whoever asks much waits for other askers, not the appends.
    """
    if settings.api_port is None or settings.api_token is None:
        return []
    connections = Connections(
        settings.database_url.get_secret_value(),
        size=settings.api_connections,
        answer_seconds=_ANSWER_SECONDS,
    )
    guarded = Guard(
        application(_answering(connections, publisher)), settings.api_token.get_secret_value()
    )
    server = HttpServer(settings.host, settings.api_port, guarded)

    async def stop() -> None:
        await server.stop()
        await connections.close()

    return [Component("query-api", server.start, stop, server.died)]


def openapi() -> str:
    """Give the OpenAPI document of the API."""
    kafka = KafkaSettings("", "document")
    unconnected = _answering(Connections(""), Publisher(broker(kafka), kafka))
    return json.dumps(document(application(unconnected)), indent=2) + "\n"


def _answering(connections: Connections, publisher: Publisher) -> QueryApi:
    directory = PostgresSessionDirectory(connections)
    outbox = KafkaCommandOutbox(publisher, now=lambda: datetime.now(UTC))
    desk = OperatorsDesk(directory, outbox)
    return QueryApi(Records(PostgresSessionArchive(connections), directory), desk)
