"""Every metric of the sender itself; the README lists them."""

from prometheus_client import Counter, Gauge

STOPPED = Gauge(
    "sender_stopped_numbers",
    "1 while the platform takes nothing from this business number",
    ("phone_number_id", "code"),
)
DEFERRED = Gauge("sender_deferred_replies", "Replies that wait in the ledger")
DEFERRED_BYTES = Gauge("sender_deferred_bytes", "The memory they take, about")
CALLS = Counter(
    "sender_calls",
    "Calls that were to bring a reply, by what came of them and the code of the platform's error",
    ("outcome", "code"),
)
FAILED = Counter("sender_failed_replies", "Replies that will reach nobody", ("reason", "code"))
ACCEPTED = CALLS.labels("accepted", "")
"""Looking it up by its labels costs more than counting does."""


def stopped_no_more(phone_number_id: str) -> None:
    """Take a number out of STOPPED, whatever the code was."""
    STOPPED.remove_by_labels({"phone_number_id": phone_number_id})
