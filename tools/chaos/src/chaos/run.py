"""One run from a fresh stack to its verdicts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chaos.checking import Checking
from chaos.crowd import Crowd, people
from chaos.inflicting import Inflicting
from chaos.journal import Journal
from chaos.overhearing import Overhearing
from chaos.phones import Phones
from chaos.poisoning import Poisoning
from chaos.privacy import known, private
from chaos.replying import UNKNOWN_WAIT_S
from chaos.report import Report
from chaos.schedule import Fault, plan
from chaos.wires import Wires, wires
from devstack.services import SERVICES, module_of
from devstack.stack import Stack
from telemetry.receiver import receiving

JOURNAL = "journal.jsonl"
SPANS = "spans.jsonl"
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
        collector = held.enter_context(receiving(folder / SPANS))
        stack = _stack(root, folder, between, collector)
        tell("Starting Kafka, PostgreSQL, S3, five services and the simulator")
        at = await asyncio.to_thread(stack.up)
        http = await held.enter_async_context(simulator_at(at.simulator))
        inflicting = Inflicting(stack, between.by_name, http, tell=tell)
        poisoning = Poisoning(at.kafka, order.seed)
        phones = Phones(http, journal(folder))
        overhearing = Overhearing(stack.endpoints)
        listening = asyncio.create_task(overhearing.run())
        held.push_async_callback(_ended, listening)
        crowd = await _torment(order, faults, inflicting, phones, poisoning)
        tell("All faults are over; everything is brought up")
        await inflicting.heal()
        checking = Checking(stack, at, journal(folder), tell=tell)
        tell("Waiting until nothing is owed to anybody")
        quiet = await checking.quiet(http)
        tell("Checking")
        verdicts = [quiet, *await checking.verdicts(poisoning.acknowledged)]
        met = known(journal(folder).new_lines(), await _everybody(http))
        verdicts.append(private([*_told(folder, overhearing), *checking.topics], met))
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


def _told(folder: Path, overhearing: Overhearing) -> Iterator[tuple[str, str]]:
    """Give all that the system said of itself; the simulator is not part of it."""
    for log in sorted((folder / "logs").glob("*.log")):
        if log.stem != "simulator":
            yield log.name, log.read_text(errors="replace")
    yield "spans", (folder / SPANS).read_text()
    yield "metrics", overhearing.metrics
    yield "readiness", overhearing.readiness


async def _everybody(simulator: httpx.AsyncClient) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = (await simulator.get("/simulator/users")).json()
    return people


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _stack(root: Path, folder: Path, between: Wires, collector: str) -> Stack:
    variables = {
        **{name: _exporting_to(collector, name) for name in SERVICES},
        "simulator": {"SIMULATOR_JOURNAL": str(folder / JOURNAL)},
        "sender": {
            **_exporting_to(collector, "sender"),
            "SENDER_UNKNOWN_WAIT": f"{UNKNOWN_WAIT_S:g}",
            "SENDER_STOP_PAUSE": f"{STOP_PAUSE_S:g}",
            "SENDER_DEFER_AFTER": f"{DEFER_AFTER_S:g}",
        },
    }
    return Stack(root, folder, proxies=between.proxies, variables=variables)


def _exporting_to(collector: str, service: str) -> dict[str, str]:
    return {f"{module_of(service).upper()}_OTLP_ENDPOINT": collector}


def journal(folder: Path) -> Journal:
    """Give what the platform of a run in `folder` writes down."""
    return Journal(folder / JOURNAL)


@asynccontextmanager
async def simulator_at(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open the platform for a crowd."""
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(
        base_url=address, timeout=10, trust_env=False, limits=limits
    ) as http:
        yield http
