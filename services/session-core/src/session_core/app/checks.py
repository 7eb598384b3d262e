"""Wires what looks at the whole store, and at the topics beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from session_core.adapters.kafka_topic_history import KafkaTopicHistory
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_flow_archive import PostgresFlowArchive
from session_core.adapters.postgres_state_in_use import PostgresStateInUse
from session_core.adapters.postgres_store_audit import PostgresStoreAudit
from session_core.settings import DatabaseSettings, OperatorSettings
from session_core.use_cases.rebuilding import Comparison, Rebuilding
from session_core.use_cases.verifying import Verdict, Verifying

STATEMENT_SECONDS = 600.0
"""One pass over ids may take minutes where there are very many; it holds nobody up."""


async def compare_state(settings: DatabaseSettings) -> Comparison:
    """Rebuild everything from the events, and compare. Raises StoreFailure."""
    async with _connections(settings) as connections:
        return await _rebuilding(connections).compare()


async def check_everything(settings: OperatorSettings) -> Verdict:
    """Check the invariants. Raises StoreFailure or TopicUnreadable."""
    kafka = settings.kafka("verify")
    async with _connections(settings) as connections:
        verifying = Verifying(
            audit=PostgresStoreAudit(connections),
            store=PostgresEventStore(connections),
            commands=KafkaTopicHistory(kafka, SESSION_COMMANDS.name),
            events=KafkaTopicHistory(kafka, SESSION_EVENTS.name),
            rebuilding=_rebuilding(connections),
        )
        return await verifying.verify()


def _rebuilding(connections: Connections) -> Rebuilding:
    return Rebuilding(PostgresStateInUse(connections), PostgresFlowArchive(connections))


@asynccontextmanager
async def _connections(settings: DatabaseSettings) -> AsyncIterator[Connections]:
    opened = Connections(
        settings.database_url.get_secret_value(),
        size=2,
        statement_seconds=STATEMENT_SECONDS,
        answer_seconds=STATEMENT_SECONDS + 2,
    )
    try:
        yield opened
    finally:
        await opened.close()
