"""From session-events to HubSpot and back to session-commands, on a real Kafka."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from crm_notifier.settings import Settings
from domain.events import ContactErased, ContactMerged, FileStored, SessionCompleted
from domain.ports.crm import Notable
from domain.topics import PARKED_BY_CRM_NOTIFIER, SESSION_COMMANDS
from file_manager_fake import PHOTO, FakeFiles, holding
from file_manager_fake import TOKEN as FILES_TOKEN
from hubspot_fake import TOKEN, FakeHubSpot, fault
from receiving import listening
from session_topics import Session, running
from streaming.kafka import KafkaSettings, Publisher, broker

pytestmark = pytest.mark.connected


@pytest.fixture
async def session(kafka: str, topic_prefix: str) -> AsyncIterator[Session]:
    settings = KafkaSettings(kafka, "crm-notifier-test", topic_prefix)
    link = broker(settings)
    await link.start()
    yield Session(Publisher(link, settings), settings)
    await link.stop()


@pytest.fixture
async def hubspot() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
async def variables(hubspot: FakeHubSpot, session: Session) -> AsyncIterator[dict[str, str]]:
    async with listening(hubspot.answer) as url:
        yield {
            "CRM_NOTIFIER_KAFKA_BOOTSTRAP_SERVERS": session.kafka.bootstrap_servers,
            "CRM_NOTIFIER_TOPIC_PREFIX": session.kafka.topic_prefix,
            "CRM_NOTIFIER_PORT": "0",
            "CRM_NOTIFIER_CRM": "hubspot",
            "CRM_NOTIFIER_HUBSPOT_URL": url.removesuffix("/hooks"),
            "CRM_NOTIFIER_HUBSPOT_TOKEN": TOKEN,
        }
        hubspot.released.set()
    assert hubspot.violations == []


@asynccontextmanager
async def process(variables: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the service until the end of the block, then kill it."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "crm_notifier",
        env=variables | {"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        running.kill()
        await running.wait()


async def test_killed_between_two_calls_it_tells_again_and_hubspot_holds_everything_once(
    variables: dict[str, str],
    hubspot: FakeHubSpot,
    session: Session,
    completed: SessionCompleted,
) -> None:
    hubspot.hangs_after = 2
    await session.happened(completed, 1)
    async with process(variables), asyncio.timeout(60):
        await hubspot.hanging.wait()
    async with process(variables):
        (kept,) = await session.read(SESSION_COMMANDS.name, 1)

    assert kept.command().outcome == "notified"
    assert [len(hubspot.of(kind)) for kind in ("contacts", "communications")] == [1, 1]
    assert len(hubspot.links) == 1


async def test_killed_after_an_upload_it_attaches_what_lies_there(
    variables: dict[str, str],
    hubspot: FakeHubSpot,
    session: Session,
    notable: tuple[Notable, ...],
) -> None:
    (photo,) = [holding(event) for event in notable if isinstance(event, FileStored)]
    files = FakeFiles({photo.key: PHOTO})
    hubspot.hangs_after = 5
    await session.happened(photo, 1)
    async with listening(files.answer) as url:
        variables |= {
            "CRM_NOTIFIER_FILES_URL": url.removesuffix("/hooks"),
            "CRM_NOTIFIER_FILES_TOKEN": FILES_TOKEN,
        }
        async with process(variables), asyncio.timeout(60):
            await hubspot.hanging.wait()
        uploaded = hubspot.calls[-1][0]
        async with process(variables):
            (kept,) = await session.read(SESSION_COMMANDS.name, 1)

    assert (uploaded, kept.command().outcome) == ("upload files", "notified")
    assert [one.content for one in hubspot.manager.files.values()] == [PHOTO]
    assert [note["hs_attachment_ids"] for note in hubspot.of("notes")] == [*hubspot.manager.files]
    assert files.violations == []


async def test_what_hubspot_refuses_is_parked_in_its_words_and_the_rest_is_told_in_order(
    variables: dict[str, str],
    hubspot: FakeHubSpot,
    session: Session,
    notable: tuple[Notable, ...],
    completed: SessionCompleted,
) -> None:
    told = [event for event in notable if not isinstance(event, ContactMerged | ContactErased)]
    limit = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
    hubspot.faults += [fault(503, "INTERNAL_ERROR"), fault(429, "RATE_LIMITS", **limit)]
    ids = [await session.happened(event, number) for number, event in enumerate(told, 1)]
    hubspot.poison = {str(completed.contact_id)}
    given = {name.removeprefix("CRM_NOTIFIER_").lower(): value for name, value in variables.items()}
    async with running(Settings.model_validate(given)):
        kept = [one.command() for one in await session.read(SESSION_COMMANDS.name, len(told))]
        (parked,) = await session.read(PARKED_BY_CRM_NOTIFIER.name, 1)

    assert [str(one.event_id) for one in kept] == ids
    assert [one.outcome for one in kept] == ["rejected", *["notified"] * (len(told) - 1)]
    assert b"validation-error-invalid-string-firstname" in parked.headers["park-reason"]
    assert b"Ana" not in parked.headers["park-reason"]
