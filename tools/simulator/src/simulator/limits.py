"""How much a number may send: per second, and to one person (throughput; about-the-platform)."""

from dataclasses import dataclass

THROUGHPUT = 130429
PAIR_RATE = 131056
MOST_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class Rates:
    """So many a second to everybody; to one person one in `pair_seconds`, a burst ahead."""

    per_second: float = 80
    pair_seconds: float = 6
    pair_burst: float = 45


@dataclass(slots=True)
class Bucket:
    """Tokens that come back one by one: what was sent in a burst is paid back afterwards."""

    tokens: float
    filled_at: float

    def refill(self, now: float, *, capacity: float, per_second: float) -> float:
        """Return the tokens there are at `now` (unix seconds)."""
        self.tokens = min(capacity, self.tokens + (now - self.filled_at) * per_second)
        self.filled_at = now
        return self.tokens


class Limits:
    """The two limits of one business number. A refused message costs nothing."""

    def __init__(self, rates: Rates = Rates()) -> None:
        self.rates = rates
        """Those of the number; an upgrade raises them."""
        self._throughput = Bucket(rates.per_second, 0.0)
        self._pairs: dict[str, Bucket] = {}

    def refuse(self, person: str, now: float, rates: Rates | None = None) -> int | None:
        """Return the error code that refuses a message now, or count the message: None.

        `rates` hold in place of the number's own.
        """
        rates = rates or self.rates
        a_second = rates.per_second
        room = self._throughput.refill(now, capacity=max(1.0, a_second), per_second=a_second)
        pair = self._pair(person, now, rates)
        if room < 1 - 1e-9:
            return THROUGHPUT
        if pair.tokens < 1 - 1e-9:
            return PAIR_RATE
        self._throughput.tokens -= 1
        pair.tokens -= 1
        return None

    def _pair(self, person: str, now: float, rates: Rates) -> Bucket:
        pair = self._pairs.get(person)
        if pair is None:
            if len(self._pairs) >= MOST_PAIRS:
                self._forget_the_rested(now, rates)
            pair = self._pairs[person] = Bucket(rates.pair_burst, now)
        _refill(pair, now, rates)
        return pair

    def _forget_the_rested(self, now: float, rates: Rates) -> None:
        for person, pair in list(self._pairs.items()):
            if _refill(pair, now, rates) >= rates.pair_burst:
                del self._pairs[person]


def _refill(pair: Bucket, now: float, rates: Rates) -> float:
    return pair.refill(now, capacity=rates.pair_burst, per_second=1 / rates.pair_seconds)
