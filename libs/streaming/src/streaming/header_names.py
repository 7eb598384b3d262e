"""Lets records be read of which a header's name is no UTF-8; Kafka takes in any bytes.

aiokafka decodes names strictly while it hands records out, so one such record stops its partition
for good, and the records fetched with it. There is no setting: the path below aiokafka's public
surface is only here.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint_py

_LENGTH_AT = 8
_BEFORE_LENGTH_COUNTS = 12


def tolerate() -> None:
    """Write out the bytes of a name that are no UTF-8, a backslash before each, in this process."""
    fetcher.MemoryRecords = _Records


class _Records:
    """What a fetch brought: batch after batch."""

    def __init__(self, fetched: bytes) -> None:
        self._records = MemoryRecords(fetched)
        self._fetched = memoryview(fetched)
        self._at = 0
        self.has_next = self._records.has_next
        self.size_in_bytes = self._records.size_in_bytes

    def next_batch(self) -> "_Batch":
        begin = self._at
        (length,) = struct.unpack_from(">i", self._fetched, begin + _LENGTH_AT)
        self._at = begin + _BEFORE_LENGTH_COUNTS + length
        return _Batch(self._records.next_batch(), self._fetched[begin : self._at])


class _Batch:
    """aiokafka's own batch until a name cannot be read; from there on, one that is slow."""

    def __init__(self, batch: Any, written: memoryview) -> None:
        self._batch = batch
        self._written = written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        last = -1
        try:
            for record in self._batch:
                last = record.offset
                yield record
        except (UnicodeDecodeError, CorruptRecordException) as error:
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
            yield from (one for one in _TolerantBatch(self._written) if one.offset > last)


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka is untyped
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _TolerantBytes(self._buffer)

    def _read_msg(self) -> Any:
        return super()._read_msg(decode_varint_py)  # the fast one takes nothing but a bytearray


class _TolerantBytes(bytearray):
    """Bytes of which any part can be decoded."""

    def __getitem__(self, at: Any) -> Any:
        part = super().__getitem__(at)
        return _TolerantBytes(part) if isinstance(at, slice) else part

    def decode(self, encoding: str = "utf-8", _: str = "strict") -> str:
        return super().decode(encoding, "backslashreplace")
