"""How much a number may send: per second, and to one person (throughput; about-the-platform)."""

from dataclasses import dataclass

THROUGHPUT = 130429
PAIR_RATE = 131056
MOST_PAIRS = 10_000


@dataclass(slots=True)
class Bucket:
    """Tokens that come back one by one: what was sent in a burst is paid back afterwards."""

    capacity: float
    per_second: float
    tokens: float
    filled_at: float

    def refill(self, now: float) -> float:
        """Return the tokens there are at `now` (unix seconds)."""
        self.tokens = min(self.capacity, self.tokens + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        return self.tokens


class Limits:
    """The two limits of one business number. A refused message costs nothing."""

    def __init__(
        self, *, per_second: float = 80, pair_burst: float = 45, pair_interval_s: float = 6
    ) -> None:
        self._pair_burst = pair_burst
        self._pair_interval_s = pair_interval_s
        self._throughput = Bucket(per_second, per_second, per_second, 0.0)
        self._pairs: dict[str, Bucket] = {}

    def refuse(self, wa_id: str, now: float) -> int | None:
        """Return the error code that refuses a message now, or count the message: None."""
        pair = self._pair(wa_id, now)
        if self._throughput.refill(now) < 1:
            return THROUGHPUT
        if pair.refill(now) < 1 - 1e-9:
            return PAIR_RATE
        self._throughput.tokens -= 1
        pair.tokens -= 1
        return None

    def _pair(self, wa_id: str, now: float) -> Bucket:
        if wa_id not in self._pairs:
            if len(self._pairs) >= MOST_PAIRS:
                self._forget_the_rested(now)
            burst = self._pair_burst
            self._pairs[wa_id] = Bucket(burst, 1 / self._pair_interval_s, burst, now)
        return self._pairs[wa_id]

    def _forget_the_rested(self, now: float) -> None:
        for wa_id, bucket in list(self._pairs.items()):
            if bucket.refill(now) >= bucket.capacity:
                del self._pairs[wa_id]
