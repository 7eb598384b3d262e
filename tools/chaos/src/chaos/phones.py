"""The platform as the phones of the people: they write, and hear what the journal says arrived."""

import asyncio
import hashlib
from collections import defaultdict
from typing import Any, Literal, TypeAlias

import httpx

from chaos.journal import Journal

Shown: TypeAlias = Literal["both", "phone", "user-id"]
Inbox: TypeAlias = "asyncio.Queue[dict[str, Any]]"
_AGAIN_S = 0.3
_LOOK_S = 0.1


class Phones:
    """One connection to the simulator for everybody. What it cannot take now is tried again."""

    def __init__(self, simulator: httpx.AsyncClient, journal: Journal) -> None:
        self._simulator = simulator
        self._journal = journal
        self._inboxes: defaultdict[str, Inbox] = defaultdict(asyncio.Queue)
        self.written = 0

    def inbox(self, wa_id: str) -> Inbox:
        """Return where the messages arrive that reach this number."""
        return self._inboxes[wa_id]

    async def listen(self) -> None:
        """Bring what reaches the phones to their inboxes, without end."""
        while True:
            for line in self._journal.new_lines():
                if line["what"] == "accepted" and line.get("fails") is None:
                    self._inboxes[line["lane"]].put_nowait(line["message"])
            await asyncio.sleep(_LOOK_S)

    async def show(self, wa_id: str, shown: Shown) -> None:
        """Choose which ids the business gets to see from now on."""
        await self._request("PUT", f"/simulator/users/{wa_id}", json={"shown": shown})

    async def write(self, wa_id: str, message: dict[str, Any]) -> None:
        """Send a message."""
        await self._request("POST", f"/simulator/users/{wa_id}/messages", json=message)
        self.written += 1

    async def send_photo(self, wa_id: str, content: bytes) -> None:
        """Send a file."""
        file = {"file": (f"{hashlib.sha256(content).hexdigest()[:8]}.jpg", content, "image/jpeg")}
        await self._request("POST", f"/simulator/users/{wa_id}/messages", files=file)
        self.written += 1

    async def _request(self, method: str, path: str, **what: Any) -> None:
        # An answer that got lost makes a person write twice, as people do.
        while True:
            try:
                answer = await self._simulator.request(method, path, **what)
            except httpx.HTTPError:
                await asyncio.sleep(_AGAIN_S)
                continue
            answer.raise_for_status()
            return
