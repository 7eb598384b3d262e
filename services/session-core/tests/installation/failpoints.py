"""session-core as it runs in earnest, except that a signal strikes it at a named point.

`python -m installation.failpoints POINT HOW-MANIETH-TIME SIGNAL`
"""

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from session_core.__main__ import main
from session_core.adapters import postgres_append
from session_core.adapters.kafka_event_publisher import KafkaEventPublisher, KafkaShardPublisher
from session_core.adapters.postgres_event_store import PostgresEventStore

Strike = Callable[[], None]
Call = Callable[..., Awaitable[Any]]


def _before(owner: Any, name: str, strike: Strike) -> None:
    original: Call = getattr(owner, name)

    @functools.wraps(original)
    async def struck(*args: Any, **kw: Any) -> Any:
        strike()
        return await original(*args, **kw)

    setattr(owner, name, struck)


def _after(owner: Any, name: str, strike: Strike) -> None:
    original: Call = getattr(owner, name)

    @functools.wraps(original)
    async def struck(*args: Any, **kw: Any) -> Any:
        result = await original(*args, **kw)
        strike()
        return result

    setattr(owner, name, struck)


def _within_the_append(strike: Strike) -> None:
    """Strike when the rows are copied and the rows of the shards are held; by COPY always."""
    postgres_append.COPIED_FROM = 0
    _after(asyncpg.Connection, "copy_records_to_table", strike)


POINTS: dict[str, Callable[[Strike], None]] = {
    "before the append": lambda strike: _before(PostgresEventStore, "append", strike),
    "inside the append, before its commit": _within_the_append,
    "after the commit, before publishing": lambda strike: _after(
        PostgresEventStore, "append", strike
    ),
    "inside the Kafka transaction": lambda strike: _before(
        AIOKafkaProducer, "commit_transaction", strike
    ),
    "after publishing, before it is noted": lambda strike: _after(
        KafkaShardPublisher, "publish", strike
    ),
    "taking a shard, its epoch raised": lambda strike: _after(PostgresEventStore, "take", strike),
    "taking a shard, its producer opened": lambda strike: _after(
        KafkaEventPublisher, "open", strike
    ),
}


def _striking(time: int, number: signal.Signals) -> Strike:
    passed = 0

    def strike() -> None:
        nonlocal passed
        passed += 1
        if passed == time:
            os.kill(os.getpid(), number)

    return strike


if __name__ == "__main__":
    point, time, name = sys.argv[1:]
    POINTS[point](_striking(int(time), signal.Signals[name]))
    sys.argv[1:] = ["run"]
    main()
