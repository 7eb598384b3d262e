"""Every benchmark by the names that `.run/bench.json` is read by."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bench.against_copy import against_copy
from bench.against_eventsourcing import (
    append_against_eventsourcing,
    replay_against_eventsourcing,
)
from bench.against_floor import against_floor, against_itself
from bench.crm_rate import crm_rate, crm_throttled
from bench.deciding import deciding
from bench.files_rate import files_rate
from bench.ingress_latency import ingress_latency
from bench.ingress_rate import ingress_rate
from bench.lab import Lab
from bench.latency import latency
from bench.memory import memory
from bench.million import million_sessions
from bench.recording import recording
from bench.results import Result
from bench.sender_rate import sender_rate
from bench.timers import million_timers

Measure: TypeAlias = Callable[[Lab], Coroutine[Any, Any, Sequence[Result]]]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A measurement, and the names of what it finds."""

    names: tuple[str, ...]
    measure: Measure


BENCHMARKS = (
    Benchmark(("session-core/floor",), against_floor),
    Benchmark(("session-core/one-transaction-per-message",), against_itself),
    Benchmark(("flow/decide",), deciding),
    Benchmark(("cost/million-sessions", "start/million-sessions"), million_sessions),
    Benchmark(("cost/million-timers",), million_timers),
    Benchmark(("memory/session-core",), memory),
    Benchmark(("ingress/bare",), ingress_rate),
    Benchmark(("ingress/latency", "memory/ingress"), ingress_latency),
    Benchmark(("sender/rate", "memory/sender"), sender_rate),
    Benchmark(("files/plain-copy", "files/plain-copy-small", "memory/file-manager"), files_rate),
    Benchmark(("crm/rate",), crm_rate),
    Benchmark(("crm/throttled",), crm_throttled),
    Benchmark(
        ("recording/ingress", "recording/session-core", "recording/sender"),
        recording,
    ),
    Benchmark(("latency/p50", "latency/p99"), latency),
    Benchmark(("append/copy",), against_copy),
    Benchmark(("append/eventsourcing",), append_against_eventsourcing),
    Benchmark(("replay/eventsourcing",), replay_against_eventsourcing),
)


class UnknownBenchmark(Exception):
    """There is none of that name; says which there are."""


def chosen(name: str) -> Sequence[Benchmark]:
    """Give the benchmarks that find something of that name; all of them for no name."""
    found = [one for one in BENCHMARKS if not name or name in one.names]
    if not found:
        known = ", ".join(name for one in BENCHMARKS for name in one.names)
        raise UnknownBenchmark(f"there is no benchmark {name}; there are {known}")
    return found
