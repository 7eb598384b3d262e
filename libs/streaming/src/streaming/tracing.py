"""One trace per message: starts in ingress, travels as `traceparent`, ends with the last effect."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

_W3C = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("streaming")  # a proxy until `setup`, the real one from then on


def setup(service_name: str, otlp_endpoint: str | None) -> Callable[[], None]:
    """Begin to trace; export over OTLP/HTTP when given an address. Returns how to flush and end.

    Without address spans are made and carried on, so that the trace of a message is whole
    for a service further on that does export.
    """
    if otlp_endpoint is None:
        trace.set_tracer_provider(CarryingProvider())
        return lambda: None
    # Importing it takes a tenth of the time in which a service starts.
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": service_name}))
    address = f"{otlp_endpoint.rstrip('/')}/v1/traces"
    exporter = trace_exporter.OTLPSpanExporter(endpoint=address, timeout=3)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown


class CarryingProvider(trace.TracerProvider):
    """Traces nothing, but hands traces on: its spans have ids and keep nothing else."""

    def get_tracer(self, *_: object, **__: object) -> trace.Tracer:
        """Give the tracer, the same for everybody."""
        return _CARRIER


class _Carrier(trace.Tracer):
    """A span that is recorded costs as much as the rest of what is done with a message."""

    def start_span(
        self,
        name: str,  # noqa: ARG002 nothing is kept of it
        context: Context | None = None,
        *_: object,
        **__: object,
    ) -> Span:
        above = trace.get_current_span(context).get_span_context()
        trace_id = above.trace_id if above.is_valid else _IDS.generate_trace_id()
        flags = above.trace_flags if above.is_valid else TraceFlags(TraceFlags.SAMPLED)
        return NonRecordingSpan(
            SpanContext(
                trace_id,
                _IDS.generate_span_id(),
                is_remote=False,
                trace_flags=flags,
                trace_state=above.trace_state,
            )
        )

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the base's is a decorator as well
        self, name: str, context: Context | None = None, *_: object, **__: object
    ) -> Iterator[Span]:
        opened = self.start_span(name, context)
        token = attach(trace.set_span_in_context(opened, context))
        try:
            yield opened
        finally:
            detach(token)


_IDS = RandomIdGenerator()
_CARRIER = _Carrier()


def current_traceparent() -> str | None:
    """Give the W3C `traceparent` of the current span, or None outside of any."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


def context_of(traceparent: str) -> Context:
    """Give the context a `traceparent` speaks of; an unreadable one begins a new trace."""
    return _W3C.extract({"traceparent": traceparent}, context=Context())


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    links: Iterable[str] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """Open a span below `parent` (a traceparent; None: the current span), linked to `links`.

    A failure is named by its class only: messages of exceptions may hold personal data.
    """
    with _TRACER.start_as_current_span(
        name,
        context=context_of(parent) if parent else None,
        kind=kind,
        links=[link for traceparent in links for link in _link(traceparent)],
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except Exception as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(Status(StatusCode.ERROR))
            raise


def messaging(operation: str, kind: str, destination: str) -> dict[str, AttributeValue]:
    """Give the attributes of a messaging span: `kind` is the operation type of the convention."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
        "messaging.destination.name": destination,
    }


def _link(traceparent: str) -> list[Link]:
    context = trace.get_current_span(context_of(traceparent)).get_span_context()
    return [Link(context)] if context.is_valid else []
