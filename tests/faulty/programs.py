"""A service as a process of its own, which may be killed and begins again."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from watching import until


@dataclass
class Program:
    """`variables` are the settings by their names without the prefix; it logs to a file."""

    module: str
    variables: Mapping[str, str]
    log: Path
    kills: int = 0
    _running: list[Process] = field(default_factory=list)

    async def start(self) -> None:
        """Begin; returns once the service is ready."""
        await self._begin()
        await until(lambda: self._answers("readyz"), f"{self.log.stem} ready", within_s=90)

    async def kill_and_start(self) -> None:
        """Kill it as an orchestrator does that ran out of patience, and begin anew.

        Whether it is ready then depends on what it calls.
        """
        await self.kill()
        self.kills += 1
        await self._begin()
        await until(lambda: self._answers("livez"), f"{self.log.stem} alive", within_s=90)

    async def _begin(self) -> None:
        prefix = self.module.upper()
        given = {f"{prefix}_{name}": value for name, value in self.variables.items()}
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                env={"PATH": os.environ["PATH"], **given},
                stdout=log,
                stderr=log,
            )
        self._running.append(process)

    async def kill(self) -> None:
        while self._running:
            process = self._running.pop()
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _answers(self, path: str) -> bool | None:
        address = f"http://127.0.0.1:{self.variables['PORT']}/{path}"
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(address)).is_success or None
            except httpx.TransportError:
                return None
