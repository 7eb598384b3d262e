"""The service's own HTTP port."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http.client import HTTPConnection

import httpx
import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from streaming.health import HealthServer

REGISTRY = CollectorRegistry()
Counter("sold_tickets", "Tickets sold", registry=REGISTRY).inc(3)


class Readiness:
    """A service whose readiness a test can change."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.broken = False

    def __call__(self) -> str | None:
        if self.broken:
            raise RuntimeError("secret detail")
        return self.reason


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@asynccontextmanager
async def serving(
    ready: Readiness, registry: CollectorRegistry = REGISTRY
) -> AsyncIterator[httpx.AsyncClient]:
    server = HealthServer(
        "127.0.0.1", 0, ready=ready, routes=[Route("/hello", hello)], registry=registry
    )
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield client
    await server.stop()


async def test_readiness_follows_what_the_service_says_about_itself() -> None:
    ready = Readiness()
    async with serving(ready) as client:
        good = await client.get("/readyz")
        ready.reason = "no partition is assigned yet"
        bad = await client.get("/readyz")
        ready.broken = True
        broken = await client.get("/readyz")

    assert (good.status_code, good.json()) == (200, {"status": "ready"})
    assert bad.status_code == 503
    assert bad.json() == {"status": "not ready", "reason": "no partition is assigned yet"}
    assert broken.status_code == 503
    assert broken.json()["reason"] == "the readiness check failed: RuntimeError"


async def test_a_ready_service_can_still_say_what_a_person_should_know() -> None:
    server = HealthServer("127.0.0.1", 0, ready=lambda: None, status=lambda: "paused")
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        answer = await client.get("/readyz")
    await server.stop()

    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "note": "paused"})


async def test_an_unready_service_is_still_alive_and_measured() -> None:
    ready = Readiness()
    ready.reason = "waiting"
    async with serving(ready) as client:
        alive = await client.get("/livez")
        metrics = await client.get("/metrics")

    assert alive.status_code == 200
    assert "sold_tickets_total 3.0" in metrics.text


async def test_metrics_say_whether_the_service_is_ready() -> None:
    ready = Readiness()
    async with serving(ready, prometheus_client.REGISTRY) as client:
        good = await client.get("/metrics")
        ready.reason = "waiting"
        bad = await client.get("/metrics")

    assert "streaming_ready 1.0" in good.text
    assert "streaming_ready 0.0" in bad.text


def probe(port: int) -> int:
    """Ask as an orchestrator does, from outside of the loop; its patience is a second."""
    asked = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        asked.request("GET", "/readyz")
        return asked.getresponse().status
    finally:
        asked.close()


async def test_a_blocked_event_loop_answers_no_probe_until_it_goes_on() -> None:
    server = HealthServer("127.0.0.1", 0, ready=lambda: None)
    await server.start()
    with ThreadPoolExecutor() as outside:
        asked = outside.submit(probe, server.port)
        while not asked.done():
            time.sleep(0.01)  # noqa: ASYNC251 it is to block
        after = await asyncio.wrap_future(outside.submit(probe, server.port))
    await server.stop()

    assert isinstance(asked.exception(), TimeoutError)
    assert after == 200


async def test_a_service_can_add_routes_of_its_own() -> None:
    async with serving(Readiness()) as client:
        answer = await client.get("/hello")

    assert answer.text == "hello"


async def test_the_server_leaves_the_signals_to_the_service() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serving(Readiness()):
        during = signal.getsignal(signal.SIGTERM)

    assert during is before


async def test_a_taken_port_is_an_error_not_an_exit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HealthServer("127.0.0.1", taken.getsockname()[1], ready=lambda: None)

        with pytest.raises(OSError, match="in use"):
            await server.start()


async def test_stopping_twice_or_before_starting_does_no_harm() -> None:
    server = HealthServer("127.0.0.1", 0, ready=lambda: None)
    await server.stop()

    async with asyncio.timeout(5):
        await server.stop()
