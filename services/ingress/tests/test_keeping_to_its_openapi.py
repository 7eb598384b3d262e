"""What the published OpenAPI document says of `/webhook` holds for whatever schemathesis asks."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers import Door, webhook_api
from ingress.handlers.in_flight import InFlight
from ingress.handlers.openapi import DOCUMENT, openapi
from ingress.use_cases.taking import TakeWebhook

Ask = Callable[[httpx.Request], httpx.Response]
REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
SECRET = "the-app-secret"
SIGNATURE = "x-hub-signature-256"
ADDRESS = "http://ingress"
PROMISES = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
"""What is wrong in a webhook is thanked for and parked, so refusing it is no promise."""
schema = schemathesis.openapi.from_dict(dict(DOCUMENT))


@pytest.fixture(scope="module")
def ask() -> Ask:
    """Ask ingress without a network."""
    door = Door(
        take=TakeWebhook(MemoryCommandLog(), {"106540352242922"}),
        app_secret=SECRET,
        verify_token="the-verify-token",
        in_flight=InFlight(64 * 1024 * 1024),
        now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
    )
    transport = httpx.ASGITransport(app=webhook_api(door))

    async def answer(asked: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(asked)

    return lambda asked: asyncio.run(answer(asked))


def signed(case: schemathesis.Case[Any]) -> httpx.Request:
    """Give the request that schemathesis would make, signed as WhatsApp does."""
    made = requests.Request(**case.as_transport_kwargs(base_url=ADDRESS)).prepare()
    body = made.body if isinstance(made.body, bytes) else str(made.body or "").encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {**made.headers, SIGNATURE: f"sha256={digest}"}
    given = [(name.encode(), _bytes(value)) for name, value in headers.items()]
    return httpx.Request(str(made.method), str(made.url), headers=given, content=body)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


@schema.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_knows(
    case: schemathesis.Case[Any], ask: Ask
) -> None:
    case.validate_response(ask(signed(case)), checks=PROMISES)


def test_the_published_document_is_the_one_that_is_checked() -> None:
    assert (REFERENCE / "ingress-api.json").read_text() == openapi()
