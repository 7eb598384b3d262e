"""The process starts, serves and stops as the laptop's supervisor expects."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process

import httpx
import pytest

SETTINGS = {
    "SIMULATOR_WEBHOOK_URL": "http://127.0.0.1:9/webhook",
    "SIMULATOR_APP_SECRET": "app-secret-value",
    "SIMULATOR_VERIFY_TOKEN": "verify-token-value",
    "SIMULATOR_ACCESS_TOKEN": "access-token-value",
    "SIMULATOR_PHONE_NUMBER_ID": "106540352242922",
    "SIMULATOR_CRM_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "SIMULATOR_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
}
ANA = "15550001111"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(**settings: str) -> Process:
    plain = {name: value for name, value in os.environ.items() if "SIMULATOR" not in name}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", env={**plain, **settings}, stdout=PIPE, stderr=PIPE
    )


async def answers(client: httpx.AsyncClient, path: str) -> httpx.Response:
    async with asyncio.timeout(60):
        while True:
            try:
                return await client.get(path)
            except httpx.ConnectError:
                await asyncio.sleep(0.05)


@pytest.mark.connected
async def test_it_serves_without_kafka_or_business_and_stops_cleanly_with_open_pages() -> None:
    port = free_port()
    process = await start(**SETTINGS, SIMULATOR_PORT=str(port))
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=30) as client:
        ready = await answers(client, "/readyz")
        text = {"type": "text", "text": {"body": "a private word"}}
        await client.post(f"/simulator/users/{ANA}/messages", json=text)
        async with client.stream("GET", "/simulator/stream", params={"user": ANA}) as page:
            lines = page.aiter_lines()
            first = await anext(lines)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                rest = [line async for line in lines]
                logged, complaints = await process.communicate()

    assert ready.status_code == 200
    assert first == "event: snapshot"
    assert any("a private word" in line for line in rest)
    assert process.returncode == 0
    assert complaints == b""
    assert not any(
        secret in logged.decode() for secret in (ANA, "-value", "private", "whsec", "wamid")
    )


async def test_a_missing_setting_is_named_in_one_line_without_any_value() -> None:
    lacking = {name: value for name, value in SETTINGS.items() if "APP_SECRET" not in name}
    process = await start(**lacking)

    _, complaints = await process.communicate()

    assert process.returncode == 2
    assert complaints == b"cannot start: SIMULATOR_APP_SECRET is missing\n"
