"""`ingress/bare`: webhooks to durable ack, beside a bare application that only produces."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec

from bench.doors import DoorRun, OpenDoor, ingress, rival
from bench.draining import NotDrained
from bench.lab import Lab
from bench.results import Result, judged, ratio
from bench.webhooks import messages, requests

CONNECTIONS = 64
"""Webhooks under way, on all sides."""
WEBHOOKS_A_PERSON = 10
_WARM = 2_000


async def ingress_rate(lab: Lab) -> Sequence[Result]:
    """Measure `ingress/bare`."""
    count = lab.sizes.people * WEBHOOKS_A_PERSON
    lab.say(f"{count} webhooks with one message each, {CONNECTIONS} at once")
    rounds: list[Mapping[str, DoorRun]] = []
    async with AsyncExitStack() as stack:
        doors = await _doors(lab, stack)
        for number in range(lab.sizes.rounds + 1):
            # Never the same twice: pywa passes over what it has seen.
            posts = requests(messages(count if number else _WARM, first=number * count))
            rounds.append({name: await _taken(door, posts) for name, door in doors.items()})
            if number:
                _tell(lab, number, rounds[-1])
    return [_result(rounds[1:], count)]


async def _doors(lab: Lab, stack: AsyncExitStack) -> Mapping[str, OpenDoor]:
    doors = {
        "ingress": await stack.enter_async_context(ingress(lab)),
        "bare": await stack.enter_async_context(rival(lab, "starlette")),
    }
    if find_spec("pywa"):
        doors["pywa"] = await stack.enter_async_context(rival(lab, "pywa"))
    else:
        lab.say("pywa is not installed; make bench brings it")
    return doors


async def _taken(door: OpenDoor, posts: Sequence[bytes]) -> DoorRun:
    before = await door.kept()
    run = await door.take(posts, connections=CONNECTIONS)
    if door.topic and (kept := await door.kept() - before) != len(posts):
        raise NotDrained(f"{kept} records were kept of {len(posts)} webhooks")
    return run


def _tell(lab: Lab, number: int, sides: Mapping[str, DoorRun]) -> None:
    told = ", ".join(
        f"{name} {run.rate:,.0f}/s ({run.figures()['cpu_us_a_webhook']:.0f} us CPU)"
        for name, run in sides.items()
    )
    share = sides["ingress"].rate / sides["bare"].rate
    lab.say(f"round {number} of {lab.sizes.rounds}: {told}: {share:.3f}")


def _result(rounds: Sequence[Mapping[str, DoorRun]], webhooks: int) -> Result:
    names = list(rounds[0])
    rates = {name: [sides[name].rate for sides in rounds] for name in names}
    cpu = {name: [sides[name].cpu_seconds for sides in rounds] for name in names}
    detail = {
        "webhooks": webhooks,
        "body_bytes": len(messages(1)[0]),
        "connections": CONNECTIONS,
        "ratio_of_cpu": round(ratio(cpu["bare"], cpu["ingress"]), 3),
        **{name: [sides[name].figures() for sides in rounds] for name in names},
    }
    if "pywa" in names:
        detail["ratio_to_pywa"] = round(ratio(rates["ingress"], rates["pywa"]), 3)
    value = ratio(rates["ingress"], rates["bare"])
    return judged("ingress/bare", value, bar=0.6, better="higher", unit="ratio", detail=detail)
