"""Keeps what the services say of themselves while they live: metrics and readiness."""

import asyncio
from collections.abc import Callable

import httpx

from devstack.endpoints import Endpoints

EVERY_S = 3.0


class Overhearing:
    """Asks every instance, again and again. Values are left out: they are numbers by nature."""

    def __init__(self, endpoints: Callable[[], Endpoints]) -> None:
        self._endpoints = endpoints
        self._metrics: dict[str, None] = {}
        self._readiness: dict[str, None] = {}

    @property
    def metrics(self) -> str:
        """Everything but values that `/metrics` ever said, each line once."""
        return "\n".join(self._metrics)

    @property
    def readiness(self) -> str:
        """Everything that `/readyz` ever said, once."""
        return "\n".join(self._readiness)

    async def run(self) -> None:
        """Listen without end."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            while True:
                await self.look(http)
                await asyncio.sleep(EVERY_S)

    async def look(self, http: httpx.AsyncClient) -> None:
        """Ask each once; who is down says nothing."""
        for service in self._endpoints().services.values():
            try:
                metrics = await http.get(f"{service.url}/metrics")
                ready = await http.get(f"{service.url}/readyz")
            except httpx.HTTPError:
                continue
            self._metrics.update(dict.fromkeys(map(_series, metrics.text.splitlines())))
            self._readiness[ready.text] = None


def _series(line: str) -> str:
    return line if line.startswith("#") else line.rpartition(" ")[0]
