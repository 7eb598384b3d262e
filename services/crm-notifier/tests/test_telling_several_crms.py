"""Several CRMs are told side by side: none waits for another, none gets what another refused."""

from collections.abc import AsyncIterator

import pytest

from crm_notifier.settings import Settings
from devstack import topics
from devstack.apart import run_apart
from domain.events import SessionCompleted
from domain.topics import (
    PARKED_BY_CRM_NOTIFIER,
    SESSION_COMMANDS,
    parked_by_crm_notifier,
    redriven_to_crm_notifier,
)
from receiving import Plan, Receiver, listening
from session_topics import Session, running
from streaming.kafka import KafkaSettings, Publisher, broker

pytestmark = pytest.mark.connected

ERP = "erp"
OF_ERP = (parked_by_crm_notifier(ERP), redriven_to_crm_notifier(ERP))


@pytest.fixture
async def session(kafka: str, topic_prefix: str) -> AsyncIterator[Session]:
    """Make the topics of a CRM that is called `erp`, beside those that there are anyway."""
    run_apart(lambda: topics.create(kafka, OF_ERP, prefix=topic_prefix))
    settings = KafkaSettings(kafka, "crm-notifier-test", topic_prefix)
    link = broker(settings)
    await link.start()
    yield Session(Publisher(link, settings), settings)
    await link.stop()
    run_apart(lambda: topics.delete(kafka, OF_ERP, prefix=topic_prefix))


def settings(session: Session, address: str, secret: str, **more: object) -> Settings:
    return Settings.model_validate(
        {
            "kafka_bootstrap_servers": session.kafka.bootstrap_servers,
            "topic_prefix": session.kafka.topic_prefix,
            "port": 0,
            "crm": "webhook",
            "webhook_url": address,
            "webhook_secret": secret,
        }
        | more
    )


async def test_each_crm_is_told_once_and_what_one_refuses_or_lets_wait_is_its_own_matter(
    session: Session, secret: str, completed: SessionCompleted
) -> None:
    ours, theirs = Receiver(secret), Receiver(secret)
    theirs.plans = [Plan(422), Plan(410)]
    async with listening(ours) as first, listening(theirs) as second:
        erp = settings(session, second, secret, name=ERP)
        async with running(settings(session, first, secret)), running(erp):
            refused = await session.happened(completed, 1)
            waits = await session.happened(completed, 2)
            recorded = await session.read(SESSION_COMMANDS.name, 3)
            parked = await session.read(parked_by_crm_notifier(ERP).name, 1)

    told = {
        (one.command().crm, one.command().outcome, str(one.command().event_id)) for one in recorded
    }
    assert told == {
        ("webhook", "notified", refused),
        ("webhook", "notified", waits),
        ("erp", "rejected", refused),
    }
    assert [str(event_id) for event_id in ours.known] == [refused, waits]
    assert not theirs.known
    assert [one.headers["ce_id"].decode() for one in parked] == [refused]
    assert await session.read(PARKED_BY_CRM_NOTIFIER.name, 0) == []


async def test_a_crm_that_comes_later_is_told_of_the_past_where_it_is_to_be(
    session: Session, secret: str, completed: SessionCompleted
) -> None:
    ours, theirs = Receiver(secret), Receiver(secret)
    async with listening(ours) as first, listening(theirs) as second:
        async with running(settings(session, first, secret)):
            past = await session.happened(completed, 1)
            await session.read(SESSION_COMMANDS.name, 1)
        async with running(settings(session, second, secret, name=ERP)):
            await session.read(SESSION_COMMANDS.name, 2)

    assert [str(event_id) for event_id in theirs.known] == [past]
    assert len(ours.posts) == 1
