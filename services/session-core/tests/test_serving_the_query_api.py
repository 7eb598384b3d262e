"""The query API of a running service: on its own port, for those with the token."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from domain.topics import SESSION_COMMANDS
from session_core.adapters.postgres_connections import Connections
from session_core.app import build
from session_core.settings import Settings
from streaming.service import Service

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
TOKEN, ANA, NUMBER = "a-token-of-the-tests", "15550001111", "106540352242922"


@pytest.fixture
def settings(  # noqa: PLR0917 by name
    kafka: str,
    topic_prefix: str,
    database: str,
    connections: Connections,  # noqa: ARG001 migrated
    patient_flows: dict[str, str],
    tmp_path: Path,
) -> Settings:
    for name, source in patient_flows.items():
        (tmp_path / name).write_text(source)
    return Settings(
        database_url=SecretStr(database),
        kafka_bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        flows_dir=tmp_path,
        port=0,
        api_port=0,
        api_token=SecretStr(TOKEN),
    )


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    started = []
    try:
        for part in service.components:
            started.append(part)
            await part.start()
        (api,) = [part for part in service.components if part.name == "query-api"]
        port: Any = api.start.__self__.port  # type: ignore[attr-defined]  # of the server it starts
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        ) as client:
            yield client
    finally:
        for part in reversed(started):
            await part.stop()


async def test_an_operator_looks_a_person_up_and_helps_them_by_http(
    settings: Settings, says: Says, eventually: Eventually
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers) as producer:
        for number, text in enumerate(("hello", "agent"), start=1):
            value, headers = says(ANA, text, number=number)
            await producer.send_and_wait(
                settings.topic_prefix + SESSION_COMMANDS.name,
                value,
                key=f"{NUMBER}/{ANA}".encode(),
                headers=headers,
            )

    async with running(build(settings)) as client:

        async def waiting() -> list[str]:
            answer = await client.get("/sessions?status=handed-off")
            return [one["session_id"] for one in answer.json()["sessions"]]

        async def is_waiting() -> bool:
            return bool(await waiting())

        await eventually(is_waiting)
        (session,) = await waiting()
        command = await client.post(
            "/commands/release", json={"session_id": session}, headers={"Idempotency-Key": "1"}
        )

        async def is_released() -> bool:
            return not await waiting()

        await eventually(is_released)
        timeline = (await client.get(f"/sessions/{session}")).json()["events"]
        stranger = await client.get("/metrics", headers={"authorization": "Bearer no"})
        probe = await client.get("/livez")

    released = [one for one in timeline if one["type"] == "session.released.v1"]
    assert [one["command_id"] for one in released] == [command.json()["command_id"]]
    assert (stranger.status_code, probe.status_code) == (401, 404)


async def test_without_a_port_nothing_is_served(settings: Settings) -> None:
    service = build(settings.model_copy(update={"api_port": None, "api_token": None}))

    assert "query-api" not in [part.name for part in service.components]
