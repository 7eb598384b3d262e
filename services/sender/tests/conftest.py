"""A sender over memory whose clock only moves when somebody sleeps."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from stage import Core, Graph, serving
from world import World

from domain.events import OutgoingReply, ReplyRequested
from domain.messages import OutboundMessage, OutboundTemplate, OutboundText
from domain.ports.sending_ledger import LedgerUnavailable
from domain.topics import PARKED_BY_SENDER, SESSION_COMMANDS
from domain.values import ContactId, ReplyId, SessionId
from sender.adapters.memory_ledger import MemoryLedger
from sender.adapters.memory_media_library import MemoryMediaLibrary
from sender.adapters.memory_sender import MemorySender
from sender.handlers import Handlers, Publishes
from sender.use_cases.book import Outcome, Place
from sender.use_cases.deferring import Bounds, Deferring
from sender.use_cases.pacing import Limits, Pacing
from sender.use_cases.sending import CatchUp, Policy, ReplySending
from sender.use_cases.turns import Time
from streaming.kafka import KafkaSettings, Publisher, broker

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Hours:
    """Time that stands still while anybody has something to do, and then jumps to who wakes next.

    With it several replies can wait side by side.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._wakes: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Return when so much time has passed."""
        until = self.now + seconds
        self._wakes.append(until)
        try:
            while self.now < until:
                for _ in range(50):  # enough turns of the loop for all others to fall asleep
                    await asyncio.sleep(0)
                if self.now < until <= min(self._wakes):
                    self.now = until
        finally:
            self._wakes.remove(until)


async def _nothing_ahead(_: int) -> None:
    """All that was written is read already."""


class Nowhere:
    """Where nothing is to be parked."""

    async def park(self, *_: Any, **__: Any) -> None:
        raise AssertionError("nothing was to be parked")


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def platform() -> MemorySender:
    return MemorySender()


@pytest.fixture
def library() -> MemoryMediaLibrary:
    return MemoryMediaLibrary({"terms.pdf": "document", "map.png": "image"})


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def told() -> list[Outcome]:
    """What session-core was told."""
    return []


@pytest.fixture
def slept() -> list[float]:
    """The pauses so far, in seconds; adding one lets time pass."""
    return []


@pytest.fixture
def start(
    *,
    platform: MemorySender,
    library: MemoryMediaLibrary,
    ledger: MemoryLedger,
    slept: list[float],
    hours: Hours,
) -> Callable[..., ReplySending]:
    """Start a sender, as a process would; platform, ledger and time outlive it."""

    async def pass_time(seconds: float) -> None:
        slept.append(seconds)

    def begin(
        *,
        sleep: Callable[[float], Awaitable[None]] = pass_time,
        unknown_wait: float = 60.0,
        policy: Policy | None = None,
        limits: Limits | None = None,
        catch_up: CatchUp = _nothing_ahead,
    ) -> ReplySending:
        return ReplySending(
            sender=platform,
            library=library,
            ledger=ledger,
            pacing=Pacing(limits),
            policy=policy or Policy(unknown_wait=unknown_wait),
            time=Time(
                now=lambda: NOON + timedelta(seconds=sum(slept) + hours.now),
                monotonic=lambda: sum(slept) + hours.now,
                sleep=sleep,
            ),
            catch_up=catch_up,
        )

    return begin


@pytest.fixture
def open_door(
    ledger: MemoryLedger, slept: list[float], hours: Hours
) -> Callable[[ReplySending, Publishes], Handlers]:
    """Let a sender be called as the keyed runner does."""

    def door(sending: ReplySending, publisher: Publishes) -> Handlers:
        time = Time(
            now=lambda: NOON + timedelta(seconds=sum(slept) + hours.now),
            monotonic=lambda: sum(slept) + hours.now,
            sleep=hours.sleep,
        )
        deferring = Deferring(sending, ledger, Bounds(), time, (LedgerUnavailable,))
        return Handlers(deferring, sending.hearsay, publisher, Nowhere())

    return door


@pytest.fixture
def fulfil(told: list[Outcome]) -> Callable[..., Awaitable[None]]:
    """Hand a request to a sender, as the first record of partition 0 unless said otherwise."""

    async def report(outcome: Outcome) -> None:
        told.append(outcome)

    async def hand_over(sending: ReplySending, request: ReplyRequested, offset: int = 0) -> None:
        await sending.fulfil(request, Place(0, offset), report)

    return hand_over


@pytest.fixture
def ask() -> Callable[..., ReplyRequested]:
    """Make a request for a reply; what is not said is made up."""

    def request(
        *,
        contact: UUID | None = None,
        text: str = "How can we help?",
        window: datetime | None = NOON + timedelta(hours=20),
        to: str | None = "15550001111",
        message: OutboundMessage | None = None,
        fallback: OutboundTemplate | None = None,
        opted_out: bool | None = None,
    ) -> ReplyRequested:
        said = message or OutboundText(text=text)
        return ReplyRequested(
            contact_id=ContactId(contact or uuid4()),
            session_id=SessionId(uuid4()),
            reply_id=ReplyId(uuid4()),
            phone_number_id="106540352242922",
            window_expires_at=window,
            kind=said.type,
            opted_out=opted_out,
            personal=OutgoingReply(to=to, message=said, fallback=fallback),
        )

    return request


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    graph = Graph()
    graph.answers.set()
    async with serving(graph):
        yield graph


@pytest.fixture
async def core(kafka: str, topic_prefix: str) -> AsyncIterator[Core]:
    settings = KafkaSettings(kafka, "session-core", topic_prefix)
    connection = broker(settings)
    await connection.start()
    readers = {
        topic.name: AIOKafkaConsumer(
            settings.topic(topic.name), bootstrap_servers=kafka, auto_offset_reset="earliest"
        )
        for topic in (SESSION_COMMANDS, PARKED_BY_SENDER)
    }
    for reader in readers.values():
        await reader.start()
    yield Core(Publisher(connection, settings, timeout=60), readers)
    for reader in readers.values():
        await reader.stop()
    await connection.stop()


@pytest.fixture
def settings(kafka: str, topic_prefix: str, graph: Graph) -> dict[str, Any]:
    return {
        "kafka_bootstrap_servers": kafka,
        "topic_prefix": topic_prefix,
        "graph_url": graph.url,
        "access_token": "a-token",
        "limits": False,
        "log_level": "warning",
    }


@pytest.fixture
def ask_now(ask: Callable[..., ReplyRequested]) -> Callable[..., ReplyRequested]:
    def request(**kw: Any) -> ReplyRequested:
        return ask(window=datetime.now(UTC) + timedelta(hours=1), **kw)

    return request


@pytest.fixture
async def world(hours: Any) -> Any:
    made = World(hours)
    await made.start()
    yield made
    await made.die()
