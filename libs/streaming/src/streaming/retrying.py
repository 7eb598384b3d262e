"""When to try again, when to stop trying everything, and when parking has become a bug of ours."""

import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

_Random = Callable[[], float]
_OTHERS_FIRST_SECONDS = 0.05
"""Those who did not fail yet ask at once; it only has to be longer than a turn of the loop."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with jitter: from `first` to at most `most` seconds."""

    first: float = 0.2
    most: float = 10.0

    def delay(self, failures: int, chance: _Random = random.random) -> float:
        """Give the seconds to wait after so many failures in a row, between half and the whole."""
        whole = min(self.most, self.first * 2.0 ** min(failures - 1, 32))
        return whole * (0.5 + chance() / 2)


@dataclass(slots=True)
class Circuit:
    """Opens when what we call is gone for everybody, then lets one probe through at a time.

    Failures of fewer than `keys` different keys never open it: one poisoned key must not stop
    the others. More of them may, when nobody else has anything to say; so whoever did not fail
    yet is the first to be the probe. Times are seconds of any monotonic clock.
    """

    retry: Retry = field(default_factory=Retry)
    after: int = 5
    keys: int = 3
    chance: _Random = random.random
    _failures: int = 0
    _failing: set[Hashable] = field(default_factory=set)
    _probes: int = 0
    _probe_at: float = 0.0
    _probing: Hashable | None = None
    is_open: bool = False

    def wait(self, key: Hashable, now: float) -> float:
        """Give 0.0 if `key` may try now (and is the probe, if open), else seconds until to ask."""
        if not self.is_open or self._probing == key:
            return 0.0
        if self._probing is not None:
            return self.retry.most
        due = self._probe_at + (_OTHERS_FIRST_SECONDS if key in self._failing else 0.0)
        if now < due:
            return due - now
        self._probing = key
        return 0.0

    def lacks_a_probe(self, keys: Iterable[Hashable]) -> bool:
        """Tell if it is open and all of these keys, the only ones that may be it, have failed."""
        return self.is_open and self._probing is None and self._failing.issuperset(keys)

    def succeeded(self) -> None:
        """Note that what we call has answered, so it is there."""
        self._failures, self._probes = 0, 0
        self._failing.clear()
        self._probing = None
        self.is_open = False

    def failed(self, key: Hashable, now: float, *, after: float = 0.0) -> None:
        """Note that what we call was not available to `key`, and asked to be left alone so long."""
        self._failures += 1
        self._failing.add(key)
        opens = self._failures >= self.after and len(self._failing) >= self.keys
        if self._probing == key or (opens and not self.is_open):
            self._probes += 1
            self._probe_at = now + max(after, self.retry.delay(self._probes, self.chance))
            self._probing = None
        self.is_open = self.is_open or opens

    def released(self, key: Hashable) -> None:
        """Note that the attempt of `key` ended and told nothing about what we call."""
        if self._probing == key:
            self._probing = None


@dataclass(slots=True)
class ParkingLimit:
    """More than `most` records parked within `seconds` is a bug of ours, not of the records."""

    most: int = 20
    seconds: float = 300.0
    _parked_at: deque[float] = field(default_factory=deque)

    def allows(self, now: float) -> bool:
        """Tell if one more may be parked, and if so count it."""
        while self._parked_at and self._parked_at[0] <= now - self.seconds:
            self._parked_at.popleft()
        if len(self._parked_at) >= self.most:
            return False
        self._parked_at.append(now)
        return True
