"""What the platform tells the business about its messages: sent, delivered, read, failed."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.envelopes import Business, recipient_names, status_update
from simulator.faults import FaultBoard
from simulator.people import Entry, People, Person, Tick
from simulator.webhooks import Delivery, TooManyPending, Webhook


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one status to the next."""

    sent: float = 0.05
    delivered: float = 0.15
    read: float = 0.6


class Statuses:
    """Follows each accepted message until the person has read it."""

    def __init__(
        self,
        *,
        business: Business,
        people: People,
        delivery: Delivery,
        pace: Pace,
        clock: Callable[[], float],
        faults: FaultBoard,
        dice: random.Random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._business = business
        self._people = people
        self._delivery = delivery
        self._pace = pace
        self._clock = clock
        self._faults = faults
        self._dice = dice
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()

    def follow(self, person: Person, entry: Entry) -> None:
        """Tell of this message as it goes its way; returns at once."""
        self._start(self._follow(person, entry))

    def fail(self, person: Person, entry: Entry, error: Mapping[str, Any]) -> None:
        """Tell that an accepted message did not reach the person."""
        self._start(self._fail(person, entry, error))

    def tell(self, person: Person, entry: Entry, content: Mapping[str, Any]) -> None:
        """Tell a status as it is given, whatever was told before. Raises TooManyPending."""
        status = {
            "id": entry.wamid,
            "timestamp": str(int(self._clock())),
            **recipient_names(person, entry.shown),
            **({"biz_opaque_callback_data": entry.reply_id} if entry.reply_id else {}),
            **content,
        }
        self.counts[str(content["status"])] += 1
        about = {
            "wamid": entry.wamid,
            "status": content["status"],
            "reply_id": entry.reply_id,
            "shown": entry.shown,
        }
        update = status_update(self._business, person, status, entry.shown)
        self._delivery.send(Webhook(person.lane, update, about=about))

    async def stop(self) -> None:
        """Stop telling."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, person: Person, entry: Entry) -> None:
        priced = {"pricing": pricing(entry.category)}
        late = self._faults.now.statuses.delay_s
        await self._step(person, entry, "sent", self._pace.sent + late, priced)
        if entry.message["type"] == "reaction":
            return  # Meta tells nothing more of reactions
        await self._step(person, entry, "delivered", self._pace.delivered, priced)
        await self._step(person, entry, "read", self._pace.read, {})

    async def _fail(self, person: Person, entry: Entry, error: Mapping[str, Any]) -> None:
        await self._sleep(self._pace.sent + self._faults.now.statuses.delay_s)
        self._send(person, entry, {"status": "failed", "errors": [error]})

    async def _step(
        self, person: Person, entry: Entry, status: Tick, pause: float, more: Mapping[str, Any]
    ) -> None:
        await self._sleep(pause)
        self._people.mark(person, [entry], status)
        self._send(person, entry, {"status": status, **more})

    def _send(self, person: Person, entry: Entry, content: Mapping[str, Any]) -> None:
        if self._dice.random() < self._faults.now.statuses.drop:
            self.counts["dropped"] += 1
            return
        try:
            self.tell(person, entry, content)
        except TooManyPending:
            self.counts["given_up"] += 1


def pricing(category: str) -> dict[str, Any]:
    """Return what Meta bills: since October 2026 replies in the window too, as `service`."""
    return {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
