"""session-core as a real process: started, struck, watched and ended."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx

from devstack.ports import LOOPBACK, free_port
from session_core.settings import Settings

START_SECONDS = 60.0
_TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Failpoint:
    """Where, at which passing, and by which signal a process is struck."""

    point: str
    time: int = 1
    signal: str = "SIGKILL"


class Instance:
    """A running process of session-core."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self._process = process
        self._url = f"http://{LOOPBACK}:{port}"
        self._log = log
        self.started = monotonic()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, seconds: float = START_SECONDS) -> int:
        """Wait for the end; a negative code is the signal that caused it."""
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    async def ready(self) -> str | None:
        """Give None when it is ready, else what it says."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            try:
                answer = await http.get(f"{self._url}/readyz")
            except httpx.HTTPError as error:
                return type(error).__name__
        return None if answer.is_success else str(answer.json()["reason"])

    async def notes(self) -> str:
        """Give what it says although it is ready."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            told = (await http.get(f"{self._url}/readyz")).json()
        return str(told.get("note", ""))

    async def is_ready(self) -> bool:
        return await self.ready() is None

    async def says(self, words: str) -> bool:
        """Say whether it gives these words as a reason why it is not ready."""
        return words in (await self.ready() or "")

    async def figure(self, name: str) -> float:
        """Read one of its metrics."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            text = (await http.get(f"{self._url}/metrics")).text
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(line.split()[1])

    async def until_ready(self) -> float:
        """Return how many seconds after its start it was ready."""
        async with asyncio.timeout(START_SECONDS):
            while (reason := await self.ready()) is not None:
                assert self._process.returncode is None, f"{reason}: {self.said()[-2000:]}"
                await asyncio.sleep(0.05)
        return monotonic() - self.started

    def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


@asynccontextmanager
async def processes(settings: Settings, folder: Path) -> "AsyncIterator[Starter]":
    """Start processes as asked; all are ended with the block."""
    starter = Starter(settings, folder)
    try:
        yield starter
    finally:
        for instance in starter.started:
            instance.end()
            await instance.ended()


class Starter:
    """Starts instances, with or without something that strikes them."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self._folder = folder
        self.started: list[Instance] = []

    async def __call__(self, number: int = 1, failpoint: Failpoint | None = None) -> Instance:
        port = free_port()
        log = self._folder / f"{len(self.started)}-session-core-{number}.log"
        program = ["-m", "session_core", "run"]
        if failpoint is not None:
            struck = (failpoint.point, str(failpoint.time), failpoint.signal)
            program = ["-m", "installation.failpoints", *struck]
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *program,
                env={**os.environ, **self._environment(number, port)},
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        instance = Instance(process, port, log)
        self.started.append(instance)
        return instance

    def _environment(self, number: int, port: int) -> dict[str, str]:
        settings = self.settings
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "DATABASE_URL": settings.database_url.get_secret_value(),
            "TOPIC_PREFIX": settings.topic_prefix,
            "FLOWS_DIR": str(settings.flows_dir),
            "INSTANCE_ID": f"session-core-{number}",
            "SESSION_SECONDS": str(settings.session_seconds),
            "TRANSACTION_SECONDS": str(settings.transaction_seconds),
            "PORT": str(port),
        }
        named = {f"SESSION_CORE_{name}": value for name, value in own.items()}
        path = os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")])
        return {**named, "PYTHONPATH": path}
