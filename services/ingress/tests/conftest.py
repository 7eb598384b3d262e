"""A signed webhook and a front door to post it to."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.types import ASGIApp

from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers import Door, webhook_api
from ingress.handlers.in_flight import InFlight
from ingress.use_cases.reading import Reading, read
from ingress.use_cases.taking import TakeWebhook
from streaming import tracing

NUMBER = "106540352242922"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "the-app-secret"


def _as_meta_writes(webhook: object) -> bytes:
    return json.dumps(webhook).replace("/", "\\/").encode()


def _change(**value: Any) -> dict[str, Any]:
    number = value.pop("number", NUMBER)
    field = value.pop("field", "messages")
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number}
    return {
        "field": field,
        "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
    }


@pytest.fixture(scope="session")
def change() -> Callable[..., dict[str, Any]]:
    """One change of the configured number; `number` and `field` can be others."""
    return _change


@pytest.fixture(scope="session")
def webhook() -> Callable[..., bytes]:
    """The body with these changes, or with one change made of the keywords."""

    def make(*changes: object, **value: Any) -> bytes:
        entry = {"id": "102290129340398", "changes": list(changes) or [_change(**value)]}
        return _as_meta_writes({"object": "whatsapp_business_account", "entry": [entry]})

    return make


@pytest.fixture(scope="session")
def text() -> Callable[..., dict[str, Any]]:
    """A text message; keywords add keys or replace them."""

    def make(wamid: str = "wamid.A", body: str = "hi", **more: Any) -> dict[str, Any]:
        sent = {"from": "15551234567", "id": wamid, "timestamp": "1795435100"}
        return {**sent, "type": "text", "text": {"body": body}, **more}

    return make


@pytest.fixture(scope="session")
def reading() -> Callable[[bytes], Reading]:
    """What the configured number's ingress reads from a body."""
    return lambda body: read(body, NOW, numbers={NUMBER})


@pytest.fixture(scope="session")
def signature() -> Callable[[bytes], str]:
    """The header that WhatsApp would send with a body."""
    return lambda body: "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def log() -> MemoryCommandLog:
    return MemoryCommandLog()


@pytest.fixture
def room() -> InFlight:
    return InFlight(8 * 1024 * 1024)


@pytest.fixture
def api(log: MemoryCommandLog, room: InFlight) -> ASGIApp:
    """The front door itself."""
    door = Door(
        take=TakeWebhook(log, {NUMBER}),
        app_secret=SECRET,
        verify_token="the-verify-token",
        in_flight=room,
        now=lambda: NOW,
        patience_s=0.5,
    )
    return webhook_api(door)


@pytest.fixture
async def door(api: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the front door, without network."""
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingress") as client:
        yield client


@pytest.fixture
def post(door: httpx.AsyncClient, signature: Callable[[bytes], str]) -> Callable[..., Any]:
    """Post a body as WhatsApp does; `header` replaces the right signature."""

    async def send(body: bytes, header: str | None = "right") -> int:
        signed = signature(body) if header == "right" else header
        headers = {"x-hub-signature-256": signed} if signed is not None else {}
        return (await door.post("/webhook", content=body, headers=headers)).status_code

    return send


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """The spans of a test, as in a service that exports; what other tests left ends elsewhere."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
    monkeypatch.setattr(tracing, "MODE", replace(tracing.MODE, carried=False))
    yield exporter
    provider.shutdown()
