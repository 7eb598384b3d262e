"""The doctor tells what is wrong with a real Kafka, PostgreSQL and S3, and how to mend it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from pydantic import SecretStr

from agentctl.adapters.kafka_cluster import cluster as open_cluster
from agentctl.checks import files, flows, kafka, progress, store, topics
from agentctl.findings import Finding
from agentctl.installation import Installation
from agentctl.use_cases.topic_keeping import OtherCount, TooFewBrokers, Wanted, create_missing
from devstack.endpoints import S3Endpoint
from domain.topics import ALL

pytestmark = pytest.mark.connected


def bad(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.state == "failed"]


async def test_a_real_kafka_is_fine_and_its_clock_agrees(cluster: Installation) -> None:
    found = [*await kafka.brokers(cluster), *await kafka.clock(cluster)]

    assert [(one.check, one.state) for one in found] == [("kafka", "ok"), ("clock kafka", "ok")]


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ("127.0.0.1:1", "nobody listens at 127.0.0.1:1"),
        ("kafka.invalid:9092", "no such host: kafka.invalid:9092"),
    ],
)
async def test_a_kafka_that_is_not_there_is_told_from_one_that_has_no_name(
    servers: str, told: str
) -> None:
    [problem] = await kafka.brokers(Installation(kafka_bootstrap_servers=servers))

    assert (problem.state, problem.what) == ("failed", told)


async def test_what_is_no_kafka_is_told(postgres: str) -> None:
    address = urlsplit(postgres)
    other = f"{address.hostname}:{address.port}"

    [problem] = await kafka.brokers(Installation(kafka_bootstrap_servers=other, timeout_seconds=3))

    assert problem.state == "failed"


async def test_topics_are_told_as_missing_until_they_are_made(cluster_only: Installation) -> None:
    before = await topics.topics(cluster_only)
    made = await create(cluster_only, Wanted(partitions=2, replication_factor=1, min_insync=1))
    again = await create(cluster_only, Wanted(partitions=2, replication_factor=1))
    after = await topics.topics(cluster_only)

    assert bad(before)[0].what == "missing: no topic"
    assert made == [cluster_only.topic_prefix + topic.name for topic in ALL]
    assert again == []
    assert bad(after) == []


async def test_another_number_of_partitions_is_refused_and_nothing_is_made(
    cluster_only: Installation,
) -> None:
    await create(cluster_only, Wanted(partitions=2, replication_factor=1))
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster_only.kafka_bootstrap_servers)
    await admin.start()
    await admin.delete_topics([f"{cluster_only.topic_prefix}webhook-parked"])
    await admin.close()

    with pytest.raises(OtherCount, match="session-events has 2"):
        await create(cluster_only, Wanted(partitions=3, replication_factor=1))

    async with asyncio.timeout(20):  # what Kafka has taken away is gone after a moment
        while not (problems := bad(await topics.topics(cluster_only))):  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    assert [one.what for one in problems] == [f"missing: {cluster_only.topic_prefix}webhook-parked"]


async def test_more_copies_than_brokers_are_refused(cluster_only: Installation) -> None:
    with pytest.raises(TooFewBrokers, match="1 broker cannot keep 3 replicas"):
        await create(cluster_only, Wanted(partitions=2, replication_factor=3))


async def test_a_topic_that_grew_is_told(cluster: Installation) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.kafka_bootstrap_servers)
    await admin.start()
    grown = {f"{cluster.topic_prefix}session-commands": NewPartitions(7)}
    answer = await admin.create_partitions(grown)
    await admin.close()
    async with asyncio.timeout(20):  # what Kafka has taken in shows after a moment
        while not (problems := bad(await topics.topics(cluster))):  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    assert [error[1] for error in answer.topic_errors] == [0]
    assert any("has 7 partitions" in problem.what for problem in problems)


async def test_a_store_that_has_its_shape_is_fine(store_site: Installation) -> None:
    found = await store.store(store_site)

    assert bad(found) == []
    assert [one.check for one in found] == ["postgres", "clock postgres", "schema"]


async def test_a_store_without_tables_says_which_migrations_to_run(database: str) -> None:
    [problem] = bad(await store.store(Installation(database_url=SecretStr(database))))

    assert problem.what.startswith("not applied: 0001_event_store")
    assert problem.mend == "run `session-core migrate`"


async def test_a_store_of_a_newer_version_is_told(store_site: Installation) -> None:
    connection = await asyncpg.connect(store_site.database())
    await connection.execute("INSERT INTO migration (name, checksum) VALUES ('9999_new', 'x')")
    await connection.close()

    [problem] = bad(await store.store(store_site))

    assert problem.what == "the database is newer: it has migration 9999_new"


async def test_shards_and_partitions_that_differ_are_told(
    store_site: Installation, cluster: Installation
) -> None:
    connection = await asyncpg.connect(store_site.database())
    await connection.execute("INSERT INTO shard (shard) SELECT generate_series(0, 3)")
    await connection.close()
    both = store_site.model_copy(
        update={
            "kafka_bootstrap_servers": cluster.kafka_bootstrap_servers,
            "topic_prefix": cluster.topic_prefix,
        }
    )

    [problem] = bad(await store.store(both))

    assert problem.what == "the store has 4 shards, the topics 6 partitions"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"port": 1}, "nobody listens at"),
        ({"host": "db.invalid"}, "no such host"),
        ({"password": "wrong"}, "refuses the credentials"),
        ({"name": "nowhere"}, "there is no such database"),
    ],
)
async def test_each_way_in_which_a_database_is_not_there_is_told_apart(
    postgres: str, change: dict[str, str | int], told: str
) -> None:
    at = urlsplit(postgres)
    host = change.get("host", at.hostname)
    password = change.get("password", at.password)
    name = change.get("name", at.path.lstrip("/"))
    address = f"postgresql://{at.username}:{password}@{host}:{change.get('port', at.port)}/{name}"

    [problem] = await store.store(Installation(database_url=SecretStr(address)))

    assert told in problem.what
    assert str(at.password) not in str(problem)


async def test_a_bucket_is_fine_and_each_way_in_which_it_is_not_is_told(s3: S3Endpoint) -> None:
    site = Installation(
        s3_endpoint_url=s3.endpoint_url,
        s3_bucket=s3.bucket,
        s3_access_key_id=s3.access_key_id,
        s3_secret_access_key=SecretStr(s3.secret_access_key),
    )
    wrong_key = site.model_copy(update={"s3_secret_access_key": SecretStr("wrong")})
    other = site.model_copy(update={"s3_bucket": "not-there"})
    nobody = site.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:1"})

    assert [one.state for one in await files.files(site)] == ["ok"]
    assert "access is denied" in (await files.files(wrong_key))[0].what
    assert (await files.files(other))[0].what == "bucket not-there: it is not there"
    assert "cannot be reached" in (await files.files(nobody))[0].what


async def test_flows_that_session_core_would_not_start_with_are_told(tmp_path: Path) -> None:
    [empty] = await flows.flows(Installation(flows_dir=tmp_path))
    (tmp_path / "broken.yaml").write_text("name: broken\nsteps: 3\n")
    [broken] = await flows.flows(Installation(flows_dir=tmp_path))

    assert empty.what == f"there are no flows in {tmp_path}"
    assert (broken.state, "broken.yaml" in broken.what) == ("failed", True)


async def test_readers_that_nobody_runs_are_told(cluster: Installation) -> None:
    found = await progress.readers(cluster)

    assert [one.what for one in found] == [
        f"nobody reads as {name}"
        for name in ("session-core", "sender", "file-manager", "crm-notifier")
    ]


async def create(site: Installation, wanted: Wanted) -> Sequence[str]:
    settings = site.kafka()
    async with open_cluster(settings, seconds=10) as asked:
        return await create_missing(asked, settings, wanted, seconds=30)
