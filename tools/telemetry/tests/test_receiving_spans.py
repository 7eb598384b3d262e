"""The receiver takes what services export, and keeps everything that they told."""

import socket
import struct
import threading
import time
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from typer.testing import CliRunner

from streaming import exporting
from telemetry.__main__ import app
from telemetry.receiver import receiving
from telemetry.spans import Exported, Linked, read, tree

TRACE, SPAN = int("a" * 32, 16), int("b" * 16, 16)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spans.jsonl"


@pytest.fixture
def exported(file: Path) -> list[Exported]:
    """What is in the file after two spans were exported as a service exports them."""
    seen: list[Exported] = []
    with receiving(file) as address:
        provider = exporting.provider(
            Resource.create({"service.name": "ingress"}), exporting.over_http(address)
        )
        tracer = provider.get_tracer("test")
        other = SpanContext(TRACE, SPAN, is_remote=True, trace_flags=TraceFlags(1))
        with tracer.start_as_current_span("POST /webhook", kind=SpanKind.SERVER) as outer:
            outer.add_event("nothing that ours have")
            link = Link(other, {"messaging.message.id": "one"})
            with tracer.start_as_current_span("send commands", links=[link]) as inner:
                inner.set_attribute("http.response.status_code", 200)
                inner.set_attribute("names", ["a", "b"])
        provider.shutdown()
        seen.extend(read(file))
    return seen


def test_a_span_arrives_with_all_that_was_told_of_it(exported: list[Exported]) -> None:
    inner, outer = sorted(exported, key=lambda span: span.name, reverse=True)

    assert (outer.service, outer.name, outer.kind) == ("ingress", "POST /webhook", "SERVER")
    assert (inner.parent_id, inner.trace_id) == (outer.span_id, outer.trace_id)
    assert outer.parent_id == ""
    assert inner.attributes == {"http.response.status_code": 200, "names": ["a", "b"]}
    assert inner.links == (Linked("a" * 32, "b" * 16, {"messaging.message.id": "one"}),)
    assert "nothing that ours have" in outer.beside
    assert outer.begin <= inner.begin <= inner.end <= outer.end


def test_a_trace_is_shown_as_a_tree(exported: list[Exported], file: Path) -> None:
    assert [(depth, span.name) for depth, span in tree(exported)] == [
        (0, "POST /webhook"),
        (1, "send commands"),
    ]
    shown = CliRunner().invoke(app, ["show", str(file)])
    assert [line.split(" (")[0] for line in shown.stdout.splitlines()] == [
        "ingress: POST /webhook",
        "  ingress: send commands",
    ]


def test_what_is_no_span_is_refused(file: Path) -> None:
    with receiving(file) as address:
        answer = httpx.post(f"{address}/v1/metrics", content=b"", trust_env=False)

    assert answer.status_code == 404
    assert read(file) == []


def test_who_exports_when_all_is_over_is_turned_away(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with httpx.Client(
        trust_env=False, headers={"content-type": "application/x-protobuf"}
    ) as service:
        with receiving(file) as address:
            assert service.post(f"{address}/v1/traces", content=b"").status_code == 200
        answer = service.post(f"{address}/v1/traces", content=b"")

    assert answer.status_code == 503
    assert not capfd.readouterr().err


def test_nothing_is_said_of_a_service_that_was_killed_while_it_exported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    at_once = struct.pack("ii", 1, 0)
    with receiving(tmp_path / "spans.jsonl") as address:
        before = threading.active_count()
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as service:
            service.sendall(b"POST /v1/traces HTTP/1.1\r\ncontent-length: 99\r\n\r\nhalf of it")
            while threading.active_count() == before:
                time.sleep(0.01)
            service.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        while threading.active_count() > before:
            time.sleep(0.01)

    assert capfd.readouterr().err == ""
