"""What ingress counts; the README lists the names."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

WEBHOOKS = Counter("ingress_webhooks", "POSTs by how they were answered", ["outcome"])
ENTRIES = Counter("ingress_entries", "Entries kept, by type", ["type"])
PARKED = Counter("ingress_parked_problems", "What was not understood, by reason", ["reason"])
IN_FLIGHT = Gauge("ingress_in_flight_bytes", "Bytes of webhooks being taken in")
SECONDS = Histogram(
    "ingress_webhook_seconds",
    "From the first byte to the answer",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0),
)


# Looking a metric up by its label costs as much as verifying a signature.
@cache
def webhooks(outcome: str) -> Counter:
    """Give the count of the webhooks that were answered so."""
    return WEBHOOKS.labels(outcome)


@cache
def entries(kind: str) -> Counter:
    """Give the count of the entries of a type."""
    return ENTRIES.labels(kind)


@cache
def parked(reason: str) -> Counter:
    """Give the count of the problems of a kind."""
    return PARKED.labels(reason)
