"""What is told of records that are sent: a span that they name as their origin, and how it went."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from streaming import carrying, metrics, tracing
from streaming.gathering import Addressed
from streaming.traced import PASS_ON, SEND

_HEADER = "traceparent"
_SEVERAL = "several topics"


@contextmanager
def traced(records: Sequence[Addressed]) -> Iterator[Sequence[Addressed]]:
    """Give the records as they are to be sent, within a span; to be called where spans are.

    Those that were made in the current span are then told to come from this one. Others, sent on
    or parked, keep the trace that they have.
    """
    here = (carrying.current() or "").encode()
    origins = [_origin(record) for record in records]
    made_here = [bool(here) and origin == here for origin in origins]
    elsewhere = (origin for origin in origins if origin not in {here, b""})
    others = dict.fromkeys(origin.decode("ascii", "replace") for origin in elsewhere)
    with tracing.span(
        SEND if any(made_here) or not others else PASS_ON,
        _about(records),
        links=[one for one in others if not carrying.is_unwanted(one)],
        attributes=lambda: {
            **tracing.messaging("send", "send", _about(records)),
            "messaging.batch.message_count": len(records),
        },
    ):
        now = (carrying.current() or "").encode()
        yield [
            _coming_from(record, now) if is_ours and now else record
            for record, is_ours in zip(records, made_here, strict=True)
        ]


class Measured:
    """Notes how long it takes to send records to topics, and how many they are."""

    __slots__ = ("_began", "_counts")

    def __init__(self, counts: Iterable[tuple[str, int]]) -> None:
        self._counts = counts
        self._began = perf_counter()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        took = perf_counter() - self._began
        failure = "" if kind is None else kind.__name__
        for topic, count in self._counts:
            seconds, sent = metrics.sending(topic, failure)
            seconds.observe(took)
            sent.inc(count)


def counted(records: Sequence[Addressed]) -> Iterable[tuple[str, int]]:
    """Give how many records go to each topic."""
    if len(records) == 1:
        return ((records[0].topic, 1),)
    return Counter(record.topic for record in records).items()


def _about(records: Sequence[Addressed]) -> str:
    topics = {record.topic for record in records}
    return topics.pop() if len(topics) == 1 else _SEVERAL


def _origin(record: Addressed) -> bytes:
    return next((content for name, content in record.headers if name == _HEADER), b"") or b""


def _coming_from(record: Addressed, traceparent: bytes) -> Addressed:
    headers = [
        (name, traceparent if name == _HEADER else content) for name, content in record.headers
    ]
    return record._replace(headers=headers)
