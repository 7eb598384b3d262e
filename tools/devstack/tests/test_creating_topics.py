"""Topics exist before anybody writes, each with the settings the domain gives it."""

from datetime import timedelta

import pytest

from devstack import topics
from devstack.failure import StackError
from domain.topics import Topic

EVENTS = Topic("events", writer="us", key="contact id", retention=timedelta(days=30))
LEDGER = Topic("ledger", writer="us", key="reply id", retention=None, compacted=True)


def test_a_topic_with_retention_forgets_after_so_many_milliseconds() -> None:
    settings = topics.settings(EVENTS)

    assert settings["retention.ms"] == str(30 * 24 * 60 * 60 * 1000)
    assert settings["cleanup.policy"] == "delete"
    assert settings["max.message.bytes"] == str(6 * 1024 * 1024)


def test_a_compacted_topic_keeps_the_last_of_each_key_for_ever() -> None:
    settings = topics.settings(LEDGER)

    assert (settings["cleanup.policy"], settings["retention.ms"]) == ("compact", "-1")


@pytest.mark.connected
async def test_creating_the_same_topics_again_changes_nothing(kafka: str) -> None:
    await topics.create(kafka, [EVENTS, LEDGER], prefix="again-")
    await topics.create(kafka, [EVENTS, LEDGER], prefix="again-")


@pytest.mark.connected
async def test_a_topic_with_another_number_of_partitions_is_refused(kafka: str) -> None:
    fewer = Topic("events", "us", "contact id", timedelta(days=30), partitions=2)
    await topics.create(kafka, [fewer], prefix="other-")

    with pytest.raises(StackError, match=r"topic other-events has 2 partitions .* wants 6"):
        await topics.create(kafka, [EVENTS], prefix="other-")
