"""People who talk with a session-core on a real database, and an operator's client."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from installation.lookups import Conversation, Eventually, Says, TopicOutbox
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_session_archive import PostgresSessionArchive
from session_core.adapters.postgres_session_directory import PostgresSessionDirectory
from session_core.app.core import Core
from session_core.handlers.api_guard import Guard
from session_core.handlers.query_api import QueryApi, application
from session_core.use_cases.looking_up import Records
from session_core.use_cases.operating import OperatorsDesk

Begin = Callable[..., Awaitable[Core]]
TOKEN = "a-token-of-the-tests"


@pytest.fixture
async def talk(
    connections: Connections,
    topic: MemoryCommands,
    says: Says,
    begin: Begin,
    eventually: Eventually,
) -> Conversation:
    store = PostgresEventStore(connections)
    await begin(store=store)
    return Conversation(topic, store, says, eventually)


@pytest.fixture
async def client(
    connections: Connections, topic: MemoryCommands
) -> AsyncIterator[httpx.AsyncClient]:
    directory = PostgresSessionDirectory(connections)
    desk = OperatorsDesk(directory, TopicOutbox(topic))
    records = Records(PostgresSessionArchive(connections), directory)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Guard(application(QueryApi(records, desk)), TOKEN)),
        base_url="http://api",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client
