"""After the faults: wait until the system is quiet, then hold every promise against what it did."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping

import asyncpg
import httpx

from chaos import effects, publishing, replying, storing, topic
from chaos.bucket import looking_into
from chaos.facts import Facts
from chaos.journal import Journal
from chaos.own_checks import PROMISES, own_check
from chaos.platform import Platform
from chaos.store import Store
from chaos.verdict import Verdict
from devstack.endpoints import Endpoints
from devstack.stack import Stack
from domain.topics import SESSION_EVENTS

QUIET_FOR_S = 5.0
LIMIT_S = 300.0
TELL_EVERY_S = 20.0


class Checking:
    """Gathers both sides, the system's events and the platform's journal, and compares them."""

    def __init__(
        self, stack: Stack, known: Endpoints, journal: Journal, *, tell: Callable[[str], None]
    ) -> None:
        self._stack = stack
        self._known = known
        self._journal = journal
        self._store = Store(known.postgres)
        self._tell = tell
        self._seen: dict[int, int] = {}
        self.topics: list[tuple[str, str]] = []
        """What stands in keys and headers, by topic."""
        self.facts = Facts()
        self.platform = Platform()

    async def quiet(self, simulator: httpx.AsyncClient) -> Verdict:
        """Return once nothing is owed and nothing has changed for a while, or after the limit."""
        verdict = Verdict("quiet", "after the faults everything comes to its end by itself")
        begin = changed_at = told_at = time.monotonic()
        while time.monotonic() - begin < LIMIT_S:
            changed, owed = await self._look(simulator)
            if changed or any(owed.values()):
                changed_at = time.monotonic()
            elif time.monotonic() - changed_at > QUIET_FOR_S:
                break
            if time.monotonic() - told_at > TELL_EVERY_S:
                told_at = time.monotonic()
                self._tell(f"Still owed: {_words(owed) or 'events keep coming'}")
            await asyncio.sleep(1)
        else:
            verdict.broken = [f"owed: {_words(owed)}" if any(owed.values()) else "no end of events"]
            verdict.broken += await asyncio.to_thread(self._complaints)
        verdict.checked = {"seconds": round(time.monotonic() - begin)}
        return verdict

    async def verdicts(self, poison: Mapping[str, bool]) -> list[Verdict]:
        """Check everything; the system has to be quiet. `poison`: see `Poisoning`."""
        parked = Counter(command for command, _ in await self._store.parked())
        records = [record async for record in topic.read(self._known.kafka, SESSION_EVENTS.name)]
        self.topics = [(SESSION_EVENTS.name, "\n".join(map(_labelled, records)))]
        published_at = {r.headers.get("ce_id", ""): r.timestamp / 1000 for r in records}
        number = self._known.whatsapp.phone_number_id
        return [
            storing.messages_once(self.platform, self.facts, parked, number),
            storing.statuses_once(self.platform, self.facts, parked, number),
            storing.poison_parked(poison, parked),
            storing.in_order(self.platform, self.facts),
            publishing.dense(self.facts, await self._store.shards()),
            publishing.published(self.facts, records),
            replying.replies_once(self.platform, self.facts, published_at),
            replying.failures_explained(self.platform, self.facts),
            replying.replies_in_order(self.platform, self.facts),
            await self._files(),
            effects.crm_told(self.platform, self.facts),
            *[await own_check(self._stack, command) for command in PROMISES],
        ]

    def _complaints(self) -> list[str]:
        """Return what the services say of themselves, for whoever has to find out why."""
        said = []
        for name, service in self._stack.endpoints().services.items():
            try:
                answer = httpx.get(f"{service.url}/readyz", timeout=5, trust_env=False).text
            except httpx.HTTPError as failure:
                answer = type(failure).__name__
            said.append(f"{name} says {answer}")
        return said

    async def _files(self) -> Verdict:
        async with looking_into(self._known.s3) as look:
            return await effects.files_settled(self.platform, self.facts, look)

    async def _look(self, simulator: httpx.AsyncClient) -> tuple[bool, dict[str, int]]:
        try:
            events = await self._store.events(self._seen)
            stats = (await simulator.get("/simulator/stats")).raise_for_status().json()
        except (httpx.HTTPError, OSError, asyncpg.PostgresError) as failure:
            self._tell(f"looked in vain: {type(failure).__name__}")
            return True, {}
        self.facts.add(events)
        self.platform.add(self._journal.new_lines())
        missing = sum(
            said.message_id not in self.facts.received for said in self.platform.answered_messages()
        )
        owed = {
            "webhooks": stats["webhooks"]["pending"],
            "messages": missing,
            **self.facts.unsettled(),
        }
        return bool(events), owed


def _labelled(record: topic.Record) -> str:
    return f"{record.key} {record.headers}"


def _words(owed: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in owed.items() if number)
