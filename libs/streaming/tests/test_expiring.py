"""Whoever waits for Kafka is told when the time is over, each at their own."""

import asyncio

from streaming.expiring import Expiry
from streaming.gathering import Tally

LONG = 600.0


async def test_each_waits_for_as_long_as_they_said() -> None:
    expiry, patient = Expiry(), Tally()
    expiry.watch(patient, LONG)
    hasty = {seconds: Tally() for seconds in (0.06, 0.0, 0.03)}
    for seconds, waiting in hasty.items():
        expiry.watch(waiting, seconds)
    outcomes = [waiting.outcome for waiting in hasty.values()]
    first, _ = await asyncio.wait(outcomes, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(outcomes)

    assert hasty[0.0].outcome in first
    assert not patient.outcome.done()


async def test_who_has_an_outcome_keeps_it() -> None:
    expiry, settled, late = Expiry(), Tally(), Tally()
    expiry.watch(settled, 0.0)
    expiry.watch(late, 0.0)
    settled.outcome.set_result(None)
    failure = await late.outcome

    assert isinstance(failure, TimeoutError)
    assert settled.outcome.result() is None


async def test_those_who_wait_no_more_are_forgotten() -> None:
    expiry = Expiry()
    for _ in range(1_000):
        waiting = Tally()
        expiry.watch(waiting, LONG)
        waiting.outcome.set_result(None)

    assert len(expiry) <= 1


async def test_one_who_gave_up_does_not_keep_others_waiting() -> None:
    expiry, gone, late = Expiry(), Tally(), Tally()
    expiry.watch(gone, 0.01)
    expiry.watch(late, 0.02)
    gone.outcome.cancel()

    assert isinstance(await late.outcome, TimeoutError)
