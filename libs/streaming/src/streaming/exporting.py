"""Sends spans of the wanted traces to a collector, and counts what became of them."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from streaming import carrying, metrics

_EXPORT_SECONDS = 3
_LAST_WORDS_SECONDS = 2.0
"""For what is left at the end: a collector that is gone must not hold a service up."""


def provider(resource: Resource, exporter: SpanExporter) -> TracerProvider:
    """Give what makes spans of the wanted traces and exports them in the background."""
    made = TracerProvider(resource=resource, sampler=Wanted(), shutdown_on_exit=True)
    made.add_span_processor(_Queue(_Counted(exporter)))
    return made


def over_http(endpoint: str) -> SpanExporter:
    """Export to `{endpoint}/v1/traces`; OpenTelemetry's own variables say headers and TLS."""
    # Importing it takes a tenth of the time in which a service starts.
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415

    address = f"{endpoint.rstrip('/')}/v1/traces"
    return trace_exporter.OTLPSpanExporter(endpoint=address, timeout=_EXPORT_SECONDS)


class Wanted(Sampler):
    """Goes by the parent; without one by what is linked to; without that by the ratio."""

    def should_sample(  # noqa: PLR0917 as the SDK calls it
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,  # noqa: ARG002
        kind: SpanKind | None = None,  # noqa: ARG002
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Say whether a span is recorded."""
        parent = get_current_span(parent_context).get_span_context()
        if parent.is_valid:
            wanted = parent.trace_flags.sampled
        elif links:
            wanted = any(link.context.trace_flags.sampled for link in links)
        else:
            wanted = carrying.SHARE.wants(trace_id)
        decision = Decision.RECORD_AND_SAMPLE if wanted else Decision.DROP
        return SamplingResult(decision, attributes, trace_state)

    def get_description(self) -> str:
        """Name it."""
        return f"Wanted{{{carrying.SHARE.ratio}}}"


class _Counted(SpanExporter):
    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        outcome = "exported" if result is SpanExportResult.SUCCESS else "failed"
        metrics.SPANS.labels(outcome).inc(len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Queue(BatchSpanProcessor):
    """Bounded by OTEL_BSP_MAX_QUEUE_SIZE (2048): nobody waits for a collector."""

    def on_end(self, span: ReadableSpan) -> None:
        queue = self._batch_processor._queue  # noqa: SLF001 it drops with a line in the log for each
        if len(queue) == queue.maxlen:
            metrics.SPANS.labels("dropped").inc()
        else:
            super().on_end(span)

    def shutdown(self) -> None:
        self._batch_processor.shutdown(timeout_millis=int(_LAST_WORDS_SECONDS * 1000))
