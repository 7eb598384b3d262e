"""Both sides of a run as processes of their own: session-core as it is, and the floor."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import psutil  # type: ignore[import-untyped]  # ships no types

from bench.corpus import Corpus
from bench.floor import Task
from bench.installation import Installation
from devstack.failure import last_meaningful_line
from devstack.ports import LOOPBACK, free_port

READY_SECONDS = 60.0
_STOP_SECONDS = 15.0


class SideFailed(Exception):
    """A side did not start, or ended too early; says its last words."""


class Measured(Protocol):
    """What is measured: a process, or several as one."""

    @property
    def log(self) -> Path:
        """Where it says what goes wrong."""
        ...

    def cpu_seconds(self) -> float:
        """Give the processor time that was used so far."""
        ...

    def check(self) -> None:
        """Raise SideFailed if a process has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Side:
    """A process that is being measured."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def cpu_seconds(self) -> float:
        """Give the processor time that it has used so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def resident_bytes(self) -> int:
        """Give the memory that it holds."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def check(self) -> None:
        """Raise SideFailed if it has ended."""
        if self.process.poll() is not None:
            said = last_meaningful_line(self.log)
            raise SideFailed(f"{self.log.stem} ended with {self.process.returncode}: {said}")


@asynccontextmanager
async def session_core(
    place: Installation, flows: Path, logs: Path, *, profile: Path | None = None, **settings: object
) -> AsyncIterator[Side]:
    """Run session-core on the installation, ready; `settings` are its own by name.

    Under cProfile if `profile` names a file for the statistics.
    """
    port = free_port(set())
    side = start_session_core(place, flows, logs, port, profile=profile, **settings)
    try:
        await ready(side, port)
        yield side
    finally:
        await asyncio.to_thread(stop, side)


def start_session_core(
    place: Installation,
    flows: Path,
    logs: Path,
    port: int,
    *,
    profile: Path | None = None,
    **settings: object,
) -> Side:
    """Start session-core and return at once."""
    chosen = {
        "database_url": place.database,
        "kafka_bootstrap_servers": place.kafka,
        "topic_prefix": place.prefix,
        "flows_dir": flows,
        "host": LOOPBACK,
        "port": port,
        "instance_id": "session-core-1",
        **settings,
    }
    variables = {f"SESSION_CORE_{name.upper()}": str(value) for name, value in chosen.items()}
    profiler = ["-m", "cProfile", "-o", str(profile)] if profile else []
    command = [sys.executable, *profiler, "-m", "session_core", "run"]
    return start(command, logs / f"{place.prefix}session-core.log", variables)


@asynccontextmanager
async def floor(
    place: Installation,
    corpus: Corpus,
    commands: Sequence[int],
    logs: Path,
    *,
    whole_batches: bool = True,
) -> AsyncIterator[Side]:
    """Run the floor on the installation, waiting for so many commands on each partition."""
    task = Task(
        place.kafka, place.database, place.commands, place.events, commands, corpus, whole_batches
    )
    written = logs / f"{place.prefix}task"
    written.write_bytes(pickle.dumps(task))
    waiting = written.with_suffix(".ready")
    command = [sys.executable, "-m", "bench.floor", str(written), str(waiting)]
    side = start(command, logs / f"{place.prefix}floor.log", {})
    try:
        await started(side, waiting.exists)
        yield side
    finally:
        await asyncio.to_thread(stop, side)
        written.unlink()
        waiting.unlink(missing_ok=True)


async def started(side: Side, written: Callable[[], bool]) -> None:
    """Return when the process has written its file. Raises SideFailed and TimeoutError."""
    async with asyncio.timeout(READY_SECONDS):
        while not written():
            side.check()
            await asyncio.sleep(0.05)


async def ready(side: Side, port: int) -> None:
    """Return when the service says that it is ready. Raises SideFailed and TimeoutError."""
    async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False) as http:
        while not await _is_ready(http, f"http://{LOOPBACK}:{port}/readyz"):
            side.check()
            await asyncio.sleep(0.05)


def stop(side: Side) -> None:
    """Ask the process to end, and end it by force if it does not."""
    side.process.terminate()
    try:
        side.process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        side.process.send_signal(signal.SIGKILL)
        side.process.wait()


def kill(side: Side) -> None:
    """End the process as a crash would."""
    side.process.kill()
    side.process.wait()


def start(command: Sequence[str], log: Path, variables: Mapping[str, str]) -> Side:
    """Start a process and return at once; it inherits our variables and gets these."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 our own command
            command,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Side(process, log)


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        answer = await http.get(url, timeout=2)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK
