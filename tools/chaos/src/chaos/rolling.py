"""A rolling restart of every service while people talk, as an upgrade does it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.balancing import Balancer
from chaos.checking import Checking
from chaos.crowd import Crowd, people
from chaos.phones import Phones
from chaos.report import verdict_table
from chaos.run import JOURNAL, journal, simulator_at
from chaos.verdict import Verdict
from devstack.endpoints import Endpoints
from devstack.ports import LOOPBACK
from devstack.services import SERVICES
from devstack.stack import Stack

INSTANCES = 2
WAVE_S = 20.0
"""Within which so many people come; then the next ones do, until all is restarted."""
PEOPLE = 20
_FAREWELL = '"event": "stopped"'


@dataclass(frozen=True, slots=True)
class Restarted:
    """One instance: seconds from SIGTERM to its end, and from its new start until it was ready.

    `clean` says that it ended by itself, after its last part had stopped.
    """

    instance: str
    drained: float
    ready: float
    clean: bool


@dataclass(frozen=True, slots=True)
class Rolled:
    """What was restarted, how many people talked, and what the system promised of them."""

    restarted: Sequence[Restarted]
    people: Counter[str]
    verdicts: Sequence[Verdict]

    def write(self, path: Path) -> None:
        """Put everything into a file as JSON."""
        told = {
            "restarted": [asdict(one) for one in self.restarted],
            "people": dict(self.people),
            "invariants": [verdict.to_json() for verdict in self.verdicts],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1) + "\n")

    def show(self, console: Console) -> None:
        """Print the tables."""
        table = Table("restarted", "drained in s", "ready after s", "cleanly", box=None)
        for one in self.restarted:
            clean = "yes" if one.clean else "[red]no"
            table.add_row(one.instance, f"{one.drained:.1f}", f"{one.ready:.1f}", clean)
        console.print(table)
        console.print(verdict_table(self.verdicts))
        for verdict in self.verdicts:
            for line in verdict.broken:
                console.print(f"  {verdict.name}: {line}", style="red", markup=False)
        console.print(f"People: {dict(self.people)}", markup=False)


async def roll(root: Path, folder: Path, seed: int, tell: Callable[[str], None]) -> Rolled:
    """Start two instances of everything in `folder`, restart each in its turn, and check.

    The stack is still there when this returns or fails: whoever owns the folder ends it.
    """
    async with AsyncExitStack() as held:
        balancer = Balancer()
        door = await balancer.start()
        held.push_async_callback(balancer.stop)
        stack = _stack(root, folder, door)
        known = await asyncio.to_thread(_up, stack, balancer)
        http = await held.enter_async_context(simulator_at(known.simulator))
        crowd = Crowd(Phones(http, journal(folder)))
        restarted = await _restart_amid(crowd, stack, seed, tell)
        checking = Checking(stack, known, journal(folder), tell=tell)
        tell("Waiting until nothing is owed to anybody")
        quiet = await checking.quiet(http)
        verdicts = [quiet, *await checking.verdicts({})]
    return Rolled(restarted, crowd.counts, verdicts)


async def _restart_amid(
    crowd: Crowd, stack: Stack, seed: int, tell: Callable[[str], None]
) -> list[Restarted]:
    phones = asyncio.create_task(crowd.phones.listen())
    restarting = asyncio.create_task(_restart_all(stack, tell))
    wave = 0
    try:
        while not restarting.done():
            await crowd.come(people(seed + wave, PEOPLE), seconds=WAVE_S)
            wave += 1
        return await restarting
    finally:
        for task in (phones, restarting):
            task.cancel()
        await asyncio.gather(phones, restarting, return_exceptions=True)


async def _restart_all(stack: Stack, tell: Callable[[str], None]) -> list[Restarted]:
    restarted = []
    for service in SERVICES:
        for instance in (f"{service}-2", service):
            restarted.append(await asyncio.to_thread(restart, stack, instance))
            tell(str(restarted[-1]))
    return restarted


def restart(stack: Stack, instance: str) -> Restarted:
    """End an instance by SIGTERM, start it again, and return when it is ready."""
    log = stack.site.log(instance)
    said = log.stat().st_size
    begin = time.monotonic()
    stack.stop(instance)
    drained = time.monotonic() - begin
    clean = _FAREWELL in log.read_bytes()[said:].decode()
    begin = time.monotonic()
    stack.start(instance)
    return Restarted(instance, drained, time.monotonic() - begin, clean)


def _up(stack: Stack, balancer: Balancer) -> Endpoints:
    stack.up()
    for service in SERVICES:
        known = stack.scale(service, INSTANCES)
    doors = [known.services[name].url for name in ("ingress", "ingress-2")]
    balancer.lead_to(int(url.rpartition(":")[2]) for url in doors)
    return known


def _stack(root: Path, folder: Path, door: int) -> Stack:
    simulator = {
        "SIMULATOR_JOURNAL": str(folder / JOURNAL),
        "SIMULATOR_WEBHOOK_URL": f"http://{LOOPBACK}:{door}/webhook",
    }
    return Stack(root, folder, patience_s=300, variables={"simulator": simulator})
