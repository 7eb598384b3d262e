"""Spans as data: which there are, so that one page can list them and a test can hold us to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.trace import SpanKind

__all__ = ["MESSAGING", "PASS_ON", "PROCESS", "SEND", "SPANS", "SpanKind", "Traced"]

MESSAGING = (
    "messaging.system",
    "messaging.operation.name",
    "messaging.operation.type",
    "messaging.destination.name",
)
"""Attributes of every span about messages (OpenTelemetry, messaging conventions)."""


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A span that we make. `{}` in its name stands for what it is about, such as a topic."""

    name: str
    kind: SpanKind
    means: str
    attributes: tuple[str, ...] = ()
    """All that it can carry; `error.type` comes on top where it failed."""
    below: str = ""
    """Whose child it is, in words."""
    links: str = ""
    """What it links to, in words."""
    always: Mapping[str, str] = field(default_factory=dict)
    """Attributes that are always the same."""

    def named(self, about: str) -> str:
        """Give the name of a span that is about this."""
        return self.name.replace("{}", about)


PROCESS = Traced(
    "process {}",
    SpanKind.CONSUMER,
    "One attempt at one record, from its turn until it needs nothing more or failed",
    attributes=(
        *MESSAGING,
        "messaging.consumer.group.name",
        "messaging.destination.partition.id",
        "messaging.kafka.offset",
        "messaging.message.id",
    ),
    below="the span that wrote the record (its `traceparent`)",
)
SEND = Traced(
    "send {}",
    SpanKind.PRODUCER,
    "Records handed to Kafka together, until all are acknowledged; they carry its `traceparent`",
    attributes=(*MESSAGING, "messaging.batch.message_count"),
    below="the span in which the records were made",
)
PASS_ON = Traced(
    "send {}",
    SpanKind.CLIENT,
    "The same for records that were made before and keep their `traceparent`: sent on or parked",
    attributes=(*MESSAGING, "messaging.batch.message_count"),
    below="the current span, if there is one",
    links="the span that each record comes from (the first 128)",
)
SPANS = (PROCESS, SEND, PASS_ON)
