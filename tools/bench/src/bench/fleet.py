"""The instances of one service that share its partitions, measured together."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.sides import Side, ready, start, stop
from devstack.ports import LOOPBACK, free_port
from domain.topics import PARTITIONS

INSTANCES = 2
"""As many as the cores of the machine that the bars are for; the rival's other processes, the
stub and Kafka, share them as well."""
_SHARE_SECONDS = 60.0
_HELD = "streaming_lag_records"
"""A service shows it of each partition that it holds."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Processes that are measured as one."""

    sides: Sequence[Side]

    def cpu_seconds(self) -> float:
        """Give the processor time that all have used so far."""
        return sum(side.cpu_seconds() for side in self.sides)

    def resident_bytes(self) -> int:
        """Give the memory of the one that holds most."""
        return max(side.resident_bytes() for side in self.sides)

    @property
    def log(self) -> Path:
        """Where the first of them writes; the others write beside it."""
        return self.sides[0].log

    def check(self) -> None:
        """Raise SideFailed if one has ended."""
        for side in self.sides:
            side.check()


@dataclass(frozen=True, slots=True)
class Service:
    """How to start one of its instances."""

    command: Sequence[str]
    begins_with: str
    """What the names of its own variables begin with."""
    variables: Mapping[str, str]
    more: Mapping[str, str]
    """Variables by their whole names."""

    def start(self, instance: str, port: int, log: Path) -> Side:
        """Start an instance and return at once."""
        own = {"INSTANCE_ID": instance, "HOST": LOOPBACK, "PORT": str(port)}
        named = {self.begins_with + name: said for name, said in {**self.variables, **own}.items()}
        return start(self.command, log, {**named, **self.more})


@asynccontextmanager
async def fleet(service: Service, instances: int, log: Path, topic: str) -> AsyncIterator[Fleet]:
    """Run so many instances, ready, each with its share of the topic's partitions."""
    sides: list[Side] = []
    ports: list[int] = []
    try:
        for number in range(1, instances + 1):
            port = free_port(set(ports))
            side = service.start(f"instance-{number}", port, log.with_suffix(f".{number}.log"))
            sides.append(side)
            ports.append(port)
            await ready(side, port)
        running = Fleet(sides)
        await _shared(running, ports, topic)
        yield running
    finally:
        await asyncio.gather(*(asyncio.to_thread(stop, side) for side in sides))


async def _shared(running: Fleet, ports: Sequence[int], topic: str) -> None:
    """Return once all partitions are held, by all instances alike. Raises TimeoutError."""
    share = PARTITIONS // len(ports)
    async with asyncio.timeout(_SHARE_SECONDS), httpx.AsyncClient(trust_env=False) as http:
        while [await _held(http, port, topic) for port in ports] != [share] * len(ports):
            running.check()
            await asyncio.sleep(0.2)


async def _held(http: httpx.AsyncClient, port: int, topic: str) -> int:
    told = (await http.get(f"http://{LOOPBACK}:{port}/metrics")).text
    return sum(
        sample.labels["topic"] == topic
        for family in text_string_to_metric_families(told)
        if family.name == _HELD
        for sample in family.samples
    )
