"""A trace begins where a message comes in, and gives nothing away."""

from collections.abc import Callable
from typing import Any

import httpx
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Make = Callable[..., Any]

STRANGERS = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


async def test_each_webhook_begins_a_trace_of_its_own(
    door: httpx.AsyncClient,
    spans: InMemorySpanExporter,
    signature: Callable[[bytes], str],
    webhook: Make,
    text: Make,
) -> None:
    body = webhook(messages=[text()])
    headers = {"x-hub-signature-256": signature(body), "traceparent": STRANGERS}

    await door.post("/webhook", content=body, headers=headers)

    (only,) = spans.get_finished_spans()
    assert (only.name, only.parent) == ("POST /webhook", None)
    assert only.context is not None
    assert f"{only.context.trace_id:032x}" not in STRANGERS


async def test_the_verify_token_is_in_no_trace(
    door: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    await door.get("/webhook", params={"hub.verify_token": "the-verify-token"})

    told = [span.to_json() for span in spans.get_finished_spans()]
    assert not any("the-verify-token" in span for span in told)


async def test_a_forged_webhook_leaves_no_trace(
    door: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    await door.post("/webhook", content=b"{}")

    assert spans.get_finished_spans() == ()
