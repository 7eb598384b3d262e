"""One run from a fresh stack to its verdicts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from chaos.checking import Checking
from chaos.crowd import Crowd, people
from chaos.inflicting import Inflicting
from chaos.journal import Journal
from chaos.phones import Phones
from chaos.poisoning import Poisoning
from chaos.replying import UNKNOWN_WAIT_S
from chaos.report import Report
from chaos.schedule import Fault, plan
from chaos.wires import Wires, wires
from devstack.stack import Stack

JOURNAL = "journal.jsonl"
STOP_PAUSE_S = 5.0
"""After which sender tries whether a number that the platform stopped may send again."""
DEFER_AFTER_S = 1.0
"""A reply that has to wait for longer is set aside: often, in a short run."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: the same seed and length make the same faults."""

    seed: int
    minutes: float
    people: int


async def run(order: Order, root: Path, folder: Path, tell: Callable[[str], None]) -> Report:
    """Start a stack of its own in `folder`, torment it, and check what it promised.

    The stack is still there when this returns or fails: whoever owns the folder ends it.
    """
    faults = plan(order.seed, order.minutes)
    async with AsyncExitStack() as held:
        between = await held.enter_async_context(wires())
        stack = _stack(root, folder, between)
        tell("Starting Kafka, PostgreSQL, S3, five services and the simulator")
        known = await asyncio.to_thread(stack.up)
        http = await held.enter_async_context(_simulator(known.simulator))
        inflicting = Inflicting(stack, between.by_name, http, tell=tell)
        poisoning = Poisoning(known.kafka, order.seed)
        phones = Phones(http, _journal(folder))
        crowd = await _torment(order, faults, inflicting, phones, poisoning)
        tell("All faults are over; everything is brought up")
        await inflicting.heal()
        checking = Checking(stack, known, _journal(folder), tell=tell)
        tell("Waiting until nothing is owed to anybody")
        quiet = await checking.quiet(http)
        tell("Checking")
        verdicts = [quiet, *await checking.verdicts(poisoning.acknowledged)]
    return Report(
        seed=order.seed,
        minutes=order.minutes,
        faults=inflicting.done,
        died=inflicting.died,
        people=Counter({"invited": order.people, **crowd.counts}),
        events=checking.facts.types,
        verdicts=verdicts,
    )


async def _torment(
    order: Order,
    faults: list[Fault],
    inflicting: Inflicting,
    phones: Phones,
    poisoning: Poisoning,
) -> Crowd:
    crowd = Crowd(phones)
    listening = asyncio.create_task(phones.listen())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(inflicting.run(faults))
            group.create_task(poisoning.run(seconds=order.minutes * 60))
            guests = people(order.seed, order.people)
            group.create_task(crowd.come(guests, seconds=order.minutes * 60))
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return crowd


def _stack(root: Path, folder: Path, between: Wires) -> Stack:
    variables = {
        "simulator": {"SIMULATOR_JOURNAL": str(folder / JOURNAL)},
        "sender": {
            "SENDER_UNKNOWN_WAIT": f"{UNKNOWN_WAIT_S:g}",
            "SENDER_STOP_PAUSE": f"{STOP_PAUSE_S:g}",
            "SENDER_DEFER_AFTER": f"{DEFER_AFTER_S:g}",
        },
    }
    return Stack(root, folder, proxies=between.proxies, variables=variables)


def _journal(folder: Path) -> Journal:
    return Journal(folder / JOURNAL)


@asynccontextmanager
async def _simulator(address: str) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(
        base_url=address, timeout=10, trust_env=False, limits=limits
    ) as http:
        yield http
