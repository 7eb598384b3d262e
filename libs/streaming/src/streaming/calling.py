"""Calls to other systems: a client span each, and how long they took by what was answered."""

from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from types import TracebackType
from typing import Self

from opentelemetry.trace import Span

from streaming import metrics, tracing
from streaming.traced import Traced
from streaming.tracing import Attributes


class Call:
    """`with Call("graph", SEND) as call:` around one call of another system.

    An exception that leaves it is told by its class, in the span and in the metric.
    """

    __slots__ = ("_began", "_labels", "_opened", "_span", "outcome")

    def __init__(
        self, peer: str, traced: Traced, *, attributes: Callable[[], Attributes] = dict
    ) -> None:
        self.outcome = "ok"
        self._labels = peer, traced.name
        self._span = tracing.span(traced, attributes=attributes)
        self._opened: Span
        self._began = 0.0

    def answered(self, status: int, *, expected: int | None = None) -> None:
        """Tell the HTTP status of the answer; from 400 on it is a failure unless `expected`."""
        self.outcome = str(status)
        self._opened.set_attribute("http.response.status_code", status)
        if status >= HTTPStatus.BAD_REQUEST and status != expected:
            tracing.failed(self._opened, self.outcome)

    def __enter__(self) -> Self:
        self._began = perf_counter()
        self._opened = self._span.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> bool | None:
        if kind is not None:
            self.outcome = kind.__name__
        took = perf_counter() - self._began
        metrics.call(*self._labels, self.outcome).observe(took)
        return self._span.__exit__(kind, error, where)
