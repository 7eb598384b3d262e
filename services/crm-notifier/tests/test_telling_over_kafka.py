"""From session-events to the CRM and back to session-commands, on a real Kafka."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias
from uuid import UUID

import aiohttp
import pytest
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm_notifier.app import build
from crm_notifier.settings import Settings
from devstack.ports import free_port
from domain.codec import encode
from domain.events import SessionCompleted
from domain.ports.crm import Notable
from domain.topics import PARKED_BY_CRM_NOTIFIER, SESSION_COMMANDS
from domain.values import EventId
from session_topics import PARTITION, Session, running
from streaming.health import HealthServer
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.late_kafka import begun_before_kafka
from streaming.service import Service

pytestmark = pytest.mark.connected


class Receiver:
    """The CRM's side: refuses forgeries and repeats, answers by the prepared statuses first."""

    def __init__(self, secret: str) -> None:
        self.calls: list[str] = []
        self.known: list[str] = []
        self.answers: list[int] = []
        self.called = asyncio.Event()
        self.hold: asyncio.Event | None = None
        self._webhook = Webhook(secret)

    async def __call__(self, request: Request) -> Response:
        self._webhook.verify(await request.body(), dict(request.headers))
        event_id = request.headers["webhook-id"]
        self.calls.append(event_id)
        self.called.set()
        if self.hold is not None:
            await self.hold.wait()
        status = self.answers.pop(0) if self.answers else 204
        if status < 300 and event_id not in self.known:
            self.known.append(event_id)
        return Response(status_code=status)


@pytest.fixture
async def receiver(secret: str) -> Receiver:
    return Receiver(secret)


@pytest.fixture
async def address(receiver: Receiver) -> AsyncIterator[str]:
    async def hooks(request: Request) -> Response:
        return await receiver(request)

    server = HealthServer(
        "127.0.0.1", 0, ready=lambda: None, routes=[Route("/hooks", hooks, methods=["POST"])]
    )
    await server.start()
    yield f"http://127.0.0.1:{server.port}/hooks"
    if receiver.hold is not None:
        receiver.hold.set()
    await server.stop()


@pytest.fixture
async def session(kafka: str, topic_prefix: str) -> AsyncIterator[Session]:
    settings = KafkaSettings(kafka, "crm-notifier-test", topic_prefix)
    link = broker(settings)
    await link.start()
    yield Session(Publisher(link, settings), settings)
    await link.stop()


@pytest.fixture
async def settings(session: Session, address: str, secret: str) -> Settings:
    return Settings.model_validate(
        {
            "kafka_bootstrap_servers": session.kafka.bootstrap_servers,
            "topic_prefix": session.kafka.topic_prefix,
            "port": 0,
            "crm": "webhook",
            "webhook_url": address,
            "webhook_secret": secret,
        }
    )


async def test_a_crm_answering_500_then_200_is_told_once_and_it_is_recorded_once(
    settings: Settings, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    receiver.answers = [500, 500]
    async with running(settings):
        event_id = await session.happened(completed, 1)
        (kept,) = await session.read(SESSION_COMMANDS.name, 1)

    assert receiver.calls == [event_id] * 3
    assert receiver.known == [event_id]
    assert kept.command().outcome == "notified"
    assert (kept.partition, kept.key) == (PARTITION, str(completed.contact_id).encode())
    assert kept.headers["ce_causationid"] == event_id.encode()
    assert kept.headers["ce_correlationid"] == b"c0"


async def test_a_person_is_told_of_in_the_order_in_which_things_happened(
    settings: Settings,
    session: Session,
    receiver: Receiver,
    notable: tuple[Notable, ...],
    completed: SessionCompleted,
) -> None:
    of_ana = [event for event in notable if event.contact_id == completed.contact_id]
    receiver.answers = [503, 204, 500]
    async with running(settings):
        ids = [await session.happened(event, number) for number, event in enumerate(of_ana, 1)]
        kept = await session.read(SESSION_COMMANDS.name, len(of_ana))

    assert receiver.known == ids
    assert [str(record.command().event_id) for record in kept] == ids


async def test_an_unreadable_event_is_parked_with_its_bytes_and_the_next_one_told(
    settings: Settings, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    async with running(settings):
        await session.happened(completed, 1, data=b'{"personal": "Ana')
        second = await session.happened(completed, 2)
        (parked,) = await session.read(PARKED_BY_CRM_NOTIFIER.name, 1)
        (kept,) = await session.read(SESSION_COMMANDS.name, 1)

    assert parked.value == b'{"personal": "Ana'
    assert b"Ana" not in parked.headers["park-reason"]
    assert str(kept.command().event_id) == second
    assert receiver.calls == [second]


async def test_what_the_crm_refuses_is_both_recorded_and_parked(
    settings: Settings, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    receiver.answers = [422]
    async with running(settings):
        await session.happened(completed, 1)
        (parked,) = await session.read(PARKED_BY_CRM_NOTIFIER.name, 1)
        (kept,) = await session.read(SESSION_COMMANDS.name, 1)

    assert (kept.command().outcome, kept.command().reason) == ("rejected", "http-422")
    assert parked.value == encode(completed)
    assert b"http-422" in parked.headers["park-reason"]


Start: TypeAlias = Callable[[], AbstractAsyncContextManager[Process]]


@pytest.fixture
def start(session: Session, address: str, secret: str) -> Start:
    variables = {
        "PATH": os.environ["PATH"],
        "CRM_NOTIFIER_KAFKA_BOOTSTRAP_SERVERS": session.kafka.bootstrap_servers,
        "CRM_NOTIFIER_TOPIC_PREFIX": session.kafka.topic_prefix,
        "CRM_NOTIFIER_PORT": "0",
        "CRM_NOTIFIER_CRM": "webhook",
        "CRM_NOTIFIER_WEBHOOK_URL": address,
        "CRM_NOTIFIER_WEBHOOK_SECRET": secret,
        "CRM_NOTIFIER_LOG_LEVEL": "debug",
    }

    @asynccontextmanager
    async def process() -> AsyncIterator[Process]:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "crm_notifier",
            env=variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield running
        finally:
            if running.returncode is None:
                running.kill()
            await running.wait()

    return process


async def test_killed_between_telling_and_recording_it_tells_again_under_the_same_id(
    start: Start, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    receiver.hold = asyncio.Event()
    event_id = await session.happened(completed, 1)
    async with start() as first:
        await receiver.called.wait()
        first.kill()
        await first.wait()
    receiver.hold.set()
    async with start():
        (kept,) = await session.read(SESSION_COMMANDS.name, 1)

    assert receiver.calls == [event_id, event_id]
    assert receiver.known == [event_id]
    assert kept.command().event_id == EventId(UUID(event_id))


async def test_told_to_stop_it_ends_well_and_its_log_keeps_secrets(
    start: Start, session: Session, receiver: Receiver, completed: SessionCompleted, secret: str
) -> None:
    receiver.answers = [500, 422]
    async with start() as process:
        await session.happened(completed, 1)
        await session.read(SESSION_COMMANDS.name, 1)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            written, _ = await process.communicate()

    assert process.returncode == 0
    assert b'"outcome": "rejected"' in written
    for hidden in ("Ana", "PL-204417", secret, secret.removeprefix("whsec_"), "/hooks"):
        assert hidden.encode() not in written


async def test_begun_before_kafka_it_waits_says_so_and_then_tells(
    settings: Settings, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    port = free_port()

    def service(address: str) -> Service:
        chosen = {"kafka_bootstrap_servers": address, "port": port}
        return build(settings.model_copy(update=chosen))

    event_id = await session.happened(completed, 1)
    async with begun_before_kafka(service, port, session.kafka.bootstrap_servers):
        await session.read(SESSION_COMMANDS.name, 1)

    assert receiver.known == [event_id]


async def test_a_crm_that_is_gone_stops_everything_parks_nothing_and_says_so(
    settings: Settings, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    receiver.answers = [410]
    port = free_port()
    shown = ""
    async with (
        running(settings.model_copy(update={"port": port})),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
        asyncio.timeout(60),
    ):
        event_id = await session.happened(completed, 1)
        await receiver.called.wait()
        while "endpoint-gone" not in shown:
            async with http.get("/readyz") as answer:
                shown = await answer.text()
        async with http.get("/metrics") as answer:
            metrics = await answer.text()

    assert answer.status == 200
    assert 'crm_notifier_paused{crm="webhook"} 1.0' in metrics
    assert receiver.calls == [event_id]
    assert await session.read(PARKED_BY_CRM_NOTIFIER.name, 0) == []
    assert await session.read(SESSION_COMMANDS.name, 0) == []


async def test_a_crm_that_is_added_later_is_told_from_then_on(
    settings: Settings, session: Session, receiver: Receiver, completed: SessionCompleted
) -> None:
    await session.happened(completed, 1)
    async with running(settings.model_copy(update={"start": "now"})):
        second = await session.happened(completed, 2)
        await session.read(SESSION_COMMANDS.name, 1)

    assert receiver.calls == [second]
