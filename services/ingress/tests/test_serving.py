"""The whole process: it starts, answers, survives Kafka's absence and ends when asked to."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from devstack import topics
from devstack.apart import run_apart
from devstack.leash import leash
from devstack.site import find_root
from devstack.stack import Stack
from domain.topics import ALL

pytestmark = pytest.mark.connected

Make = Callable[..., Any]
Signature = Callable[[bytes], str]
Send = Callable[[httpx.AsyncClient, bytes], Awaitable[int]]
NUMBER = "106540352242922"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@asynccontextmanager
async def _ingress(kafka: str, prefix: str) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ingress",
        env={
            "PATH": os.environ["PATH"],
            "INGRESS_APP_SECRET": "the-app-secret",
            "INGRESS_VERIFY_TOKEN": "the-verify-token",
            "INGRESS_PHONE_NUMBER_IDS": f'["{NUMBER}"]',
            "INGRESS_KAFKA_BOOTSTRAP_SERVERS": kafka,
            "INGRESS_TOPIC_PREFIX": prefix,
            "INGRESS_PORT": str(port),
            "INGRESS_LOG_LEVEL": "error",
        },
    )
    address = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
        try:
            await _until(client, "/livez", 200)
            yield client, process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _until(client: httpx.AsyncClient, path: str, status: int) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(path)).status_code == status:
                    return
            await asyncio.sleep(0.1)


@pytest.fixture
def send(signature: Signature) -> Send:
    async def once(client: httpx.AsyncClient, body: bytes) -> int:
        headers = {"x-hub-signature-256": signature(body)}
        return (await client.post("/webhook", content=body, headers=headers)).status_code

    return once


@pytest.fixture
def deliver(send: Send) -> Send:
    async def once_leaders_are_chosen(client: httpx.AsyncClient, body: bytes) -> int:
        """New topics answer late, and WhatsApp would repeat too."""
        await _until(client, "/readyz", 200)
        status = await send(client, body)
        while status == 503:
            status = await send(client, body)
        return status

    return once_leaders_are_chosen


async def test_a_process_serves_webhooks_probes_and_metrics_and_ends_cleanly(
    kafka: str, topic_prefix: str, deliver: Send, webhook: Make, text: Make
) -> None:
    async with _ingress(kafka, topic_prefix) as (client, process):
        kept = await deliver(client, webhook(messages=[text()]))
        metrics = (await client.get("/metrics")).text
        verified = await client.get(
            "/webhook",
            params={
                "hub.mode": "subscribe",
                "hub.verify_token": "the-verify-token",
                "hub.challenge": "1158",
            },
        )
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            code = await process.wait()

    assert kept == 200
    assert 'ingress_entries_total{type="message.receive.v1"} 1.0' in metrics
    assert verified.text == "1158"
    assert code == 0


async def test_a_webhook_of_the_full_size_is_kept_and_a_larger_one_cut_off(
    kafka: str, topic_prefix: str, deliver: Send
) -> None:
    async with _ingress(kafka, topic_prefix) as (client, _):
        full = await deliver(client, b"{" * (4 * 1024 * 1024))
        larger = await client.post("/webhook", content=bytes(5 * 1024 * 1024))

    assert full == 200
    assert larger.status_code == 413
    assert larger.headers["connection"] == "close"


async def test_endless_bytes_are_cut_off(kafka: str, topic_prefix: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield bytes(65536)

    async with _ingress(kafka, topic_prefix) as (client, _):
        with contextlib.suppress(httpx.TransportError):  # the answer may be lost in the reset
            await client.post("/webhook", content=endless())
        alive = await client.get("/livez")

    assert alive.status_code == 200
    assert sent < 64 * 1024 * 1024


@pytest.fixture(scope="module")
def own_kafka(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, str]]:
    """A Kafka that may be stopped, with all topics, and its address."""
    root, run = find_root(request.config.rootpath), tmp_path_factory.mktemp("own-kafka")
    with leash(root, run):
        stack = Stack(root, run)
        address = stack.start("kafka").kafka
        run_apart(lambda: topics.create(address, ALL))
        yield stack, address


async def test_webhooks_wait_at_whatsapp_while_kafka_is_away(
    own_kafka: tuple[Stack, str],
    deliver: Send,
    send: Send,
    webhook: Make,
    text: Make,
) -> None:
    (stack, address), body = own_kafka, webhook(messages=[text()])
    await asyncio.to_thread(stack.stop, "kafka")

    async with _ingress(address, "") as (client, _):
        before = await send(client, body), (await client.get("/readyz")).status_code
        await asyncio.to_thread(stack.start, "kafka")
        after = await deliver(client, body)
        await asyncio.to_thread(stack.pause, "kafka")
        began = time.monotonic()
        silent = await send(client, body)
        waited = time.monotonic() - began
        await _until(client, "/readyz", 503)
        await asyncio.to_thread(stack.resume, "kafka")
        again = await deliver(client, body)

    assert before == (503, 503)
    assert (after, silent, again) == (200, 503, 200)
    assert waited < 9, "`ack_seconds` is 3, the publisher's own limit 10"
