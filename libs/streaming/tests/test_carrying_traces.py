"""One trace per message, from header to header, without what a person wrote."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from streaming import tracing
from streaming.traced import Traced

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PROCESS = Traced("process {}", SpanKind.CONSUMER, "Processes")
SEND = Traced("send {}", SpanKind.PRODUCER, "Sends")
OTHER = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def exported() -> Iterator[InMemorySpanExporter]:
    """Spans of this module."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
        patch.setattr(tracing, "MODE", replace(tracing.MODE, carried=False))
        yield exporter
    exporter.shutdown()


@pytest.fixture
def carrying(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a service that was given no address to export to."""
    monkeypatch.setattr(tracing, "MODE", replace(tracing.MODE, carried=True))


def test_a_span_continues_the_trace_of_its_parent_and_hands_it_on(
    exported: InMemorySpanExporter,
) -> None:
    exported.clear()
    with tracing.span(PROCESS, "events", parent=PARENT):
        onward = tracing.current_traceparent() or ""

    (span,) = exported.get_finished_spans()
    assert onward.startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert onward != PARENT
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == "b7ad6b7169203331"


@pytest.mark.usefixtures("exported")
def test_outside_of_any_span_there_is_no_traceparent() -> None:
    assert tracing.current_traceparent() is None


@pytest.mark.parametrize("broken", ["", "garbage", "00-zz-zz-01", "00-" + "0" * 32 + "-1-01"])
@pytest.mark.usefixtures("exported")
def test_an_unreadable_parent_begins_a_new_trace(broken: str) -> None:
    with tracing.span(PROCESS, parent=broken):
        assert (tracing.current_traceparent() or "").count("-") == 3


def test_links_name_other_traces_and_skip_unreadable_ones(exported: InMemorySpanExporter) -> None:
    exported.clear()
    with tracing.span(SEND, links=[PARENT, "garbage", OTHER]):
        pass

    (span,) = exported.get_finished_spans()
    assert [trace.format_trace_id(link.context.trace_id)[0] for link in span.links] == ["0", "1"]


def test_a_failure_is_told_by_its_class_and_never_by_its_text(
    exported: InMemorySpanExporter,
) -> None:
    exported.clear()
    with pytest.raises(ValueError, match="Anna"), tracing.span(PROCESS):
        raise ValueError("Anna")

    (span,) = exported.get_finished_spans()
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert not span.events
    assert not span.status.description


@pytest.mark.usefixtures("carrying")
def test_without_an_exporter_a_trace_is_handed_on_below_its_parent() -> None:
    with tracing.span(PROCESS, parent=PARENT):
        outer = tracing.current_traceparent() or ""
        with tracing.span(SEND):
            inner = tracing.current_traceparent() or ""

    assert outer[:36] == PARENT[:36]
    assert outer != PARENT
    assert inner == outer, "nobody would see an id of its own"
    assert tracing.current_traceparent() is None


@pytest.mark.usefixtures("carrying")
def test_without_an_exporter_a_new_trace_begins_as_one_that_others_record() -> None:
    with tracing.span(PROCESS):
        first = tracing.current_traceparent() or ""
    with tracing.span(PROCESS):
        second = tracing.current_traceparent() or ""

    assert first.endswith("-01")
    assert first[3:35] != second[3:35]


@pytest.mark.usefixtures("carrying")
def test_without_an_exporter_a_trace_that_nobody_wants_stays_unwanted() -> None:
    with tracing.span(PROCESS, parent=PARENT[:-1] + "0"):
        assert (tracing.current_traceparent() or "").endswith("-00")


@pytest.mark.usefixtures("carrying")
def test_without_an_exporter_a_failure_passes_through() -> None:
    with pytest.raises(ValueError, match="Anna"), tracing.span(PROCESS):
        raise ValueError("Anna")

    assert tracing.current_traceparent() is None


@pytest.mark.parametrize(
    "broken", ["garbage", "00-zz-zz-01", "00-" + "0" * 32 + PARENT[35:], "ff" + PARENT[2:]]
)
@pytest.mark.usefixtures("carrying")
def test_without_an_exporter_an_unreadable_parent_begins_a_new_trace(broken: str) -> None:
    with tracing.span(PROCESS, parent=broken):
        onward = tracing.current_traceparent() or ""

    assert len(onward) == len(PARENT)
    assert onward[:36] not in (PARENT[:36], broken[:36])


@pytest.mark.usefixtures("carrying")
def test_without_an_exporter_a_trace_of_a_later_version_goes_on() -> None:
    with tracing.span(PROCESS, parent="01" + PARENT[2:] + "-what-comes-then"):
        assert (tracing.current_traceparent() or "")[2:36] == PARENT[2:36]
