"""Keeps entries in Kafka: CloudEvents for what was understood, exact bytes for what was not."""

from collections.abc import Sequence
from datetime import datetime

from domain import topics
from domain.ports.command_log import Entry, LogEntry, LogUnavailable, ParkedWebhook
from streaming.cloudevents import shared_headers
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
        records = _laid_out(entries, current_traceparent())
        try:
            await self._publisher.publish_all(records, timeout=self._timeout)
        except PublishFailed as failure:
            raise LogUnavailable(str(failure)) from failure


def _laid_out(entries: Sequence[LogEntry], traceparent: str | None) -> list[OutgoingRecord]:
    """Lay entries out as records; what those of one webhook share is written once."""
    at, shared, records = None, list[tuple[str, bytes]](), list[OutgoingRecord]()
    for entry in entries:
        if isinstance(entry, ParkedWebhook):
            records.append(_parked(entry, traceparent))
            continue
        if entry.at is not at:
            at, shared = entry.at, _shared(entry.at, traceparent)
        records.append(_event(entry, shared))
    return records


def _event(entry: Entry, shared: Sequence[tuple[str, bytes]]) -> OutgoingRecord:
    topic, key, identity, kind, _, data = entry
    name = identity.encode()
    headers = [*shared, ("ce_id", name), ("ce_type", kind.encode()), ("ce_correlationid", name)]
    return OutgoingRecord(topic.name, data, key.encode(), headers)


def _shared(at: datetime, traceparent: str | None) -> list[tuple[str, bytes]]:
    return shared_headers(
        source=SOURCE, time=at, correlation_id=None, causation_id=None, traceparent=traceparent
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
