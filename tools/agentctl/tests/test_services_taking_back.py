"""What an operator sends again has its effect in the service that parked it, and once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import crm_notifier.app
import sender.app
from agentctl.adapters.kafka_cluster import cluster as open_cluster
from agentctl.adapters.kafka_desk import desk
from agentctl.adapters.kafka_topic import KafkaRecord, topic
from agentctl.installation import Installation
from agentctl.use_cases.parking import SOURCES, Parked, Source, parked
from agentctl.use_cases.redriving import Operator, redrive_event
from crm_notifier.settings import Settings as CrmSettings
from domain import codec
from domain.commands import RecordCrm, RecordReplySent
from domain.events import Event, ReplyRequested, SessionCompleted
from domain.topics import SESSION_COMMANDS
from loopback import Serve
from sender.settings import Settings as SenderSettings
from streaming.cloudevents import CloudEvent, decode, encode
from streaming.kafka import OutgoingRecord, Publisher, broker
from streaming.parking import Parking
from streaming.service import Service

pytestmark = pytest.mark.connected

PARTITION = 4
CONTACT, SESSION, REPLY = uuid4(), uuid4(), uuid4()
KIM = Operator("kim", "mended", lambda: datetime.now(UTC))
COMPLETED = SessionCompleted.model_validate(
    {
        "contact_id": CONTACT,
        "session_id": SESSION,
        "phone_number_id": "106",
        "flow": "claim",
        "outcome": "done",
        "personal": {"answers": {}},
    }
)


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    started = []
    try:
        for part in service.components:
            started.append(part)
            await part.start()
        yield
    finally:
        for part in reversed(started):
            await part.stop()


def envelope(event: Event) -> CloudEvent:
    return CloudEvent(
        id=str(uuid4()),
        type=event.TYPE,
        source="session-core",
        time=datetime.now(UTC),
        data=codec.encode(event),
    )


@asynccontextmanager
async def publishing(site: Installation) -> AsyncIterator[Publisher]:
    client = broker(site.kafka())
    await client.start()
    yield Publisher(client, site.kafka())
    await client.stop()


async def happens(site: Installation, event: CloudEvent) -> None:
    record = OutgoingRecord(
        topic="session-events",
        value=event.data,
        key=str(CONTACT).encode(),
        headers=encode(event),
        partition=PARTITION,
    )
    async with publishing(site) as publisher:
        await publisher.publish_all([record], timeout=30)


async def waits_for(site: Installation, source: Source, count: int) -> Sequence[Parked]:
    async with asyncio.timeout(60):
        while len(found := await parked(site.kafka(), source)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return found


async def redrive(site: Installation, source: Source, one: Parked) -> None:
    async with desk(site.kafka()) as taken:
        await redrive_event(source, one, taken, KIM)


async def commands(site: Installation, count: int) -> Sequence[Any]:
    found: list[Any] = []
    async with asyncio.timeout(60), topic(site.kafka(), SESSION_COMMANDS.name) as read:
        while len(found) < count:
            bounds = await read.bounds()
            begins = {at: one.begin for at, one in bounds.items()}
            ends = {at: one.end for at, one in bounds.items()}
            found = [
                codec.decode_command(event.type, event.data)
                async for portion in read.between(begins, ends)
                for event in (decode(one.value, one.headers) for one in portion)
            ]
    return found


async def has_read(site: Installation, source: Source, count: int) -> None:
    """Wait until the service has handled so many redriven records."""
    name = source.redriven.name if source.redriven else ""
    async with asyncio.timeout(60), open_cluster(site.kafka(), seconds=20) as asked:
        group = f"{source.name}.redriven"
        while sum((await asked.committed(group, name)).values()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_a_crm_that_was_mended_is_told_what_it_had_refused(
    cluster: Installation, serve: Serve
) -> None:
    told: list[str] = []

    async def crm(request: Request) -> Response:
        told.append(request.headers["webhook-id"])
        return Response(status_code=400 if len(told) == 1 else 204)

    settings = CrmSettings.model_validate(
        {
            "kafka_bootstrap_servers": cluster.kafka_bootstrap_servers,
            "topic_prefix": cluster.topic_prefix,
            "port": 0,
            "crm": "webhook",
            "webhook_url": await serve(crm),
            "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        }
    )
    source, event = SOURCES["crm-notifier"], envelope(COMPLETED)
    async with running(crm_notifier.app.build(settings)):
        await happens(cluster, event)
        [refused] = await waits_for(cluster, source, 1)
        await redrive(cluster, source, refused)
        outcomes = [one.outcome for one in await commands(cluster, 2) if isinstance(one, RecordCrm)]

    assert told == [event.id] * 2
    assert outcomes == ["rejected", "notified"]
    assert refused.reason.startswith("rejected:CrmRefused")


async def test_a_reply_that_was_parked_goes_out_once_however_often_it_is_sent_again(
    cluster: Installation, serve: Serve
) -> None:
    calls: list[str] = []

    async def graph(request: Request) -> Response:
        body = await request.json()
        calls.append(body["biz_opaque_callback_data"])
        return JSONResponse({"messages": [{"id": f"wamid.{len(calls)}"}]})

    settings = SenderSettings.model_validate(
        {
            "kafka_bootstrap_servers": cluster.kafka_bootstrap_servers,
            "topic_prefix": cluster.topic_prefix,
            "graph_url": await serve(graph),
            "access_token": "token",
        }
    )
    source, event = SOURCES["sender"], envelope(requested())
    async with running(sender.app.build(settings)):
        await park(cluster, event)
        [waits] = await waits_for(cluster, source, 1)
        await redrive(cluster, source, waits)
        sent = [one for one in await commands(cluster, 1) if isinstance(one, RecordReplySent)]
        await redrive(cluster, source, waits)
        await has_read(cluster, source, 2)

    assert calls == [str(REPLY)]
    assert [one.reply_id for one in sent] == [REPLY]


def requested() -> ReplyRequested:
    return ReplyRequested.model_validate(
        {
            "contact_id": CONTACT,
            "session_id": SESSION,
            "reply_id": REPLY,
            "phone_number_id": "106",
            "kind": "text",
            "window_expires_at": datetime.now(UTC) + timedelta(hours=20),
            "personal": {"to": "15550001111", "message": {"type": "text", "text": "hi"}},
        }
    )


async def park(site: Installation, event: CloudEvent) -> None:
    """Set it aside as the sender would have done, had it broken over it."""
    key, headers = str(CONTACT).encode(), encode(event)
    stood = KafkaRecord("session-events", PARTITION, 0, 0, key, event.data, headers)
    async with publishing(site) as publisher:
        source = SOURCES["sender"]
        await Parking(publisher, source.parked.name, "sender").park(stood, "bug:KeyError")
