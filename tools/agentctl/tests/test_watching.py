"""An operator sees what comes by, whose it is, and how far everybody has read."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from agentctl.acts import Act
from agentctl.adapters.database import database as open_database
from agentctl.adapters.kafka_cluster import cluster as open_cluster
from agentctl.adapters.kafka_topic import KafkaRecord
from agentctl.adapters.kafka_topic import topic as open_topic
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.commands.tail import moment
from agentctl.installation import Installation
from agentctl.use_cases.lagging import lags
from agentctl.use_cases.tailing import Selection, coming, past, seen
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import OutgoingRecord, Publisher, broker


def event(number: int, kind: str = "reply.sent.v1") -> CloudEvent:
    data = b'{"session_id": "s%d", "contact_id": "c1", "personal": {"text": "hi"}}' % number
    at = datetime.now(UTC)
    return CloudEvent(id=str(number), type=kind, source="/test", time=at, data=data, sequence=1)


def record(kind: str, *, topic: str = "session-events") -> KafkaRecord:
    one = event(1, kind)
    return KafkaRecord(topic, 3, 17, 0, b"15550001111", one.data, encode(one))


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [("reply.*", True), ("reply.sent", True), ("reply.sent.v1", True), ("reply.read", False)],
)
def test_a_type_is_named_with_or_without_its_version(pattern: str, taken: bool) -> None:  # noqa: FBT001
    assert Selection(types=(pattern,)).takes(seen(record("reply.sent.v1"))) is taken


def test_records_are_chosen_by_session_person_and_partition() -> None:
    one = seen(record("reply.sent.v1"))

    assert Selection(session="s1", contacts=frozenset({"c1"})).takes(one)
    assert not Selection(session="s2").takes(one)
    assert not Selection(contacts=frozenset({"c2"})).takes(one)
    assert not Selection(partitions=frozenset({1})).takes(one)


def test_what_is_no_event_is_shown_without_its_content() -> None:
    odd = seen(record("x.v1")._replace(headers=[], value=b"15550001111"))

    assert (odd.kind, "data" in odd.shown(unmasked=False)) == ("", False)


def test_what_operators_did_is_shown() -> None:
    act = Act("skipped", datetime.now(UTC), "kim", "webhooks/2/3", "a test of Meta's")
    one = seen(record("x.v1", topic="a-operator-acts")._replace(headers=[], value=act.encoded()))

    assert (one.kind, one.shown(unmasked=False)["data"]["by"]) == ("skipped", "kim")


def test_keys_of_commands_are_hidden_since_ingress_puts_numbers_there() -> None:
    command = seen(record("message.receive.v1", topic="a-session-commands"))

    assert command.shown(unmasked=False)["key"] == "•••"
    assert command.shown(unmasked=True)["key"] == "15550001111"


def test_personal_parts_are_hidden_unless_asked_for() -> None:
    one = seen(record("reply.sent.v1"))

    assert one.shown(unmasked=False)["data"]["personal"] == {"text": "•••"}
    assert one.shown(unmasked=True)["data"]["personal"] == {"text": "hi"}


@pytest.mark.parametrize("told", ["40000d", "99999999999999d", "0001-01-01", "1969-07-20T20:17Z"])
def test_a_time_before_all_records_means_from_the_beginning(told: str) -> None:
    assert moment(told) == datetime(1970, 1, 1, tzinfo=UTC)


async def write(site: Installation, *events: CloudEvent, partition: int = 1) -> None:
    settings = site.kafka()
    client = broker(settings)
    await client.start()
    records = [
        OutgoingRecord(
            topic="session-events",
            value=one.data,
            key=b"c1",
            headers=encode(one),
            partition=partition,
        )
        for one in events
    ]
    await Publisher(client, settings).publish_all(records, timeout=20)
    await client.stop()


async def write_marks(site: Installation, times: int, *, partition: int = 1) -> None:
    """Leave what readers pass over: transactions that were broken off, each with its mark."""
    settings = site.kafka()
    producer = AIOKafkaProducer(**settings.client("-marks"), transactional_id=str(uuid4()))
    async with producer:
        for _ in range(times):
            await producer.begin_transaction()
            await producer.send_and_wait(
                settings.topic("session-events"), b"{}", partition=partition
            )
            await producer.abort_transaction()


@pytest.mark.connected
async def test_the_last_records_are_shown_the_newest_last(cluster: Installation) -> None:
    await write(cluster, *(event(number) for number in range(1, 8)))

    async with open_topic(cluster.kafka(), "session-events") as topic:
        last = await past(topic, Selection(), since=None, last=3)
        filtered = await past(topic, Selection(session="s2"), since=None, last=3)
        later = datetime.now(UTC) + timedelta(hours=1)
        none = await past(topic, Selection(), since=later, last=None)

    assert [one.event.id for one in last if one.event] == ["5", "6", "7"]
    assert [one.event.id for one in filtered if one.event] == ["2"]
    assert none == []


@pytest.mark.connected
async def test_as_many_are_shown_as_asked_for_whatever_marks_transactions_left(
    cluster: Installation,
) -> None:
    await write(cluster, event(1), event(2), event(3))
    await write_marks(cluster, 9)

    async with open_topic(cluster.kafka(), "session-events") as topic:
        last = await past(topic, Selection(), since=None, last=2)

    assert [one.event.id for one in last if one.event] == ["2", "3"]


@pytest.mark.connected
async def test_a_partition_that_is_not_there_is_named_rather_than_shown_as_empty(
    cluster: Installation,
) -> None:
    wanted = Selection(partitions=frozenset({1, 600}))

    async with open_topic(cluster.kafka(), "session-events") as topic:
        with pytest.raises(KafkaTrouble, match="session-events has no partition 600"):
            await past(topic, wanted, since=None, last=3)
        with pytest.raises(KafkaTrouble, match="session-events has no partition 600"):
            await anext(coming(topic, wanted))


@pytest.mark.connected
async def test_what_comes_is_shown_as_it_comes(cluster: Installation) -> None:
    await write(cluster, event(1))
    async with open_topic(cluster.kafka(), "session-events") as topic:
        bounds = await topic.bounds()
        follows = topic.follow({at: one.end for at, one in bounds.items()})
        await write(cluster, event(2))
        found = seen(await anext(follows))
        await follows.aclose()

    assert found.event is not None
    assert found.event.id == "2"


@pytest.mark.connected
async def test_lag_tells_how_many_wait_and_since_when(cluster: Installation) -> None:
    await write(cluster, *(event(number) for number in range(1, 6)))
    async with open_cluster(cluster.kafka(), seconds=10) as asked:
        await asked.set_offsets("sender", "session-events", {1: 2})

    sender, files = await lags(
        cluster.kafka(),
        dict.fromkeys(["sender", "file-manager"], "session-events"),
        seconds=10,
    )

    assert (sender.behind, files.behind) == (3, 5)
    assert sender.partitions[1].committed == 2
    assert sender.members == []
    assert sender.waits_since is not None


@pytest.mark.connected
async def test_a_number_leads_to_the_contact_that_it_belongs_to(store_site: Installation) -> None:
    contact = "2ac9276f-5ac0-5fa5-93a8-20d98e717fba"
    connection = await asyncpg.connect(store_site.database())
    await connection.execute(
        "INSERT INTO alias (phone_number_id, alias, contact_id, shard) VALUES ($1, $2, $3, 0)",
        "106",
        "wa:15550001111",
        contact,
    )
    await connection.close()

    async with open_database(store_site.database(), seconds=10) as asked:
        found = [await asked.contacts_of(name) for name in ("15550001111", "15559999999")]

    assert found == [[contact], []]
