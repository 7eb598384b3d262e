"""Rounds in which all sides take turns call by call, so that a busy machine slows all of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from bench.lab import Lab

Call: TypeAlias = Callable[[int], Awaitable[float]]
"""Does the n-th piece of work and returns the seconds that the timed part of it took."""
Seconds: TypeAlias = Mapping[str, float]


async def alternate(
    lab: Lab,
    sides: Mapping[str, Call],
    *,
    calls: int,
    units: int,
    begin: Callable[[], Awaitable[None]],
    check: Callable[[], Awaitable[None]],
) -> Sequence[Mapping[str, float]]:
    """Give each round's units a second by side; a first round warms up and does not count.

    `begin` is called before each round, `check` after it: it raises if work was not really done.
    """
    rounds = []
    for number in range(lab.sizes.rounds + 1):
        await begin()
        seconds = await _round(sides, calls)
        await check()
        rates = {name: units / spent for name, spent in seconds.items()}
        told = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in rates.items())
        lab.say(f"round {number} of {lab.sizes.rounds}: {told}" if number else f"warm-up: {told}")
        rounds.append(rates)
    return rounds[1:]


async def _round(sides: Mapping[str, Call], calls: int) -> Seconds:
    seconds = dict.fromkeys(sides, 0.0)
    for number in range(calls):
        for name in _order(list(sides), number):
            seconds[name] += await sides[name](number)
    return seconds


def _order(names: Sequence[str], number: int) -> Sequence[str]:
    """Let another side begin each time."""
    first = number % len(names)
    return [*names[first:], *names[:first]]
