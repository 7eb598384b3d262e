"""Spans of what is sent, called and processed together, and which of them are recorded."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from prometheus_client import REGISTRY

from streaming import carrying, exporting, sending, tracing
from streaming.calling import Call
from streaming.gathering import Addressed
from streaming.traced import PROCESS, Traced
from streaming.tracing import Message

HERE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
THERE = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNWANTED = "00-2af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
BATCH = Traced("process {}", SpanKind.CONSUMER, "A batch", ("messaging.batch.message_count",))
ONE = Traced("process {}", SpanKind.CONSUMER, "One of it", ("messaging.message.id",))
ASK = Traced("GET /{id}", SpanKind.CLIENT, "Asks", always={"http.request.method": "GET"})


class Spans(InMemorySpanExporter):
    """What was exported."""

    def all(self) -> list[ReadableSpan]:
        return sorted(self.get_finished_spans(), key=lambda span: span.start_time or 0)

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all() if span.name == name]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """As in a service that exports."""
    exporter = Spans()
    provider = TracerProvider(sampler=exporting.Wanted())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("test"))
    monkeypatch.setattr(tracing, "MODE", replace(tracing.MODE, carried=False))
    yield exporter
    provider.shutdown()


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MODE", replace(tracing.MODE, carried=True))


def record(traceparent: str | None, topic: str = "events") -> Addressed:
    headers = [("ce_id", b"1")]
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return Addressed(topic, None, b"key", b"value", headers)


def origin(sent: Addressed) -> str:
    return dict(sent.headers).get("traceparent", b"").decode()


def written(span: ReadableSpan) -> str:
    context = span.context
    assert context is not None
    flags = context.trace_flags
    return f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}-{flags:02x}"


def test_records_made_in_a_span_come_from_the_span_that_sends_them(spans: Spans) -> None:
    with tracing.span(PROCESS, "events", parent=HERE):
        made = tracing.current_traceparent()
        with sending.traced([record(made), record(made)]) as sent:
            origins = [origin(one) for one in sent]

    (send,), (process,) = spans.named("send events"), spans.named("process events")
    assert origins == [written(send)] * 2
    assert send.parent is not None
    assert process.context is not None
    assert send.parent.span_id == process.context.span_id
    assert (send.kind, dict(send.attributes or {})["messaging.batch.message_count"]) == (
        SpanKind.PRODUCER,
        2,
    )


def test_a_record_that_is_passed_on_keeps_its_origin_and_is_linked_to(spans: Spans) -> None:
    with sending.traced([record(HERE), record(UNWANTED), record(None)]) as sent:
        origins = [origin(one) for one in sent]

    (send,) = spans.named("send events")
    assert origins == [HERE, UNWANTED, ""]
    assert send.kind is SpanKind.CLIENT
    assert [format_trace_id(link.context.trace_id) for link in send.links] == [HERE[3:35]]


def test_records_for_several_topics_are_one_span_without_a_name_of_any(spans: Spans) -> None:
    with sending.traced([record(HERE, "one"), record(HERE, "two")]):
        pass

    assert [span.name for span in spans.all()] == ["send several topics"]


def test_a_batch_links_to_its_messages_and_each_has_a_span_in_its_own_trace(spans: Spans) -> None:
    messages = [Message(HERE, {"messaging.message.id": "a"}), Message(THERE, {})]
    attributes = {"messaging.batch.message_count": 2}

    with tracing.together(BATCH, ONE, "commands", messages, attributes) as onward:
        inside = tracing.current_traceparent()

    whole, first, second = spans.all()
    assert whole.parent is None
    assert inside == written(whole)
    assert [format_trace_id(link.context.trace_id) for link in whole.links] == [
        HERE[3:35],
        THERE[3:35],
    ]
    assert dict(whole.links[0].attributes or {}) == {"messaging.message.id": "a"}
    assert onward == [written(first), written(second)]
    assert [one.parent and format_span_id(one.parent.span_id) for one in (first, second)] == [
        HERE[36:52],
        THERE[36:52],
    ]
    assert [link.context for link in first.links] == [whole.context]
    assert dict(first.attributes or {}) == {"messaging.message.id": "a"}


def test_of_a_batch_only_messages_that_somebody_wants_have_a_span(spans: Spans) -> None:
    messages = [Message(UNWANTED, {}), Message(HERE, {})]

    with tracing.together(BATCH, ONE, "commands", messages, {}) as onward:
        pass

    whole, one = spans.all()
    assert onward == [UNWANTED, written(one)]
    assert len(whole.links) == 1


def test_a_batch_that_nobody_wants_leaves_no_span_and_changes_nothing(spans: Spans) -> None:
    with tracing.together(BATCH, ONE, "commands", [Message(UNWANTED, {})], {}) as onward:
        assert tracing.current_traceparent() is None

    assert onward == [UNWANTED]
    assert spans.all() == []


@pytest.mark.usefixtures("nobody_looks")
def test_a_batch_in_a_service_that_exports_nothing_changes_nothing() -> None:
    with tracing.together(BATCH, ONE, "commands", [Message(HERE, {})], {}) as onward:
        assert onward == [HERE]


def test_a_message_without_a_trace_begins_one_in_its_batch(spans: Spans) -> None:
    with tracing.together(BATCH, ONE, "commands", [Message(None, {})], {}) as onward:
        pass

    whole, one = spans.all()
    assert onward == [written(one)]
    assert one.parent is None
    assert not whole.links


def test_a_batch_that_fails_fails_for_each_of_its_messages(spans: Spans) -> None:
    messages = [Message(HERE, {}), Message(THERE, {})]
    with pytest.raises(ValueError, match="Anna"):
        fail(messages)

    assert [dict(span.attributes or {})["error.type"] for span in spans.all()] == ["ValueError"] * 3
    assert not any(span.status.description or span.events for span in spans.all())


def fail(messages: list[Message]) -> None:
    with tracing.together(BATCH, ONE, "commands", messages, {}):
        raise ValueError("Anna")


def test_within_an_unwanted_trace_nothing_is_recorded_whoever_exports(spans: Spans) -> None:
    with tracing.span(PROCESS, "events", parent=UNWANTED), Call("crm", ASK) as call:
        call.answered(200)
        onward = tracing.current_traceparent() or ""

    assert (onward[:36], onward[-3:]) == (UNWANTED[:36], "-00")
    assert spans.all() == []


@pytest.mark.parametrize(("ratio", "recorded"), [(0.0, 0), (1.0, 200)])
def test_the_ratio_says_how_many_of_the_traces_begun_here_are_recorded(
    spans: Spans, monkeypatch: pytest.MonkeyPatch, ratio: float, recorded: int
) -> None:
    monkeypatch.setattr(carrying.SHARE, "ratio", ratio)

    for _ in range(200):
        with tracing.span(PROCESS, "events"), tracing.span(ASK):
            pass

    assert len(spans.named("process events")) == len(spans.named("GET /{id}")) == recorded


def test_half_of_the_traces_is_about_half_of_them_and_their_spans_go_together(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying.SHARE, "ratio", 0.5)

    for _ in range(400):
        with tracing.span(PROCESS, "events"), tracing.span(ASK):
            pass

    assert 100 < len(spans.named("process events")) < 300
    assert len(spans.named("process events")) == len(spans.named("GET /{id}"))


@pytest.mark.usefixtures("nobody_looks")
def test_the_ratio_holds_for_traces_that_are_only_begun_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying.SHARE, "ratio", 0.5)
    flags = set()

    for _ in range(100):
        with tracing.span(PROCESS, "events"):
            flags.add((tracing.current_traceparent() or "")[-2:])

    assert flags == {"00", "01"}


def calls(outcome: str) -> float:
    labels = {"peer": "crm", "operation": "GET /{id}", "outcome": outcome}
    return REGISTRY.get_sample_value("outgoing_call_seconds_count", labels) or 0


@pytest.mark.parametrize(("status", "error"), [(200, None), (404, "404"), (503, "503")])
def test_a_call_is_told_by_the_status_of_its_answer(
    spans: Spans, status: int, error: str | None
) -> None:
    before = calls(str(status))

    with Call("crm", ASK) as call:
        call.answered(status)

    (span,) = spans.all()
    attributes = dict(span.attributes or {})
    assert attributes["http.response.status_code"] == status
    assert attributes.get("error.type") == error
    assert calls(str(status)) == before + 1


def test_a_status_that_was_expected_is_no_failure(spans: Spans) -> None:
    with Call("crm", ASK) as call:
        call.answered(404, expected=404)

    (span,) = spans.all()
    assert "error.type" not in dict(span.attributes or {})


def test_a_call_that_fails_is_told_by_the_class_of_its_failure(spans: Spans) -> None:
    before = calls("TimeoutError")
    with pytest.raises(TimeoutError), Call("crm", ASK):
        raise TimeoutError

    (span,) = spans.all()
    assert dict(span.attributes or {})["error.type"] == "TimeoutError"
    assert calls("TimeoutError") == before + 1


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("streaming_spans_total", {"outcome": outcome}) or 0


def test_spans_that_were_exported_are_counted() -> None:
    before, exporter = counted("exported"), InMemorySpanExporter()
    provider = exporting.provider(Resource.create({}), exporter)

    with provider.get_tracer("test").start_as_current_span("one"):
        pass
    provider.force_flush()

    assert counted("exported") == before + 1
    provider.shutdown()


class Stuck(InMemorySpanExporter):
    """A collector that does not answer for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.go_on.wait(30)
        return super().export(spans)


def test_spans_that_a_full_queue_drops_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "2")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")
    before, exporter = counted("dropped"), Stuck()
    provider = exporting.provider(Resource.create({}), exporter)
    tracer = provider.get_tracer("test")

    for _ in range(50):
        tracer.start_span("one").end()
    exporter.go_on.set()
    provider.shutdown()

    assert 40 < counted("dropped") - before < 50


def test_a_collector_that_does_not_answer_holds_nobody_up_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "_LAST_WORDS_SECONDS", 0.1)
    exporter = Stuck()
    provider = exporting.provider(Resource.create({}), exporter)
    provider.get_tracer("test").start_span("one").end()

    provider.shutdown()

    assert not exporter.go_on.is_set()
    assert not exporter.get_finished_spans()
    exporter.go_on.set()
