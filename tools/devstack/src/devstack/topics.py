"""Kafka's topics, created explicitly and only once, each as the domain describes it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from devstack.failure import StackError
from domain.topics import Topic

_PATIENCE_S = 90


async def create(bootstrap: str, topics: Sequence[Topic], *, prefix: str = "") -> None:
    """Create what is missing and return when every partition takes records.

    Raises StackError when a topic exists with another number of partitions.
    """
    wanted = {prefix + topic.name: topic for topic in topics}
    async with _admin(bootstrap) as admin:
        existing = await _partitions(admin, await admin.list_topics())
        _refuse_other_counts(wanted, existing)
        missing = {name: topic for name, topic in wanted.items() if name not in existing}
        if missing:
            answer = await admin.create_topics([_new(name, t) for name, t in missing.items()])
            _refuse_errors(answer)
    await _await_leaders(bootstrap, wanted)


async def delete(bootstrap: str, topics: Sequence[Topic], *, prefix: str = "") -> None:
    """Ask Kafka to delete the topics with their records."""
    async with _admin(bootstrap) as admin:
        await admin.delete_topics([prefix + topic.name for topic in topics])


def _new(name: str, topic: Topic) -> NewTopic:
    return NewTopic(name, topic.partitions, 1, topic_configs=dict(topic.settings))


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_PATIENCE_S * 1000)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, list[Any]]:
    if not names:
        return {}
    described = await admin.describe_topics(names)
    return {topic["topic"]: topic["partitions"] for topic in described if not topic["error_code"]}


def _refuse_other_counts(wanted: dict[str, Topic], existing: dict[str, list[Any]]) -> None:
    for name, topic in wanted.items():
        found = len(existing.get(name, ())) or topic.partitions
        if found != topic.partitions:
            raise StackError(
                f"topic {name} has {found} partitions where the domain wants {topic.partitions}: "
                "records would change places; `devstack wipe` starts afresh"
            )


def _refuse_errors(answer: Any) -> None:
    for name, code, reason in answer.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:
            raise StackError(f"kafka refuses topic {name}: {reason or f'error {code}'}")


async def _await_leaders(bootstrap: str, wanted: dict[str, Topic]) -> None:
    """Ask the leaders themselves: Kafka names them before they know that they lead."""
    partitions = [
        TopicPartition(name, number)
        for name, topic in wanted.items()
        for number in range(topic.partitions)
    ]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        request_timeout_ms=_PATIENCE_S * 1000,
        auto_offset_reset="none",
    )
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
