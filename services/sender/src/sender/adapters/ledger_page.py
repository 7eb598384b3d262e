"""One partition of the ledger, as whoever has taken it over writes it."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from domain.ports.sending_ledger import LedgerUnavailable

_MOST_RECORDS = 2000
_MOST_BYTES = 1024 * 1024
_NO_LIMIT = 2**31 - 1
Kept: TypeAlias = "asyncio.Future[None]"
Content: TypeAlias = tuple[bytes, bytes | None, list[tuple[str, bytes]]]
"""Key, value and headers of a record."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Who owns a page: once Kafka took a record of this epoch there, it takes none of an older."""

    producer_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are written together, under one sequence number for as often as it takes."""

    content: bytes
    kept: tuple[Kept, ...]
    made_at: float
    """By the monotonic clock."""


class LedgerPage:
    """Queues records, and hands out one batch after the other; of a lost page none.

    After `serves` seconds it counts as lost: Kafka forgets an owner that wrote nothing for a day,
    and with it the fence.
    """

    def __init__(self, at: TopicPartition, fence: Fence, *, serves: float) -> None:
        self.at = at
        self.lost: str | None = None
        self._fence = fence
        self._until = time.time() + serves, time.monotonic() + serves
        self._sequence = 0
        self._waiting: deque[tuple[Content, Kept]] = deque()
        self._batch: Batch | None = None

    @property
    def is_stale(self) -> bool:
        """Whether it served its time, by the clock that says so first: either may stand still."""
        wall, monotonic = self._until
        return time.time() > wall or time.monotonic() > monotonic

    @property
    def has_something(self) -> bool:
        """Whether there is anything to write."""
        return self.lost is None and (self._batch is not None or bool(self._waiting))

    def add(self, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> Kept:
        """Queue a record; the future raises LedgerUnavailable if it may not have been kept."""
        if self.lost is not None:
            raise LedgerUnavailable(self.lost)
        kept: Kept = asyncio.get_running_loop().create_future()
        self._waiting.append(((key, value, headers), kept))
        return kept

    def batch(self) -> Batch:
        """Give the batch that is not answered yet, else one of what waits."""
        if self._batch is None:
            self._batch = self._next()
        return self._batch

    def settle(self) -> None:
        """Note that the batch is kept."""
        batch, self._batch = self._batch, None
        if batch is not None:
            self._sequence += len(batch.kept)
            for kept in batch.kept:
                if not kept.done():
                    kept.set_result(None)

    def lose(self, reason: str) -> None:
        """Write nothing more; of what is not answered nobody knows whether it was kept."""
        self.lost = reason
        unanswered = [
            *(self._batch.kept if self._batch else ()),
            *(one for *_, one in self._waiting),
        ]
        self._batch = None
        self._waiting.clear()
        for kept in unanswered:
            if not kept.done():
                kept.set_exception(LedgerUnavailable(reason))

    def _next(self) -> Batch:
        builder = DefaultRecordBatchBuilder(
            magic=2,
            compression_type=DefaultRecordBatch.CODEC_NONE,
            is_transactional=False,
            producer_id=self._fence.producer_id,
            producer_epoch=self._fence.epoch,
            base_sequence=self._sequence,
            batch_size=_NO_LIMIT,
        )
        taken: list[Kept] = []
        while self._waiting and len(taken) < _MOST_RECORDS and builder.size() < _MOST_BYTES:
            (key, value, headers), kept = self._waiting.popleft()
            builder.append(len(taken), None, key, value, headers)
            taken.append(kept)
        return Batch(bytes(builder.build()), tuple(taken), time.monotonic())
