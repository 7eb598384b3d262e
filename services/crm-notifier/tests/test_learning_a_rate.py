"""A CRM that lets only so many calls through is called so often, and hardly ever refuses."""

from crm_notifier.use_cases.allowance import Allowance


class Bucket:
    """A CRM that allows so many calls a second, and saves those of one second up."""

    def __init__(self, a_second: float) -> None:
        self.now = 1000.0
        self.refused = 0
        self._a_second = self._left = a_second
        self._at = self.now

    def takes(self) -> bool:
        self._left = min(self._a_second, self._left + (self.now - self._at) * self._a_second)
        self._at = self.now
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        return True


def call_for(seconds: float, bucket: Bucket, allowance: Allowance, *, reacts: float = 0.1) -> int:
    """Call as fast as we may, waiting a second and a bit whenever we are refused."""
    taken, until = 0, bucket.now + seconds
    while bucket.now < until:
        bucket.now += max(allowance.wait(), 0.0005)
        if bucket.takes():
            allowance.let_through()
            taken += 1
        else:
            allowance.pauses()
            bucket.now += 1 + reacts
    return taken


def test_a_crm_is_called_nearly_as_often_as_it_allows_and_refuses_a_call_now_and_then() -> None:
    bucket = Bucket(200)
    allowance = Allowance(lambda: bucket.now)
    call_for(5, bucket, allowance)
    bucket.refused = 0

    assert call_for(60, bucket, allowance) > 0.97 * 60 * 200
    assert bucket.refused < 12


def test_a_crm_that_never_asked_for_a_pause_is_called_at_once() -> None:
    allowance = Allowance(lambda: 0.0)
    for _ in range(1000):
        allowance.let_through()

    assert allowance.wait() == 0.0


def test_one_pause_tells_no_rate() -> None:
    bucket = Bucket(200)
    allowance = Allowance(lambda: bucket.now)
    while bucket.takes():
        allowance.let_through()
    allowance.pauses()

    assert allowance.wait() == 0.0


def test_a_crm_that_is_away_again_and_again_tells_no_rate() -> None:
    bucket = Bucket(200)
    allowance = Allowance(lambda: bucket.now)
    for _ in range(5):
        bucket.now += 10
        allowance.let_through()
        allowance.pauses()

    assert allowance.wait() == 0.0


def test_a_crm_that_asked_for_no_pause_for_long_is_called_at_once_again() -> None:
    bucket = Bucket(200)
    allowance = Allowance(lambda: bucket.now)
    call_for(5, bucket, allowance)
    bucket.now += 301

    assert allowance.wait() == 0.0
