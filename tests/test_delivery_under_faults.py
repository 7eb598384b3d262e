"""Files are kept and CRMs told, each once and in order, while everything around them fails."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import hubspot_fake
import salesforce_fake
from devstack import topics
from devstack.clamd import ClamdStandIn
from devstack.endpoints import S3Endpoint
from devstack.ports import free_port
from domain.events import FileUploaded
from domain.topics import (
    PARKED_BY_CRM_NOTIFIER,
    SESSION_COMMANDS,
    parked_by_crm_notifier,
    redriven_to_crm_notifier,
)
from faulty.line import Line
from faulty.load import NUMBER, Happened, life, media_of
from faulty.others import TOKEN, Crm, answering, platform, sha256
from faulty.outcomes import Bucket, Told, look_into, told_in
from faulty.programs import Program
from faulty.vendors import HubSpot, Listens, Salesforce
from faulty.weather import Weather
from streaming.kafka import KafkaSettings, Publisher, broker
from watching import until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(900)]

SECRET = "whsec_" + "c2VjcmV0" * 6
UNAVAILABLE = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FILE_OUTCOMES = ("file.record-stored.v1", "file.record-rejected.v1")
REASONS = {"gone": "media-expired", "bad": "malware"}
"""Why files are rejected, by how their media id begins; others are stored."""
AT_A_TIME = 50


@dataclass(frozen=True)
class Scale:
    """How much happens, and for how long everything fails meanwhile."""

    people: int
    sessions: int
    files: int
    seconds: float


SCALE = (
    Scale(people=100, sessions=17, files=500, seconds=90)
    if os.environ.get("DELIVERY_IN_FULL")
    else Scale(people=40, sessions=8, files=100, seconds=25)
)


@dataclass(frozen=True)
class World:
    """The services, all that they call by lines that fail, and the topics on both sides."""

    kafka: KafkaSettings
    publisher: Publisher
    lines: Mapping[str, Line]
    programs: Sequence[Program]
    crms: Mapping[str, Listens]

    async def let_happen(self, happened: Sequence[Happened], seconds: float) -> None:
        """Publish, piece by piece over the time."""
        pieces = range(0, len(happened), AT_A_TIME)
        for begin in pieces:
            records = [one.record() for one in happened[begin : begin + AT_A_TIME]]
            await self.publisher.publish_all(records, timeout=60)
            await asyncio.sleep(seconds / len(pieces))


@pytest.fixture
def happened() -> Sequence[Happened]:
    return life(SCALE.people, sessions=SCALE.sessions, files=SCALE.files)


@pytest.fixture
async def world(
    kafka: str, topic_prefix: str, s3: S3Endpoint, tmp_path: Path, happened: Sequence[Happened]
) -> AsyncIterator[World]:
    refused = frozenset(one.id for one in happened if one.refused)
    crms: Mapping[str, Listens] = {
        "webhook": Crm(SECRET, refused),
        "second": Crm(SECRET, refused),
        "hubspot": HubSpot(),
        "salesforce": Salesforce(),
    }
    async with AsyncExitStack() as stack:
        ports = {"graph": await stack.enter_async_context(platform())}
        ports["clamd"] = await stack.enter_async_context(ClamdStandIn().listening())
        for name, crm in crms.items():
            ports[name] = await stack.enter_async_context(answering(crm.hear))
        ports["s3"] = urlsplit(s3.endpoint_url).port or 80
        lines = {
            name: Line("127.0.0.1", port, refusal=b"" if name == "clamd" else UNAVAILABLE)
            for name, port in ports.items()
        }
        for line in lines.values():
            await line.change("fine")
            stack.push_async_callback(line.close)
        await stack.enter_async_context(topics_of_named_crms(kafka, topic_prefix, list(crms)[1:]))
        known = KafkaSettings(kafka, "test", topic_prefix)
        link = broker(known)
        await link.start()
        stack.push_async_callback(link.stop)
        programs = [
            file_manager(known, lines, s3, tmp_path),
            *(notifier(known, name, lines[name].address, tmp_path) for name in crms),
        ]
        for program in programs:
            stack.push_async_callback(program.kill)
        await asyncio.gather(*(program.start() for program in programs))
        yield World(known, Publisher(link, known), lines, programs, crms)


@asynccontextmanager
async def topics_of_named_crms(
    kafka: str, prefix: str, names: Sequence[str]
) -> AsyncIterator[None]:
    made = [of(name) for name in names for of in (parked_by_crm_notifier, redriven_to_crm_notifier)]
    await topics.create(kafka, made, prefix=prefix)
    yield
    await topics.delete(kafka, made, prefix=prefix)


def file_manager(
    kafka: KafkaSettings, lines: Mapping[str, Line], s3: S3Endpoint, folder: Path
) -> Program:
    return Program(
        "file_manager",
        {
            **common(kafka),
            "GRAPH_URL": f"http://{lines['graph'].address}",
            "ACCESS_TOKEN": TOKEN,
            "SCAN": "required",
            "CLAMD_ADDRESS": lines["clamd"].address,
            "S3_ENDPOINT_URL": f"http://{lines['s3'].address}",
            "S3_BUCKET": s3.bucket,
            "S3_REGION": s3.region,
            "S3_ACCESS_KEY_ID": s3.access_key_id,
            "S3_SECRET_ACCESS_KEY": s3.secret_access_key,
        },
        folder / "file-manager.log",
    )


def notifier(kafka: KafkaSettings, name: str, address: str, folder: Path) -> Program:
    named = {} if name == "webhook" else {"NAME": name}
    given = {**common(kafka), **named, **access(name, f"http://{address}")}
    return Program("crm_notifier", given, folder / f"{name}.log")


def access(name: str, url: str) -> Mapping[str, str]:
    """Give what an operator says of a CRM."""
    match name:
        case "hubspot":
            return {"CRM": name, "HUBSPOT_URL": url, "HUBSPOT_TOKEN": hubspot_fake.TOKEN}
        case "salesforce":
            return {
                "CRM": name,
                "SALESFORCE_URL": url,
                "SALESFORCE_CLIENT_ID": salesforce_fake.CLIENT,
                "SALESFORCE_CLIENT_SECRET": salesforce_fake.SECRET,
            }
        case _:
            return {"CRM": "webhook", "WEBHOOK_URL": f"{url}/hooks", "WEBHOOK_SECRET": SECRET}


def common(kafka: KafkaSettings) -> Mapping[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "TOPIC_PREFIX": kafka.topic_prefix,
        "PORT": str(free_port(set())),
        "LOG_LEVEL": "warning",
    }


async def test_every_file_and_every_call_has_one_end_while_everything_around_fails(
    world: World, happened: Sequence[Happened], s3: S3Endpoint
) -> None:
    weather = Weather(world.lines, world.programs, random.Random(8))  # noqa: S311 no secret
    told_of = [one for one in happened if not isinstance(one.event, FileUploaded)]
    files = [one.event for one in happened if isinstance(one.event, FileUploaded)]
    async with told_in(world.kafka.bootstrap_servers, topic(world, SESSION_COMMANDS.name)) as told:
        async with asyncio.TaskGroup() as group:
            group.create_task(weather.last(SCALE.seconds))
            group.create_task(world.let_happen(happened, SCALE.seconds * 0.8))
        wanted = len(files) + len(world.crms) * len(told_of)
        await until(lambda: ended(told, wanted), "an end of everything", within_s=240)
        bucket = await look_into(s3, NUMBER)
        summary(world, weather, told)

    every_file_ended_once(files, told, bucket)
    for name, crm in world.crms.items():
        every_event_was_told_once(name, crm, told_of, told)
        await what_was_refused_is_parked(world, name, crm, told_of)


async def ended(told: Told, wanted: int) -> bool | None:
    await told.look()
    return len(told.by_id) >= wanted or None


def every_file_ended_once(files: Sequence[FileUploaded], told: Told, bucket: Bucket) -> None:
    ends = told.of("file_id", *FILE_OUTCOMES)
    assert {name: len(of_one) for name, of_one in ends.items()} == {
        str(file.file_id): 1 for file in files
    }
    stored = {}
    for file in files:
        (end,) = ends[str(file.file_id)]
        if reason := REASONS.get(media_of(file).partition("-")[0]):
            assert (end["type"], end["reason"]) == ("file.record-rejected.v1", reason)
        else:
            assert end["sha256"] == sha256(media_of(file))
            stored[end["key"]] = end["sha256"]
    assert bucket.hashes == stored
    assert bucket.unended == []


def every_event_was_told_once(
    name: str, crm: Listens, told_of: Sequence[Happened], told: Told
) -> None:
    by_contact: dict[str, list[str]] = {}
    for one in told_of:
        if one.id not in crm.refuses:
            by_contact.setdefault(str(one.event.contact_id), []).append(one.id)
    assert crm.accepted == by_contact
    assert crm.wrong() == []
    records = told.of("event_id", "crm.record.v1")
    for one in told_of:
        (record,) = [record for record in records[one.id] if record["crm"] == name]
        assert (record["outcome"] == "rejected") == (one.id in crm.refuses)


async def what_was_refused_is_parked(
    world: World, name: str, crm: Listens, told_of: Sequence[Happened]
) -> None:
    refused = {one.id for one in told_of if one.id in crm.refuses}
    kept = PARKED_BY_CRM_NOTIFIER if name == "webhook" else parked_by_crm_notifier(name)
    async with told_in(world.kafka.bootstrap_servers, topic(world, kept.name)) as parked:
        await until(lambda: ended(parked, len(refused)), "what was refused, parked")
    assert set(parked.by_id) == refused


def topic(world: World, name: str) -> str:
    return world.kafka.topic(name)


def summary(world: World, weather: Weather, told: Told) -> None:
    """Show what a reader of a failure wants to know first."""
    kills = {program.log.stem: program.kills for program in world.programs}
    calls = {name: crm.calls for name, crm in world.crms.items()}
    print(f"moods {dict(weather.seen)}")  # noqa: T201 pytest shows it with a failure
    print(f"kills {kills}, calls {calls}, commands {told.records}")  # noqa: T201 the same
