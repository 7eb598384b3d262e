"""Follows commands in their traces while a batch of them is settled, where anybody records them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from domain.ports.event_store import ParkedCommand
from domain.topics import SESSION_COMMANDS
from session_core.use_cases.parsing import Request
from streaming import tracing
from streaming.traced import MESSAGING, SpanKind, Traced

GROUP = "session-core"
BATCH = Traced(
    "process {}",
    SpanKind.CONSUMER,
    "One attempt at a batch of commands: people recalled, everything decided and stored",
    attributes=(*MESSAGING, "messaging.consumer.group.name", "messaging.batch.message_count"),
    below="nothing: a batch is a trace of its own",
    links="the span that sent each command (the first 128), with `messaging.message.id`",
)
COMMAND = Traced(
    "process {}",
    SpanKind.CONSUMER,
    "One command of such a batch; its events carry the `traceparent` of this span",
    attributes=(
        *MESSAGING,
        "messaging.consumer.group.name",
        "messaging.destination.partition.id",
        "messaging.kafka.offset",
        "messaging.message.id",
        "messaging.message.conversation_id",
    ),
    below="the span that sent the command",
    links="the batch in which it was settled",
)
_TOPIC = SESSION_COMMANDS.name


@contextmanager
def followed(
    parts: Sequence[Sequence[Request | ParkedCommand]],
) -> Iterator[Sequence[Sequence[Request | ParkedCommand]]]:
    """Give the commands as they are to be decided: what comes of each belongs to its span."""
    requests = [one for part in parts for one in part if isinstance(one, Request)]
    if tracing.MODE.carried or not requests:
        yield parts
        return
    messages = [_message(request) for request in requests]
    attributes = {
        **tracing.messaging("process", "process", _TOPIC),
        "messaging.consumer.group.name": GROUP,
        "messaging.batch.message_count": sum(map(len, parts)),
    }
    with tracing.together(BATCH, COMMAND, _TOPIC, messages, attributes) as traceparents:
        given = iter(traceparents)
        yield [
            [
                one._replace(traceparent=next(given)) if isinstance(one, Request) else one
                for one in part
            ]
            for part in parts
        ]


def _message(request: Request) -> tracing.Message:
    delivery = request.delivery
    return tracing.Message(
        request.traceparent,
        {
            "messaging.message.id": str(request.occasion.command_id),
            "messaging.message.conversation_id": request.correlation_id,
            "messaging.destination.partition.id": str(delivery.shard),
            "messaging.kafka.offset": delivery.offset,
        },
    )
