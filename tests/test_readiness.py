"""/readyz tells the truth: about what is waited for at the start, and about what is lost later."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from demo.person import Person, words_of
from devstack import services, topics
from devstack.leash import leash
from devstack.services import SERVICES
from devstack.site import find_root
from devstack.stack import Stack
from domain.topics import ALL
from probing import SILENT, reasons, until_told

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

READY = dict.fromkeys(SERVICES)
READERS = ("ingress", "sender", "file-manager", "crm-notifier")


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Hand out a stack of which nothing runs."""
    root, run = find_root(request.config.rootpath), tmp_path_factory.mktemp("unready")
    with leash(root, run):
        yield Stack(root, run, patience_s=300)


@pytest.fixture
async def running(stack: Stack) -> AsyncIterator[Stack]:
    """Hand out the stack with everything ready, and leave it so."""
    await asyncio.to_thread(stack.up)
    yield stack
    await asyncio.to_thread(stack.up)


def log(stack: Stack, name: str) -> str:
    return stack.site.log(name).read_text()


async def test_services_begun_before_everything_else_wait_name_what_for_and_then_serve(
    stack: Stack,
) -> None:
    await asyncio.to_thread(stack.down, wipe=True)
    await asyncio.to_thread(stack.start, *SERVICES, wait=False)
    await until_told(
        stack,
        dict.fromkeys(READERS, "waiting for Kafka: 127.0.0.1:")
        | {"session-core": "waiting for PostgreSQL: no connection: nobody listens there"},
    )
    await asyncio.to_thread(stack.start, "kafka", wait=False)
    await until_told(
        stack,
        dict.fromkeys(READERS, "waiting for Kafka: no topic session-")
        | {"session-core": "waiting for PostgreSQL"},
    )
    await topics.create(stack.endpoints().kafka, ALL)
    await until_told(
        stack,
        {"ingress": None, "sender": None, "crm-notifier": None}
        | {"file-manager": "waiting for the bucket: ", "session-core": "waiting for PostgreSQL"},
    )
    await asyncio.to_thread(stack.start, "s3")
    await asyncio.to_thread(stack.start, "postgres")
    await until_told(stack, {"file-manager": None, "session-core": "waiting for `session-core mig"})
    environment = stack.environment("session-core")
    await asyncio.to_thread(services.migrate, stack.site, environment)
    await until_told(stack, READY)

    for name in READERS:
        assert "waiting for Kafka" in log(stack, name)
        assert "no topic session-" in log(stack, name)
    assert "waiting for the bucket" in log(stack, "file-manager")
    assert "waiting for PostgreSQL" in log(stack, "session-core")
    assert "waiting for `session-core migrate`" in log(stack, "session-core")
    await _is_served(stack)


async def _is_served(stack: Stack) -> None:
    known = await asyncio.to_thread(stack.up)
    async with httpx.AsyncClient(base_url=known.simulator, timeout=15, trust_env=False) as http:
        person = Person(http, "15550000001")
        await person.write("hello")
        assert "full name" in words_of(await person.next_reply(within_s=60))


async def test_a_kafka_that_stands_still_makes_every_service_unready_until_it_goes_on(
    running: Stack,
) -> None:
    await until_told(running, READY)
    await asyncio.to_thread(running.pause, "kafka")
    await until_told(running, dict.fromkeys(SERVICES, "Kafka does not answer"))
    await asyncio.to_thread(running.resume, "kafka")
    await until_told(running, READY)


async def test_a_lost_database_makes_session_core_unready_and_nobody_else(running: Stack) -> None:
    await until_told(running, READY)
    await asyncio.to_thread(running.kill, "postgres")
    told = await until_told(running, {"session-core": "PostgreSQL"})
    await asyncio.to_thread(running.start, "postgres")
    await until_told(running, READY)

    assert [name for name, reason in told.items() if reason] == ["session-core"]


async def test_a_lost_bucket_makes_file_manager_unready_and_nobody_else(running: Stack) -> None:
    await until_told(running, READY)
    await asyncio.to_thread(running.kill, "s3")
    told = await until_told(running, {"file-manager": "waiting for the bucket"})
    await asyncio.to_thread(running.start, "s3")
    await until_told(running, READY)

    assert [name for name, reason in told.items() if reason] == ["file-manager"]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_stands_still_as_a_whole_answers_no_probe_until_it_goes_on(
    service: str, running: Stack
) -> None:
    await until_told(running, READY)
    await asyncio.to_thread(running.pause, service)
    told = await reasons(running)
    await asyncio.to_thread(running.resume, service)
    await until_told(running, READY)

    assert told == {**READY, service: SILENT}
