"""Keeps entries in Kafka: CloudEvents for what was understood, exact bytes for what was not."""

from collections.abc import Sequence

from domain import topics
from domain.ports.command_log import Entry, LogEntry, LogUnavailable, ParkedWebhook
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import OutgoingRecord, Publisher, PublishFailed
from streaming.tracing import current_traceparent

SOURCE = "ingress"
_PATHS = 20


class KafkaCommandLog:
    """Acknowledged by all in-sync replicas within `timeout` seconds, or unavailable."""

    def __init__(self, publisher: Publisher, *, timeout: float) -> None:
        self._publisher = publisher
        self._timeout = timeout

    async def append(self, entries: Sequence[LogEntry]) -> None:
        """Write all at once and wait for every acknowledgement. Raises LogUnavailable."""
        if reason := self._publisher.ready():
            raise LogUnavailable(reason)
        traceparent = current_traceparent()
        records = [_record(entry, traceparent) for entry in entries]
        try:
            await self._publisher.publish_all(records, timeout=self._timeout)
        except PublishFailed as failure:
            raise LogUnavailable(str(failure)) from failure


def _record(entry: LogEntry, traceparent: str | None) -> OutgoingRecord:
    match entry:
        case Entry():
            return _event(entry, traceparent)
        case ParkedWebhook():
            return _parked(entry, traceparent)


def _event(entry: Entry, traceparent: str | None) -> OutgoingRecord:
    event = CloudEvent(
        id=str(entry.id),
        type=entry.type,
        source=SOURCE,
        time=entry.at,
        data=entry.data,
        correlation_id=str(entry.id),
        traceparent=traceparent,
    )
    return OutgoingRecord(
        topic=entry.topic.name, value=event.data, key=entry.key.encode(), headers=encode(event)
    )


def _parked(webhook: ParkedWebhook, traceparent: str | None) -> OutgoingRecord:
    """Headers as of every parked record; a webhook has no topic that it came from."""
    reasons = ", ".join(sorted({problem.reason for problem in webhook.problems}))
    paths = " ".join(problem.path for problem in webhook.problems[:_PATHS])
    headers = [
        ("park-reason", reasons.encode()),
        ("park-paths", paths.encode()),
        ("park-problems", b"%d" % len(webhook.problems)),
        ("park-at", webhook.at.isoformat().encode()),
    ]
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return OutgoingRecord(
        topic=topics.WEBHOOK_PARKED.name, value=webhook.body, key=None, headers=headers
    )
