"""Every metric this library emits, in the default registry; the README lists them."""

from prometheus_client import Counter, Gauge

_READER = ("topic", "group")
_PARTITION = (*_READER, "partition")

LAG = Gauge("streaming_lag_records", "Written but not yet fetched", _PARTITION)
UNFINISHED = Gauge("streaming_unfinished_records", "Fetched but not finished", _PARTITION)
BUFFERED = Gauge("streaming_buffered_records", "Fetched but not finished, in all", _READER)
IN_FLIGHT = Gauge("streaming_in_flight_records", "Being handled right now", _READER)
HANDLED = Counter("streaming_handled_records", "Handled with success", _READER)
PARKED = Counter("streaming_parked_records", "Set aside with a reason", _READER)
RETRIED = Counter("streaming_retried_records", "Attempts that failed and are repeated", _READER)
REBALANCED = Counter("streaming_rebalances", "Times partitions were taken away", _READER)
CIRCUIT_OPEN = Gauge("streaming_circuit_open", "1 while what we call is unavailable", _READER)
REPLACED_PRODUCERS = Counter("streaming_replaced_producers", "Stuck producers that were replaced")
LOOP_LAG = Gauge("streaming_event_loop_lag_seconds", "How late the event loop woke up")
