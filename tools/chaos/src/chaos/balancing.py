"""What stands before several instances of ingress: a new connection goes to one that listens."""

import asyncio
from collections import deque
from collections.abc import Iterable

from devstack.ports import LOOPBACK
from devstack.wire import Wire


class Balancer(Wire):
    """Takes turns, and passes over whoever lets nobody in."""

    def __init__(self) -> None:
        super().__init__(server_port=0)
        self._ports: deque[int] = deque()

    def lead_to(self, ports: Iterable[int]) -> None:
        """Choose among these from now on."""
        self._ports = deque(ports)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in range(len(self._ports)):
            self._ports.rotate()
            try:
                return await asyncio.open_connection(LOOPBACK, self._ports[0])
            except ConnectionRefusedError:
                continue
        raise ConnectionRefusedError
