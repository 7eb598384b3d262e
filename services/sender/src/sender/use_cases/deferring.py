"""Sets replies aside that would have to wait long, so that nobody waits but their own person.

Written down first, then waited for: a request is in the ledger before its offset may move on, its
outcome is in the ledger before it is taken out of there, and news that it waits for are in the
ledger before their offset may move on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import structlog

from domain.events import ReplyRequested
from domain.ports.sending_ledger import Deferred, News, Page, SendingLedger, Stage
from domain.values import ReplyId
from sender.use_cases.book import Place
from sender.use_cases.sending import ReplySending, Report
from sender.use_cases.turns import FOREVER, Patience, Time
from sender.use_cases.waiting_room import Person, WaitingRoom

_SERVED_AT_ONCE = 200
"""People; most of them wait for a call, which has a bound of its own."""
_SHORTLY = Patience(1.0, 1.0)
_LONGEST_PAUSE = 30.0
_BUG_RETRIES = 3
_FULL_LOOK_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class Asked(NamedTuple):
    """A request with where it stood, how to tell what came of it, and all of it as one event."""

    request: ReplyRequested
    place: Place
    report: Report
    event: Callable[[], bytes]
    age: float = 0.0
    """Seconds since it was asked for."""
    followed: Callable[[], AbstractContextManager[object]] = nullcontext
    """What an attempt is to happen within, so that it belongs to the trace of the request."""


Revive = Callable[[int, Deferred], Asked]
"""Reads a request that was set aside, of this partition."""
Park = Callable[[int, Deferred, Exception], Awaitable[None]]
"""Sets it aside for a person to look at, for good."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a reply is set aside, in seconds, and how many bytes of memory such replies may take."""

    after: float = 5.0
    most_bytes: int = 32 * 1024 * 1024


class Deferring:
    """Hands requests to ReplySending, and keeps those that have to wait.

    `trouble` are the exceptions after which trying again later can help.
    """

    def __init__(
        self,
        sending: ReplySending,
        ledger: SendingLedger,
        bounds: Bounds,
        time: Time,
        trouble: tuple[type[Exception], ...],
    ) -> None:
        self._sending = sending
        self._ledger = ledger
        self._bounds = bounds
        self._time = time
        self._trouble = trouble
        self._room = WaitingRoom(bounds.most_bytes)
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._served: set[asyncio.Task[None]] = set()
        self._to_be_read: set[ReplyId] = set()
        """What was set aside before, and will be read again although it may be done by then."""
        self._failures = 0
        self._rests_until = -inf
        sending.turns.on_resumed = self._all_go_on

    async def take_over(self, begins: Mapping[int, int], revive: Revive, park: Park) -> None:
        """Go on with what is kept of these partitions. Raises LedgerUnavailable."""
        pages = await self._sending.take_over(begins)
        self._room.clear()
        self._to_be_read = {
            reply
            for partition, page in pages.items()
            for reply, deferred in page.deferred.items()
            if deferred.offset >= begins[partition]
        }
        for partition, page in pages.items():
            await self._furnish(partition, page)
        self._keeper = asyncio.create_task(self._keep(revive, park), name="deferred-replies")

    async def let_go(self, grace: float) -> None:
        """Begin nothing more, give what runs `grace` seconds to end, and forget everybody."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])
        if served := set(self._served):
            await asyncio.wait(served, timeout=grace)
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)
        self._room.clear()

    async def handle(self, asked: Asked) -> None:
        """Return once the reply has its outcome, or waits in the ledger. Raises as `fulfil`."""
        request = asked.request
        if request.reply_id in self._to_be_read:
            self._to_be_read.discard(request.reply_id)
            return
        if self._sending.is_told(asked.place.partition, request.reply_id):
            # Not behind who waits: of what is set aside after its outcome was entered, the ledger
            # forgets the outcome when the offset has moved on.
            await self._sending.fulfil(request, asked.place, asked.report)
            return
        while self._room.who_waits_for(request.reply_id) is None:
            due = -inf
            if self._room.person(request.contact_id) is None:
                patience = FOREVER if self._room.is_full else self._patience(asked.age)
                begun = await self._sending.fulfil(request, asked.place, asked.report, patience)
                if begun is None:
                    return
                due = begun
            if not self._room.is_full:
                await self._set_aside(asked, due)
                return
            await self._time.sleep(_FULL_LOOK_SECONDS)

    async def remember(self, reply: ReplyId, place: Place) -> None:
        """Learn what is known of a reply that is to be sent after all. Raises as `remember`."""
        await self._sending.remember(reply, place)

    def awaits_news(self, partition: int) -> bool:
        """Say whether an outcome could concern a reply of this partition."""
        return self._sending.awaits_news(partition)

    def hears_of_reply(self, partition: int, reply: ReplyId) -> bool:
        """Take note that an event told an outcome; say whether it has to be handled in its turn."""
        self._sending.hear(partition, reply)
        person = self._room.who_waits_for(reply)
        if person is None:
            return False
        self._room.wake(person)
        self._changed.set()
        return True

    def hears_of_person(self, key: bytes) -> bool:
        """Say whether news of this person have to be handled in their turn."""
        return key in self._room.keys

    async def keep_outcome(self, partition: int, reply: ReplyId, stage: Stage) -> None:
        """Return once the ledger has what an event told. Raises LedgerUnavailable."""
        await self._sending.settle(partition, reply, stage)

    async def keep_news(self, key: bytes) -> None:
        """Return once the ledger has what was heard of a person who waits, else do nothing.

        Raises LedgerUnavailable.
        """
        if (person := self._room.keys.get(key)) is None:
            return
        news = self._sending.hearsay.news_of(person.contact)
        if news not in (person.news, News()):
            await self._ledger.note(person.contact, news, partition=person.partition)
            person.news = news

    async def _furnish(self, partition: int, page: Page) -> None:
        in_order = sorted(page.deferred.items(), key=lambda one: one[1].offset)
        for reply, deferred in in_order:
            person = self._room.add(partition, reply, deferred, -inf)
            person.news = page.news.get(person.contact)
        for contact in page.news:
            if self._room.person(contact) is None:
                await self._ledger.note(contact, None, partition=partition)

    def _patience(self, age: float) -> Patience:
        """Wait no longer than the bound; for the pace of a person not beyond it all together."""
        after = self._bounds.after
        return Patience(max(0.0, after - age), after)

    async def _set_aside(self, asked: Asked, due: float) -> None:
        request, place = asked.request, asked.place
        deferred = Deferred(request.contact_id, place.offset, asked.event())
        await self._ledger.defer(request.reply_id, deferred, partition=place.partition)
        self._room.add(place.partition, request.reply_id, deferred, due)
        self._changed.set()
        # What was heard until now was not kept: nobody knew yet that it would be needed.
        await self._sending.settle(place.partition, request.reply_id)
        if self._is_news(request):
            await self.keep_news(str(request.contact_id).encode())

    def _is_news(self, request: ReplyRequested) -> bool:
        hearsay, known = self._sending.hearsay, request.window_expires_at
        window = hearsay.window_of(request.contact_id)
        consent = hearsay.news_of(request.contact_id).opted_out
        return consent is not None or (window is not None and window != known)

    def _all_go_on(self) -> None:
        self._room.wake_all()
        self._changed.set()

    async def _keep(self, revive: Revive, park: Park) -> None:
        while True:
            self._changed.clear()
            now = self._time.monotonic()
            while self._may_serve(now) and (person := self._room.next_due(now)):
                task = asyncio.create_task(self._serve(person, revive, park))
                self._served.add(task)
                task.add_done_callback(self._served_one)
            due = max(self._room.earliest(), self._rests_until)
            await self._rest(due - now if due > now else inf)

    def _may_serve(self, now: float) -> bool:
        at_once = 1 if self._failures else _SERVED_AT_ONCE
        return len(self._served) < at_once and now >= self._rests_until

    def _served_one(self, task: "asyncio.Task[None]") -> None:
        self._served.discard(task)
        self._changed.set()

    async def _rest(self, seconds: float) -> None:
        """Wait for the next who is due, or for a change."""
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._changed.wait())]
        if seconds < inf:
            waits.append(asyncio.ensure_future(self._time.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _serve(self, person: Person, revive: Revive, park: Park) -> None:
        """Go on with a person's replies, one after the other, for as long as none has to wait."""
        due = self._time.monotonic() + _LONGEST_PAUSE  # unless anything better is known
        try:
            while person.replies and self._keeper is not None:
                later = await self._attempt(person, revive, park)
                if later is not None:
                    due = later
                    break
        finally:
            person.is_served = False
            if person.replies and person.due > -inf:
                self._room.put_off(person, due)
            elif person.replies:
                self._room.wake(person)  # somebody woke it meanwhile

    async def _attempt(self, person: Person, revive: Revive, park: Park) -> float | None:
        """Return None when the oldest reply is done with, else when to look again."""
        person.due = inf
        reply, deferred = person.replies[0]
        try:
            later = (
                None
                if person.is_first_done
                else await self._fulfil(person, revive(person.partition, deferred))
            )
            if later is None:
                person.is_first_done = True
                await self._done(person, reply)
        except self._trouble as failure:
            return self._try_again(failure)
        except Exception as bug:  # noqa: BLE001 counted, repeated, then set aside for good
            return await self._after_bug(person, park, bug)
        self._failures = 0
        return later

    async def _fulfil(self, person: Person, asked: Asked) -> float | None:
        self._sending.hearsay.recall(person.contact, person.news or News())
        with asked.followed():
            return await self._sending.fulfil(asked.request, asked.place, asked.report, _SHORTLY)

    async def _done(self, person: Person, reply: ReplyId) -> None:
        await self._ledger.resume(reply, partition=person.partition)
        is_last = len(person.replies) == 1
        self._room.remove_first(person)
        if is_last and person.news:
            await self._ledger.note(person.contact, None, partition=person.partition)

    def _try_again(self, failure: Exception) -> float:
        """Let everybody rest; then one at a time is tried until something works."""
        self._failures += 1
        if self._failures == 1:
            _log.warning("deferred.unavailable", reason=type(failure).__name__)
        pause = min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(self._failures - 1, 10))
        self._rests_until = self._time.monotonic() + pause
        return self._rests_until

    async def _after_bug(self, person: Person, park: Park, bug: Exception) -> float | None:
        person.bugs += 1
        _log.error("deferred.failed", attempt=person.bugs, exc_info=bug)
        if person.bugs <= _BUG_RETRIES:
            return self._time.monotonic() + 2.0**person.bugs
        reply, deferred = person.replies[0]
        try:
            await park(person.partition, deferred, bug)
            await self._done(person, reply)
        except self._trouble as failure:
            return self._try_again(failure)
        return None
