"""Who takes webhooks in, as processes of their own: ingress, and its rivals."""

import asyncio
import json
import pickle
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.calling import Calls
from bench.claim import NUMBER
from bench.draining import NotDrained
from bench.lab import Lab
from bench.sides import Side, ready, start, stop
from bench.webhooks import SECRET
from devstack import topics
from devstack.ports import LOOPBACK, free_port
from domain.topics import ACCOUNT_UPDATES, PARTITIONS, SESSION_COMMANDS, WEBHOOK_PARKED

_TOPICS = (SESSION_COMMANDS, ACCOUNT_UPDATES, WEBHOOK_PARKED)


@dataclass(frozen=True, slots=True)
class DoorRun:
    """How one side fared with the webhooks that it was given."""

    webhooks: int
    elapsed: float
    """Seconds from the first that was sent to the last answer."""
    seconds: Sequence[float]
    """From the moment that each was due to its answer."""
    cpu_seconds: float
    caller_cpu_seconds: float

    @property
    def rate(self) -> float:
        """Webhooks a second."""
        return self.webhooks / self.elapsed

    def figures(self) -> dict[str, float]:
        """Give what is written down of a run."""
        return {
            "webhooks_per_s": round(self.rate, 1),
            "seconds": round(self.elapsed, 3),
            "cpu_us_a_webhook": round(self.cpu_seconds / self.webhooks * 1e6, 1),
            "caller_cpu_us_a_webhook": round(self.caller_cpu_seconds / self.webhooks * 1e6, 1),
        }


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """A process that takes webhooks in, ready."""

    side: Side
    port: int
    kafka: str
    topic: str | None
    """Where it keeps what came, or None."""
    logs: Path

    async def take(
        self, requests: Sequence[bytes], *, connections: int, due: Sequence[float] | None = None
    ) -> DoorRun:
        """Post all from a process of its own. Raises NotDrained if one was not answered 200."""
        task = self.logs / f"{secrets.token_hex(4)}-calls"
        told = task.with_suffix(".told")
        waits = due or [0.0] * len(requests)
        task.write_bytes(pickle.dumps(Calls(self.port, connections, requests, waits)))
        used = self.side.cpu_seconds()
        caller = start(
            [sys.executable, "-m", "bench.calling", str(task), str(told)],
            task.with_suffix(".log"),
            {},
        )
        try:
            await self._until(told.exists, caller, patience_s=waits[-1] + 120)
            used, spent = self.side.cpu_seconds() - used, caller.cpu_seconds()
        finally:
            await asyncio.to_thread(stop, caller)
            task.unlink()
        went = json.loads(told.read_text())
        if went["statuses"] != {"200": len(requests)}:
            raise NotDrained(f"not every webhook was answered 200: {went['statuses']}")
        return DoorRun(len(requests), went["end"] - went["begin"], went["seconds"], used, spent)

    async def kept(self) -> int:
        """Give how many records are in its topic."""
        if self.topic is None:
            return 0
        partitions = [TopicPartition(self.topic, number) for number in range(PARTITIONS)]
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka)
        await consumer.start()
        try:
            return sum((await consumer.end_offsets(partitions)).values())
        finally:
            await consumer.stop()

    async def _until(self, told: Callable[[], bool], caller: Side, *, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while not told():
            self.side.check()
            caller.check()
            if time.monotonic() > deadline:
                raise NotDrained(f"not all webhooks were answered in time (log: {self.side.log})")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def ingress(
    lab: Lab, *, profile: Path | None = None, more: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[OpenDoor]:
    """Run ingress on topics of its own; under cProfile if `profile` names a file.

    `more` are variables as it reads them.
    """
    async with _prefix(lab) as prefix:
        port = free_port(set())
        variables = {
            "APP_SECRET": SECRET,
            "VERIFY_TOKEN": "the-verify-token",
            "PHONE_NUMBER_IDS": json.dumps([NUMBER]),
            "KAFKA_BOOTSTRAP_SERVERS": lab.kafka,
            "TOPIC_PREFIX": prefix,
            "LOG_LEVEL": "warning",
            "HOST": LOOPBACK,
            "PORT": str(port),
        }
        named = {f"INGRESS_{name}": content for name, content in variables.items()}
        profiler = ["-m", "cProfile", "-o", str(profile)] if profile else []
        command = [sys.executable, *profiler, "-m", "ingress"]
        topic = prefix + SESSION_COMMANDS.name
        async with _door(lab, command, port, {**named, **more}, topic) as door:
            yield door


@asynccontextmanager
async def rival(lab: Lab, kind: str) -> AsyncIterator[OpenDoor]:
    """Run a rival of `bench.bare_ingress` on topics of its own."""
    async with _prefix(lab) as prefix:
        port, topic = free_port(set()), prefix + SESSION_COMMANDS.name
        command = [sys.executable, "-m", "bench.bare_ingress", kind, str(port), lab.kafka, topic]
        kept = None if kind == "pywa" else topic
        async with _door(lab, command, port, {}, kept) as door:
            yield door


@asynccontextmanager
async def _door(
    lab: Lab,
    command: Sequence[str],
    port: int,
    variables: Mapping[str, str],
    topic: str | None,
) -> AsyncIterator[OpenDoor]:
    side = start(command, lab.logs / f"door-{port}.log", variables)
    try:
        await ready(side, port)
        yield OpenDoor(side, port, lab.kafka, topic, lab.logs)
    finally:
        await asyncio.to_thread(stop, side)


@asynccontextmanager
async def _prefix(lab: Lab) -> AsyncIterator[str]:
    prefix = f"b{secrets.token_hex(4)}-"
    await topics.create(lab.kafka, _TOPICS, prefix=prefix)
    try:
        yield prefix
    finally:
        await topics.delete(lab.kafka, _TOPICS, prefix=prefix)
