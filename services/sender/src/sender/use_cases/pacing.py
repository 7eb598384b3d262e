"""When a call may be made: token buckets per number and per person, and pauses that were asked for.

Times are seconds of any monotonic clock, passed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from domain.values import ContactId

Scope: TypeAlias = Literal["pair", "number", "account"]

_SWEEP_AT = 10_000
_FORESEEN = 60.0
"""Seconds; the pace may change, and others may take turns meanwhile."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many per second, and so many at once after a rest."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a business number, and of a business number with one person (Meta: 80/s, 1 per 6 s).

    `numbers` has what some numbers may send a second, by their ids.
    """

    number: Rate
    pair: Rate
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Bucket:
    """Tokens that come back with time. One may be taken in advance, at the price of a wait."""

    rate: Rate
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Take one token; return how many seconds to wait until it is there."""
        self._refill(now)
        self.tokens -= 1
        return max(0.0, -self.tokens / self.rate.per_second)

    def give_back(self, now: float) -> None:
        """Return a token that was taken and is not used."""
        self._refill(now)
        self.tokens = min(self.rate.burst, self.tokens + 1)

    def empty(self, now: float) -> None:
        """Begin again from nothing: the other side counts differently."""
        self._refill(now)
        self.tokens = min(self.tokens, 0.0)

    def is_full(self, now: float) -> bool:
        """Say whether forgetting this bucket would make no difference."""
        self._refill(now)
        return self.tokens >= self.rate.burst

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self.at)
        self.tokens = min(self.rate.burst, self.tokens + passed * self.rate.per_second)
        self.at += passed


@dataclass(slots=True)
class Brake:
    """A pause of base^X seconds, X growing from 0 with each one in a row (Meta, pair rate: 4^X)."""

    base: float
    longest: float
    step: int = 0
    until: float = field(default=float("-inf"))

    def hit(self, now: float) -> None:
        """Pause. Calls that were under way together and met the same limit count once."""
        if now >= self.until:
            self.until = now + min(self.longest, self.base**self.step)
            self.step += 1

    def release(self) -> None:
        """Forget the earlier pauses: a call went well."""
        self.step = 0

    def rest(self, now: float) -> float:
        """Return the seconds that are left of the pause."""
        return max(0.0, self.until - now)


@dataclass(slots=True)
class Stop:
    """Nothing leaves a number but one reply now and then, to see whether somebody has acted."""

    code: int | None
    by: ContactId
    """Whose reply met it: it may be this person's fault, so others are tried before."""
    since: float
    try_at: float

    def rest(self, now: float, contact: ContactId, pause: float) -> float:
        """Return the seconds until this person's reply may be the one that is tried."""
        late = pause / 2 if contact == self.by else 0.0
        return max(0.0, self.try_at + late - now)


@dataclass(slots=True)
class _Lane:
    brake: Brake
    bucket: Bucket | None
    stop: Stop | None = None
    line: float = float("-inf")
    """When whoever comes again next may be expected to find a turn."""
    resumed: int = 0
    """How often a stop has ended."""

    def is_idle(self, now: float) -> bool:
        full = self.bucket is None or self.bucket.is_full(now)
        return full and self.brake.rest(now) == 0 and self.brake.step == 0


class Pacing:
    """The pace of every number and person; `limits=None` lifts the limits, not the pauses.

    From a stopped number one reply is let go every `stop_pause` seconds.
    """

    def __init__(self, limits: Limits | None, *, stop_pause: float = 300.0) -> None:
        self._limits = limits
        self._per_second = dict(limits.numbers) if limits else {}
        self._share = 1.0
        self._stop_pause = stop_pause
        self._account = Brake(base=2, longest=300)
        self._numbers: dict[str, _Lane] = {}
        self._pairs: dict[tuple[str, ContactId], _Lane] = {}
        self._sweep_at = _SWEEP_AT

    def share(self, part: float) -> None:
        """Keep to this part of every number's budget, above 0 and at most 1; others have the rest.

        A person's pace is not shared: one instance serves all of it.
        """
        self._share = part
        self._set_rates()

    def speed_up(self, number: str, per_second: float) -> bool:
        """Let a number send so many a second, all instances together; say whether that is more."""
        if self._limits is None or self._budget(number, self._limits) >= per_second:
            return False
        self._per_second[number] = per_second
        self._set_rates()
        return True

    def reserve(self, now: float, number: str, contact: ContactId) -> float:
        """Take a turn; return how many seconds to wait for it."""
        return max(self.turn(now, number, contact))

    def turn(self, now: float, number: str, contact: ContactId) -> tuple[float, float]:
        """Take a turn; return for how many seconds the number and the person have to wait."""
        lane, pair = self._number(now, number).bucket, self._pair(now, number, contact).bucket
        return lane.take(now) if lane else 0.0, pair.take(now) if pair else 0.0

    def give_back(self, now: float, number: str, contact: ContactId) -> None:
        """Leave a turn that was taken to others."""
        for lane in (self._number(now, number), self._pair(now, number, contact)):
            if lane.bucket:
                lane.bucket.give_back(now)

    def come_again(self, now: float, number: str, wait: float) -> float:
        """Return when to come again, for whom a turn of the number takes too long: `wait` seconds.

        Everybody gets a time of their own, so that not all come at once of whom most come in vain;
        but none that is further off than the line can be foreseen.
        """
        lane = self._number(now, number)
        at = max(lane.line, now + wait)
        if lane.bucket is None or at > now + _FORESEEN:
            return min(at, now + max(wait, _FORESEEN))
        lane.line = at + 1 / lane.bucket.rate.per_second
        return at

    def held(self, now: float, number: str, contact: ContactId) -> float:
        """Return the seconds that are left of the longest pause that concerns this person."""
        lane, pair = self._number(now, number), self._pair(now, number, contact)
        stopped = lane.stop.rest(now, contact, self._stop_pause) if lane.stop else 0.0
        return max(stopped, self._account.rest(now), lane.brake.rest(now), pair.brake.rest(now))

    def let_go(self, now: float, number: str, contact: ContactId) -> float:
        """Return 0.0 if the call may be made now, else as `held`.

        From a stopped number nobody else is let go for a pause after that.
        """
        held = self.held(now, number, contact)
        if not held and (stop := self._number(now, number).stop):
            stop.try_at = now + self._stop_pause
        return held

    def stop(self, now: float, number: str, contact: ContactId, code: int | None) -> bool:
        """Stop a number; say whether that is news."""
        lane = self._number(now, number)
        is_news, since = lane.stop is None, lane.stop.since if lane.stop else now
        lane.stop = Stop(code, contact, since, now + self._stop_pause)
        return is_news

    def resumed(self, now: float, number: str) -> int:
        """Return how often this number was stopped and works again."""
        return self._number(now, number).resumed

    def stops(self) -> Mapping[str, int | None]:
        """Return the numbers that are stopped, each with the platform's code."""
        return {number: lane.stop.code for number, lane in self._numbers.items() if lane.stop}

    def slow_down(self, now: float, scope: Scope, number: str, contact: ContactId) -> None:
        """Pause whom the platform's refusal speaks of, the longer the oftener in a row."""
        match scope:
            case "pair":
                self._slow(now, self._pair(now, number, contact))
            case "number":
                self._slow(now, self._number(now, number))
            case "account":
                self._account.hit(now)

    def went_well(self, now: float, number: str, contact: ContactId, *, began: float) -> bool:
        """Let the next pause be short again; say whether a stop ended.

        Only a call that began after the stop shows that it is over.
        """
        self._account.release()
        lane = self._number(now, number)
        lane.brake.release()
        self._pair(now, number, contact).brake.release()
        if lane.stop is None or began < lane.stop.since:
            return False
        lane.stop = None
        lane.resumed += 1
        return True

    def _slow(self, now: float, lane: _Lane) -> None:
        lane.brake.hit(now)
        if lane.bucket:
            lane.bucket.empty(now)

    def _number(self, now: float, number: str) -> _Lane:
        lane = self._numbers.get(number)
        if lane is None:
            rate = self._rate(number, self._limits) if self._limits else None
            lane = self._numbers[number] = _lane(Brake(base=2, longest=60), rate, now)
        return lane

    def _budget(self, number: str, limits: Limits) -> float:
        return self._per_second.get(number, limits.number.per_second)

    def _rate(self, number: str, limits: Limits) -> Rate:
        return Rate(self._budget(number, limits) * self._share, limits.number.burst)

    def _set_rates(self) -> None:
        for number, lane in self._numbers.items():
            if lane.bucket and self._limits:
                lane.bucket.rate = self._rate(number, self._limits)

    def _pair(self, now: float, number: str, contact: ContactId) -> _Lane:
        lane = self._pairs.get((number, contact))
        if lane is None:
            self._forget_idle_pairs(now)
            rate = self._limits.pair if self._limits else None
            lane = _lane(Brake(base=4, longest=1024), rate, now)
            self._pairs[number, contact] = lane
        return lane

    def _forget_idle_pairs(self, now: float) -> None:
        if len(self._pairs) >= self._sweep_at:
            self._pairs = {
                pair: lane for pair, lane in self._pairs.items() if not lane.is_idle(now)
            }
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._pairs))


def _lane(brake: Brake, rate: Rate | None, now: float) -> _Lane:
    return _Lane(brake, Bucket(rate, rate.burst, now) if rate else None)
