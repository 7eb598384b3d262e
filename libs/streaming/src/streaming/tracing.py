"""One trace per message: starts in ingress, travels as `traceparent`, ends with the last effect."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import Token
from dataclasses import dataclass
from itertools import compress, islice
from typing import NamedTuple, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
)
from opentelemetry.util.types import AttributeValue

from streaming import carrying, exporting
from streaming.traced import Traced

Attributes: TypeAlias = Mapping[str, AttributeValue]

MOST_LINKS = 128
"""What OpenTelemetry keeps of a span's links."""
_MESSAGE_ID = "messaging.message.id"
_TRACER = trace.get_tracer("streaming")  # a proxy until `setup`, the real one from then on


def setup(
    service_name: str,
    otlp_endpoint: str | None,
    *,
    sample_ratio: float = 1.0,
    instance_id: str = "",
) -> Callable[[], None]:
    """Begin to trace; export over OTLP/HTTP when given an address. Returns how to flush and end.

    Without address spans are made and carried on, so that the trace of a message is whole
    for a service further on that does export. `sample_ratio` is of the traces that begin here;
    of others whoever began them has decided.
    """
    carrying.SHARE.ratio = sample_ratio
    if otlp_endpoint is None:
        MODE.carried = True
        return lambda: None
    told = {
        "service.name": service_name,
        "service.namespace": "whatsapp-agent",
        **({"service.instance.id": instance_id} if instance_id else {}),
    }
    provider = exporting.provider(Resource.create(told), exporting.over_http(otlp_endpoint))
    trace.set_tracer_provider(provider)
    return provider.shutdown


@dataclass(slots=True)
class Mode:
    """Whether spans are recorded, or only carried on."""

    carried: bool = False


MODE = Mode()


def current_traceparent() -> str | None:
    """Give the W3C `traceparent` of the current span, or None outside of any."""
    return carrying.current()


def is_unwanted(traceparent: str | None) -> bool:
    """Say whether it was decided where a trace began that nobody records it."""
    return carrying.is_unwanted(traceparent)


def span(
    traced: Traced,
    about: str = "",
    *,
    parent: str | None = None,
    links: Iterable[str] = (),
    attributes: Callable[[], Attributes] = dict,
) -> AbstractContextManager[Span]:
    """Open a span below `parent` (a traceparent; None: the current span), linked to `links`.

    `attributes` are asked for only where the span is recorded. A failure is named by its class
    only: messages of exceptions may hold personal data.
    """
    above = parent or carrying.current()
    if MODE.carried or carrying.is_unwanted(above):
        return carrying.WITHIN if above and not parent else carrying.CarriedSpan(parent)
    linked = [Link(context) for one in links if (context := _read(one))]
    below = _context(above, is_remote=bool(parent))
    return _Recorded(traced, about, below, linked[:MOST_LINKS], attributes())


class Message(NamedTuple):
    """One of several that are processed together: its `traceparent`, and what tells it apart."""

    traceparent: str | None
    attributes: Attributes


@contextmanager
def together(
    whole: Traced,
    one: Traced,
    about: str,
    messages: Sequence[Message],
    attributes: Attributes,
) -> Iterator[Sequence[str | None]]:
    """Open a span for a batch, linked to its messages, and one for each in the message's trace.

    Gives the traceparents that each message has from then on. Costs only for traces that are
    recorded; where nothing is, the messages keep what they came with.
    """
    given = [message.traceparent for message in messages]
    wanted = [not carrying.is_unwanted(traceparent) for traceparent in given]
    if MODE.carried or not any(wanted):
        yield given
        return
    links = list(islice(_links(compress(messages, wanted)), MOST_LINKS))
    with _Recorded(whole, about, Context(), links, attributes) as batch:
        back = [Link(batch.get_span_context())]
        begun = [
            _begin(one, about, message, back, attributes) if is_wanted else None
            for message, is_wanted in zip(messages, wanted, strict=True)
        ]
        with _ending([each for each in begun if each is not None]):
            yield [
                before if each is None else _written(each)
                for before, each in zip(given, begun, strict=True)
            ]


def messaging(operation: str, kind: str, destination: str) -> dict[str, AttributeValue]:
    """Give the attributes of a messaging span: `kind` is the operation type of the convention."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
        "messaging.destination.name": destination,
    }


class _Recorded:
    """A span that is exported. Who is the current one is known by `carrying` alone."""

    __slots__ = ("_opened", "_token")

    def __init__(
        self, traced: Traced, about: str, parent: Context, links: Sequence[Link], more: Attributes
    ) -> None:
        self._opened = _TRACER.start_span(
            traced.named(about),
            context=parent,
            kind=traced.kind,
            links=links,
            attributes={**traced.always, **more},
        )
        self._token: Token[str | None]

    def __enter__(self) -> Span:
        self._token = carrying.enter(_written(self._opened))
        return self._opened

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        carrying.leave(self._token)
        if kind is not None and issubclass(kind, Exception):
            failed(self._opened, kind.__name__)
        self._opened.end()


def failed(opened: Span, kind: str) -> None:
    """Let a span tell that what it stands for failed, and how it is called."""
    opened.set_attribute("error.type", kind)
    opened.set_status(Status(StatusCode.ERROR))


def _links(messages: Iterable[Message]) -> Iterator[Link]:
    for message in messages:
        if message.traceparent and (context := _read(message.traceparent)):
            name = message.attributes.get(_MESSAGE_ID)
            yield Link(context, {_MESSAGE_ID: name} if name else None)


def _begin(
    one: Traced, about: str, message: Message, links: Sequence[Link], attributes: Attributes
) -> Span:
    shared = {name: value for name, value in attributes.items() if name in one.attributes}
    return _TRACER.start_span(
        one.named(about),
        context=_context(message.traceparent),
        kind=one.kind,
        links=links,
        attributes={**one.always, **shared, **message.attributes},
    )


@contextmanager
def _ending(begun: Sequence[Span]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for each in begun:
            failed(each, type(error).__name__)
        raise
    finally:
        for each in begun:
            each.end()


def _written(opened: Span) -> str | None:
    context = opened.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _context(traceparent: str | None, *, is_remote: bool = True) -> Context:
    read = _read(traceparent, is_remote=is_remote) if traceparent else None
    return trace.set_span_in_context(NonRecordingSpan(read), Context()) if read else Context()


def _read(traceparent: str, *, is_remote: bool = True) -> SpanContext | None:
    if (read := carrying.parts_of(traceparent)) is None:
        return None
    ids = int(read[0], 16), int(read[1], 16)
    return SpanContext(*ids, is_remote=is_remote, trace_flags=TraceFlags(int(read[2], 16)))
