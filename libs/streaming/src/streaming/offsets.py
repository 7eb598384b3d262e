"""Which offset may be committed while records finish out of order."""

from collections import OrderedDict


class OffsetTracker:
    """One partition: records are admitted in order and finish in any order.

    Offsets may have holes: transaction markers and compaction leave some out. Only what is
    unfinished is remembered: one record may wait for days while millions behind it finish.
    """

    def __init__(self) -> None:
        # A dict would look through all that was taken away at its front, each time.
        self._unfinished: OrderedDict[int, int] = OrderedDict()
        self._next = 0

    def __len__(self) -> int:
        return len(self._unfinished)

    def admit(self, offset: int, written_at: int = 0) -> None:
        """Take on a record, written at that millisecond since the epoch.

        Raises ValueError for one that is not beyond the last.
        """
        if offset < self._next:
            raise ValueError(f"offset {offset} was admitted before")
        self._unfinished[offset] = written_at
        self._next = offset + 1

    def finish(self, offset: int) -> None:
        """Note that an admitted record needs nothing more. Raises KeyError for any other."""
        del self._unfinished[offset]

    @property
    def committable(self) -> int:
        """The offset of the first unfinished record: all before it are finished."""
        return next(iter(self._unfinished), self._next)

    @property
    def oldest(self) -> int | None:
        """When the first unfinished record was written, in milliseconds; None if there is none."""
        return next(iter(self._unfinished.values()), None)
