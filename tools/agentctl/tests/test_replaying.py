"""Events are handled again only by a service that was stopped, and copied only once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer

from agentctl.adapters.kafka_cluster import cluster as open_cluster
from agentctl.adapters.kafka_topic import Bounds, KafkaRecord
from agentctl.adapters.kafka_topic import topic as open_topic
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.installation import Installation
from agentctl.use_cases import replaying, rewinding
from agentctl.use_cases.parking import acts_by_place
from agentctl.use_cases.replaying import Range
from agentctl.use_cases.rewinding import earlier
from agentctl.use_cases.tailing import Selection
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import KafkaSettings, OutgoingRecord, Publisher, broker

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NOWHERE = Installation(kafka_bootstrap_servers="127.0.0.1:1")
EVERYTHING = Range(Selection())
BOUNDS = {0: Bounds(10, 100), 1: Bounds(0, 50)}


def test_a_group_is_set_back_and_never_forward() -> None:
    then = earlier({0: 40, 1: 5}, {0: 20, 1: 30}, BOUNDS, ())

    assert then == {0: 20}


def test_a_group_is_not_set_back_to_what_is_not_there_any_more() -> None:
    assert earlier({0: 40}, {0: 3, 1: 0}, BOUNDS, ()) == {0: 10}


def test_only_the_partitions_that_were_said_are_set_back() -> None:
    assert earlier({0: 40, 1: 40}, {0: 10, 1: 0}, BOUNDS, [1]) == {1: 0}


@pytest.mark.parametrize("target", ["a-session-events", "a-session-commands", "a-webhook-parked"])
def test_copies_never_go_to_a_topic_of_the_installation(target: str) -> None:
    with pytest.raises(replaying.Refused, match="its readers would act"):
        replaying.refuse_own(KafkaSettings("kafka:9092", "test", "a-"), target)


def test_topics_of_another_installation_on_the_cluster_are_somebody_elses() -> None:
    replaying.refuse_own(KafkaSettings("kafka:9092", "test", "a-"), "backfill")


async def write(site: Installation, *numbers: int, at: datetime = NOW, partition: int = 2) -> None:
    settings = site.kafka()
    client = broker(settings)
    await client.start()
    records = []
    for number in numbers:
        event = CloudEvent(
            id=str(number),
            type="reply.sent.v1",
            source="/test",
            time=at,
            data=b'{"session_id": "s%d", "personal": {"text": "hi"}}' % number,
            sequence=number,
        )
        records.append(
            OutgoingRecord(
                topic="session-events",
                value=event.data,
                key=b"ana",
                headers=encode(event),
                partition=partition,
            )
        )
    await Publisher(client, settings).publish_all(records, timeout=20)
    await client.stop()


async def read_all(site: Installation, name: str) -> Sequence[KafkaRecord]:
    async with open_topic(replace(site.kafka(), topic_prefix=""), name) as read:
        bounds = await read.bounds()
        begins = {at: one.begin for at, one in bounds.items()}
        ends = {at: one.end for at, one in bounds.items()}
        return [one async for portion in read.between(begins, ends) for one in portion]


async def copied(site: Installation, target: str, wanted: Range = EVERYTHING) -> int:
    kafka = site.kafka()
    reached = await replaying.prepared(kafka, target, create=True, seconds=10)
    return await replaying.copy(kafka, target, wanted, reached, seconds=10)


@pytest.mark.connected
async def test_what_was_copied_is_not_copied_again_and_what_came_since_is(
    cluster: Installation,
) -> None:
    target = f"{cluster.topic_prefix}backfill"
    await write(cluster, 1, 2, 3)
    first = await copied(cluster, target)
    await write(cluster, 4)
    second = await copied(cluster, target)
    third = await copied(cluster, target)
    found = await read_all(cluster, target)

    assert (first, second, third) == (3, 1, 0)
    assert [dict(one.headers)["ce_sequence"] for one in found] == [b"1", b"2", b"3", b"4"]
    assert {(one.partition, one.key, dict(one.headers)["ce_replayed"]) for one in found} == {
        (2, b"ana", b"true")
    }


@pytest.mark.connected
async def test_only_what_is_meant_is_copied(cluster: Installation) -> None:
    target = f"{cluster.topic_prefix}some"
    await write(cluster, 1, 2)

    count = await copied(cluster, target, Range(Selection(session="s2")))

    assert count == 1
    assert [one.value for one in await read_all(cluster, target)] == [
        b'{"session_id": "s2", "personal": {"text": "hi"}}'
    ]


@pytest.mark.connected
async def test_a_target_that_is_not_there_is_made_only_when_asked_for(
    cluster: Installation,
) -> None:
    with pytest.raises(replaying.Refused, match="--create makes it"):
        await replaying.prepared(
            cluster.kafka(), f"{cluster.topic_prefix}x", create=False, seconds=10
        )


async def commit(site: Installation, offsets: Mapping[int, int]) -> None:
    async with open_cluster(site.kafka(), seconds=10) as asked:
        await asked.set_offsets("crm-notifier", "session-events", offsets)


async def planned(
    site: Installation, service: str = "crm-notifier", since: datetime | None = None
) -> rewinding.Rewind:
    return await rewinding.plan(site.kafka(), service, since, partitions=(), now=NOW, seconds=10)


async def done(site: Installation, plan: rewinding.Rewind) -> None:
    await rewinding.rewind(site.kafka(), plan, by="kim", why="lost", at=NOW, seconds=10)


@pytest.mark.connected
async def test_a_stopped_service_is_set_back_by_as_much_as_was_said_and_it_is_noted(
    cluster: Installation,
) -> None:
    await write(cluster, 1, 2, 3)
    await commit(cluster, {2: 3})

    plan = await planned(cluster)
    await done(cluster, plan)
    async with open_cluster(cluster.kafka(), seconds=10) as asked:
        now = await asked.committed("crm-notifier", "session-events")
    acts = await acts_by_place(cluster.kafka(), seconds=10)

    assert (plan.now, plan.then, plan.types) == ({2: 3}, {2: 0}, {"reply.sent.v1": 3})
    assert now == {2: 0}
    [act] = acts["group/crm-notifier"]
    assert (act.kind, act.by, act.why, act.details["events"]) == ("replayed", "kim", "lost", 3)


@pytest.mark.connected
async def test_a_plan_that_was_overtaken_is_not_carried_out(cluster: Installation) -> None:
    await write(cluster, 1, 2, 3)
    await commit(cluster, {2: 2})
    plan = await planned(cluster)
    await commit(cluster, {2: 3})

    with pytest.raises(rewinding.Refused, match="has read on meanwhile"):
        await done(cluster, plan)


@pytest.mark.connected
async def test_a_service_that_runs_is_not_set_back(cluster: Installation) -> None:
    settings = cluster.kafka()
    reader = AIOKafkaConsumer(
        settings.topic("session-events"),
        bootstrap_servers=settings.bootstrap_servers,
        group_id=settings.group("crm-notifier"),
        client_id="crm-notifier-1",
    )
    async with reader:
        async with asyncio.timeout(60):
            while not reader.assignment():  # noqa: ASYNC110 Kafka's client tells nobody
                await asyncio.sleep(0.05)

        with pytest.raises(
            rewinding.Refused, match="still at work: crm-notifier-1; stop crm-notifier first"
        ):
            await planned(cluster)
        with pytest.raises(KafkaTrouble, match="somebody reads as"):
            await commit(cluster, {2: 0})


@pytest.mark.connected
async def test_the_sender_is_not_set_back_beyond_what_it_remembers(cluster: Installation) -> None:
    await write(cluster, 1, at=NOW - timedelta(days=9))
    async with open_cluster(cluster.kafka(), seconds=10) as asked:
        await asked.set_offsets("sender", "session-events", {2: 1})

    with pytest.raises(rewinding.Refused, match="people would get it twice"):
        await planned(cluster, "sender")


async def test_session_core_is_not_set_back_by_kafka() -> None:
    with pytest.raises(rewinding.Refused, match="stands in PostgreSQL"):
        await planned(NOWHERE, "session-core")
