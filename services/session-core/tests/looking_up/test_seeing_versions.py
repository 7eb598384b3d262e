"""Operators see on which version of its flow each session is."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from domain.session import FlowBook
from installation.lookups import Conversation, Eventually, Says
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_session_directory import PostgresSessionDirectory
from session_core.app.core import Core
from session_core.handlers import terminal

pytestmark = pytest.mark.connected


async def test_a_session_is_listed_with_its_version_and_after_a_migration_with_that(
    *,
    connections: Connections,
    topic: MemoryCommands,
    flows: dict[str, str],
    says: Says,
    begin: Callable[..., Awaitable[Core]],
    eventually: Eventually,
    client: httpx.AsyncClient,
) -> None:
    store = PostgresEventStore(connections)
    talk = Conversation(topic, store, says, eventually)
    [was] = FlowBook.of(flows).current.values()
    changed = f"migrations: [{{from: {was.version}}}]\n" + flows["pet.yaml"]
    [now] = FlowBook.of({"pet.yaml": changed}).current.values()
    first = await begin(store=store)
    await talk.say("hello")
    before = await listed(client)
    await first.lanes.stop()
    await first.shards.stop()

    await begin(store=store, sources={"pet.yaml": changed})
    await talk.say("agent")

    assert before == [was.version]
    assert await listed(client) == [now.version]
    lines = await PostgresSessionDirectory(connections).newest(handed_off=True, limit=1)
    head, line = terminal.table(lines).splitlines()
    assert line.split()[head.split().index("VERSION")] == now.version


async def listed(client: httpx.AsyncClient) -> list[str]:
    sessions = (await client.get("/sessions")).json()["sessions"]
    return [one["flow_version"] for one in sessions]
