"""Every metric this library emits, in the default registry; docs/reference/telemetry.md lists them.

What OpenTelemetry's messaging conventions name has their names, written as Prometheus does.
"""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

_READER = ("topic", "group")
_PARTITION = (*_READER, "partition")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_RECORDS = (1, 2, 5, 10, 25, 50, 100, 250, 500)

LAG = Gauge(
    "streaming_lag_records",
    "Records written and not yet fetched, also while reading is paused",
    _PARTITION,
)
OLDEST = Gauge(
    "streaming_oldest_record_age_seconds",
    "Age of the oldest record that is not finished; 0 when there is none",
    _PARTITION,
)
UNFINISHED = Gauge(
    "streaming_unfinished_records", "Records fetched but not finished, of a partition", _PARTITION
)
BUFFERED = Gauge("streaming_buffered_records", "Records fetched but not finished, in all", _READER)
IN_FLIGHT = Gauge("streaming_in_flight_records", "Records being handled right now", _READER)
FETCHED = Histogram(
    "streaming_fetch_records",
    "Records that one fetch brought, of fetches that brought any",
    _READER,
    buckets=_RECORDS,
)
HANDLED = Counter("streaming_handled_records", "Records handled with success", _READER)
PARKED = Counter("streaming_parked_records", "Records set aside with a reason", _READER)
RETRIED = Counter("streaming_retried_records", "Attempts that failed and are repeated", _READER)
REBALANCED = Counter("streaming_rebalances", "Times partitions were taken away", _READER)
CIRCUIT_OPEN = Gauge(
    "streaming_circuit_open", "1 while what the handlers call is unavailable, else 0", _READER
)
REPLACED_PRODUCERS = Counter(
    "streaming_replaced_producers", "Producers that Kafka took nothing from, and that were replaced"
)
READY = Gauge("streaming_ready", "1 while the service does what it is for, as /readyz says, else 0")
LOOP_LAG = Gauge("streaming_event_loop_lag_seconds", "How late the event loop woke up")
SPANS = Counter(
    "streaming_spans",
    "Spans by what became of them: exported, failed (the collector did not take them) or dropped",
    ("outcome",),
)

CALLS = Histogram(
    "outgoing_call_seconds",
    "Calls to other systems by what they answered: a status, or the class of the failure",
    ("peer", "operation", "outcome"),
    buckets=_SECONDS,
)

_DESTINATION = ("messaging_operation_name", "messaging_destination_name")
SENDING = Histogram(
    "messaging_client_operation_duration_seconds",
    "From handing records to Kafka until all are acknowledged",
    (*_DESTINATION, "error_type"),
    buckets=_SECONDS,
)
SENT = Counter(
    "messaging_client_sent_messages",
    "Records that Kafka acknowledged, or (error_type) did not",
    (*_DESTINATION, "error_type"),
)
CONSUMED = Counter(
    "messaging_client_consumed_messages",
    "Records fetched from Kafka",
    (*_DESTINATION, "messaging_consumer_group_name"),
)
PROCESSING = Histogram(
    "messaging_process_duration_seconds",
    "One attempt at a record, or at a batch of them",
    (*_DESTINATION, "messaging_consumer_group_name", "error_type"),
    buckets=_SECONDS,
)


# Looking a metric up by its labels costs more than counting does.
@cache
def call(peer: str, operation: str, outcome: str) -> Histogram:
    """Give how long calls took that were answered so."""
    return CALLS.labels(peer, operation, outcome)


@cache
def sending(topic: str, failure: str = "") -> tuple[Histogram, Counter]:
    """Give how long records took to be sent to a topic, and how many there were."""
    return SENDING.labels("send", topic, failure), SENT.labels("send", topic, failure)


@cache
def consumed(topic: str, group: str) -> Counter:
    """Give how many records a group fetched of a topic."""
    return CONSUMED.labels("poll", topic, group)


@cache
def processing(topic: str, group: str, failure: str = "") -> Histogram:
    """Give how long a group took for records of a topic."""
    return PROCESSING.labels("process", topic, group, failure)
