"""Wait until something is seen in the system, with a limit and a sentence."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import httpx

from demo.events import Published, Reader
from demo.person import Person

Meet: TypeAlias = Callable[[], Person]
T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T | None]], what: str, *, within_s: float = 45) -> T:
    """Return the first thing that `look` finds; fail with `what` when it finds none."""
    deadline = time.monotonic() + within_s
    while True:
        found = await look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {within_s:.0f} s: {what}")
        await asyncio.sleep(0.1)


async def events_until(
    reader: Reader, enough: Callable[[list[Published]], bool], what: str, *, within_s: float = 45
) -> list[Published]:
    """Return the events read until it is enough."""
    seen: list[Published] = []

    async def look() -> list[Published] | None:
        seen.extend(await reader.read(wait_s=0.2))
        return seen if enough(seen) else None

    return await until(look, what, within_s=within_s)


def of(events: list[Published], event_type: str) -> list[Published]:
    """Return the events of one type."""
    return [event for event in events if event.type == event_type]


def of_person(events: list[Published], person: Person) -> list[Published]:
    """Return the events of one person, found by the number in their first message."""
    received = of(events, "message.received.v1")
    keys = {e.key for e in received if e.data["personal"].get("from") == person.wa_id}
    return [event for event in events if event.key in keys]


async def every_webhook_answered(simulator: httpx.AsyncClient) -> None:
    """Wait until the business has answered 200 to all that the platform has for it."""

    async def idle() -> bool | None:
        stats = (await simulator.get("/simulator/stats")).raise_for_status().json()
        return stats["webhooks"]["pending"] == 0 or None

    await until(idle, "every webhook answered 200")
