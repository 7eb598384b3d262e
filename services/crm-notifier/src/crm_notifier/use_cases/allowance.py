"""How many calls a second a CRM lets through that asks for pauses, learnt from what it let through.

Whoever only keeps the pauses calls in bursts: many calls are refused, and of what the CRM allows
a part is gone each time before we are back.
"""

from collections.abc import Callable

_FEWEST_CALLS, _LONGEST_SECONDS = 20, 30.0
"""Between two pauses that tell a rate: fewer or longer, and something else was the reason."""
_FASTER = 0.03
"""A second, for as long as nothing is refused."""
_FREE_SECONDS = 300.0
"""After so long without a pause nothing bounds us any more."""


class Allowance:
    """Spreads calls evenly once two pauses have told a rate. Times are of a monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate: float | None = None
        self._next = self._paused_at = float("-inf")
        self._let_through = 0

    def wait(self) -> float:
        """Take the next turn, and give how many seconds it is away."""
        now = self._clock()
        if self._rate is None:
            return 0.0
        if now - self._paused_at > _FREE_SECONDS:
            self._rate = None
            return 0.0
        turn = max(now, self._next)
        self._next = turn + 1 / self._rate
        return turn - now

    def let_through(self) -> None:
        """Note that a call was not refused."""
        self._let_through += 1
        if self._rate is not None:
            self._rate *= 1 + _FASTER / self._rate

    def pauses(self) -> None:
        """Note that the CRM asked for a pause: what it let through since the last is its rate."""
        now = self._clock()
        seconds = now - self._paused_at
        if self._let_through >= _FEWEST_CALLS and seconds < _LONGEST_SECONDS:
            self._rate = self._let_through / seconds
        self._paused_at, self._let_through = now, 0
        self._next = now
