"""Which offset may be committed while records finish out of order."""

from collections import deque


class OffsetTracker:
    """One partition: records are admitted in order and finish in any order.

    Offsets may have holes: transaction markers and compaction leave some out.
    """

    def __init__(self) -> None:
        self._unfinished: deque[int] = deque()
        self._written_at: deque[int] = deque()
        self._finished: set[int] = set()
        self._next = 0

    def __len__(self) -> int:
        return len(self._unfinished) - len(self._finished)

    def admit(self, offset: int, written_at: int = 0) -> None:
        """Take on a record, written at that millisecond since the epoch.

        Raises ValueError for one that is not beyond the last.
        """
        if offset < self._next:
            raise ValueError(f"offset {offset} was admitted before")
        self._unfinished.append(offset)
        self._written_at.append(written_at)
        self._next = offset + 1

    def finish(self, offset: int) -> None:
        """Note that an admitted record needs nothing more."""
        self._finished.add(offset)
        while self._unfinished and self._unfinished[0] in self._finished:
            self._finished.remove(self._unfinished.popleft())
            self._written_at.popleft()

    @property
    def committable(self) -> int:
        """The offset of the first unfinished record: all before it are finished."""
        return self._unfinished[0] if self._unfinished else self._next

    @property
    def oldest(self) -> int | None:
        """When the first unfinished record was written, in milliseconds; None if there is none."""
        return self._written_at[0] if self._written_at else None
