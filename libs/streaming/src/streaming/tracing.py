"""One trace per message: starts in ingress, travels as `traceparent`, ends with the last effect."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from streaming import carrying

_W3C = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("streaming")  # a proxy until `setup`, the real one from then on


def setup(service_name: str, otlp_endpoint: str | None) -> Callable[[], None]:
    """Begin to trace; export over OTLP/HTTP when given an address. Returns how to flush and end.

    Without address spans are made and carried on, so that the trace of a message is whole
    for a service further on that does export.
    """
    if otlp_endpoint is None:
        MODE.carried = True
        return lambda: None
    # Importing it takes a tenth of the time in which a service starts.
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": service_name}))
    address = f"{otlp_endpoint.rstrip('/')}/v1/traces"
    exporter = trace_exporter.OTLPSpanExporter(endpoint=address, timeout=3)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown


@dataclass(slots=True)
class Mode:
    """Whether spans are recorded, or only carried on."""

    carried: bool = False


MODE = Mode()


def current_traceparent() -> str | None:
    """Give the W3C `traceparent` of the current span, or None outside of any."""
    if MODE.carried:
        return carrying.current()
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


def context_of(traceparent: str) -> Context:
    """Give the context a `traceparent` speaks of; an unreadable one begins a new trace."""
    return _W3C.extract({"traceparent": traceparent}, context=Context())


def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    links: Iterable[str] = (),
    attributes: Callable[[], Mapping[str, AttributeValue]] = dict,
) -> AbstractContextManager[Span]:
    """Open a span below `parent` (a traceparent; None: the current span), linked to `links`.

    `attributes` are asked for only where the span is recorded. A failure is named by its class
    only: messages of exceptions may hold personal data.
    """
    if MODE.carried:
        return carrying.CarriedSpan(parent)
    return _recorded(name, kind, parent, links, attributes())


@contextmanager
def _recorded(
    name: str,
    kind: SpanKind,
    parent: str | None,
    links: Iterable[str],
    attributes: Mapping[str, AttributeValue],
) -> Iterator[Span]:
    with _TRACER.start_as_current_span(
        name,
        context=context_of(parent) if parent else None,
        kind=kind,
        links=[link for traceparent in links for link in _link(traceparent)],
        attributes=dict(attributes),
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
